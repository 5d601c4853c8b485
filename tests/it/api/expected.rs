//! Versions that callers expect: of those who compete from the same version exactly one wins.

use serde_json::{Value, json};

use super::mutation::{ALL, Somebody};
use crate::world::{World, errors};

/// Those that are about somebody who is there.
fn about_somebody() -> impl Iterator<Item = &'static super::mutation::Mutation> {
    ALL.iter().filter(|it| it.name != "registerLearner")
}

fn expecting(mut input: Value, version: i64) -> Value {
    input["expectedVersion"] = json!(version);
    input
}

#[tokio::test]
async fn another_version_is_a_conflict_that_says_which_it_is() {
    for mutation in about_somebody() {
        let world = World::new();
        let somebody = Somebody::of(&world).await;
        for version in [6, 8, i64::from(i32::MAX)] {
            let input = expecting((mutation.input)(&somebody), version);
            let payload =
                world.call(mutation.name, "userErrors { code message field currentVersion }", input).await;
            let expected = json!([{
                "code": "CONFLICT",
                "message": "the learner is at version 7: look at what came since, and try again with that version",
                "field": ["input", "expectedVersion"],
                "currentVersion": 7,
            }]);
            assert_eq!(payload["userErrors"], expected, "{}", mutation.name);
            assert_eq!(payload["learner"], json!({ "id": somebody.learner, "version": 7 }));
            assert_eq!((&payload["changed"], &payload["event"]), (&json!(false), &json!(null)));
        }
        for version in [0, -1] {
            let refusals =
                world.refusals(mutation.name, expecting((mutation.input)(&somebody), version)).await;
            assert_eq!(refusals, ["OUT_OF_RANGE expectedVersion"], "{}", mutation.name);
        }
        assert_eq!(world.of(&somebody.learner, "version").await["version"], 7);
        let payload = mutation.call(&world, expecting((mutation.input)(&somebody), 7)).await;
        assert_eq!((errors(&payload), &payload["changed"]), (vec![], &json!(true)), "{}", mutation.name);
    }
}

#[tokio::test]
async fn what_is_already_so_is_a_conflict_too_at_another_version() {
    let world = World::new();
    let learner = world.learner("Ada", None).await;
    let input = json!({ "learner": { "id": learner }, "course": "capstone-project" });
    world.call("completeCourse", "", input.clone()).await;
    assert_eq!(
        world.refusals("completeCourse", expecting(input.clone(), 1)).await,
        ["CONFLICT expectedVersion"]
    );
    assert_eq!(world.call("completeCourse", "", expecting(input, 2)).await["changed"], false);
}

#[tokio::test]
async fn a_call_that_is_repeated_with_its_key_is_answered_whatever_it_expects() {
    for mutation in about_somebody() {
        let world = World::new();
        let somebody = Somebody::of(&world).await;
        let mut input = (mutation.input)(&somebody);
        input["idempotencyKey"] = json!("key");
        // A call in vain spends no key.
        assert_eq!(
            world.refusals(mutation.name, expecting(input.clone(), 6)).await,
            ["CONFLICT expectedVersion"],
            "{}",
            mutation.name
        );
        let first = mutation.call(&world, expecting(input.clone(), 7)).await;
        assert_eq!((&first["changed"], &first["replayed"]), (&json!(true), &json!(false)));
        for version in [7, 8, 1] {
            let again = mutation.call(&world, expecting(input.clone(), version)).await;
            assert_eq!((errors(&again), &again["replayed"]), (vec![], &json!(true)), "{}", mutation.name);
            assert_eq!(again["event"], first["event"], "{}", mutation.name);
        }
    }
}
