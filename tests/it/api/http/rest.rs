//! Who sends more than is wanted, all at once or together with others, is told so.

use std::{future::pending, net::SocketAddr, time::Duration};

use milepost::http::Options;
use tokio::time::{sleep, timeout};

use super::{QUERY, SLUG};
use crate::{
    wire::{PATIENCE, Wire, post, summary, talk},
    world::World,
};

const TYPED: &str = "host: localhost\r\ncontent-type: application/json\r\n";

/// What is answered to whoever first sends it all, as most libraries do, and reads then.
#[tokio::test]
async fn whoever_sends_it_all_can_read_why_it_was_refused() {
    let (_world, address) = World::new().served().await;
    let long = " ".repeat(6 << 20);
    let plain = format!("content-length: {}\r\n\r\n{long}", long.len());
    let chunks = format!("transfer-encoding: chunked\r\n\r\n{:x}\r\n{long}\r\n0\r\n\r\n", long.len());
    for body in [&plain, &chunks] {
        for (line, head, expected) in [
            ("POST /graphql", TYPED, "413 PAYLOAD_TOO_LARGE"),
            ("POST /graphql", "host: localhost\r\n", "415 UNSUPPORTED_MEDIA_TYPE"),
            ("POST /graphql", &format!("{TYPED}content-encoding: br\r\n"), "415 UNSUPPORTED_MEDIA_TYPE"),
            ("POST /graphql", &format!("{TYPED}accept: image/png\r\n"), "406 NOT_ACCEPTABLE"),
            ("POST /graphql", &format!("{TYPED}origin: null\r\n"), "403 FORBIDDEN_ORIGIN"),
            ("POST /graphql", "host: example.com\r\n", "421 MISDIRECTED_REQUEST"),
            ("PUT /graphql", TYPED, "405 METHOD_NOT_ALLOWED"),
            ("POST /health", TYPED, "405 METHOD_NOT_ALLOWED"),
            ("POST /graphiql", TYPED, "405 METHOD_NOT_ALLOWED"),
            ("POST /nothing", TYPED, "404 NOT_FOUND"),
        ] {
            let mut wire = Wire::open(address).await;
            let request = format!("{line} HTTP/1.1\r\nconnection: close\r\n{head}{body}");
            assert!(wire.send(request.as_bytes()).await, "{line} {head}: it is taken");
            assert_eq!(summary(&wire.rest().await), expected, "{line} {head}");
        }
    }
}

#[tokio::test]
async fn whoever_asks_before_sending_is_not_asked_for_what_is_refused() {
    let (_world, address) = World::new().served().await;
    for (head, expected) in [
        (TYPED, "413 PAYLOAD_TOO_LARGE"),
        ("host: localhost\r\n", "415 UNSUPPORTED_MEDIA_TYPE"),
        ("host: example.com\r\n", "421 MISDIRECTED_REQUEST"),
    ] {
        let request = format!(
            "POST /graphql HTTP/1.1\r\nexpect: 100-continue\r\n{head}content-length: 3000000\r\n\r\n"
        );
        assert_eq!(summary(&talk(address, request.as_bytes()).await), expected, "{head}");
    }
}

/// As many bytes of bodies as there may be: then only short ones are taken until there is room.
#[tokio::test]
async fn long_bodies_that_do_not_end_keep_long_ones_out_only() {
    let options = Options { max_body_bytes: 48 << 10, ..Options::default() };
    let (_world, address) = World::new().served_with(options, pending()).await;
    let long = post("connection: close\r\n", &format!("{QUERY}{}", " ".repeat(60 << 10)));
    let mut half = Wire::open(address).await;
    half.send(&long.as_bytes()[..long.len() - 1]).await;
    let refused = until(&long, "too many long bodies come at once", address).await;
    assert!(refused.starts_with("HTTP/1.1 503") && refused.contains("retry-after: 1\r\n"), "{refused}");
    until(&post("connection: close\r\n", QUERY), SLUG, address).await;
    drop(half);
    until(&long, SLUG, address).await;
}

/// Asks until that is in the answer; a server that is busy otherwise says so first.
async fn until(request: &str, expected: &str, address: SocketAddr) -> String {
    let asking = async {
        loop {
            let answer = talk(address, request.as_bytes()).await;
            if answer.contains(expected) {
                return answer;
            }
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(PATIENCE, asking).await.unwrap_or_else(|_| panic!("never {expected}"))
}
