//! How long the server waits for a client, and what it says when it ends itself.

use std::{future::pending, time::Duration};

use milepost::http::{LiveOptions, Options};
use tokio::sync::oneshot;

use super::{client::Client, raw::Raw};
use crate::world::World;

fn impatient(live: LiveOptions) -> Options {
    Options { live, ..Options::default() }
}

#[tokio::test]
async fn a_client_that_never_begins_is_closed() {
    let live = LiveOptions { init_timeout: Duration::from_millis(50), ..LiveOptions::default() };
    let (_world, address) = World::new().served_with(impatient(live), pending()).await;
    let mut client = Client::connect(address).await;
    client.say(r#"{"type":"ping"}"#).await;
    assert_eq!(client.hears(2).await, ["pong", "close 4408"]);
}

#[tokio::test]
async fn a_client_that_answers_no_ping_is_closed_and_one_that_does_is_not() {
    let live = LiveOptions { heartbeat: Duration::from_millis(50), ..LiveOptions::default() };
    let (_world, address) = World::new().served_with(impatient(live), pending()).await;
    let mut silent = Raw::open(address, "graphql-transport-ws").await;
    silent.text(r#"{"type":"connection_init"}"#).await;
    let mut alive = Client::open(address).await;
    let hears = tokio::spawn(async move { alive.hear().await });
    assert_eq!(silent.frames().await, ["text", "ping", "ping", "close 1013"]);
    assert!(!hears.is_finished(), "the library answers pings by itself");
}

#[tokio::test]
async fn a_server_that_ends_says_so() {
    let (end, ended) = oneshot::channel::<()>();
    let ended = async move { ended.await.unwrap() };
    let (_world, address) = World::new().served_with(Options::default(), ended).await;
    let mut client = Client::open(address).await;
    client.subscribe("a", "subscription { events { cursor } }").await;
    end.send(()).unwrap();
    assert_eq!(client.hear().await, "close 1001");
}
