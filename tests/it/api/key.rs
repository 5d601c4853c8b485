//! Idempotency keys: a call can be repeated without a second effect.

use serde_json::{Value, json};

use super::mutation::{ALL, Mutation, Somebody};
use crate::world::{World, errors};

fn with_key(mut input: Value, key: &str) -> Value {
    input["idempotencyKey"] = json!(key);
    input
}

#[tokio::test]
async fn the_same_call_again_is_answered_as_the_first() {
    for mutation in ALL.iter().filter(|it| it.name != "eraseLearner") {
        let world = World::new();
        let somebody = Somebody::of(&world).await;
        let input = with_key((mutation.input)(&somebody), "key");
        let mut first = mutation.call(&world, input.clone()).await;
        first["replayed"] = json!(true);
        for _ in 0..2 {
            assert_eq!(mutation.call(&world, input.clone()).await, first, "{}", mutation.name);
        }
        assert_eq!(first["changed"], true);
    }
}

#[tokio::test]
async fn other_input_with_the_same_key_is_refused() {
    for mutation in ALL.iter().filter(|it| it.name != "eraseLearner") {
        let world = World::new();
        let somebody = Somebody::of(&world).await;
        let input = with_key((mutation.input)(&somebody), "key");
        mutation.call(&world, input.clone()).await;
        let other = mutation.with(&somebody, "occurredAt", json!("2025-12-31T00:00:00Z"));
        let payload = mutation.call(&world, with_key(other, "key")).await;
        assert_eq!(errors(&payload), ["IDEMPOTENCY_KEY_REUSED idempotencyKey"], "{}", mutation.name);
        assert_eq!((&payload["changed"], &payload["event"]), (&json!(false), &json!(null)));
    }
}

#[tokio::test]
async fn a_key_belongs_to_one_learner_and_one_mutation() {
    let world = World::new();
    let (ada, bob) = (world.learner("Ada", None).await, world.learner("Bob", None).await);
    let input =
        |learner: &str| with_key(json!({ "learner": { "id": learner }, "course": "capstone-project" }), "k");
    for learner in [&ada, &bob] {
        let payload = world.call("startCourse", "", input(learner)).await;
        assert_eq!((&payload["changed"], &payload["replayed"]), (&json!(true), &json!(false)));
    }
    let refusals = world.refusals("completeCourse", input(&ada)).await;
    assert_eq!(refusals, ["IDEMPOTENCY_KEY_REUSED idempotencyKey"]);
}

#[tokio::test]
async fn a_learner_may_be_named_by_either_id_and_a_key_is_trimmed() {
    let world = World::new();
    let somebody = Somebody::of(&world).await;
    let call =
        |learner: Value, key| with_key(json!({ "learner": learner, "course": "cicd-automation" }), key);
    let first = world.call("startCourse", "", call(json!({ "id": somebody.learner }), "key")).await;
    let again = world.call("startCourse", "", call(json!({ "externalId": "ada" }), " key ")).await;
    assert_eq!((&again["replayed"], &again["event"]), (&json!(true), &first["event"]));
}

#[tokio::test]
async fn a_key_is_spent_when_nothing_had_to_change() {
    let world = World::new();
    let somebody = Somebody::of(&world).await;
    let start = Mutation::named("startCourse");
    start.call(&world, (start.input)(&somebody)).await;
    let input = with_key((start.input)(&somebody), "key");
    let first = start.call(&world, input.clone()).await;
    assert_eq!((&first["changed"], &first["replayed"]), (&json!(false), &json!(false)));
    let complete = json!({ "learner": { "id": somebody.learner }, "course": "cicd-automation" });
    world.call("completeCourse", "", complete).await;
    let again = start.call(&world, input).await;
    assert_eq!((&again["changed"], &again["replayed"]), (&json!(false), &json!(true)));
    assert_eq!((&again["event"], &again["learner"]["version"]), (&json!(null), &json!(9)));
}

