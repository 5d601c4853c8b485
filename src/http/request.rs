//! What a client asks, out of JSON, strictly: JSON that two readers could read in two ways is none.

use std::{collections::HashSet, fmt};

use async_graphql::{Name, Number, Value, Variables, indexmap::IndexMap};
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};

use crate::graphql::{Asked, code};

/// How many values a request may hold in all its JSON. One takes up to a hundred times as much memory as bytes of
/// the body, whether anything wants it or not.
const MAX_VALUES: usize = 20_000;
const TOO_MANY_VALUES: Malformed =
    Malformed { code: code::BAD_REQUEST, message: "the JSON of a request may hold 20,000 values" };
const BATCHING_NOT_SUPPORTED: &str = "BATCHING_NOT_SUPPORTED";

/// Why a payload asks nothing, in words of ours alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed {
    /// The stable code.
    pub(super) code: &'static str,
    /// What the client reads.
    pub(super) message: &'static str,
}

impl Malformed {
    pub(super) fn new(message: &'static str) -> Self {
        Self { code: code::BAD_REQUEST, message }
    }
}

/// The members of an object, each of which is there once.
pub(super) type Members = IndexMap<Name, Value>;

/// Reads the JSON object that asks for an operation.
pub(super) fn read_payload(json: &[u8]) -> Result<Asked, Malformed> {
    if json.trim_ascii_start().starts_with(b"[") {
        let message = "send one operation a request; a list of them is not executed";
        return Err(Malformed { code: BATCHING_NOT_SUPPORTED, message });
    }
    if has_too_many_values(json) {
        return Err(TOO_MANY_VALUES);
    }
    let payload: Payload = read_json(json).ok_or(Malformed::new(
        "the body must be a JSON object with `query` as a string, and perhaps `variables` and `extensions` as objects and \
         `operationName` and `documentId` as strings, each once; nothing in it is nested more than 125 deep",
    ))?;
    let mut asked = Asked {
        query: payload.query,
        operation_name: payload.operation_name,
        variables: variables(payload.variables),
        ..Asked::default()
    };
    read_extensions(&mut asked, payload.extensions, payload.document_id)?;
    Ok(asked)
}

/// Reads JSON of any kind.
pub(super) fn read_any(json: &[u8]) -> Result<Value, Malformed> {
    if has_too_many_values(json) {
        return Err(TOO_MANY_VALUES);
    }
    let message = "the body must be JSON whose members are each there once, nested at most 125 deep";
    read_json::<Any>(json).map(|it| it.0).ok_or(Malformed::new(message))
}

/// Reads JSON that is a GraphQL map.
pub(super) fn read_members(json: &str) -> Result<Option<Members>, Malformed> {
    let members: Option<Option<Object>> = read_json(json.as_bytes());
    let message = "`variables` and `extensions` must be JSON objects whose members are there once";
    Ok(members.ok_or(Malformed::new(message))?.map(|it| it.0))
}

pub(super) fn variables(members: Option<Members>) -> Variables {
    members.map(|it| Variables::from_value(Value::Object(it))).unwrap_or_default()
}

/// Takes over what `extensions` and `documentId` say.
pub(super) fn read_extensions(
    asked: &mut Asked,
    extensions: Option<Members>,
    document_id: Option<String>,
) -> Result<(), Malformed> {
    let extensions = extensions.unwrap_or_default();
    asked.tell_cost = match extensions.get("cost") {
        None | Some(Value::Null) => false,
        Some(Value::Boolean(it)) => *it,
        Some(_) => return Err(Malformed::new("`extensions.cost` must be true or false")),
    };
    let hash = extensions.get("persistedQuery").filter(|it| **it != Value::Null).map(hash_of).transpose()?;
    let id = document_id.map(|it| it.strip_prefix("sha256:").map(str::to_owned).ok_or(NO_ID)).transpose()?;
    if let (Some(hash), Some(id)) = (&hash, &id)
        && hash != id
    {
        return Err(Malformed::new("`documentId` and `persistedQuery` name different documents"));
    }
    asked.hash = hash.or(id);
    Ok(())
}

const NO_ID: Malformed = Malformed {
    code: code::BAD_REQUEST,
    message: "`documentId` must be `sha256:` and the SHA-256 of a document in lower-case hexadecimal",
};

