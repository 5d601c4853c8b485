//! Whoever is erased is told of no more, and nothing is left of them.

use milepost::store::Erasure;
use serde_json::{Value, json};

use super::{Receiver, Reply, World, impatient, server, until};

/// Whether some note has the id of a learner, as messages have it.
async fn is_in_notes(world: &World, learner: &str) -> bool {
    let store = &world.app.store;
    for name in store.notes("").await.unwrap() {
        let note = store.note(&name).await.unwrap().unwrap_or_default();
        if note.windows(learner.len()).any(|it| it == learner.as_bytes()) {
            return true;
        }
    }
    false
}

fn learner_of(message: &Value) -> String {
    message["data"]["event"]["learner"].as_str().unwrap().to_owned()
}

const KNOWN: &str = "failing { learnerId } parked { learnerId } deliveries(first: 500) { learnerId }";

#[tokio::test]
async fn nothing_of_an_erased_learner_is_sent_or_kept() {
    let (world, receiver) = (server().await, Receiver::answering(|_| Reply::Status(500)).await);
    let (id, _) = world.hook(json!({ "url": receiver.url() })).await;
    let ada = world.learner("Ada", None).await;
    let raw = learner_of(&receiver.receives(1).await[0].json());
    world.completes(&ada, "cicd-automation").await;
    let bob = world.learner("Bob", None).await;
    world.hook_has(&id, "failingCount", json!(2)).await;
    until(|| is_in_notes(&world, &raw), || "it is not kept".into()).await;

    world.call("eraseLearner", "", json!({ "learner": { "id": ada } })).await;
    let known = world.hook_of(&id, KNOWN).await;
    assert!(!known.to_string().contains(&ada) && known.to_string().contains(&bob), "{known:#}");
    assert!(!is_in_notes(&world, &raw).await);
    receiver.answers(|_| Reply::Status(200));
    world.wait(1);
    world.hook_has(&id, "behind", json!(0.0)).await;
    let learners: Vec<_> =
        receiver.received().iter().map(|it| it.json()["data"]["learnerId"].clone()).collect();
    assert_eq!(learners, [json!(ada), json!(bob), json!(bob)]);
}

#[tokio::test]
async fn what_is_under_way_leaves_no_trace() {
    let (world, receiver) = (impatient().await, Receiver::answering(|_| Reply::Hangs).await);
    let (id, _) = world.hook(json!({ "url": receiver.url() })).await;
    let ada = world.learner("Ada", None).await;
    let raw = learner_of(&receiver.receives(1).await[0].json());
    world.call("eraseLearner", "", json!({ "learner": { "id": ada } })).await;
    world.hook_has(&id, "behind", json!(0.0)).await;
    assert_eq!(world.hook_of(&id, KNOWN).await, json!({ "failing": [], "parked": [], "deliveries": [] }));
    assert!(!is_in_notes(&world, &raw).await);
    assert_eq!(receiver.received().len(), 1);
}

/// A crash may come between an erasure and what follows of it.
#[tokio::test]
async fn who_was_erased_meanwhile_is_forgotten_at_the_start() {
    let (world, receiver) = (server().await, Receiver::answering(|_| Reply::Status(500)).await);
    let (id, _) = world.hook(json!({ "url": receiver.url() })).await;
    world.learner("Ada", None).await;
    let raw = learner_of(&receiver.receives(1).await[0].json());
    until(|| is_in_notes(&world, &raw), || "it is not kept".into()).await;
    let store = world.app.store.clone();
    let learner = milepost::domain::id::LearnerId(raw.parse().unwrap());
    store.erase(Erasure { learner, base: 1, recorded_at: world.app.env.now() }).await.unwrap();
    let again = World::over(store);
    assert_eq!(again.hook_of(&id, KNOWN).await, json!({ "failing": [], "parked": [], "deliveries": [] }));
}

/// What was read together with what is under way is not sent once its learner is erased.
#[tokio::test]
async fn what_was_read_before_is_looked_at_again() {
    let (world, receiver) = (server().await, Receiver::answering(|_| Reply::WhenTold).await);
    let (id, _) = world.hook(json!({ "url": receiver.url() })).await;
    world.call("updateWebhook", "", json!({ "webhook": id, "enabled": false })).await;
    let ada = world.learner("Ada", None).await;
    world.completes(&ada, "cicd-automation").await;
    world.call("updateWebhook", "", json!({ "webhook": id, "enabled": true })).await;
    receiver.receives(1).await;
    world.call("eraseLearner", "", json!({ "learner": { "id": ada } })).await;
    receiver.tells();
    world.hook_has(&id, "behind", json!(0.0)).await;
    assert_eq!(receiver.received().len(), 1);
    assert_eq!(world.hook_of(&id, KNOWN).await, json!({ "failing": [], "parked": [], "deliveries": [] }));
}

#[tokio::test]
async fn what_waits_for_its_turn_is_looked_at_again() {
    let (world, receiver) = (server().await, Receiver::start().await);
    let (id, _) = world.hook(json!({ "url": receiver.url(), "kinds": ["COURSE_COMPLETED"] })).await;
    world.call("updateWebhook", "", json!({ "webhook": id, "enabled": false })).await;
    let ada = world.learner("Ada", None).await;
    world.completes(&ada, "cicd-automation").await;
    world.call("eraseLearner", "", json!({ "learner": { "id": ada } })).await;
    world.call("updateWebhook", "", json!({ "webhook": id, "enabled": true })).await;
    world.hook_has(&id, "behind", json!(0.0)).await;
    assert_eq!(receiver.received().len(), 0);
}
