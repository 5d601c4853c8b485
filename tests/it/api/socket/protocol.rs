//! What is said over a socket, and what is answered.

use futures_util::SinkExt;
use serde_json::{Value, json};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{
        Bytes, Message,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

use super::client::{Client, INIT, handshake};
use crate::world::World;

const FOLLOW: &str = "subscription { events { cursor } }";
const ASK: &str = "{ guide { slug } }";
const MAX: usize = 256 * 1024;

fn subscribe(id: Value, payload: Value) -> String {
    json!({ "id": id, "type": "subscribe", "payload": payload }).to_string()
}

fn asks(id: &str, query: &str) -> String {
    subscribe(json!(id), json!({ "query": query }))
}

/// Says all of it, then hears what is expected.
async fn check(said: &[&str], expected: &[&str]) {
    let (_world, address) = World::new().served().await;
    let mut client = Client::connect(address).await;
    for text in said {
        client.say(text).await;
    }
    assert_eq!(client.hears(expected.len()).await, expected, "{said:?}");
}

#[tokio::test]
async fn what_is_no_message_closes_the_socket() {
    for said in [
        "",
        "{",
        "null",
        "7",
        "{}",
        r#"["connection_init"]"#,
        r#"{"type":7}"#,
        r#"{"type":null}"#,
        r#"{"type":"hello"}"#,
        r#"{"type":"Connection_Init"}"#,
        r#"{"type":"connection_ack"}"#,
        r#"{"type":"next","id":"a","payload":{}}"#,
        r#"{"type":"ping","type":"ping"}"#,
        r#"{"type":"ping","payload":7}"#,
        r#"{"type":"connection_init","payload":"secret"}"#,
        r#"{"type":"complete"}"#,
        r#"{"type":"complete","id":""}"#,
        r#"{"type":"start","id":"a","payload":{"query":"{ guide { slug } }"}}"#,
    ] {
        check(&[said], &["close 4400"]).await;
    }
}

#[tokio::test]
async fn an_operation_needs_an_id_and_a_query() {
    let payload = json!({ "query": ASK });
    for said in [
        subscribe(json!(""), payload.clone()),
        subscribe(json!(7), payload.clone()),
        subscribe(json!(null), payload.clone()),
        subscribe(json!("i".repeat(129)), payload.clone()),
        subscribe(json!("a"), json!(null)),
        subscribe(json!("a"), json!([payload])),
        subscribe(json!("a"), json!({})),
        subscribe(json!("a"), json!({ "query": 7 })),
        subscribe(json!("a"), json!({ "query": ASK, "variables": [] })),
        subscribe(json!("a"), json!({ "query": ASK, "operationName": 7 })),
        json!({ "type": "subscribe", "payload": payload }).to_string(),
        json!({ "type": "subscribe", "id": "a" }).to_string(),
    ] {
        check(&[INIT, &said], &["connection_ack", "close 4400"]).await;
    }
    let longest = "i".repeat(128);
    let expected = format!("next {longest}");
    check(&[INIT, &asks(&longest, ASK)], &["connection_ack", &expected]).await;
}

#[tokio::test]
async fn the_protocol_is_kept() {
    let (follow, ask) = (asks("a", FOLLOW), asks("a", ASK));
    let complete = r#"{"type":"complete","id":"a"}"#;
    let ping = r#"{"type":"ping"}"#;
    let cases: &[(&[&str], &[&str])] = &[
        (&[INIT], &["connection_ack"]),
        (&[r#"{"type":"connection_init","payload":{"token":"x"}}"#], &["connection_ack"]),
        (&[r#" {"payload":null,"type":"connection_init"}"#], &["connection_ack"]),
        (&[INIT, INIT], &["connection_ack", "close 4429"]),
        (&[&ask], &["close 4401"]),
        (&[ping, INIT], &["pong", "connection_ack"]),
        (&[r#"{"type":"ping","payload":{"at":[1,"é"]}}"#], &[r#"pong {"at":[1,"é"]}"#]),
        (
            &[r#"{"type":"pong"}"#, complete, INIT, r#"{"type":"pong","payload":{}}"#, ping],
            &["connection_ack", "pong"],
        ),
        (&[INIT, &ask], &["connection_ack", "next a", "complete a"]),
        (&[INIT, &follow, &ask], &["connection_ack", "close 4409"]),
        (&[INIT, &follow, complete, &ask], &["connection_ack", "next a", "complete a"]),
        (&[INIT, complete, ping], &["connection_ack", "pong"]),
        (&[INIT, &asks("a", "{"), ping], &["connection_ack", "error a GRAPHQL_PARSE_FAILED", "pong"]),
        (
            &[INIT, &asks("a", "subscription { events(after: \"none\") { cursor } }")],
            &["connection_ack", "error a INVALID_CURSOR"],
        ),
    ];
    for (said, expected) in cases {
        check(said, expected).await;
    }
}

#[tokio::test]
async fn an_id_is_free_again_once_its_operation_is_over() {
    let (_world, address) = World::new().served().await;
    let mut client = Client::open(address).await;
    for _ in 0..3 {
        client.subscribe("a", ASK).await;
        assert_eq!(client.hears(2).await, ["next a", "complete a"]);
    }
    for _ in 0..3 {
        client
            .subscribe("a", "subscription { learnerEvents(learner: { id: \"x\" }) { event { id } } }")
            .await;
        assert_eq!(client.hear().await, "error a NOT_FOUND");
    }
    let strange = "a\"\\\u{7}é";
    client.subscribe(strange, ASK).await;
    assert_eq!(client.next().await["id"], strange);
}

#[tokio::test]
async fn queries_and_mutations_are_answered_with_one_message() {
    let (world, address) = World::new().served().await;
    let mut client = Client::open(address).await;
    let query = "mutation { registerLearner(input: { name: \"Ada\" }) { learner { name } } }";
    client.subscribe("a", query).await;
    let data = json!({ "registerLearner": { "learner": { "name": "Ada" } } });
    assert_eq!(client.next().await, json!({ "id": "a", "type": "next", "payload": { "data": data } }));
    assert_eq!(client.next().await, json!({ "id": "a", "type": "complete" }));
    assert_eq!(world.get("{ learners { totalCount } }").await["learners"]["totalCount"], 1);
}

#[tokio::test]
async fn messages_are_text_of_at_most_256_kib() {
    let (_world, address) = World::new().served().await;
    let padded = |length: usize| format!("{INIT}{}", " ".repeat(length - INIT.len()));
    for (message, expected) in [
        (Message::text(padded(MAX)), "connection_ack"),
        (Message::text(padded(MAX + 1)), "close 1009"),
        (Message::text(padded(8 * MAX)), "close 1009"),
        (Message::Binary(Bytes::from_static(INIT.as_bytes())), "close 4400"),
    ] {
        let mut client = Client::connect(address).await;
        // What is not read any more cannot be sent either.
        let _ = client.0.send(message).await;
        assert_eq!(client.hear().await, expected);
    }
}

#[tokio::test]
async fn a_client_that_closes_is_answered_in_kind() {
    let (world, address) = World::new().served().await;
    let learner = world.learner("Ada", None).await;
    let mut client = Client::open(address).await;
    client.follow("a", &learner, 0).await;
    assert_eq!(client.event("a").await, "1 LEARNER_REGISTERED");
    client.0.close(Some(CloseFrame { code: CloseCode::Normal, reason: "bye".into() })).await.unwrap();
    match client.receive().await {
        Some(Message::Close(Some(frame))) => assert_eq!(frame.code, CloseCode::Normal),
        other => panic!("{other:?}"),
    }
    assert!(client.receive().await.is_none());
}

#[tokio::test]
async fn of_several_subprotocols_it_takes_its_own() {
    let (_world, address) = World::new().served().await;
    for offer in
        ["graphql-ws, graphql-transport-ws", "graphql-transport-ws,graphql-ws", " graphql-transport-ws "]
    {
        let (socket, response) = connect_async(handshake(address, offer)).await.unwrap();
        assert_eq!(response.headers()["sec-websocket-protocol"], "graphql-transport-ws");
        let mut client = Client(socket);
        client.say(INIT).await;
        assert_eq!(client.hear().await, "connection_ack");
    }
}
