//! Subscriptions over plain HTTP, and that each transport can be resumed.

use std::{future::pending, net::SocketAddr, time::Duration};

use milepost::{
    app::LearnerRef,
    http::{LiveOptions, Options},
};
use serde_json::{Value, json};
use tokio::{sync::oneshot, time::timeout};

use super::socket::client::Client;
use crate::{
    faulty::{Call, Fault, Faulty},
    wire::{PATIENCE, Wire},
    world::World,
};

const EVENTS: &str = "text/event-stream";
const PARTS: &str = "multipart/mixed;boundary=\"graphql\";subscriptionSpec=1.0,application/json";
const PART: &str = "\r\ncontent-type: application/json\r\n\r\n";

/// A body as it comes.
struct Body {
    response: reqwest::Response,
    read: String,
}

impl Body {
    async fn ask(address: SocketAddr, accept: &str, query: &str, variables: Value) -> Self {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = client.post(format!("http://{address}/graphql")).header("accept", accept);
        let request = request.json(&json!({ "query": query, "variables": variables }));
        Self { response: request.send().await.unwrap(), read: String::new() }
    }

    fn header(&self, name: &str) -> &str {
        self.response.headers()[name].to_str().unwrap()
    }

    /// Reads on; false: it has ended.
    async fn more(&mut self) -> bool {
        let chunk = timeout(Duration::from_secs(10), self.response.chunk()).await.expect("more in time");
        let chunk = chunk.expect("an orderly end");
        self.read += std::str::from_utf8(chunk.as_deref().unwrap_or_default()).unwrap();
        chunk.is_some()
    }

    async fn until(&mut self, text: &str, n_times: usize) {
        while self.read.matches(text).count() < n_times {
            assert!(self.more().await, "{}", self.read);
        }
    }

    async fn whole(mut self) -> String {
        while self.more().await {}
        self.read
    }
}

const FOLLOW: &str = "subscription($id: ID!, $after: Int) {
    learnerEvents(learner: { id: $id }, afterVersion: $after) { event { version } } }";

/// The versions of so many events after one, over a transport.
async fn versions(
    transport: &str,
    address: SocketAddr,
    learner: &str,
    after: u64,
    n_events: usize,
) -> Vec<u64> {
    if transport == "socket" {
        let mut client = Client::open(address).await;
        client.follow("a", learner, after.cast_signed()).await;
        let mut versions = vec![];
        while versions.len() < n_events {
            versions.push(client.event("a").await.split(' ').next().unwrap().parse().unwrap());
        }
        return versions;
    }
    let mut body = Body::ask(address, transport, FOLLOW, json!({ "id": learner, "after": after })).await;
    body.until("\"version\":", n_events).await;
    let versions = body.read.split("\"version\":").skip(1);
    versions.map(|it| it.split('}').next().unwrap().parse().unwrap()).collect()
}

#[tokio::test]
async fn over_each_transport_a_follower_resumes_where_it_left() {
    let (world, address) = World::new().served().await;
    let learner = world.learner("Ada", None).await;
    for transport in ["socket", EVENTS, PARTS] {
        let n_before = world.of(&learner, "version").await["version"].as_u64().unwrap();
        for number in 0..3 {
            world
                .project(
                    &learner,
                    &format!("{transport} {number}").replace(|it: char| !it.is_ascii_alphanumeric(), ""),
                )
                .await;
        }
        let all: Vec<_> = (1..=n_before + 3).collect();
        assert_eq!(versions(transport, address, &learner, 0, all.len()).await, all, "{transport}");
        world.project(&learner, &format!("Later {n_before}")).await;
        let expected = [n_before + 2, n_before + 3, n_before + 4];
        assert_eq!(versions(transport, address, &learner, n_before + 1, 3).await, expected, "{transport}");
    }
}

#[tokio::test]
async fn events_are_written_as_graphql_sse_reads_them() {
    let (world, address) = World::new().served().await;
    let learner = world.learner("Ada", None).await;
    let mut body = Body::ask(address, EVENTS, FOLLOW, json!({ "id": learner, "after": null })).await;
    assert_eq!(body.header("content-type"), "text/event-stream; charset=utf-8");
    assert_eq!(body.header("cache-control"), "no-cache, no-store");
    assert_eq!(body.header("x-accel-buffering"), "no");
    body.until("version", 1).await;
    world.call("eraseLearner", "", json!({ "learner": { "id": learner } })).await;
    let event = r#"{"data":{"learnerEvents":{"event":{"version":1}}}}"#;
    let expected = format!(":\n\nevent: next\ndata: {event}\n\nevent: complete\ndata:\n\n");
    assert_eq!(body.whole().await, expected);
}

#[tokio::test]
async fn parts_are_written_as_apollo_client_reads_them() {
    let (world, address) = World::new().served().await;
    let learner = world.learner("Ada", None).await;
    let mut body = Body::ask(address, PARTS, FOLLOW, json!({ "id": learner, "after": null })).await;
    assert_eq!(body.header("content-type"), "multipart/mixed;boundary=\"graphql\";subscriptionSpec=1.0");
    body.until("version", 1).await;
    world.call("eraseLearner", "", json!({ "learner": { "id": learner } })).await;
    let event = r#"{"payload":{"data":{"learnerEvents":{"event":{"version":1}}}}}"#;
    let expected = format!("\r\n--graphql{PART}{{}}\r\n--graphql{PART}{event}\r\n--graphql--\r\n");
    assert_eq!(body.whole().await, expected);
}

