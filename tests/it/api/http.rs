//! What the server answers to requests that are none.

use axum::{
    body::{Body, to_bytes},
    http::{Request, request::Builder},
};
use milepost::http::MAX_BODY;
use serde_json::{Value, json};

use crate::world::{World, codes};

const QUERY: &str = r#"{"query":"{ guide { slug } }"}"#;

fn post() -> Builder {
    Request::post("/graphql").header("host", "localhost").header("content-type", "application/json")
}

/// The status and the body as JSON.
async fn answer(request: Builder, body: impl Into<Body>) -> (u16, Value) {
    let response = World::new().send(request.body(body.into()).unwrap()).await;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    assert_eq!(headers["content-type"], "application/json", "{}", String::from_utf8_lossy(&bytes));
    (status, serde_json::from_slice(&bytes).unwrap())
}

/// The status and the code of a refusal, which never repeats what was sent.
async fn refusal(request: Builder, body: impl Into<Body>) -> (u16, String) {
    let (status, body) = answer(request, body).await;
    assert!(!body.to_string().contains("secret"), "{body}");
    (status, codes(&body).join(" "))
}

#[tokio::test]
async fn operations_come_as_json() {
    assert_eq!(
        answer(post(), QUERY).await,
        (200, json!({ "data": { "guide": { "slug": "backend-2026" } } }))
    );
    let with_charset = Request::post("/graphql").header("host", "localhost");
    let with_charset = with_charset.header("content-type", "Application/JSON; charset=utf-8");
    assert_eq!(answer(with_charset, QUERY).await.0, 200);
    for other in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "secret", ""] {
        let request = Request::post("/graphql").header("host", "localhost").header("content-type", other);
        assert_eq!(refusal(request, QUERY).await, (415, "UNSUPPORTED_MEDIA_TYPE".into()), "{other}");
    }
    let none = Request::post("/graphql").header("host", "localhost");
    assert_eq!(refusal(none, QUERY).await, (415, "UNSUPPORTED_MEDIA_TYPE".into()));
}

#[tokio::test]
async fn a_body_of_a_mebibyte_and_no_more() {
    let padded = |n: usize| format!("{QUERY}{}", " ".repeat(n - QUERY.len()));
    assert_eq!(answer(post(), padded(MAX_BODY)).await.0, 200);
    assert_eq!(refusal(post(), padded(MAX_BODY + 1)).await, (413, "PAYLOAD_TOO_LARGE".into()));
    let announced = post().header("content-length", MAX_BODY + 1);
    assert_eq!(refusal(announced, padded(MAX_BODY + 1)).await, (413, "PAYLOAD_TOO_LARGE".into()));
}

#[tokio::test]
async fn what_is_no_operation_is_a_bad_request() {
    for body in [
        "",
        "secret",
        "{",
        "[]",
        "7",
        "null",
        r#""secret""#,
        r#"{"query":7}"#,
        "\u{0}",
        r#"{"variables":"secret"}"#,
    ] {
        assert_eq!(refusal(post(), body).await, (400, "BAD_REQUEST".into()), "{body}");
    }
    assert_eq!(refusal(post(), vec![0xff, 0xfe]).await, (400, "BAD_REQUEST".into()));
    let deep = format!(
        r#"{{"query":"{{ guide {{ slug }} }}","variables":{}1{}}}"#,
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    assert_eq!(refusal(post(), deep).await, (400, "BAD_REQUEST".into()));
}

#[tokio::test]
async fn other_methods_are_told_which_there_are() {
    for method in ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        let request = || Request::builder().method(method).uri("/graphql").header("host", "localhost");
        assert_eq!(refusal(request(), "").await, (405, "METHOD_NOT_ALLOWED".into()), "{method}");
        let response = World::new().send(request().body(Body::empty()).unwrap()).await;
        assert_eq!(response.headers()["allow"], "POST", "{method}");
    }
    let other = Request::get("/graphql").header("host", "localhost").header("upgrade", "h2c");
    assert_eq!(refusal(other, "").await, (400, "BAD_REQUEST".into()));
}

#[tokio::test]
async fn only_this_machine_is_answered() {
    let request = |name, value| {
        let request =
            Request::post("/graphql").header("content-type", "application/json").header(name, value);
        if name == "host" { request } else { request.header("host", "localhost") }
    };
    for host in ["secret.example.com", "localhost.example.com", "127.0.0.1.nip.io", "", "192.168.0.1:8080"] {
        assert_eq!(
            refusal(request("host", host), QUERY).await,
            (421, "MISDIRECTED_REQUEST".into()),
            "{host}"
        );
    }
    for origin in ["https://secret.example.com", "null", "", "http://localhost.evil.example"] {
        assert_eq!(
            refusal(request("origin", origin), QUERY).await,
            (403, "FORBIDDEN_ORIGIN".into()),
            "{origin}"
        );
    }
    for (name, value) in
        [("host", "127.0.0.1:8080"), ("host", "[::1]:8080"), ("origin", "http://localhost:5173")]
    {
        assert_eq!(answer(request(name, value), QUERY).await.0, 200, "{value}");
    }
    let without = Request::post("/graphql").header("content-type", "application/json");
    assert_eq!(refusal(without, QUERY).await, (421, "MISDIRECTED_REQUEST".into()));
}

#[tokio::test]
async fn health_and_schema() {
    let get = |path: &str| Request::get(path).header("host", "localhost");
    assert_eq!(answer(get("/health"), "").await, (200, json!({ "status": "ok" })));
    let response = World::new().send(get("/schema.graphql").body(Body::empty()).unwrap()).await;
    assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    assert_eq!(String::from_utf8(bytes.to_vec()).unwrap(), milepost::graphql::sdl());
}
