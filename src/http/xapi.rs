//! `/xapi`: statements come by POST, and whoever asks is told which versions of xAPI there are.

use axum::{
    body::{Body, Bytes},
    extract::Request,
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS},
    },
    response::{IntoResponse, Response},
};

use super::{
    Server, body,
    graphql::not_allowed,
    protocol::{self, Format},
    refusal::{Refusal, Why, internal_error, refuse},
    request,
};
use crate::graphql::{Refusing, Untold, Viewer, take_statements};

const VERSION: HeaderName = HeaderName::from_static("x-experience-api-version");
const ABOUT: &str = r#"{"version":["1.0.0","1.0.1","1.0.2","1.0.3","2.0.0"]}"#;

/// Answers a request to `/xapi/…`, in the version that it asks for.
pub(super) async fn answer(server: &Server, request: Request) -> Response {
    let version = version(request.headers());
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let mut response = match (request.uri().path(), is_read) {
        ("/xapi/statements", _) => statements(server, request, version.is_some()).await,
        (path, is_read) => {
            let refusal = match path {
                "/xapi/about" if is_read => None,
                "/xapi/about" => Some(not_allowed("this address is only read", "GET, HEAD")),
                _ => Some(refuse(StatusCode::NOT_FOUND, "NOT_FOUND", "there is nothing at this address")),
            };
            let (head, body) = request.into_parts();
            body::discard(&head.headers, body).await;
            refusal.map_or_else(|| answered(ABOUT), Refusal::into_response)
        }
    };
    let version = HeaderValue::from_static(version.unwrap_or("1.0.3"));
    response.headers_mut().insert(VERSION, version);
    response
}

/// Only JSON, as operations: forms are sent by foreign pages too.
async fn statements(server: &Server, request: Request, is_version: bool) -> Response {
    let (head, body) = request.into_parts();
    let refusal = if head.method != Method::POST {
        Some(not_allowed("statements are sent by POST; they are not kept as such", "POST"))
    } else if !is_version {
        let message = "send `X-Experience-API-Version: 1.0.3`; 1.0 and 2.0 are supported, with their patches";
        Some(refuse(StatusCode::BAD_REQUEST, "UNSUPPORTED_VERSION", message))
    } else if head.uri.query().is_some() {
        Some(refuse(StatusCode::BAD_REQUEST, "BAD_REQUEST", "statements are sent without parameters"))
    } else if !protocol::is_json(&head.headers) {
        let message = "send statements as JSON in UTF-8, with `Content-Type: application/json`";
        Some(refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", message))
    } else {
        None
    };
    if let Some(refusal) = refusal {
        body::discard(&head.headers, body).await;
        return refusal.into_response();
    }
    match taken(server, &head.headers, body).await {
        Ok(ids) => answered(ids),
        Err(response) => response,
    }
}

async fn taken(server: &Server, headers: &HeaderMap, body: Body) -> Result<Vec<u8>, Response> {
    let body: Bytes = body::read(server, headers, body).await.map_err(Refusal::into_response)?;
    let given = request::read_any(&body).map_err(|it| Refusal::from(it).into_response())?;
    take_statements(&server.app, given, Viewer::admin()).await.map_err(untold)
}

fn untold(untold: Untold) -> Response {
    let status = match untold.kind {
        Refusing::Bad => StatusCode::BAD_REQUEST,
        Refusing::TooMany => StatusCode::PAYLOAD_TOO_LARGE,
        Refusing::Unknown => StatusCode::NOT_FOUND,
        Refusing::Conflict => StatusCode::CONFLICT,
        Refusing::ReadOnly => StatusCode::SERVICE_UNAVAILABLE,
        Refusing::Fault => return internal_error().into_response(),
    };
    let mut response = answered(untold.body);
    *response.status_mut() = status;
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response.extensions_mut().insert(Why(untold.code.into()));
    response
}

fn answered(json: impl Into<Body>) -> Response {
    let headers = [
        (CONTENT_TYPE, Format::Json.content_type()),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, json.into()).into_response()
}

/// The version in which to answer; `None`: none was asked for, or one that there is not.
fn version(headers: &HeaderMap) -> Option<&'static str> {
    let mut versions = headers.get_all(VERSION).iter();
    let (version, None) = (versions.next()?.to_str().ok()?, versions.next()) else { return None };
    let is_patch = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
    let is_of = |family: &str| match version.strip_prefix(family) {
        Some("") => true,
        Some(rest) => rest.strip_prefix('.').is_some_and(is_patch),
        None => false,
    };
    [("1.0", "1.0.3"), ("2.0", "2.0.0")].into_iter().find(|it| is_of(it.0)).map(|it| it.1)
}
