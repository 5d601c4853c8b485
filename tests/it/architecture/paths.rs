//! Which paths a source names: enough of Rust to read `use` trees, paths in code and `super`, past
//! comments and strings.

/// A path that a source names, from its root, and where.
#[derive(Debug, PartialEq, Eq)]
pub struct Named {
    pub path: String,
    pub line: usize,
}

/// All paths of two or more parts, and all single names: whoever looks for crates finds them too.
pub fn named(file: &str, text: &str) -> Vec<Named> {
    let tokens = tokens(text);
    let mut reader =
        Reader { tokens: &tokens, at: 0, modules: modules_of(file), closing: vec![], found: vec![] };
    reader.read();
    reader.found
}

/// The module that a file below `src/` is.
fn modules_of(file: &str) -> Vec<String> {
    let file = file.strip_suffix(".rs").unwrap_or(file);
    let mut modules: Vec<_> = file.split('/').map(str::to_owned).collect();
    if modules.last().is_some_and(|it| it == "mod" || it == "lib" || it == "main") {
        modules.pop();
    }
    modules
}

#[derive(Debug, PartialEq, Eq)]
enum Token {
    Name(String),
    /// `::`.
    Colons,
    /// Any other character.
    Other(char),
}

/// The tokens of a source with their lines, without comments and without what is in quotes.
fn tokens(text: &str) -> Vec<(Token, usize)> {
    let mut tokens = vec![];
    let (mut rest, mut line) = (text, 1);
    while let Some(first) = rest.chars().next() {
        let (token, length) = next_token(first, rest);
        tokens.extend(token.map(|it| (it, line)));
        line += rest[..length].matches('\n').count();
        rest = &rest[length..];
    }
    tokens
}

fn next_token(first: char, rest: &str) -> (Option<Token>, usize) {
    let up_to = |end: &str| rest.find(end).map_or(rest.len(), |it| it + end.len());
    let is_word = |it: char| it.is_alphanumeric() || it == '_';
    if rest.starts_with("//") {
        (None, up_to("\n"))
    } else if rest.starts_with("/*") {
        (None, up_to("*/"))
    } else if let Some(length) = raw(rest) {
        (None, length)
    } else if first == '"' {
        (None, 1 + quoted(&rest[1..], '"'))
    } else if rest.starts_with("'\\") || (first == '\'' && rest.chars().nth(2) == Some('\'')) {
        (None, 1 + quoted(&rest[1..], '\''))
    } else if rest.starts_with("::") {
        (Some(Token::Colons), 2)
    } else if is_word(first) {
        let length = rest.find(|it| !is_word(it)).unwrap_or(rest.len());
        (Some(Token::Name(rest[..length].to_owned())), length)
    } else {
        (Some(Token::Other(first)).filter(|_| !first.is_whitespace()), first.len_utf8())
    }
}

/// How long the raw string is that a text begins with.
fn raw(text: &str) -> Option<usize> {
    let opened = text.strip_prefix('r')?.trim_start_matches('#');
    let n_hashes = text.len() - opened.len() - 1;
    let content = opened.strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(n_hashes));
    Some(text.len() - content.len() + content.find(&end).map_or(content.len(), |it| it + end.len()))
}

/// How far a quoted text goes, its closing quote included.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, it) in rest.char_indices() {
        match it {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if it == quote => return at + it.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

struct Reader<'a> {
    tokens: &'a [(Token, usize)],
    at: usize,
    /// The module whose lines are being read.
    modules: Vec<String>,
    /// For each open brace, whether it closes a module.
    closing: Vec<bool>,
    found: Vec<Named>,
}

