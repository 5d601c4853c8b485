//! Answers as JSON: errors before data, keys in the order of the selection.

use async_graphql::{Response, Value};
use serde::Serialize;

use super::document::{Cost, Refused};

/// An answer with `data`, and what it cost where that was asked.
pub(super) fn write_response(response: &Response, cost: Option<Cost>) -> Vec<u8> {
    /// What stands around a part that was written at once.
    const ROOM: usize = 256;
    let mut out = Vec::with_capacity(ROOM + at_once(&response.data));
    out.push(b'{');
    if !response.errors.is_empty() {
        out.extend_from_slice(b"\"errors\":");
        append(&response.errors, &mut out);
        out.push(b',');
    }
    out.extend_from_slice(b"\"data\":");
    append_value(&response.data, &mut out);
    if let Some(cost) = cost {
        out.extend_from_slice(b",\"extensions\":");
        append(&serde_json::json!({ "cost": cost }), &mut out);
    }
    out.push(b'}');
    out
}

/// How many bytes were written at once, near the root.
fn at_once(data: &Value) -> usize {
    match data {
        Value::Binary(json) => json.len(),
        Value::Object(fields) => fields.values().map(at_once).sum(),
        _ => 0,
    }
}

/// Binary values are JSON that was written at once; the API has no other.
fn append_value(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Binary(json) => out.extend_from_slice(json),
        Value::List(items) => append_all(b"[]", items, out, append_value),
        Value::Object(fields) => append_all(b"{}", fields, out, |(key, it), out| {
            append(key.as_str(), out);
            out.push(b':');
            append_value(it, out);
        }),
        plain => append(plain, out),
    }
}

/// Appends things between brackets, with commas between them.
fn append_all<T>(
    [open, close]: &[u8; 2],
    items: impl IntoIterator<Item = T>,
    out: &mut Vec<u8>,
    append: impl Fn(T, &mut Vec<u8>),
) {
    out.push(*open);
    for (place, it) in items.into_iter().enumerate() {
        if place != 0 {
            out.push(b',');
        }
        append(it, out);
    }
    out.push(*close);
}

fn append(value: &(impl Serialize + ?Sized), out: &mut Vec<u8>) {
    serde_json::to_writer(out, value).expect("answers are plain data");
}

impl Refused {
    /// The errors as a JSON list, such as the payload of a WebSocket's `error` message.
    pub fn errors_json(&self) -> Vec<u8> {
        serde_json::to_vec(&self.errors).expect("errors are plain data")
    }

    /// The whole answer: `{"errors":[…]}`, without `data`.
    pub fn to_json(&self) -> Vec<u8> {
        [b"{\"errors\":", &self.errors_json()[..], b"}"].concat()
    }
}
