//! `/graphql`: one address for queries, mutations and subscriptions, by POST, GET and WebSocket.

use axum::{
    body::{Body, Bytes},
    extract::Request,
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{
            ACCESS_CONTROL_REQUEST_METHOD, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ORIGIN,
            RETRY_AFTER, UPGRADE, VARY, X_CONTENT_TYPE_OPTIONS,
        },
    },
    response::{IntoResponse, Response},
};

use super::{
    Server, body, compression, parameters,
    protocol::{self, Accepted, Format, Streaming},
    refusal::{Refusal, Why, refuse},
    request::{self, Malformed},
    socket, stream,
};
use crate::graphql::{Answer, Asked, Kind, Operation, Outcome, RequestId, Viewer};

/// The key with which the mutations of a request can be repeated.
const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// How long it may be.
const MAX_IDEMPOTENCY_KEY: usize = 100;
/// The methods that there are.
const METHODS: &str = "GET, HEAD, POST, OPTIONS";
/// Headers that a browser does not let a foreign page send unasked.
const NOT_SIMPLE: [&str; 3] =
    ["graphql-require-preflight", "apollo-require-preflight", "x-apollo-operation-name"];

/// Answers a request to `/graphql`.
pub(super) async fn answer(server: &Server, request: Request, id: RequestId) -> Response {
    let mut response = match *request.method() {
        Method::GET if is_upgrade(request.headers()) => {
            return socket::open(server.clone(), request).await;
        }
        Method::GET | Method::HEAD | Method::POST => asked(server, request, id).await,
        Method::OPTIONS => [(ALLOW, METHODS)].into_response(),
        _ => {
            let (head, body) = request.into_parts();
            body::discard(&head.headers, body).await;
            not_allowed("send operations by POST, queries by GET too", METHODS).into_response()
        }
    };
    response.headers_mut().append(VARY, HeaderValue::from_static("accept, accept-encoding"));
    response
}

async fn asked(server: &Server, request: Request, id: RequestId) -> Response {
    let (head, body) = request.into_parts();
    let Some(accepted) = Accepted::of(&head.headers) else {
        let message = "answers come as application/graphql-response+json, application/json, text/event-stream or \
                       multipart/mixed";
        body::discard(&head.headers, body).await;
        return refuse(StatusCode::NOT_ACCEPTABLE, "NOT_ACCEPTABLE", message).into_response();
    };
    let is_post = head.method == Method::POST;
    let asked = if is_post {
        posted(server, &head.headers, body).await
    } else {
        got(&head.headers, head.uri.query().unwrap_or_default())
    };
    let caller = Caller { server, headers: &head.headers, accepted, id };
    match asked {
        Ok(asked) => caller.answer(Asked { id, ..asked }, is_post).await,
        Err(refusal) => refusal.in_format(accepted.for_errors()).into_response(),
    }
}

/// What is asked by POST. Only JSON: forms are sent by foreign pages too.
async fn posted(server: &Server, headers: &HeaderMap, body: Body) -> Result<Asked, Refusal> {
    if !protocol::is_json(headers) {
        let message = "send the operation as JSON in UTF-8, with `Content-Type: application/json`";
        body::discard(headers, body).await;
        return Err(refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", message));
    }
    let body = body::read(server, headers, body).await?;
    request::read_payload(&body).map_err(Refusal::from)
}

/// What is asked by GET. A foreign page can let a browser send one, but not with any header, nor from here.
fn got(headers: &HeaderMap, query: &str) -> Result<Asked, Refusal> {
    let is_there = |name: &str| headers.get(name).is_some_and(|it| !it.is_empty());
    let from = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    // Whoever has an origin was let pass by name.
    let is_safe = matches!(from, Some(b"same-origin" | b"none")) || headers.contains_key(ORIGIN);
    if !is_safe && !NOT_SIMPLE.into_iter().any(is_there) {
        let message =
            "send the header `GraphQL-Require-Preflight` with a GET, so that no foreign page can send it";
        return Err(refuse(StatusCode::FORBIDDEN, "CSRF_PREVENTION", message));
    }
    parameters::read(query).map_err(Refusal::from)
}

impl From<Malformed> for Refusal {
    fn from(malformed: Malformed) -> Self {
        refuse(StatusCode::BAD_REQUEST, malformed.code, malformed.message)
    }
}

/// Who is answered, and how.
struct Caller<'a> {
    server: &'a Server,
    headers: &'a HeaderMap,
    accepted: Accepted,
    id: RequestId,
}

