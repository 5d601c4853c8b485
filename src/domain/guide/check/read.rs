//! Reads the form of a document. Serde says what it did not expect; people want to know where that
//! is and what would be right.

use serde_json::Value;

use super::{GuideError, names::hint};
use crate::domain::guide::Guide;

/// What `serde_json` says of an enum that is neither a text nor an object with one key.
const NO_VARIANT: &str = "expected value";

/// The document as JSON and as a guide, or the first thing that has not the right form.
pub(super) fn read(text: &str) -> Result<(Value, Guide), GuideError> {
    let document: Value = serde_json::from_str(text).map_err(|it| not_json(&it))?;
    let guide = serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(text));
    guide.map(|it| (document, it)).map_err(|it| explain(&it.path().to_string(), it.inner()))
}

fn not_json(error: &serde_json::Error) -> GuideError {
    GuideError { place: position(error), message: format!("this is not JSON: {}", bare(error)) }
}

fn position(error: &serde_json::Error) -> String {
    format!("line {}, column {}", error.line(), error.column())
}

/// What the error says, without the position that `serde_json` adds.
fn bare(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.as_str(), |it| it.0).to_owned()
}

fn explain(path: &str, error: &serde_json::Error) -> GuideError {
    let message = bare(error);
    let names = quoted(&message);
    let is = |beginning| message.starts_with(beginning);
    let (place, message) = match names.as_slice() {
        [field, ..] if is("missing field") => (joined(path, field), "this field is missing".to_owned()),
        [field, ..] if is("duplicate field") => {
            (joined(path, field), "this field stands here twice".to_owned())
        }
        [field, known @ ..] if is("unknown field") => {
            (path.to_owned(), format!("there is no such field; {}", hint(field, known)))
        }
        [name, known @ ..] if is("unknown variant") => {
            (path.to_owned(), format!("`{name}` is not known here; {}", hint(name, known)))
        }
        _ if message == NO_VARIANT => (path.to_owned(), no_variant(path)),
        _ => (path.to_owned(), reworded(&message)),
    };
    let place = if place == "." { "the document".to_owned() } else { place };
    GuideError { place, message: format!("{message} ({})", position(error)) }
}

/// The words in backticks.
fn quoted(message: &str) -> Vec<&str> {
    message.split('`').skip(1).step_by(2).collect()
}

fn joined(path: &str, field: &str) -> String {
    if path == "." { field.to_owned() } else { format!("{path}.{field}") }
}

/// What is to stand where a name or an object with one key should: a choice of stacks or a rule.
fn no_variant(path: &str) -> String {
    let field = path.rsplit('.').next().and_then(|it| it.split('[').next()).unwrap_or_default();
    match field {
        "applies" => "must be an object with exactly one of the keys `only` and `except`; for every stack leave it out",
        "doneWhen" | "any" | "all" => {
            "must be the name \"stackChosen\", or an object with exactly one of the keys `projects`, `covered`, `evidence`, `any`, `all`"
        }
        _ => "must be a name in quotes, or an object with exactly one key",
    }
    .to_owned()
}

fn reworded(message: &str) -> String {
    let mismatch = message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: "));
    if let Some((found, expected)) = mismatch.and_then(|it| it.rsplit_once(", expected ")) {
        return format!("must be {}, but is {}", kind(expected), value(found));
    }
    match message {
        _ if message.starts_with("failed to parse") => format!("must be a day such as 2026-01-31: {message}"),
        _ => message.to_owned(),
    }
}

/// A value as the document has it; serde names its type before it.
fn value(found: &str) -> &str {
    let types = ["string ", "integer ", "floating point ", "boolean "];
    let value = types.iter().find_map(|it| found.strip_prefix(it));
    value.map_or_else(|| kind(found), |it| it.trim_matches('`'))
}

/// A kind of value, in words that do not come from Rust.
fn kind(name: &str) -> &str {
    match name {
        "u32" => "a whole number from 0 on",
        "i32" => "a whole number",
        "f64" => "a number",
        "a boolean" => "true or false",
        "a sequence" | "sequence" => "a list",
        "map" => "an object",
        "unit" => "a name in quotes, without a value",
        "unit variant" => "a name alone",
        "newtype variant" => "an object with this name as its key",
        _ if name.starts_with("struct ") => "an object",
        _ => name,
    }
}
