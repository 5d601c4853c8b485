//! The messages of `graphql-transport-ws`, and the codes with which a socket is closed.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;
use tokio_tungstenite::tungstenite::{Bytes, Message, Utf8Bytes};

use super::wire::End;
use crate::graphql::Refused;

/// What a client calls one of its operations.
pub(super) type Id = Arc<str>;

/// How many bytes such an id may have.
const MAX_ID: usize = 128;

pub(super) const NOT_A_MESSAGE: End = End::Close(4400, "this is no message of graphql-transport-ws");
pub(super) const NOT_TEXT: End = End::Close(4400, "messages are text, not binary");
pub(super) const NO_ID: End = End::Close(4400, "an operation needs an id of 1 to 128 bytes");
pub(super) const NO_OPERATION: End =
    End::Close(4400, "the payload must be an object with a query, as in a request over HTTP");
pub(super) const NOT_OPEN: End = End::Close(4401, "send connection_init and wait for connection_ack first");
pub(super) const NEVER_OPENED: End = End::Close(4408, "there was no connection_init in time");
pub(super) const TAKEN: End = End::Close(4409, "there is an operation of this id already");
pub(super) const OPENED_TWICE: End = End::Close(4429, "connection_init was sent twice");
pub(super) const SERVER_ENDS: End = End::Close(1001, "the server ends");
pub(super) const FLOODS: End = End::Close(1008, "too many operations at once");
pub(super) const PINGS_TOO_OFTEN: End = End::Close(1008, "more than 1,000 pings between two heartbeats");
pub(super) const SILENT: End = End::Close(1013, "there was no answer to two pings");

/// What a client says.
#[derive(Debug)]
pub(super) enum Said<'a> {
    /// It wants to begin.
    Init,
    /// It wants to know whether the server is there.
    Ping(Option<&'a RawValue>),
    /// It is there.
    Pong,
    /// It asks.
    Subscribe(Id, &'a RawValue),
    /// It wants to hear no more of an operation.
    Complete(Id),
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "type")]
    kind: String,
    id: Option<String>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
}

/// Reads a message, or says with which code the socket is closed.
pub(super) fn read(text: &str) -> Result<Said<'_>, End> {
    // An array would be read as the members of an object, one after the other.
    let is_object = |it: &str| it.trim_ascii_start().starts_with('{');
    let envelope = Some(text).filter(|it| is_object(it)).and_then(|it| serde_json::from_str(it).ok());
    let Envelope { kind, id, payload } = envelope.ok_or(NOT_A_MESSAGE)?;
    if let "connection_init" | "ping" | "pong" = &*kind
        && payload.is_some_and(|it| !is_object(it.get()))
    {
        return Err(NOT_A_MESSAGE);
    }
    let id = || id.filter(|it| !it.is_empty() && it.len() <= MAX_ID).map(Id::from).ok_or(NO_ID);
    match &*kind {
        "connection_init" => Ok(Said::Init),
        "ping" => Ok(Said::Ping(payload)),
        "pong" => Ok(Said::Pong),
        "subscribe" => Ok(Said::Subscribe(id()?, payload.ok_or(NO_OPERATION)?)),
        "complete" => Ok(Said::Complete(id()?)),
        _ => Err(NOT_A_MESSAGE),
    }
}

/// The client may begin.
pub(super) fn ack() -> Message {
    Message::text(r#"{"type":"connection_ack"}"#)
}

/// The answer to a ping: what it carried.
pub(super) fn pong(payload: Option<&RawValue>) -> Message {
    payload.map_or_else(
        || Message::text(r#"{"type":"pong"}"#),
        |it| Message::text(format!(r#"{{"type":"pong","payload":{it}}}"#)),
    )
}

/// An answer to an operation.
pub(super) fn next(id: &Id, payload: &[u8]) -> Message {
    about(id, "next", Some(payload))
}

/// The operation failed and is over.
pub(super) fn error(id: &Id, refused: &Refused) -> Message {
    about(id, "error", Some(&refused.errors_json()))
}

/// The operation is over.
pub(super) fn complete(id: &Id) -> Message {
    about(id, "complete", None)
}

fn about(id: &Id, kind: &str, payload: Option<&[u8]>) -> Message {
    let id = serde_json::to_string(id).expect("a text is JSON");
    let mut text = format!(r#"{{"id":{id},"type":"{kind}""#).into_bytes();
    if let Some(payload) = payload {
        text.extend_from_slice(b",\"payload\":");
        text.extend_from_slice(payload);
    }
    text.push(b'}');
    Message::Text(Utf8Bytes::try_from(Bytes::from(text)).expect("JSON is UTF-8"))
}
