//! Many calls at the same time: nothing is lost and nothing comes twice.

use std::sync::Arc;

use futures_util::future::join_all;
use milepost::store::memory::MemoryStore;
use serde_json::{Value, json};
use tokio::sync::Barrier;

use crate::world::{World, errors};

const N: usize = 50;

/// Makes all calls at once, each on a task of its own, and answers their payloads.
async fn at_once(world: &World, mutation: &'static str, input: impl Fn(usize) -> Value) -> Vec<Value> {
    let barrier = Arc::new(Barrier::new(N));
    let calls = (0..N).map(|it| {
        let (world, input, barrier) = (world.clone(), input(it), barrier.clone());
        tokio::spawn(async move {
            barrier.wait().await;
            world.call(mutation, "", input).await
        })
    });
    join_all(calls.collect::<Vec<_>>()).await.into_iter().map(|it| it.unwrap()).collect()
}

fn count(payloads: &[Value], field: &str) -> usize {
    payloads.iter().filter(|it| it[field] == true).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_call_without_a_key_writes_once() {
    let world = World::new();
    let learner = world.learner("Ada", None).await;
    let input = |_| json!({ "learner": { "id": learner }, "course": "capstone-project" });
    let payloads = at_once(&world, "completeCourse", input).await;
    assert!(payloads.iter().all(|it| errors(it).is_empty()));
    assert_eq!((count(&payloads, "changed"), count(&payloads, "replayed")), (1, 0));
    assert_eq!(world.of(&learner, "version").await["version"], 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_call_with_a_key_writes_once_and_is_answered_alike() {
    let world = World::new();
    let learner = world.learner("Ada", None).await;
    let input =
        |_| json!({ "learner": { "id": learner }, "course": "capstone-project", "idempotencyKey": "key" });
    let payloads = at_once(&world, "completeCourse", input).await;
    assert_eq!((count(&payloads, "changed"), count(&payloads, "replayed")), (N, N - 1));
    assert!(payloads.iter().all(|it| it["event"] == payloads[0]["event"]));
    assert_eq!(world.of(&learner, "version").await["version"], 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_those_who_expect_the_same_version_one_wins() {
    let world = World::new();
    let learner = world.learner("Ada", None).await;
    for version in 1..4 {
        let input = |it| json!({ "learner": { "id": learner }, "name": format!("Name {version}.{it}"), "expectedVersion": version });
        let payloads = at_once(&world, "updateLearner", input).await;
        let refused = payloads.iter().filter(|it| errors(it) == ["CONFLICT expectedVersion"]);
        assert_eq!((count(&payloads, "changed"), refused.count()), (1, N - 1));
        // Whoever lost reads what the winner left.
        assert!(payloads.iter().all(|it| it["learner"]["version"] == version + 1));
    }
    assert_eq!(world.of(&learner, "version").await["version"], 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_erasure_with_a_key_is_answered_alike() {
    let world = World::new();
    let input = json!({ "name": "Ada", "externalId": "ada" });
    let learner = world.call("registerLearner", "", input).await["learner"]["id"].clone();
    let input = |_| json!({ "learner": { "externalId": "ada" }, "idempotencyKey": "key" });
    let payloads = at_once(&world, "eraseLearner", input).await;
    assert!(payloads.iter().all(|it| errors(it).is_empty()), "{payloads:#?}");
    assert_eq!((count(&payloads, "changed"), count(&payloads, "replayed")), (N, N - 1));
    assert_eq!(world.get(&format!("{{ node(id: {learner}) {{ id }} }}")).await["node"], json!(null));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn different_calls_are_all_written() {
    let world = World::new();
    let learner = world.learner("Ada", None).await;
    let input = |it| json!({ "learner": { "id": learner }, "name": format!("Project {it}") });
    let payloads = at_once(&world, "addProject", input).await;
    assert!(payloads.iter().all(|it| errors(it).is_empty()));
    let mut versions: Vec<_> = payloads.iter().map(|it| it["event"]["version"].as_u64().unwrap()).collect();
    versions.sort();
    assert_eq!(versions, (2..=51).collect::<Vec<_>>());
    let read = world.of(&learner, "version projects { name } events(first: 100) { nodes { version } }").await;
    assert_eq!((&read["version"], read["projects"].as_array().unwrap().len()), (&json!(51), N));
    let history: Vec<_> = (1..=51).map(|it| json!({ "version": it })).collect();
    assert_eq!(read["events"]["nodes"], json!(history));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_servers_on_one_store_lose_nothing() {
    let store = Arc::new(MemoryStore::new());
    let (one, other) = (World::over(store.clone()), World::over(store));
    let learner = one.learner("Ada", None).await;
    let input = |from: usize| {
        let learner = &learner;
        move |it| json!({ "learner": { "id": learner }, "course": "cicd-automation", "percent": from + it })
    };
    let (one, other) = tokio::join!(
        at_once(&one, "recordCourseProgress", input(0)),
        at_once(&other, "recordCourseProgress", input(50))
    );
    let mut versions: Vec<_> =
        one.iter().chain(&other).map(|it| it["event"]["version"].as_u64().unwrap()).collect();
    versions.sort();
    assert_eq!(versions, (2..=101).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_registration_makes_one_learner() {
    for input in [
        json!({ "name": "Ada", "externalId": "ada" }),
        json!({ "name": "Ada", "email": "ada@example.com" }),
        json!({ "name": "Ada", "idempotencyKey": "key" }),
    ] {
        let world = World::new();
        let payloads = at_once(&world, "registerLearner", |_| input.clone()).await;
        assert!(payloads.iter().all(|it| errors(it).is_empty()), "{input}");
        assert!(payloads.iter().all(|it| it["learner"]["id"] == payloads[0]["learner"]["id"]), "{input}");
        let new = payloads.iter().filter(|it| it["changed"] == true && it["replayed"] == false).count();
        assert_eq!(new, 1, "{input}");
        assert_eq!(world.get("{ learners { totalCount } }").await["learners"]["totalCount"], 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_many_gets_an_external_id() {
    let world = World::new();
    let input = |it| json!({ "name": format!("Learner {it}"), "externalId": "ada" });
    let payloads = at_once(&world, "registerLearner", input).await;
    assert_eq!(count(&payloads, "changed"), 1);
    let refused = payloads.iter().filter(|it| it["changed"] == false);
    assert!(refused.clone().all(|it| errors(it) == ["ALREADY_TAKEN externalId"]));
    assert_eq!(refused.count(), N - 1);
}
