//! One pass over the signs of a text, before anything that recurses or allocates reads it: it counts tokens
//! and how deep brackets stand within each other.

use std::ops::Range;

use super::{
    Refused,
    limits::{MAX_BYTES, MAX_NESTING, MAX_TOKENS},
    places::Places,
};

/// Refuses what is too long, has too many tokens or nests too deep.
pub(super) fn scan(text: &str) -> Result<(), Refused> {
    if MAX_BYTES < text.len() {
        return Err(Refused::beyond(format!("the document has more than {MAX_BYTES} bytes"), None));
    }
    let mut depth = 0_usize;
    for (n_before, token) in Tokens::of(text).enumerate() {
        depth = match text.as_bytes()[token.start] {
            b'{' | b'[' | b'(' => depth + 1,
            b'}' | b']' | b')' => depth.saturating_sub(1),
            _ => depth,
        };
        let message = if n_before == MAX_TOKENS {
            format!("the document has more than {MAX_TOKENS} tokens")
        } else if MAX_NESTING < depth {
            format!("brackets stand more than {MAX_NESTING} deep within each other")
        } else {
            continue;
        };
        return Err(Refused::beyond(message, Some(Places::of(text).at(token.start))));
    }
    Ok(())
}

/// Where the tokens are. What is no token of GraphQL counts as one a byte; the parser will say so.
pub(super) struct Tokens<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Iterator for Tokens<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        loop {
            match self.bytes.get(self.at)? {
                b' ' | b'\t' | b'\n' | b'\r' | b',' => self.at += 1,
                _ if self.bytes[self.at..].starts_with(BOM) => self.at += BOM.len(),
                b'#' => self.at = self.end_of(|it| matches!(it, b'\n' | b'\r')),
                _ => break,
            }
        }
        let start = self.at;
        self.at = match self.bytes[start] {
            b'"' if self.bytes[start..].starts_with(b"\"\"\"") => self.end_of_block(),
            b'"' => self.end_of_text(),
            b'.' if self.bytes[start..].starts_with(b"...") => start + 3,
            it if is_word(it) => self.end_of(|it| !is_word(it)),
            // What belongs to the same character.
            _ => start + 1 + self.bytes[start + 1..].iter().take_while(|it| is_continued(**it)).count(),
        };
        Some(start..self.at)
    }
}

/// What may stand before a text, or anywhere between tokens.
const BOM: &[u8] = "\u{feff}".as_bytes();

/// Whether a byte of UTF-8 goes on with the character that the bytes before it began.
fn is_continued(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}

/// Whether names and numbers consist of it.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

impl<'a> Tokens<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self { bytes: text.as_bytes(), at: 0 }
    }

    fn end_of(&self, is_end: impl Fn(u8) -> bool) -> usize {
        let rest = &self.bytes[self.at..];
        rest.iter().position(|it| is_end(*it)).map_or(self.bytes.len(), |it| self.at + it)
    }

    /// Behind the closing quote; a line break ends the text as well.
    fn end_of_text(&self) -> usize {
        let mut at = self.at + 1;
        loop {
            match self.bytes.get(at) {
                Some(b'\\') => at += 2,
                Some(b'"') => return at + 1,
                Some(b'\n' | b'\r') | None => return at.min(self.bytes.len()),
                Some(_) => at += 1,
            }
        }
    }

    /// Behind the closing three quotes.
    fn end_of_block(&self) -> usize {
        let mut at = self.at + 3;
        while at < self.bytes.len() {
            let rest = &self.bytes[at..];
            if rest.starts_with(b"\"\"\"") {
                return at + 3;
            }
            at += if rest.starts_with(b"\\\"\"\"") { 4 } else { 1 };
        }
        at.min(self.bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tokens(text: &str) -> usize {
        Tokens::of(text).count()
    }

    #[test]
    fn tokens_are_names_numbers_texts_and_signs() {
        for (text, n_tokens) in [
            ("", 0),
            (" ,\u{feff}\n# { [ (", 0),
            ("{ a }", 3),
            ("{a(b:-1.5e3)...on C{d}}", 16),
            ("query($a:[ID!]!=\"} \\\" {\"){b}", 16),
            ("\"\"\" { \\\"\"\" } \"\"\" a", 2),
            ("\"open { \n }", 2),
            ("\"\\", 1),
            ("\"\"\"\\\"\"\"", 1),
        ] {
            assert_eq!(tokens(text), n_tokens, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Also of what no document has outside of texts and comments.
        #[test]
        fn tokens_split_no_character(text in "([{}()\"\\\\#a .é\u{a0}\u{feff}\u{ff01}🦀\n]|\\PC){0,20}") {
            for token in Tokens::of(&text) {
                prop_assert!(text.get(token).is_some_and(|it| !it.is_empty()));
            }
        }
    }

    #[test]
    fn brackets_within_texts_and_comments_count_for_nothing() {
        let deep = "{[(".repeat(MAX_NESTING);
        for text in [format!("\"{deep}\""), format!("#{deep}"), format!("\"\"\"{deep}\"\"\"")] {
            assert!(scan(&text).is_ok(), "{text}");
        }
        assert!(scan(&deep).is_err());
    }
}
