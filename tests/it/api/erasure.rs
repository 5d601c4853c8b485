//! A learner who is forgotten.

use futures_util::StreamExt as _;
use milepost::graphql::Asked;
use serde_json::json;

use super::mutation::{ALL, Somebody};
use crate::world::World;

#[tokio::test]
async fn nothing_of_an_erased_learner_is_found() {
    let world = World::new();
    let it = Somebody::of(&world).await;
    let by_id = json!({ "learner": { "id": it.learner } });
    let payload = world.call("eraseLearner", "erasedId", by_id.clone()).await;
    assert_eq!((&payload["changed"], &payload["erasedId"]), (&json!(true), &json!(it.learner)));
    assert_eq!((&payload["learner"], &payload["event"]), (&json!(null), &json!(null)));

    let query = "query($ids: [ID!]!, $by: LearnerRef!) { nodes(ids: $ids) { id } learner(by: $by) { id }
        external: learner(by: { externalId: \"ada\" }) { id } learners { nodes { id } totalCount } }";
    let ids = [&it.learner, &it.goal, &it.project, &it.evidence, &it.event, &it.undone];
    let answer = world.ask(query, json!({ "ids": ids, "by": { "id": it.learner } })).await;
    let gone = json!({ "nodes": vec![json!(null); 6], "learner": null, "external": null,
        "learners": { "nodes": [], "totalCount": 0 } });
    assert_eq!(World::data(answer), gone);
}

#[tokio::test]
async fn erasing_again_by_id_is_no_change_and_by_external_id_not_found() {
    let world = World::new();
    let it = Somebody::of(&world).await;
    world.call("eraseLearner", "", json!({ "learner": { "externalId": "ada" } })).await;
    let again = world.call("eraseLearner", "erasedId", json!({ "learner": { "id": it.learner } })).await;
    assert_eq!((&again["changed"], &again["erasedId"]), (&json!(false), &json!(it.learner)));
    let by_external_id = json!({ "learner": { "externalId": "ada" } });
    assert_eq!(world.refusals("eraseLearner", by_external_id).await, ["NOT_FOUND learner"]);
}

#[tokio::test]
async fn nothing_can_happen_to_an_erased_learner() {
    let world = World::new();
    let somebody = Somebody::of(&world).await;
    world.call("eraseLearner", "", json!({ "learner": { "id": somebody.learner } })).await;
    for mutation in ALL.iter().filter(|it| !["registerLearner", "eraseLearner"].contains(&it.name)) {
        let refusals = world.refusals(mutation.name, (mutation.input)(&somebody)).await;
        assert_eq!(refusals.len(), 1, "{}", mutation.name);
        assert!(refusals[0].starts_with("NOT_FOUND "), "{} {refusals:?}", mutation.name);
    }
}

#[tokio::test]
async fn neighbours_stay() {
    let world = World::new();
    let bob = world.learner("Bob", None).await;
    let somebody = Somebody::of(&world).await;
    world.call("eraseLearner", "", json!({ "learner": { "id": somebody.learner } })).await;
    assert_eq!(world.of(&bob, "name version").await, json!({ "name": "Bob", "version": 1 }));
}

#[tokio::test]
async fn an_erasure_with_a_key_can_be_repeated_under_a_name_that_is_gone() {
    let world = World::new();
    let somebody = Somebody::of(&world).await;
    let input =
        |external_id: &str| json!({ "learner": { "externalId": external_id }, "idempotencyKey": "forget" });
    for replayed in [false, true, true] {
        let payload = world.call("eraseLearner", "erasedId", input("ada")).await;
        assert_eq!((&payload["changed"], &payload["replayed"]), (&json!(true), &json!(replayed)));
        assert_eq!(payload["erasedId"], json!(somebody.learner));
    }
    let other = world.refusals("eraseLearner", input("bob")).await;
    assert_eq!(other, ["IDEMPOTENCY_KEY_REUSED idempotencyKey"]);
}

/// Two calls with one key at the same moment: whichever is second must not erase anybody.
#[tokio::test(flavor = "multi_thread")]
async fn one_key_never_erases_two_learners() {
    for _ in 0..20 {
        let world = World::new();
        for name in ["a", "b"] {
            world.call("registerLearner", "", json!({ "name": name, "externalId": name })).await;
        }
        let erase = |name: &'static str| {
            let world = world.clone();
            let input = json!({ "learner": { "externalId": name }, "idempotencyKey": "k" });
            tokio::spawn(async move { world.call("eraseLearner", "erasedId", input).await })
        };
        let (a, b) = (erase("a"), erase("b"));
        let erased = [a.await.unwrap(), b.await.unwrap()].iter().filter(|it| it["changed"] == true).count();
        assert_eq!(erased, 1);
        let left = world.get("{ learners { totalCount } }").await;
        assert_eq!(left["learners"]["totalCount"], 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_begun_is_finished_though_its_caller_is_gone() {
    let world = World::embedded();
    let register = |name: String| Asked {
        query: Some(format!(r#"mutation {{ registerLearner(input: {{ name: "{name}" }}) {{ changed }} }}"#)),
        ..Asked::default()
    };
    for n in 0..20 {
        let mut messages = world.messages(register(format!("Ada {n}")));
        // Asked once, and given up: most of them are not done by now.
        let _ = futures_util::poll!(messages.next());
    }
    for _ in 0..300 {
        let there = world.get("{ learners { totalCount } }").await["learners"]["totalCount"].clone();
        if there == 20 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("it was given up with its caller");
}