#[tokio::test]
async fn queries_and_mutations_are_answered_once() {
    let (world, address) = World::new().served().await;
    let query = "mutation { registerLearner(input: { name: \"Ada\" }) { changed } }";
    let answer = r#"{"data":{"registerLearner":{"changed":true}}}"#;
    let body = Body::ask(address, EVENTS, query, json!({})).await.whole().await;
    assert_eq!(body, format!(":\n\nevent: next\ndata: {answer}\n\nevent: complete\ndata:\n\n"));
    let alone = PARTS.trim_end_matches(",application/json");
    let body = Body::ask(address, alone, query, json!({})).await.whole().await;
    assert!(body.ends_with(&format!("{PART}{{\"payload\":{answer}}}\r\n--graphql--\r\n")), "{body}");
    assert_eq!(world.get("{ learners { totalCount } }").await["learners"]["totalCount"], 2);
}

#[tokio::test]
async fn what_cannot_be_followed_is_told_and_ends() {
    let (_world, address) = World::new().served().await;
    for (accept, start, end) in [
        (EVENTS, ":\n\nevent: next\ndata: {\"errors\":[", "]}\n\nevent: complete\ndata:\n\n"),
        (PARTS, "{\"payload\":null,\"errors\":[", "]}\r\n--graphql--\r\n"),
    ] {
        let body =
            Body::ask(address, accept, FOLLOW, json!({ "id": "nobody", "after": null })).await.whole().await;
        assert!(body.contains(start) && body.contains("\"NOT_FOUND\"") && body.ends_with(end), "{body}");
        assert!(!body.contains("\"data\""), "{body}");
    }
}

#[tokio::test]
async fn a_silent_stream_shows_that_it_is_there() {
    let live = LiveOptions { heartbeat: Duration::from_millis(30), ..LiveOptions::default() };
    let (_world, address) = World::new().served_with(Options { live, ..Options::default() }, pending()).await;
    for (accept, heartbeat) in [(EVENTS, ":\n\n"), (PARTS, "\r\n\r\n{}\r\n--graphql")] {
        let mut body = Body::ask(address, accept, "subscription { events { cursor } }", json!({})).await;
        body.until(heartbeat, 4).await;
        assert!(!body.read.contains("next") && !body.read.contains("payload"), "{}", body.read);
    }
}

#[tokio::test]
async fn a_server_that_ends_does_not_say_that_all_was_told() {
    for accept in [EVENTS, PARTS] {
        let (end, ended) = oneshot::channel::<()>();
        let ended = async move { ended.await.unwrap() };
        let (_world, address) = World::new().served_with(Options::default(), ended).await;
        let mut body = Body::ask(address, accept, "subscription { events { cursor } }", json!({})).await;
        body.more().await;
        end.send(()).unwrap();
        let body = body.whole().await;
        assert!(!body.contains("complete") && !body.contains("graphql--"), "{body}");
    }
}

/// It need not come back for what is told once.
#[tokio::test]
async fn a_server_that_ends_still_answers_what_is_under_way() {
    for transport in ["socket", EVENTS, PARTS.trim_end_matches(",application/json")] {
        let (world, faulty) = Faulty::world();
        world.call("registerLearner", "", json!({ "name": "Ada", "externalId": "ada" })).await;
        let ada = world.app.resolve(&LearnerRef::ExternalId("ada".into())).await.ok().unwrap();
        let (end, ended) = oneshot::channel::<()>();
        let (_world, address) = world.served_with(Options::default(), async { ended.await.unwrap() }).await;
        faulty.breaks(ada, Call::Load, Fault::Waits);
        let query = r#"{ learner(by: { externalId: "ada" }) { name } }"#;
        let mut idle = Wire::open(address).await;
        let told = tokio::spawn(async move { told(transport, address, query).await });
        timeout(PATIENCE, faulty.waits()).await.expect("it is under way");
        end.send(()).unwrap();
        assert_eq!(idle.rest().await, "", "the server ends");
        faulty.go_on();
        let told = told.await.unwrap();
        assert!(told.contains(r#"{"learner":{"name":"Ada"}}"#), "{transport}: {told}");
        let end = ["close 1001", "event: complete\ndata:\n\n", "--\r\n"];
        assert!(end.iter().any(|it| told.ends_with(it)), "{transport}: {told}");
    }
}

/// All that a transport tells of an operation.
async fn told(transport: &str, address: SocketAddr, query: &str) -> String {
    if transport != "socket" {
        return Body::ask(address, transport, query, json!({})).await.whole().await;
    }
    let mut client = Client::open(address).await;
    client.subscribe("a", query).await;
    let told = client.next().await.to_string();
    assert_eq!(client.hear().await, "complete a");
    told + &client.hear().await
}
