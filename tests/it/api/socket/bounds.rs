//! However much one client wants, the others are served and memory is bounded.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use milepost::http::{LiveOptions, Options};
use serde_json::json;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use super::client::Client;
use crate::world::World;

const FOLLOW: &str = "subscription { events { cursor } }";

#[tokio::test]
async fn a_socket_has_at_most_a_hundred_operations() {
    let (_world, address) = World::new().served().await;
    let mut client = Client::open(address).await;
    for id in 0..101 {
        client.subscribe(&id.to_string(), FOLLOW).await;
    }
    assert_eq!(client.hear().await, "error 100 LIMIT_EXCEEDED");
    client.send(json!({ "id": "7", "type": "complete" })).await;
    client.subscribe("100", "{ guide { slug } }").await;
    assert_eq!(client.hears(2).await, ["next 100", "complete 100"]);
}

#[tokio::test]
async fn a_flood_of_subscriptions_ends_the_socket() {
    let (world, address) = World::new().served().await;
    let (mut sink, mut stream) = Client::open(address).await.0.split();
    let flood = async move {
        for id in 0..10_000 {
            let payload = json!({ "query": FOLLOW });
            let message = json!({ "id": id.to_string(), "type": "subscribe", "payload": payload });
            // The server may be gone already.
            let _ = sink.send(Message::text(message.to_string())).await;
        }
        sink
    };
    let answers = async {
        let mut next = async || timeout(Duration::from_secs(10), stream.next()).await.expect("in time");
        for _ in 0..100 {
            let answer = next().await.unwrap().unwrap();
            assert!(answer.to_text().unwrap().contains("LIMIT_EXCEEDED"));
        }
        let Message::Close(Some(end)) = next().await.unwrap().unwrap() else { panic!("the socket goes on") };
        assert_eq!(u16::from(end.code), 1008);
    };
    let (_sink, ()) = tokio::join!(flood, answers);
    assert!(world.get("{ guide { slug } }").await["guide"].is_object());
}

#[tokio::test]
async fn a_flood_of_pings_ends_the_socket() {
    let (world, address) = World::new().served().await;
    for ping in [Message::text(r#"{"type":"ping"}"#), Message::Ping("x".into())] {
        let mut client = Client::open(address).await.0;
        for _ in 0..1_000 {
            client.send(ping.clone()).await.unwrap();
            let pong = client.next().await.unwrap().unwrap();
            assert!(pong.is_pong() || pong.to_text().unwrap().contains("pong"), "{pong}");
        }
        client.send(ping).await.unwrap();
        let mut last = async || timeout(Duration::from_secs(10), client.next()).await.expect("in time");
        let mut answer = last().await.unwrap().unwrap();
        // A ping of the WebSocket itself is answered before it is counted.
        if answer.is_pong() {
            answer = last().await.unwrap().unwrap();
        }
        let Message::Close(Some(end)) = answer else { panic!("the socket goes on: {answer}") };
        assert_eq!(u16::from(end.code), 1008);
    }
    assert!(world.get("{ guide { slug } }").await["guide"].is_object());
}

#[tokio::test]
async fn a_client_that_stops_and_starts_for_ever_has_what_it_started_last() {
    let (world, address) = World::new().served().await;
    let learner = world.learner("Ada", None).await;
    let mut client = Client::open(address).await;
    for after in 0..500 {
        client.follow("a", &learner, after % 2 + 1).await;
        client.send(json!({ "id": "a", "type": "complete" })).await;
    }
    client.follow("a", &learner, 0).await;
    assert_eq!(client.event("a").await, "1 LEARNER_REGISTERED");
}

#[tokio::test]
async fn a_busy_operation_keeps_no_other_waiting() {
    let (world, address) = World::new().served().await;
    let learner = world.learner("Ada", None).await;
    for number in 0..199 {
        world.project(&learner, &format!("Project {number}")).await;
    }
    let mut client = Client::open(address).await;
    client.follow("long", &learner, 0).await;
    client.follow("short", &learner, 199).await;
    client.subscribe("query", "{ guide { slug } }").await;
    let heard = client.hears(200 + 1 + 2).await;
    for id in ["next short", "complete query"] {
        let place = heard.iter().position(|it| it == id).unwrap();
        assert!(place < 190, "{id} came as {place}");
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_is_left() {
    let live = LiveOptions { write_timeout: Duration::from_millis(200), ..LiveOptions::default() };
    let (_world, address) =
        World::new().served_with(Options { live, ..Options::default() }, std::future::pending()).await;
    let mut client = Client::open(address).await;
    let ping = json!({ "type": "ping", "payload": { "much": "x".repeat(200_000) } }).to_string();
    let talks = async {
        // More than any system keeps between two sockets.
        for _ in 0..1_000 {
            if client.0.send(Message::text(ping.clone())).await.is_err() {
                return true;
            }
        }
        false
    };
    assert!(timeout(Duration::from_secs(30), talks).await.expect("an end"), "the server took it all");
}
