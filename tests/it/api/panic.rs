//! What fails is null up to the nearest field that may be, the rest is answered; what panics fails alike.

use std::{
    io,
    sync::{Arc, Mutex},
};

use milepost::{app::LearnerRef, domain::id::LearnerId};
use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

use super::socket::client::Client;
use crate::{
    faulty::{Call, Fault, Faulty, SECRET},
    world::{World, codes, text},
};

/// Ada, about whom all is well, and Bob, about whom it is not.
struct Two {
    world: World,
    faulty: Arc<Faulty>,
    ada: String,
    bob: String,
    bob_id: LearnerId,
}

impl Two {
    async fn new() -> Self {
        let (world, faulty) = Faulty::world();
        let register = async |name: &str| {
            let input = json!({ "name": name, "externalId": name });
            text(&world.call("registerLearner", "", input).await["learner"]["id"])
        };
        let (ada, bob) = (register("ada").await, register("bob").await);
        let bob_id = world.app.resolve(&LearnerRef::ExternalId("bob".into())).await.ok().unwrap();
        Self { world, faulty, ada, bob, bob_id }
    }
}

/// An error as `path CODE`; each is ours, names its request and its place, and tells nothing else.
fn told(errors: &Value) -> Vec<String> {
    let error = |it: &Value| {
        assert_eq!(it["message"], "internal server error");
        assert!(it["extensions"]["requestId"].as_str().is_some_and(|it| it.len() == 36), "{it}");
        assert!(it["locations"][0]["line"].is_number(), "{it}");
        let path = it["path"].as_array().unwrap().iter().map(|it| it.to_string().replace('"', ""));
        format!("{} {}", path.collect::<Vec<_>>().join("."), text(&it["extensions"]["code"]))
    };
    errors.as_array().unwrap_or_else(|| panic!("{errors}")).iter().map(error).collect()
}

/// Asks while something is wrong with Bob, whichever way, and expects an error there and that data.
async fn check(call: Call, query: &str, path: &str, data: Value) {
    for fault in [Fault::Fails, Fault::Panics] {
        check_one(call, fault, query, path, &data).await;
    }
}

async fn check_one(call: Call, fault: Fault, query: &str, path: &str, data: &Value) {
    let it = Two::new().await;
    it.faulty.breaks(it.bob_id, call, fault);
    let answer = it.world.ask(query, json!({ "ada": it.ada, "bob": it.bob })).await;
    let expected = format!("{path} INTERNAL_SERVER_ERROR");
    assert_eq!(told(&answer["errors"]), [expected], "{fault:?} {query}");
    assert_eq!(answer.get("data"), Some(data), "{fault:?} {query}");
    assert!(!answer.to_string().contains(SECRET));
}

const BOB: &str = "learner(by: { externalId: \"bob\" })";

#[tokio::test]
async fn an_error_nulls_the_nearest_field_that_may_be_null() {
    let null = json!({ "learner": null });
    check(Call::Load, &format!("{{ {BOB} {{ name }} }}"), "learner", null.clone()).await;
    check(Call::History, &format!("{{ {BOB} {{ name events {{ totalCount }} }} }}"), "learner.events", null)
        .await;
    let query =
        format!("{{ a: {BOB} {{ name }} b: {BOB} {{ e: events {{ totalCount }} }} guide {{ slug }} }}");
    let data = json!({ "a": { "name": "bob" }, "b": null, "guide": { "slug": "backend-2026" } });
    check(Call::History, &query, "b.e", data).await;
    let query = "query($ada: ID!, $bob: ID!) { nodes(ids: [$ada, $bob, $ada]) {
        __typename ... on Learner { events { totalCount } } } }";
    let ada = json!({ "__typename": "Learner", "events": { "totalCount": 1 } });
    check(Call::History, query, "nodes.1.events", json!({ "nodes": [ada, null, ada] })).await;
    check_one(Call::Load, Fault::Fails, query, "nodes.1", &json!({ "nodes": [ada, null, ada] })).await;
    // One resolver finds them all.
    check_one(Call::Load, Fault::Panics, query, "nodes", &Value::Null).await;
}

#[tokio::test]
async fn where_nothing_may_be_null_there_is_no_data() {
    let query = "{ guide { slug } learners { nodes { name events { totalCount } } } }";
    check(Call::History, query, "learners.nodes.1.events", Value::Null).await;
}

#[tokio::test]
async fn a_field_that_is_selected_twice_fails_as_one() {
    for (first, second) in [("name", "events { totalCount }"), ("events { totalCount }", "name")] {
        let query = format!("{{ {BOB} {{ {first} }} ...F }} fragment F on Query {{ {BOB} {{ {second} }} }}");
        check(Call::History, &query, "learner.events", json!({ "learner": null })).await;
    }
    let query = format!("{{ {BOB} {{ events {{ totalCount }} }} {BOB} {{ events {{ totalCount }} }} }}");
    check(Call::History, &query, "learner.events", json!({ "learner": null })).await;
}

