//! Every text of a document has something to say.

use serde_json::Value;

use super::report::{Place, Report};

/// Holds every text in here to that, whichever field it stands in.
pub(super) fn check(value: &Value, place: &Place, report: &mut Report) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, it)| check(it, &place.key(key), report)),
        Value::Array(items) => place.each(items).for_each(|(place, it)| check(it, &place, report)),
        Value::String(text) => check_text(text, place, report),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn check_text(text: &str, place: &Place, report: &mut Report) {
    if text.trim().is_empty() {
        report.refuse(place, "must not be empty");
    } else if text.trim() != text {
        report.refuse(place, "must not begin or end with white space");
    } else if text.chars().any(char::is_control) {
        report.refuse(place, "must be one line, without tabs and other control characters");
    }
}
