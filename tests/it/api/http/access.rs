//! Which hosts are ours, which pages may ask, and which may read.

use milepost::http::Options;

use super::{Asked, QUERY, check};
use crate::world::World;

#[tokio::test]
async fn only_this_machine_is_answered() {
    let to = |host: &str| Asked::post(QUERY).with(&[("host", host)]);
    let wrong = "421 json MISDIRECTED_REQUEST";
    let rows = [
        (to("localhost"), "200 json"),
        (to("localhost:8080"), "200 json"),
        (to("LOCALHOST"), "200 json"),
        (to("app.localhost:1"), "200 json"),
        (to("127.0.0.1:8080"), "200 json"),
        (to("[::1]:8080"), "200 json"),
        (to("secret.example.com"), wrong),
        (to("localhost.example.com"), wrong),
        (to("127.0.0.1.nip.io"), wrong),
        (to(""), wrong),
        (to("localhost:x"), wrong),
        (to("localhost@secret.example.com"), wrong),
        (to("192.168.0.1:8080"), wrong),
        (to("localhost").with(&[("host", "localhost")]), wrong),
        (Asked { path: "http://secret.example.com/graphql".into(), ..to("localhost") }, wrong),
    ];
    check(&World::new(), rows).await;
}

#[tokio::test]
async fn foreign_pages_may_not_ask() {
    let from = |origin: &str| Asked::post(QUERY).with(&[("origin", origin)]);
    let at = |host: &str, origin: &str| from(origin).with(&[("host", host)]);
    let refused = "403 json FORBIDDEN_ORIGIN";
    let rows = [
        (from("http://localhost"), "200 json"),
        (at("127.0.0.1:8080", "http://127.0.0.1:8080"), "200 json"),
        (at("LOCALHOST:8080", "http://localhost:8080"), "200 json"),
        (at("[::1]:8080", "http://[::1]:8080"), "200 json"),
        // What another program on this machine serves is not ours.
        (from("http://localhost:3000"), refused),
        (from("https://localhost"), refused),
        (from("localhost"), refused),
        (at("127.0.0.1:8080", "http://localhost:8080"), refused),
        (at("localhost:8080", "http://localhost"), refused),
        (from("https://secret.example.com"), refused),
        (from("null"), refused),
        (from(""), refused),
        (from("http://localhost.evil.example"), refused),
        (from("http://localhost").with(&[("origin", "http://localhost")]), refused),
    ];
    check(&World::new(), rows).await;
    let preflight = Asked { method: "OPTIONS", ..from("https://secret.example.com") };
    let preflight = preflight.with(&[("access-control-request-method", "POST")]);
    let answered = preflight.send(&World::new()).await;
    assert_eq!(answered.summary(), refused);
    assert_eq!(answered.headers.get("access-control-allow-origin"), None);
}

const APP: &str = "https://app.example.com";

#[tokio::test]
async fn pages_of_listed_origins_may_ask_and_read() {
    let allow_origins = vec![APP.parse().unwrap(), "http://localhost:5173".parse().unwrap()];
    let world = World::new().offered(Options { allow_origins, ..Options::default() });
    let answered = Asked::post(QUERY).with(&[("origin", APP)]).send(&world).await;
    assert_eq!(answered.summary(), "200 json");
    assert_eq!(answered.header("access-control-allow-origin"), APP);
    let vary: Vec<_> = answered.headers.get_all("vary").iter().collect();
    assert_eq!(vary, ["accept, accept-encoding", "origin"]);

    // What goes wrong can be read as well.
    let answered = Asked::post("secret").with(&[("origin", APP)]).send(&world).await;
    assert_eq!((answered.status.as_u16(), answered.header("access-control-allow-origin")), (400, APP));

    for other in
        ["http://app.example.com", "https://app.example.com:444", "https://secret.example.com", "null"]
    {
        let answered = Asked::post(QUERY).with(&[("origin", other)]).send(&world).await;
        assert_eq!(answered.summary(), "403 json FORBIDDEN_ORIGIN", "{other}");
        assert_eq!(answered.headers.get("access-control-allow-origin"), None, "{other}");
    }
    let local = Asked::post(QUERY).with(&[("origin", "http://localhost")]).send(&world).await;
    assert_eq!((local.status.as_u16(), local.headers.get("access-control-allow-origin")), (200, None));
}

#[tokio::test]
async fn a_browser_learns_what_pages_of_listed_origins_may_send() {
    let world =
        World::new().offered(Options { allow_origins: vec![APP.parse().unwrap()], ..Options::default() });
    let preflight = Asked::new("OPTIONS", "/graphql").with(&[
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "content-type"),
    ]);
    let answered = preflight.clone().with(&[("origin", APP)]).send(&world).await;
    assert_eq!(answered.status.as_u16(), 204);
    assert_eq!(answered.header("access-control-allow-origin"), APP);
    assert_eq!(answered.header("access-control-allow-methods"), "GET, HEAD, POST");
    assert!(answered.header("access-control-allow-headers").contains("content-type"));
    // Nothing reads it, so that no page need send it.
    assert!(!answered.header("access-control-allow-headers").contains("authorization"));
    let local = preflight.with(&[("origin", "http://localhost")]).send(&world).await;
    assert_eq!((local.status.as_u16(), local.headers.get("access-control-allow-origin")), (204, None));
}
