//! What a client asks, out of the URL of a GET.

use super::request::{Malformed, read_extensions, read_members, variables};
use crate::graphql::Asked;

/// Reads the query part of a URL.
pub(super) fn read(query: &str) -> Result<Asked, Malformed> {
    let [mut text, mut operation_name, mut given, mut extensions, mut document_id] =
        [const { None::<String> }; 5];
    for pair in query.split('&').filter(|it| !it.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let place = match decode(name)?.as_str() {
            "query" => &mut text,
            "operationName" => &mut operation_name,
            "variables" => &mut given,
            "extensions" => &mut extensions,
            "documentId" => &mut document_id,
            _ => continue,
        };
        if place.replace(decode(value)?).is_some() {
            return Err(Malformed::new("each parameter of the URL may be there once"));
        }
    }
    let members = |it: Option<String>| match it.filter(|it| !it.is_empty()) {
        Some(json) => read_members(&json),
        None => Ok(None),
    };
    let mut asked = Asked {
        query: text,
        operation_name: operation_name.filter(|it| !it.is_empty()),
        variables: variables(members(given)?),
        ..Asked::default()
    };
    read_extensions(&mut asked, members(extensions)?, document_id)?;
    Ok(asked)
}

/// Undoes what forms and `URLSearchParams` do to text. What they never write is refused, not guessed.
fn decode(text: &str) -> Result<String, Malformed> {
    let refused = Malformed::new("the parameters of the URL must be percent-encoded UTF-8");
    let (mut bytes, mut rest) = (vec![], text.bytes());
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => match (rest.next().and_then(digit), rest.next().and_then(digit)) {
                (Some(high), Some(low)) => high * 16 + low,
                _ => return Err(refused),
            },
            other => other,
        });
    }
    String::from_utf8(bytes).map_err(|_| refused)
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|it| u8::try_from(it).ok())
}
