//! Descriptions of operations, fragments and variables, which the specification has since September 2025 and
//! the parser does not know: spaces take their place, so that every offset stays as it is.

use std::{borrow::Cow, ops::Range};

use super::scan::Tokens;

const KEYWORDS: [&str; 4] = ["query", "mutation", "subscription", "fragment"];

/// The same text without descriptions.
pub(super) fn without_descriptions(text: &str) -> Cow<'_, str> {
    if !text.contains('"') {
        return Cow::Borrowed(text);
    }
    let descriptions = find(text);
    if descriptions.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut left = String::with_capacity(text.len());
    for it in descriptions {
        left.push_str(&text[left.len()..it.start]);
        left.extend(std::iter::repeat_n(' ', it.len()));
    }
    left.push_str(&text[left.len()..]);
    Cow::Owned(left)
}

fn find(text: &str) -> Vec<Range<usize>> {
    let mut found = vec![];
    let mut tokens = Tokens::of(text).peekable();
    // Which brackets stand around, and what stands before.
    let (mut open, mut before) = (vec![], "");
    while let Some(token) = tokens.next() {
        let next = tokens.peek().map_or("", |it| &text[it.clone()]);
        let this = &text[token.clone()];
        match this {
            "{" | "[" | "(" => open.push(this),
            "}" | "]" | ")" => drop(open.pop()),
            _ if this.starts_with('"') => {
                let of_definition = open.is_empty() && KEYWORDS.contains(&next);
                let of_variable = open == ["("] && next == "$" && !matches!(before, "=" | ":");
                if of_definition || of_variable {
                    found.push(token);
                }
            }
            _ => {}
        }
        before = this;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_descriptions_go() {
        for (text, left) in [
            (r#""é" query A { b }"#, r#"     query A { b }"#),
            (r#"query ("""b""" $c: D) { e }"#, r#"query (        $c: D) { e }"#),
            (r#"query ($b: C = "d" "e" $f: G) { h }"#, r#"query ($b: C = "d"     $f: G) { h }"#),
            (r#"query ($b: C = "d" $f: G) { h }"#, r#"query ($b: C = "d" $f: G) { h }"#),
            (r#"{ a(b: "c" $d) }"#, r#"{ a(b: "c" $d) }"#),
            (r#""a" { b }"#, r#""a" { b }"#),
        ] {
            assert_eq!(without_descriptions(text), left);
        }
    }
}
