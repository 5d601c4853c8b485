//! Answers that go on over plain HTTP: as server-sent events (graphql-sse, distinct connections) and as the parts
//! of a multipart body (what Apollo Client asks for). A message is made when the client takes it.
//!
//! When the server ends, a subscription ends without saying that it is complete, so that clients come back; what is
//! answered once is still answered.

use std::convert::Infallible;

use axum::{
    body::{Body, Bytes},
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt as _, stream::unfold};
use tokio::time::Interval;

use super::Server;
use crate::graphql::{Kind, Message, Messages, Refused};

/// Asks proxies such as nginx not to keep events until there are enough of them.
const UNBUFFERED: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
const NOT_STORED: (HeaderName, HeaderValue) =
    (header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store"));

/// How messages are written.
struct Form {
    content_type: HeaderValue,
    /// What comes at once, so that the client knows that it was heard.
    start: &'static str,
    heartbeat: &'static str,
    next: fn(&[u8]) -> Vec<u8>,
    failed: fn(&Refused) -> Vec<u8>,
    /// The operation is complete.
    end: &'static str,
}

/// Each message an event `next`, then `complete`.
static EVENTS: Form = Form {
    content_type: HeaderValue::from_static("text/event-stream; charset=utf-8"),
    start: ":\n\n",
    heartbeat: ":\n\n",
    next: |json| [b"event: next\ndata: ", json, b"\n\n"].concat(),
    failed: |refused| [b"event: next\ndata: ", &refused.to_json()[..], b"\n\n"].concat(),
    end: "event: complete\ndata:\n\n",
};

/// Each message a part, with the line after it: Apollo Client takes a part for whole when it sees that.
static PARTS: Form = Form {
    content_type: HeaderValue::from_static("multipart/mixed;boundary=\"graphql\";subscriptionSpec=1.0"),
    start: "\r\n--graphql\r\ncontent-type: application/json\r\n\r\n{}\r\n--graphql",
    heartbeat: "\r\ncontent-type: application/json\r\n\r\n{}\r\n--graphql",
    next: |json| part(&[b"{\"payload\":", json, b"}"]),
    failed: |refused| part(&[b"{\"payload\":null,\"errors\":", &refused.errors_json(), b"}"]),
    end: "--\r\n",
};

fn part(json: &[&[u8]]) -> Vec<u8> {
    [b"\r\ncontent-type: application/json\r\n\r\n", &json.concat()[..], b"\r\n--graphql"].concat()
}

/// Answers with server-sent events.
pub(super) fn events(server: Server, kind: Kind, messages: Messages) -> Response {
    answer(server, kind, messages, &EVENTS)
}

/// Answers with a multipart body.
pub(super) fn multipart(server: Server, kind: Kind, messages: Messages) -> Response {
    answer(server, kind, messages, &PARTS)
}

fn answer(server: Server, kind: Kind, messages: Messages, form: &'static Form) -> Response {
    let heart = server.options.live.heart();
    let goes_on = kind == Kind::Subscription;
    let flow = Flow { server, messages, goes_on, form, heart, is_begun: false, is_over: false };
    let pieces = unfold(flow, |mut flow| async move {
        let piece = flow.next().await?;
        Some((Ok::<_, Infallible>(piece), flow))
    });
    let content_type = (header::CONTENT_TYPE, form.content_type.clone());
    ([content_type, NOT_STORED, UNBUFFERED], Body::from_stream(pieces)).into_response()
}

/// Messages on their way into a body.
struct Flow {
    server: Server,
    messages: Messages,
    /// There is no end to wait for.
    goes_on: bool,
    form: &'static Form,
    heart: Interval,
    is_begun: bool,
    is_over: bool,
}

impl Flow {
    /// What comes next in the body.
    async fn next(&mut self) -> Option<Bytes> {
        if self.is_over {
            return None;
        }
        if !self.is_begun {
            self.is_begun = true;
            return Some(self.form.start.into());
        }
        tokio::select! {
            biased;
            () = self.server.closes(), if self.goes_on => None,
            message = self.messages.next() => Some(self.write(message)),
            _ = self.heart.tick() => Some(self.form.heartbeat.into()),
        }
    }

    fn write(&mut self, message: Option<Message>) -> Bytes {
        self.is_over = !matches!(message, Some(Message::Next(_)));
        match message {
            Some(Message::Next(json)) => (self.form.next)(&json).into(),
            Some(Message::Failed(refused)) => {
                [&(self.form.failed)(&refused)[..], self.form.end.as_bytes()].concat().into()
            }
            None => self.form.end.into(),
        }
    }
}