fn hash_of(persisted: &Value) -> Result<String, Malformed> {
    let message = "`extensions.persistedQuery` must have `version` 1 and a `sha256Hash`";
    let Value::Object(persisted) = persisted else { return Err(Malformed::new(message)) };
    match (persisted.get("version"), persisted.get("sha256Hash")) {
        (Some(Value::Number(version)), Some(Value::String(hash))) if version.as_u64() == Some(1) => {
            Ok(hash.clone())
        }
        _ => Err(Malformed::new(message)),
    }
}

/// Counts before anything is kept: before each value, and in each object, there is one of the signs that are counted.
fn has_too_many_values(json: &[u8]) -> bool {
    if json.len() <= MAX_VALUES {
        return false;
    }
    let (mut n_values, mut is_text, mut is_escaped) = (0, false, false);
    for byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = is_text,
            b'"' => is_text = !is_text,
            b',' | b'[' | b'{' if !is_text => n_values += 1,
            _ => {}
        }
    }
    MAX_VALUES < n_values
}

fn read_json<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Option<T> {
    serde_json::from_str(std::str::from_utf8(json).ok()?).ok()
}

/// What a request may have; other members are read and left.
#[derive(Default)]
struct Payload {
    query: Option<String>,
    operation_name: Option<String>,
    variables: Option<Members>,
    extensions: Option<Members>,
    document_id: Option<String>,
}

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize, PartialEq, Eq, Hash)]
        #[serde(field_identifier, rename_all = "camelCase")]
        enum Member {
            Query,
            OperationName,
            Variables,
            Extensions,
            DocumentId,
            Other(String),
        }

        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Payload;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Payload, A::Error> {
                let (mut payload, mut seen) = (Payload::default(), HashSet::new());
                while let Some(member) = map.next_key::<Member>()? {
                    match &member {
                        Member::Query => payload.query = map.next_value()?,
                        Member::OperationName => payload.operation_name = map.next_value()?,
                        Member::DocumentId => payload.document_id = map.next_value()?,
                        Member::Variables => {
                            payload.variables = map.next_value::<Option<Object>>()?.map(|it| it.0);
                        }
                        Member::Extensions => {
                            payload.extensions = map.next_value::<Option<Object>>()?.map(|it| it.0);
                        }
                        Member::Other(_) => drop(map.next_value::<Any>()?),
                    }
                    if !seen.insert(member) {
                        return Err(A::Error::custom("a member twice"));
                    }
                }
                Ok(payload)
            }
        }

        deserializer.deserialize_map(Reader)
    }
}

/// An object whose members are there once, at every level.
struct Object(Members);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Any::deserialize(deserializer)?.0 {
            Value::Object(members) => Ok(Self(members)),
            _ => Err(D::Error::custom("no object")),
        }
    }
}

/// A value of any type.
struct Any(Value);

impl<'de> Deserialize<'de> for Any {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Any;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a JSON value")
            }

            fn visit_unit<E>(self) -> Result<Any, E> {
                Ok(Any(Value::Null))
            }

            fn visit_bool<E>(self, it: bool) -> Result<Any, E> {
                Ok(Any(Value::Boolean(it)))
            }

            fn visit_i64<E>(self, it: i64) -> Result<Any, E> {
                Ok(Any(Value::Number(it.into())))
            }

            fn visit_u64<E>(self, it: u64) -> Result<Any, E> {
                Ok(Any(Value::Number(it.into())))
            }

            fn visit_f64<E: Error>(self, it: f64) -> Result<Any, E> {
                Number::from_f64(it).map(|it| Any(Value::Number(it))).ok_or_else(|| E::custom("not finite"))
            }

            fn visit_str<E>(self, it: &str) -> Result<Any, E> {
                Ok(Any(Value::String(it.to_owned())))
            }

            fn visit_string<E>(self, it: String) -> Result<Any, E> {
                Ok(Any(Value::String(it)))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Any, A::Error> {
                let mut items = vec![];
                while let Some(Any(item)) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Any(Value::List(items)))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Any, A::Error> {
                let mut members = Members::new();
                while let Some((name, Any(value))) = map.next_entry::<Name, Any>()? {
                    if members.insert(name, value).is_some() {
                        return Err(A::Error::custom("a member twice"));
                    }
                }
                Ok(Any(Value::Object(members)))
            }
        }

        deserializer.deserialize_any(Reader)
    }
}
