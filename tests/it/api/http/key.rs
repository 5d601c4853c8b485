//! `Idempotency-Key`: a request that can be repeated without a word of it in the operation.

use serde_json::{Value, json};

use super::{Asked, check};
use crate::world::World;

/// Starts a course of that learner; `more` is what else the input has.
fn start(learner: &str, course: &str, more: Value) -> Asked {
    let mut input = json!({ "learner": { "id": learner }, "course": course });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let query = "mutation($input: StartCourseInput!) { startCourse(input: $input) { replayed event { id } userErrors { code } } }";
    Asked::post(json!({ "query": query, "variables": { "input": input } }).to_string())
}

async fn started(world: &World, asked: Asked, key: &str) -> Value {
    asked.with(&[("idempotency-key", key)]).send(world).await.json()["data"]["startCourse"].clone()
}

#[tokio::test]
async fn a_request_with_the_same_key_is_carried_out_once() {
    let world = World::new();
    let learner = world.learner("Ada", None).await;
    let asked = || start(&learner, "capstone-project", json!({}));
    let first = started(&world, asked(), "4711").await;
    assert_eq!(first["replayed"], false);
    // It is the same key in whatever way it is given.
    for again in [
        started(&world, asked(), "4711").await,
        started(&world, asked(), "\"4711\"").await,
        started(&world, asked(), " 4711 ").await,
        asked_with_input_key(&world, &learner, "4711").await,
    ] {
        assert_eq!((&again["replayed"], &again["event"]), (&json!(true), &first["event"]));
    }
    let other = started(&world, start(&learner, "cicd-automation", json!({})), "4711").await;
    assert_eq!(other["userErrors"], json!([{ "code": "IDEMPOTENCY_KEY_REUSED" }]));
    assert_eq!(world.of(&learner, "version").await["version"], 2);
}

async fn asked_with_input_key(world: &World, learner: &str, key: &str) -> Value {
    let asked = start(learner, "capstone-project", json!({ "idempotencyKey": key }));
    // The key of the input is nearer.
    started(world, asked, "another").await
}

#[tokio::test]
async fn each_mutation_of_a_request_has_a_key_of_its_own() {
    let world = World::new();
    let learner = world.learner("Ada", None).await;
    let query = "mutation($id: ID!) {
        a: startCourse(input: { learner: { id: $id }, course: \"capstone-project\" }) { replayed event { id } userErrors { code } }
        b: addProject(input: { learner: { id: $id }, name: \"Shop\" }) { replayed event { id } userErrors { code } }
        c: addProject(input: { learner: { id: $id }, name: \"Blog\" }) { replayed event { id } userErrors { code } }
    }";
    let asked = Asked::post(json!({ "query": query, "variables": { "id": learner } }).to_string());
    let asked = asked.with(&[("idempotency-key", &"k".repeat(100))]);
    let first = asked.clone().send(&world).await.json()["data"].clone();
    let again = asked.send(&world).await.json()["data"].clone();
    for name in ["a", "b", "c"] {
        assert_eq!((&first[name]["replayed"], &again[name]["replayed"]), (&json!(false), &json!(true)));
        assert_eq!((&first[name]["userErrors"], &again[name]["event"]), (&json!([]), &first[name]["event"]));
    }
    assert_eq!(world.of(&learner, "version").await["version"], 4);
}

#[tokio::test]
async fn what_is_no_key_is_refused_before_anything_is_done() {
    let world = World::new();
    let learner = world.learner("Ada", None).await;
    let asked = || start(&learner, "capstone-project", json!({}));
    let too_long = "k".repeat(101);
    let rows = [
        asked().with(&[("idempotency-key", "")]),
        asked().with(&[("idempotency-key", "\"\"")]),
        asked().with(&[("idempotency-key", &too_long)]),
        asked().with(&[("idempotency-key", "sch\u{f6}n")]),
        asked().with(&[("idempotency-key", "a"), ("idempotency-key", "a")]),
    ];
    check(&world, rows.map(|it| (it, "400 json BAD_REQUEST"))).await;
    assert_eq!(world.of(&learner, "version").await["version"], 1);
}
