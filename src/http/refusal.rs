//! The one way to refuse a request: errors in the form that GraphQL clients read, and one line in the log.
//! Neither repeats what was sent.

use std::{borrow::Cow, panic::PanicHookInfo};

use axum::{
    body::Body,
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS},
    },
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::protocol::Format;
use crate::graphql::{self, RequestId, code};

tokio::task_local! {
    /// The request that a task answers.
    pub(super) static REQUEST: RequestId;
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Why a request as a whole is refused, in words of ours alone.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: &'static str,
    header: Option<(HeaderName, &'static str)>,
    format: Format,
}

/// Why an answer has no data, for the log.
#[derive(Debug, Clone)]
pub(super) struct Why(pub(super) Cow<'static, str>);

/// Refuses a request.
pub(super) fn refuse(status: StatusCode, code: &'static str, message: &'static str) -> Refusal {
    Refusal { status, code, message, header: None, format: Format::Json }
}

impl Refusal {
    /// With one more header.
    pub(super) fn with(self, name: HeaderName, value: &'static str) -> Self {
        Self { header: Some((name, value)), ..self }
    }

    /// In the format that the client reads.
    pub(super) fn in_format(self, format: Format) -> Self {
        Self { format, ..self }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (message, code) = (json!(self.message), self.code);
        let id = match REQUEST.try_with(|it| it.0) {
            Ok(id) if self.status == StatusCode::INTERNAL_SERVER_ERROR => format!(r#","requestId":"{id}""#),
            _ => String::new(),
        };
        let body = format!(r#"{{"errors":[{{"message":{message},"extensions":{{"code":"{code}"{id}}}}}]}}"#);
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status;
        response.extensions_mut().insert(Why(self.code.into()));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, self.format.content_type());
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if let Some((name, value)) = self.header {
            headers.insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

/// What a request is answered whose handler panicked.
pub(super) fn internal_error() -> Refusal {
    refuse(StatusCode::INTERNAL_SERVER_ERROR, code::INTERNAL_SERVER_ERROR, "internal server error")
}

/// Says in the log what was refused, and tells the client under which id.
pub(super) fn log(response: &mut Response, method: &'static str, route: &'static str, id: RequestId) {
    let Some(Why(why)) = response.extensions().get::<Why>().cloned() else { return };
    let status = response.status().as_u16();
    match status {
        // What failed on our side has said so itself.
        500 => {}
        // There are many of these when there are any; a log that fills the disk helps nobody.
        503 => {
            tracing::debug!(request_id = %id.0, method, route, status, why = &*why, "a request was refused")
        }
        _ => tracing::info!(request_id = %id.0, method, route, status, why = &*why, "a request was refused"),
    }
    let id = HeaderValue::from_str(&id.0.to_string()).expect("hexadecimal digits and hyphens");
    response.headers_mut().insert(REQUEST_ID, id);
}

/// From now on a panic is one line in the log, with the request in which it happened where that is known; those
/// of operations are logged with the operation.
pub fn log_panics() {
    std::panic::set_hook(Box::new(|panic: &PanicHookInfo<'_>| {
        if graphql::panic_is_caught(panic) {
            return;
        }
        let request_id = REQUEST.try_with(|it| it.0.to_string()).unwrap_or_default();
        let at = panic.location().map(ToString::to_string).unwrap_or_default();
        let payload = panic.payload();
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let message = text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or_default();
        tracing::error!(request_id, at, message = ?message, "a panic");
    }));
}
