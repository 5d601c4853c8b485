//! GraphQL over HTTP: each request as a row, with the status, the format and the codes that answer it.

mod access;
mod body;
mod connection;
mod get;
mod key;
mod negotiation;
mod payload;
mod rest;
mod xapi;

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode},
};
use milepost::http::Options;
use serde_json::{Value, json};

use crate::world::{World, codes};

const QUERY: &str = r#"{"query":"{ guide { slug } }"}"#;
const SLUG: &str = r#"{"data":{"guide":{"slug":"backend-2026"}}}"#;
const JSON: (&str, &str) = ("content-type", "application/json");

/// A request as it is sent.
#[derive(Clone)]
struct Asked {
    method: &'static str,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Asked {
    fn new(method: &'static str, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), headers: vec![], body: vec![] }
    }

    /// A POST of JSON.
    fn post(body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..Self::new("POST", "/graphql") }.with(&[JSON])
    }

    /// A GET with what makes it no simple request.
    fn get(query: &str) -> Self {
        Self::new("GET", format!("/graphql?{query}")).with(&[("graphql-require-preflight", "1")])
    }

    fn with(mut self, headers: &[(&str, &str)]) -> Self {
        self.headers.extend(headers.iter().map(|(name, value)| ((*name).into(), (*value).into())));
        self
    }

    /// Sends it, to `localhost` unless it names a host.
    async fn send(self, world: &World) -> Answered {
        let mut request = Request::builder().method(self.method).uri(&self.path);
        if !self.headers.iter().any(|it| it.0 == "host") {
            request = request.header("host", "localhost");
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let response = world.send(request.body(Body::from(self.body)).unwrap()).await;
        let (head, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answered { status: head.status, headers: head.headers, body }
    }
}

/// What comes back.
struct Answered {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answered {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("no JSON: {}", String::from_utf8_lossy(&self.body)))
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().unwrap())
    }

    /// Such as `415 json UNSUPPORTED_MEDIA_TYPE`.
    fn summary(&self) -> String {
        let format = match self.header("content-type") {
            "application/json; charset=utf-8" => "json",
            "application/graphql-response+json; charset=utf-8" => "graphql",
            other => other,
        };
        let codes = codes(&self.json()).join(" ");
        format!("{} {format} {codes}", self.status.as_u16()).trim_end().to_owned()
    }

    /// What holds for each refusal.
    fn check_refusal(&self) {
        let body = String::from_utf8_lossy(&self.body);
        for leak in ["secret", "panicked", "src/", "serde", "Error(", "expected"] {
            assert!(!body.contains(leak), "{body}");
        }
        assert_eq!(self.header("x-content-type-options"), "nosniff", "{body}");
        assert_eq!(self.header("cache-control"), "no-store", "{body}");
        assert_eq!(self.header("x-request-id").len(), 36, "{body}");
        assert_eq!(self.json().get("data"), None, "{body}");
    }
}

/// Sends each request and compares what comes back.
async fn check(world: &World, rows: impl IntoIterator<Item = (Asked, &str)>) {
    for (asked, expected) in rows {
        let said = format!("{} {} {:?} {}", asked.method, asked.path, asked.headers, show(&asked.body));
        let answered = asked.send(world).await;
        assert_eq!(answered.summary(), expected, "{said}");
        if !answered.status.is_success() {
            answered.check_refusal();
        }
    }
}

fn show(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(200)]).into_owned()
}

fn drafting() -> Options {
    Options { draft_statuses: true, ..Options::default() }
}

#[tokio::test]
async fn an_operation_is_answered() {
    let answered = Asked::post(QUERY).send(&World::new()).await;
    assert_eq!((answered.summary().as_str(), show(&answered.body).as_str()), ("200 json", SLUG));
    assert_eq!(answered.header("vary"), "accept, accept-encoding");
    assert_eq!(answered.headers.get("x-request-id"), None);
}

#[tokio::test]
async fn other_addresses_and_methods_are_told_what_there_is() {
    let world = World::new();
    for (method, path, allow) in [
        ("PUT", "/graphql", "GET, HEAD, POST, OPTIONS"),
        ("DELETE", "/graphql", "GET, HEAD, POST, OPTIONS"),
        ("PATCH", "/graphql", "GET, HEAD, POST, OPTIONS"),
        ("TRACE", "/graphql", "GET, HEAD, POST, OPTIONS"),
        ("SECRET", "/graphql", "GET, HEAD, POST, OPTIONS"),
        ("POST", "/health", "GET, HEAD"),
        ("DELETE", "/schema.graphql", "GET, HEAD"),
        ("POST", "/graphiql", "GET, HEAD"),
    ] {
        let answered = Asked::new(method, path).send(&world).await;
        assert_eq!(answered.summary(), "405 json METHOD_NOT_ALLOWED", "{method} {path}");
        assert_eq!(answered.header("allow"), allow, "{method} {path}");
        answered.check_refusal();
    }
    let nowhere = ["/secret", "/graphql/", "/graphiql/secret", "//graphql", "/Health"];
    check(&world, nowhere.map(|path| (Asked::new("GET", path), "404 json NOT_FOUND"))).await;
    let options = Asked::new("OPTIONS", "/graphql").send(&world).await;
    assert_eq!((options.status.as_u16(), options.header("allow")), (200, "GET, HEAD, POST, OPTIONS"));
}

#[tokio::test]
async fn health_and_schema() {
    let world = World::new();
    let health = Asked::new("GET", "/health").send(&world).await;
    assert_eq!((health.status.as_u16(), health.json()), (200, json!({ "status": "ok" })));
    let schema = Asked::new("GET", "/schema.graphql").send(&world).await;
    assert_eq!(schema.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(String::from_utf8(schema.body).unwrap(), milepost::graphql::sdl());
}

#[tokio::test]
async fn head_tells_all_but_the_body() {
    let world = World::new();
    for path in ["/health", "/schema.graphql", "/graphql?query={guide{slug}}"] {
        let asked = Asked::new("GET", path).with(&[("graphql-require-preflight", "1")]);
        let get = asked.clone().send(&world).await;
        let head = Asked { method: "HEAD", ..asked }.send(&world).await;
        assert_eq!((head.status, head.body), (get.status, vec![]), "{path}");
        assert_eq!(head.headers["content-length"], get.body.len().to_string(), "{path}");
        assert_eq!(head.headers["content-type"], get.headers["content-type"], "{path}");
    }
}