impl Reader<'_> {
    fn read(&mut self) {
        while let Some((token, _)) = self.tokens.get(self.at) {
            match token {
                Token::Name(it) if it == "mod" => self.module(),
                Token::Name(_) => self.path(&[]),
                Token::Other('{') => self.open(false),
                Token::Other('}') => self.close(),
                _ => self.at += 1,
            }
        }
    }

    /// `mod name {` or `mod name;`.
    fn module(&mut self) {
        let opened = match self.tokens.get(self.at + 1..self.at + 3) {
            Some([(Token::Name(name), _), (Token::Other('{'), _)]) => Some(name.clone()),
            _ => None,
        };
        self.at += 2;
        if let Some(name) = opened {
            self.modules.push(name);
            self.open(true);
        }
    }

    fn open(&mut self, is_module: bool) {
        self.closing.push(is_module);
        self.at += 1;
    }

    fn close(&mut self) {
        if self.closing.pop() == Some(true) {
            self.modules.pop();
        }
        self.at += 1;
    }

    /// A path, or a tree of them, below a prefix.
    fn path(&mut self, prefix: &[String]) {
        let mut path = prefix.to_vec();
        let mut line = 0;
        while let Some((Token::Name(name), at)) = self.tokens.get(self.at) {
            line = *at;
            path.push(name.clone());
            self.at += 1;
            if self.tokens.get(self.at).is_none_or(|it| it.0 != Token::Colons) {
                break;
            }
            self.at += 1;
        }
        match self.tokens.get(self.at) {
            Some((Token::Other('{'), _)) if self.follows_colons() => self.tree(&path),
            Some((Token::Other('*'), _)) if self.follows_colons() => {
                path.push("*".to_owned());
                self.found.push(Named { path: self.resolved(&path), line });
            }
            _ => self.found.push(Named { path: self.resolved(&path), line }),
        }
    }

    fn follows_colons(&self) -> bool {
        self.at > 0 && self.tokens[self.at - 1].0 == Token::Colons
    }

    /// `{a, b::c}` after a prefix.
    fn tree(&mut self, prefix: &[String]) {
        self.at += 1;
        loop {
            match self.tokens.get(self.at) {
                None => return,
                Some((Token::Other('}'), _)) => {
                    self.at += 1;
                    return;
                }
                Some((Token::Name(it), _)) if it == "as" => self.at += 2,
                Some((Token::Name(_), _)) => self.path(prefix),
                Some(_) => self.at += 1,
            }
        }
    }

    /// The path from the root of the crate, where it begins in this crate.
    fn resolved(&self, path: &[String]) -> String {
        let mut below = self.modules.clone();
        let mut parts = path.iter().map(String::as_str).filter(|it| *it != "self").peekable();
        if path.first().is_some_and(|it| it != "self" && it != "super") {
            let parts: Vec<_> = parts.map(|it| if it == "milepost" { "crate" } else { it }).collect();
            return parts.join("::");
        }
        while parts.next_if_eq(&"super").is_some() {
            below.pop();
        }
        let below = below.iter().map(String::as_str);
        ["crate"].into_iter().chain(below).chain(parts).collect::<Vec<_>>().join("::")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &[(&str, usize)]) {
        let found = named("app/read/mod.rs", text);
        let found: Vec<_> = found.iter().map(|it| (it.path.as_str(), it.line)).collect();
        let found: Vec<_> = found.into_iter().filter(|it| it.0.contains("::")).collect();
        assert_eq!(found, expect, "{text}");
    }

    #[test]
    fn trees_are_walked() {
        check(
            "use crate::{\n    app::{App, self},\n    domain as rules,\n};\nuse std::fs;",
            &[("crate::app::App", 2), ("crate::app", 2), ("crate::domain", 3), ("std::fs", 5)],
        );
    }

    #[test]
    fn code_attributes_and_macros_have_paths() {
        check(
            "#[tokio::test]\nfn f() -> axum::Router { x!(sled::Db::open(1)) }",
            &[("tokio::test", 1), ("axum::Router", 2), ("sled::Db::open", 2)],
        );
    }

    #[test]
    fn comments_and_quotes_are_passed_over() {
        check("// a::b\n/* c::d\n */ \"e::f \\\" g::h\" r#\"i::j\"# '\"' 'k' x::y", &[("x::y", 3)]);
        check("fn f<'a>(it: &'a str) -> b::C {}", &[("b::C", 1)]);
    }

    #[test]
    fn relative_paths_are_resolved() {
        check(
            "use self::a; use super::b; use super::super::c;",
            &[("crate::app::read::a", 1), ("crate::app::b", 1), ("crate::c", 1)],
        );
        check(
            "mod tests { use super::a; fn f() {} }\nuse super::b;",
            &[("crate::app::read::a", 1), ("crate::app::b", 2)],
        );
    }
}