#[tokio::test]
async fn a_refused_call_spends_no_key() {
    let world = World::new();
    let learner = world.learner("Ada", None).await;
    let input = |percent: i32| {
        let input = json!({ "learner": { "id": learner }, "course": "cicd-automation", "percent": percent });
        with_key(input, "key")
    };
    assert_eq!(world.refusals("recordCourseProgress", input(101)).await, ["OUT_OF_RANGE percent"]);
    assert_eq!(world.call("recordCourseProgress", "", input(10)).await["changed"], true);
}

#[tokio::test]
async fn a_replay_tells_the_milestones_of_the_first_call_and_the_state_of_now() {
    let world = World::new();
    let learner = world.learner("Ada", Some("go")).await;
    let input = json!({ "learner": { "id": learner }, "name": "Shop", "stack": "go", "aspects": ["API"],
        "repositoryUrl": "https://example.com/shop" });
    let input = with_key(input, "key");
    let reached = world.call("addProject", "", input.clone()).await["milestonesReached"].clone();
    assert_eq!(reached, json!([{ "slug": "language" }]));
    world.call("updateLearner", "", json!({ "learner": { "id": learner }, "stack": "rust" })).await;
    let again = world.call("addProject", "", input).await;
    assert_eq!(again["milestonesReached"], reached);
    assert_eq!((&again["event"]["version"], &again["learner"]["version"]), (&json!(2), &json!(3)));
}

#[tokio::test]
async fn a_registration_with_a_key_makes_one_learner() {
    let world = World::new();
    let input = with_key(json!({ "name": "Ada" }), "key");
    let first = world.call("registerLearner", "", input.clone()).await;
    let again = world.call("registerLearner", "", input).await;
    assert_eq!(again["learner"]["id"], first["learner"]["id"]);
    assert_eq!((&again["changed"], &again["replayed"]), (&json!(true), &json!(true)));
    assert_eq!(world.get("{ learners { totalCount } }").await["learners"]["totalCount"], 1);
    let other = with_key(json!({ "name": "Bob" }), "key");
    let refusals = world.refusals("registerLearner", other).await;
    assert_eq!(refusals, ["IDEMPOTENCY_KEY_REUSED idempotencyKey"]);
}

#[tokio::test]
async fn the_key_of_somebody_who_was_erased_registers_nobody() {
    let world = World::new();
    let input = with_key(json!({ "name": "Ada" }), "key");
    let learner = world.call("registerLearner", "", input.clone()).await["learner"]["id"].clone();
    world.call("eraseLearner", "", json!({ "learner": { "id": learner } })).await;
    let refusals = world.refusals("registerLearner", input).await;
    assert_eq!(refusals, ["IDEMPOTENCY_KEY_REUSED idempotencyKey"]);
}

#[tokio::test]
async fn registering_somebody_who_is_here_is_no_change_with_a_key_too() {
    let world = World::new();
    let input = json!({ "name": "Ada", "externalId": "ada" });
    let first = world.call("registerLearner", "", input.clone()).await;
    for _ in 0..2 {
        let again = world.call("registerLearner", "", with_key(input.clone(), "key")).await;
        assert_eq!((&again["changed"], &again["event"]), (&json!(false), &json!(null)));
        assert_eq!(again["learner"], first["learner"]);
    }
}

#[tokio::test]
async fn the_key_of_a_registration_that_met_somebody_is_spent_too() {
    let world = World::new();
    let known = json!({ "name": "Ada", "externalId": "ada" });
    let first = world.call("registerLearner", "", known.clone()).await;
    for replayed in [false, true] {
        let payload = world.call("registerLearner", "", with_key(known.clone(), "k")).await;
        assert_eq!((&payload["changed"], &payload["replayed"]), (&json!(false), &json!(replayed)));
        assert_eq!(payload["learner"], first["learner"]);
    }
    let refusals = world.refusals("registerLearner", with_key(json!({ "name": "Bob" }), "k")).await;
    assert_eq!(refusals, ["IDEMPOTENCY_KEY_REUSED idempotencyKey"]);
}
