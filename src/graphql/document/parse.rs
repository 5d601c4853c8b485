//! From text to syntax tree, or to what is wrong with the text.

use apollo_compiler::{ast::Document, diagnostic::ToCliReport as _, parser::Parser};

use super::{
    Reason, Refused,
    descriptions::without_descriptions,
    limits::{MAX_NESTING, MAX_TOKENS},
    places::Places,
};
use crate::graphql::error::code;

/// Reads a text that was scanned before.
pub(super) fn parse(text: &str, places: &Places) -> Result<Document, Refused> {
    // Far beyond what passed the scan, which counts a little differently.
    let mut parser = Parser::new().recursion_limit(MAX_NESTING * 4).token_limit(MAX_TOKENS * 8);
    parser.parse_ast(without_descriptions(text), "").map_err(|failed| {
        // What comes after the first error mostly comes of it.
        let first = failed.errors.iter().next();
        let said = first.as_ref().map(|it| it.error.to_string()).unwrap_or_default();
        let place = first.and_then(|it| places.of_span(it.error.location()));
        let message = format!("this is not GraphQL: {}", words(&said));
        Refused::new(Reason::Syntax, code::GRAPHQL_PARSE_FAILED, message, place)
    })
}

/// What is wrong, without what the client wrote.
fn words(said: &str) -> String {
    let said = said.trim_start_matches("syntax error: ");
    if let Some((wanted, _)) = said.strip_prefix("expected ").and_then(|it| it.split_once(", got ")) {
        return match sign(wanted) {
            Some(sign) => format!("expected `{sign}`"),
            None => "something else is expected here".to_owned(),
        };
    }
    let foreseen = FORESEEN.iter().find(|(begin, _)| said.starts_with(begin));
    match foreseen {
        Some((_, words)) => (*words).to_owned(),
        None if is_plain(said) => said.replace("StringValue", "text").to_lowercase(),
        None => "it cannot be read from here on".to_owned(),
    }
}

/// What the parser says with the client's text in it, or in other words than ours.
const FORESEEN: [(&str, &str); 7] = [
    ("Unexpected character ", "unexpected character"),
    ("Unexpected <EOF>", "it ends too early"),
    ("Unexpected EOF", "it ends too early"),
    ("Unterminated spread operator", "expected `...`"),
    ("unexpected end of data while lexing string value", "a text has no end"),
    ("unterminated string value", "a text has no end"),
    ("unexpected line terminator", "a text has no end on its line"),
];

/// The sign that the parser calls so.
fn sign(called: &str) -> Option<char> {
    let sign = match called {
        "L_CURLY" => '{',
        "R_CURLY" => '}',
        "L_PAREN" => '(',
        "R_PAREN" => ')',
        "L_BRACK" => '[',
        "R_BRACK" => ']',
        "AT" => '@',
        "COLON" => ':',
        "DOLLAR" => '$',
        _ => return None,
    };
    Some(sign)
}

/// Whether it is a sentence of the parser's own, which has nothing of the client's.
fn is_plain(said: &str) -> bool {
    said.starts_with("expected ") || said.contains("unicode escape") || said.starts_with("unexpected ")
}
