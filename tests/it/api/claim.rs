//! External ids and e-mail addresses: at most one learner has each.

use serde_json::json;

use crate::world::{World, text};

const ADA: &str = "Ada@Example.com";

async fn world_with_ada() -> (World, String) {
    let world = World::new();
    let input = json!({ "name": "Ada", "externalId": "ada", "email": ADA });
    let id = text(&world.call("registerLearner", "", input).await["learner"]["id"]);
    (world, id)
}

#[tokio::test]
async fn what_another_learner_has_is_taken() {
    let (world, _) = world_with_ada().await;
    let bob = world.learner("Bob", None).await;
    for (field, value) in
        [("externalId", "ada"), ("externalId", " ada "), ("email", ADA), ("email", "ADA@example.COM")]
    {
        let expected = [format!("ALREADY_TAKEN {field}")];
        assert_eq!(world.refusals("registerLearner", json!({ "name": "Eve", field: value })).await, expected);
        let input = json!({ "learner": { "id": bob }, field: value });
        assert_eq!(world.refusals("updateLearner", input).await, expected);
    }
    let other_case = json!({ "name": "Eve", "externalId": "ADA" });
    assert_eq!(world.refusals("registerLearner", other_case).await, [""; 0]);
}

#[tokio::test]
async fn ones_own_may_be_written_otherwise() {
    let (world, ada) = world_with_ada().await;
    let input = json!({ "learner": { "id": ada }, "email": "ada@example.com" });
    assert_eq!(world.refusals("updateLearner", input).await, [""; 0]);
    assert_eq!(world.of(&ada, "email").await["email"], "ada@example.com");
}

#[tokio::test]
async fn what_is_given_up_is_free() {
    let bob = json!({ "name": "Bob", "externalId": "ada", "email": ADA });
    for change in [json!({ "externalId": null, "email": null }), json!({ "externalId": "a", "email": "a@b" })]
    {
        let (world, ada) = world_with_ada().await;
        let mut input = change;
        input["learner"] = json!({ "id": ada });
        assert_eq!(world.refusals("updateLearner", input).await, [""; 0]);
        assert_eq!(world.refusals("registerLearner", bob.clone()).await, [""; 0]);
    }
    let (world, ada) = world_with_ada().await;
    world.call("eraseLearner", "", json!({ "learner": { "id": ada } })).await;
    assert_eq!(world.refusals("registerLearner", bob).await, [""; 0]);
}

#[tokio::test]
async fn an_undo_cannot_take_back_what_somebody_else_has_now() {
    let (world, ada) = world_with_ada().await;
    let input = json!({ "learner": { "id": ada }, "externalId": null });
    let event = world.call("updateLearner", "", input).await["event"]["id"].clone();
    world.call("registerLearner", "", json!({ "name": "Bob", "externalId": "ada" })).await;
    let refusals = world.refusals("undoEvent", json!({ "event": event })).await;
    assert_eq!(refusals, ["ALREADY_TAKEN event"]);
    assert_eq!(world.of(&ada, "externalId version").await, json!({ "externalId": null, "version": 2 }));
}

#[tokio::test]
async fn the_same_person_again_is_no_change_and_another_is_refused() {
    let (world, ada) = world_with_ada().await;
    let same = json!({ "name": " Ada ", "externalId": "ada", "email": ADA });
    let payload = world.call("registerLearner", "", same).await;
    assert_eq!((&payload["changed"], &payload["learner"]["id"]), (&json!(false), &json!(ada)));
    let other = json!({ "name": "Ada", "externalId": "ada", "email": ADA, "stack": "go" });
    assert_eq!(world.refusals("registerLearner", other).await, ["ALREADY_TAKEN externalId"]);
}
