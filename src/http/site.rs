//! All routes, and what is the same for each: who may ask, how long a head may be, panics, the log.

use std::{panic::AssertUnwindSafe, sync::LazyLock};

use axum::{
    body::{Body, HttpBody as _},
    extract::Request,
    http::{
        HeaderValue, Method, StatusCode,
        header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use futures_util::FutureExt as _;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;

use super::{
    Server, body, cors, export, graphql, local, pages,
    refusal::{self, REQUEST, Refusal, refuse},
    xapi,
};
use crate::graphql::RequestId;

/// How many headers a request may have, and how many bytes they and its URL.
const MAX_HEADERS: usize = 64;
const MAX_HEAD: usize = 16 * 1024;

/// Everything that there is at this address.
#[derive(Clone)]
pub(super) struct Site {
    pub(super) server: Server,
    pages: TowerToHyperService<axum::Router>,
}

impl Site {
    pub(super) fn new(server: Server) -> Self {
        Self { server, pages: TowerToHyperService::new(pages::router()) }
    }

    /// Answers any request.
    pub(super) async fn answer(&self, request: Request) -> Response {
        let id = self.server.fresh_id();
        let (method, route) = (name_of(request.method()), route_of(request.uri().path()));
        let is_head = request.method() == Method::HEAD;
        let answer = AssertUnwindSafe(REQUEST.scope(id, self.checked(request, id))).catch_unwind().await;
        let mut response =
            answer.unwrap_or_else(|_| REQUEST.sync_scope(id, || refusal::internal_error().into_response()));
        refusal::log(&mut response, method, route, id);
        if is_head { without_body(response) } else { response }
    }

    async fn checked(&self, request: Request, id: RequestId) -> Response {
        let origin = match check_head(&request)
            .and_then(|()| local::check(&request))
            .and_then(|()| cors::check(&request, &self.server.options.allow_origins))
        {
            Ok(origin) => origin,
            Err(refusal) => {
                let (head, body) = request.into_parts();
                body::discard(&head.headers, body).await;
                return refusal.into_response();
            }
        };
        let is_preflight = graphql::is_preflight(&request);
        let mut response = if is_preflight {
            StatusCode::NO_CONTENT.into_response()
        } else {
            self.routed(request, id).await
        };
        if let Some(origin) = origin {
            cors::let_read(response.headers_mut(), origin, is_preflight);
        }
        response
    }

    async fn routed(&self, mut request: Request, id: RequestId) -> Response {
        if request.uri().path() == "/graphql" {
            return graphql::answer(&self.server, request, id).await;
        }
        if request.uri().path().starts_with("/xapi/") {
            return xapi::answer(&self.server, request).await;
        }
        // There is nothing else that reads one.
        let body = std::mem::take(request.body_mut());
        body::discard(request.headers(), body).await;
        let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
        match request.uri().path() {
            "/health" | "/schema.graphql" if !is_read => only_read(),
            "/export/learner" | "/export/learner.xapi" | "/export/learners.csv" if !is_read => only_read(),
            "/export/learner" => export::learner(&self.server, query_of(&request)).await,
            "/export/learner.xapi" => export::statements(&self.server, query_of(&request)).await,
            "/export/learners.csv" => export::learners(&self.server, query_of(&request)),
            "/health" => health(&self.server).await,
            "/schema.graphql" => schema(),
            _ => self.page(request).await,
        }
    }

    async fn page(&self, request: Request) -> Response {
        let Ok(response) = self.pages.call(request).await;
        match response.status() {
            StatusCode::NOT_FOUND => {
                refuse(StatusCode::NOT_FOUND, "NOT_FOUND", "there is nothing at this address").into_response()
            }
            StatusCode::METHOD_NOT_ALLOWED => only_read(),
            _ => response,
        }
    }
}

/// hyper has wider limits behind these and answers them without a body.
fn check_head(request: &Request) -> Result<(), Refusal> {
    if MAX_HEAD < request.uri().path_and_query().map_or(0, |it| it.as_str().len()) {
        let message = "the address is longer than 16,384 bytes; send the operation by POST";
        return Err(refuse(StatusCode::URI_TOO_LONG, "URI_TOO_LONG", message));
    }
    let headers = request.headers();
    let n_bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if MAX_HEADERS < headers.len() || MAX_HEAD < n_bytes {
        let message = "a request may have 64 headers of 16,384 bytes in all";
        return Err(refuse(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "HEADERS_TOO_LARGE", message)
            .with(CONNECTION, "close"));
    }
    Ok(())
}

/// The schema as text, for code generators. Making it takes longer than sending it.
fn schema() -> Response {
    static SDL: LazyLock<String> = LazyLock::new(crate::graphql::sdl);
    ([(CONTENT_TYPE, "text/plain; charset=utf-8")], SDL.as_str()).into_response()
}

/// Whether the server can do its work, all of it. The log says why not.
async fn health(server: &Server) -> Response {
    let (code, body) = match (server.app.store.heads().await, server.app.store.read_only()) {
        (Err(error), _) => {
            tracing::error!(error = %error, "the store failed a health check");
            (StatusCode::SERVICE_UNAVAILABLE, r#"{"status":"unavailable"}"#)
        }
        (Ok(_), Some(_)) => (StatusCode::SERVICE_UNAVAILABLE, r#"{"status":"read_only"}"#),
        (Ok(_), None) => (StatusCode::OK, r#"{"status":"ok"}"#),
    };
    (code, [(CONTENT_TYPE, "application/json")], body).into_response()
}

fn query_of(request: &Request) -> &str {
    request.uri().query().unwrap_or_default()
}

fn only_read() -> Response {
    graphql::not_allowed("this address is only read", "GET, HEAD").into_response()
}

/// What HEAD is answered: all but the body.
fn without_body(response: Response) -> Response {
    let (mut head, body) = response.into_parts();
    if let Some(n_bytes) = body.size_hint().exact() {
        head.headers.insert(CONTENT_LENGTH, HeaderValue::from(n_bytes));
    }
    Response::from_parts(head, Body::empty())
}

/// For the log, which repeats nothing that a client made up.
fn name_of(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::OPTIONS => "OPTIONS",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}

fn route_of(path: &str) -> &'static str {
    match path {
        "/graphql" => "/graphql",
        "/health" => "/health",
        "/schema.graphql" => "/schema.graphql",
        _ if path.starts_with("/export/") => "/export",
        _ if path.starts_with("/xapi/") => "/xapi",
        _ if path == "/" || path.starts_with("/graphiql") => "/graphiql",
        _ => "other",
    }
}
