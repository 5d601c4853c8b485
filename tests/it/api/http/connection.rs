//! Connections over real sockets: how long they may be silent, how many there may be, how they end.

use std::{future::pending, net::SocketAddr, time::Duration};

use milepost::http::{LiveOptions, Options, serve};
use tokio::{net::TcpListener, sync::oneshot, time::timeout};

use super::{QUERY, SLUG};
use crate::{
    wire::{PATIENCE, Wire, post, summary, talk},
    world::World,
};

const SHORT: Duration = Duration::from_millis(100);
const HEALTH: &str = "GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

#[tokio::test]
async fn requests_follow_each_other_on_a_connection() {
    let (_world, address) = World::new().served().await;
    let mut wire = Wire::open(address).await;
    for _ in 0..3 {
        wire.send(post("", QUERY).as_bytes()).await;
        assert!(wire.answer().await.ends_with(SLUG));
    }
    wire.send((post("", QUERY) + &post("connection: close\r\n", QUERY)).as_bytes()).await;
    assert_eq!(wire.rest().await.matches(SLUG).count(), 2);
}

#[tokio::test]
async fn whoever_sends_half_a_head_is_not_waited_for() {
    let options = Options { header_timeout: SHORT, ..Options::default() };
    let (_world, address) = World::new().served_with(options, pending()).await;
    for half in ["", "P", "POST /graphql HTTP/1.1\r\n", "POST /graphql HTTP/1.1\r\nhost: localhost\r\nx: "] {
        assert_eq!(talk(address, half.as_bytes()).await, "", "{half}");
    }
    let mut idle = Wire::open(address).await;
    idle.send(post("", QUERY).as_bytes()).await;
    assert!(idle.rest().await.ends_with(SLUG));
}

#[tokio::test]
async fn whoever_sends_half_a_body_is_told_so() {
    let options = Options { body_timeout: SHORT, ..Options::default() };
    let (_world, address) = World::new().served_with(options, pending()).await;
    let whole = post("", QUERY);
    let chunked = "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
                   transfer-encoding: chunked\r\n\r\n5\r\n{\"que";
    for half in [&whole[..whole.len() - 1], &whole[..whole.len() - QUERY.len()], chunked] {
        let answer = talk(address, half.as_bytes()).await;
        assert_eq!(summary(&answer), "408 REQUEST_TIMEOUT", "{half}");
        assert!(answer.contains("connection: close"), "{answer}");
    }
}

#[tokio::test]
async fn more_connections_than_there_may_be_are_told_to_come_back() {
    let options = Options { max_connections: 2, ..Options::default() };
    let (_world, address) = World::new().served_with(options, pending()).await;
    let (mut first, mut second) = (Wire::open(address).await, Wire::open(address).await);
    for wire in [&mut first, &mut second] {
        wire.send(post("", QUERY).as_bytes()).await;
        assert_eq!(summary(&wire.answer().await), "200");
    }
    let answer = talk(address, post("", QUERY).as_bytes()).await;
    assert_eq!(summary(&answer), "503 OVERLOADED");
    assert!(answer.contains("retry-after: 1\r\n"), "{answer}");
    assert_eq!(summary(&talk(address, HEALTH.as_bytes()).await), "200", "health has a place of its own");
    drop(first);
    assert_eq!(summary(&come_back(address).await), "200");
    second.send(post("", QUERY).as_bytes()).await;
    assert_eq!(summary(&second.answer().await), "200");
}

/// Comes back until there is a place.
async fn come_back(address: SocketAddr) -> String {
    let asking = async {
        loop {
            let answer = talk(address, post("connection: close\r\n", QUERY).as_bytes()).await;
            if !answer.starts_with("HTTP/1.1 503") {
                return answer;
            }
        }
    };
    timeout(PATIENCE, asking).await.expect("a place")
}

#[tokio::test]
async fn whoever_takes_no_answers_has_no_place_for_ever() {
    let live = LiveOptions { write_timeout: SHORT, ..LiveOptions::default() };
    let options = Options { max_connections: 1, live, ..Options::default() };
    let (_world, address) = World::new().served_with(options, pending()).await;
    let mut deaf = Wire::open(address).await;
    // Far more is answered than what the system keeps for whoever may still read it.
    let ask = "GET /schema.graphql HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(1_000);
    deaf.send(ask.as_bytes()).await;
    assert_eq!(summary(&come_back(address).await), "200");
}

#[tokio::test]
async fn what_is_under_way_finishes_when_the_server_ends() {
    let world = World::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (end, ended) = oneshot::channel();
    let server = serve(listener, world.app.clone(), Options::default(), async { ended.await.unwrap() });
    let server = tokio::spawn(server);

    let (mut idle, mut busy) = (Wire::open(address).await, Wire::open(address).await);
    let mut silent = Wire::open(address).await;
    idle.send(post("", QUERY).as_bytes()).await;
    idle.answer().await;
    let request = post("expect: 100-continue\r\n", QUERY);
    busy.send(&request.as_bytes()[..request.len() - QUERY.len()]).await;
    // The server has begun with it when it asks for the body.
    assert_eq!(summary(&busy.answer().await), "100");
    end.send(()).unwrap();
    for wire in [&mut idle, &mut silent] {
        assert_eq!(wire.rest().await, "", "nothing is under way there");
    }
    busy.send(QUERY.as_bytes()).await;
    assert!(busy.rest().await.ends_with(SLUG));
    timeout(PATIENCE, server).await.expect("it ends").unwrap().unwrap();
}

#[tokio::test]
async fn a_length_beside_chunks_is_no_second_request() {
    let (_world, address) = World::new().served().await;
    let hidden = post("", QUERY);
    let chunks = format!("{:x}\r\n{QUERY}\r\n0\r\n\r\n", QUERY.len());
    for head in [
        "content-length: 3\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 3\r\n",
    ] {
        let request = format!(
            "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n{head}\r\n{chunks}{hidden}"
        );
        let answer = talk(address, request.as_bytes()).await;
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
        assert!(answer.contains("connection: close"), "{answer}");
    }
}