impl Caller<'_> {
    async fn answer(self, asked: Asked, may_write: bool) -> Response {
        let format = self.accepted.for_errors();
        let operation = match self.server.endpoint.prepare(asked) {
            Ok(operation) => operation,
            Err(refused) => return self.write(refused.into(), format).await,
        };
        if operation.kind == Kind::Mutation && !may_write {
            return not_allowed("mutations are sent by POST", "POST").in_format(format).into_response();
        }
        let idempotency_key = match idempotency_key(self.headers) {
            Ok(key) => key,
            Err(refusal) => return refusal.in_format(format).into_response(),
        };
        let viewer = Viewer { idempotency_key, ..Viewer::admin() };
        match (self.accepted.single, self.accepted.stream) {
            (Some(format), _) if operation.kind != Kind::Subscription => {
                let answer = self.server.endpoint.execute(operation, viewer, self.id).await;
                self.write(answer, format).await
            }
            (_, Some(streaming)) => self.stream(operation, viewer, streaming),
            _ => {
                let message =
                    "subscriptions come as text/event-stream or multipart/mixed, or over a WebSocket";
                refuse(StatusCode::NOT_ACCEPTABLE, "NOT_ACCEPTABLE", message)
                    .in_format(format)
                    .into_response()
            }
        }
    }

    fn stream(&self, operation: Operation, viewer: Viewer, streaming: Streaming) -> Response {
        let kind = operation.kind;
        let messages = self.server.endpoint.messages(operation, viewer, self.id);
        match streaming {
            Streaming::Events => stream::events(self.server.clone(), kind, messages),
            Streaming::Multipart => stream::multipart(self.server.clone(), kind, messages),
        }
    }

    async fn write(&self, answer: Answer, format: Format) -> Response {
        let status = protocol::status(answer.outcome, format, self.server.options.draft_statuses);
        let body = Bytes::from(answer.body);
        let short =
            if compression::is_welcome(self.headers) { compression::shortened(&body).await } else { None };
        let is_short = short.is_some();
        let mut response = Response::new(Body::from(short.map_or(body, Bytes::from)));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, format.content_type());
        if is_short {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        if let Outcome::Refused(reason) = answer.outcome {
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
            if status == StatusCode::SERVICE_UNAVAILABLE {
                headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
            }
            response.extensions_mut().insert(Why(protocol::name(reason).into()));
        }
        response
    }
}

/// The key with which the mutations of a request can be repeated, as it is or as a quoted string.
fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let mut keys = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(key) = keys.next() else { return Ok(None) };
    let text = key.to_str().ok().filter(|_| keys.next().is_none()).map(str::trim);
    let bare = text.map(|it| it.strip_prefix('"').and_then(|it| it.strip_suffix('"')).unwrap_or(it));
    match bare {
        Some(key) if (1..=MAX_IDEMPOTENCY_KEY).contains(&key.len()) => Ok(Some(key.to_owned())),
        _ => {
            let message = "`Idempotency-Key` is one key of 1 to 100 characters of ASCII";
            Err(refuse(StatusCode::BAD_REQUEST, "BAD_REQUEST", message))
        }
    }
}

fn is_upgrade(headers: &HeaderMap) -> bool {
    protocol::items(headers, &UPGRADE).any(|it| it.eq_ignore_ascii_case("websocket"))
}

/// Whether a browser asks what a page of another origin may send.
pub(super) fn is_preflight(request: &Request) -> bool {
    *request.method() == Method::OPTIONS && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

pub(super) fn not_allowed(message: &'static str, methods: &'static str) -> Refusal {
    refuse(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", message).with(ALLOW, methods)
}