#[tokio::test]
async fn an_answer_has_at_most_twenty_errors() {
    let it = Two::new().await;
    let ids = vec![&it.bob; 30];
    let query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    it.faulty.breaks(it.bob_id, Call::Load, Fault::Fails);
    let answer = it.world.ask(query, json!({ "ids": ids })).await;
    assert_eq!(codes(&answer), ["INTERNAL_SERVER_ERROR"; 20]);
    assert_eq!(answer["data"]["nodes"], json!(vec![(); 30]));
}

#[tokio::test]
async fn a_mutation_that_fails_leaves_the_others_what_they_did() {
    let query = "mutation($ada: ID!, $bob: ID!) {
        a: updateLearner(input: { learner: { id: $ada }, name: \"Ada\" }) { learner { name } }
        b: updateLearner(input: { learner: { id: $bob }, name: \"Bob\" }) { learner { name } }
        c: updateLearner(input: { learner: { id: $ada }, name: \"Eve\" }) { learner { name } } }";
    let learner = |name: &str| json!({ "learner": { "name": name } });
    check(Call::Load, query, "b", json!({ "a": learner("Ada"), "b": null, "c": learner("Eve") })).await;
}

#[tokio::test]
async fn an_operation_that_panics_ends_alone() {
    for (fault, ends) in [(Fault::Fails, "next bob"), (Fault::Panics, "error bob INTERNAL_SERVER_ERROR")] {
        let it = Two::new().await;
        let (_world, address) = it.world.clone().served().await;
        let mut client = Client::open(address).await;
        it.faulty.breaks(it.bob_id, Call::History, fault);
        client.follow("ada", &it.ada, 0).await;
        assert_eq!(client.event("ada").await, "1 LEARNER_REGISTERED");
        client.follow("bob", &it.bob, 0).await;
        assert_eq!(client.hear().await, ends, "{fault:?}");
        if fault == Fault::Fails {
            assert_eq!(client.hear().await, "complete bob");
        }
        it.world.project(&it.ada, "Shop").await;
        assert_eq!(client.event("ada").await, "2 PROJECT_ADDED");
    }
}

#[tokio::test]
async fn an_event_of_a_subscription_fails_as_a_query_does() {
    let (deep, shallow) = (
        "subscription { events { event { version learner { name events { totalCount } } } } }",
        "subscription { events { event { version } } }",
    );
    for fault in [Fault::Fails, Fault::Panics] {
        let it = Two::new().await;
        let (_world, address) = it.world.clone().served().await;
        let mut client = Client::open(address).await;
        it.faulty.breaks(it.bob_id, Call::History, fault);
        client.subscribe("a", deep).await;
        let mut answers = [client.next().await["payload"].clone(), client.next().await["payload"].clone()];
        answers.sort_by_key(|it| it.get("errors").is_some());
        let name = json!({ "name": "ada", "events": { "totalCount": 1 } });
        let event = |learner: Value| json!({ "events": { "event": { "version": 1, "learner": learner } } });
        assert_eq!(answers[0], json!({ "data": event(name) }));
        assert_eq!(answers[1]["data"], event(Value::Null));
        assert_eq!(told(&answers[1]["errors"]), ["events.event.learner.events INTERNAL_SERVER_ERROR"]);
        client.send(json!({ "id": "a", "type": "complete" })).await;

        it.faulty.breaks(it.bob_id, Call::Load, Fault::Fails);
        client.subscribe("b", shallow).await;
        let mut answers = [client.next().await["payload"].clone(), client.next().await["payload"].clone()];
        answers.sort_by_key(|it| it.get("errors").is_some());
        assert_eq!(answers[1].get("data"), Some(&Value::Null));
        assert_eq!(told(&answers[1]["errors"]), ["events INTERNAL_SERVER_ERROR"]);
    }
}

/// What is logged meanwhile on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn the_log_has_one_line_with_the_request_and_the_reason() {
    for fault in [Fault::Fails, Fault::Panics] {
        let it = Two::new().await;
        it.faulty.breaks(it.bob_id, Call::History, fault);
        let log = Log::default();
        let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false).finish();
        let guard = tracing::subscriber::set_default(subscriber);
        let answer = it.world.ask(&format!("{{ {BOB} {{ events {{ totalCount }} }} }}"), json!({})).await;
        drop(guard);
        let request = text(&answer["errors"][0]["extensions"]["requestId"]);
        let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<_> = log.lines().filter(|it| it.contains("ERROR")).collect();
        assert!(matches!(lines[..], [_]), "{log}");
        for part in [&*request, SECRET, "learner.events"] {
            assert!(lines[0].contains(part), "{part}: {log}");
        }
    }
}
