//! A webhook of which as much is parked as can be.

use serde_json::{Value, json};

use super::{Receiver, Reply, World, options, server, until};
use crate::world::errors;

/// A server with a webhook that is disabled because the completion of a course is to be parked beside 1,000 times the
/// registration of its learner.
async fn full(receiver: &Receiver) -> (World, World, String) {
    let world = server().await;
    let (id, _) = world.hook(json!({ "url": receiver.url() })).await;
    let ada = world.learner("Ada", None).await;
    world.hook_has(&id, "behind", json!(0.0)).await;
    receiver.answers(|_| Reply::Status(500));
    world.completes(&ada, "cicd-automation").await;
    world.hook_has(&id, "failingCount", json!(1)).await;
    world.call("updateWebhook", "", json!({ "webhook": id, "enabled": false })).await;

    let store = world.app.store.clone();
    let name = store.notes("webhook.").await.unwrap().remove(0);
    let mut note: Value = serde_json::from_slice(&store.note(&name).await.unwrap().unwrap()).unwrap();
    let deliveries = &mut note["deliveries"];
    let stuck = deliveries["failing"].as_object_mut().unwrap().values_mut().next().unwrap();
    stuck["attempts"] = json!(11);
    let mut parked = stuck.clone();
    (parked["event"], parked["next_at"]) = (deliveries["log"][1]["event"].clone(), json!(null));
    deliveries["parked"] = json!(vec![parked; 1_000]);
    note["webhook"]["disabled"] = json!("TOO_MANY_PARKED");
    store.keep_note(&name, Some(note.to_string().as_bytes())).await.unwrap();
    let again = World::over(store).served_with(options(), std::future::pending()).await.0;
    assert_eq!(again.hook_of(&id, "disabledBecause").await["disabledBecause"], "TOO_MANY_PARKED");
    (world, again, id)
}

#[tokio::test]
async fn once_enabled_it_makes_room_by_what_is_parked() {
    let receiver = Receiver::start().await;
    let (_before, world, id) = full(&receiver).await;
    let refused = world.refusals("retryDeliveries", json!({ "webhook": id })).await;
    assert_eq!(refused, ["NOT_APPLICABLE webhook"]);

    // The parked ones are taken one after the other; what was stuck is parked in the place of one.
    receiver.answers(|it| Reply::Status(if it.kind() == "COURSE_COMPLETED" { 500 } else { 200 }));
    world.call("updateWebhook", "", json!({ "webhook": id, "enabled": true })).await;
    world.hook_has(&id, "parkedCount", json!(1)).await;
    let left = world.hook_of(&id, "state behind failingCount parked { kind }").await;
    let expected = json!({ "state": "ENABLED", "behind": 0.0, "failingCount": 0,
        "parked": [{ "kind": "COURSE_COMPLETED" }] });
    assert_eq!(left, expected);
}

#[tokio::test]
async fn what_is_parked_can_be_dropped() {
    let receiver = Receiver::start().await;
    let (_before, world, id) = full(&receiver).await;
    let n_before = receiver.received().len();
    let stuck = &world.hook_of(&id, "failing { eventId }").await["failing"][0]["eventId"];
    let keyed = json!({ "webhook": id, "idempotencyKey": "k" });
    for (input, expected) in
        [(json!({ "webhook": id, "event": stuck }), 0), (keyed.clone(), 1_000), (json!({ "webhook": id }), 0)]
    {
        let dropped = world.call("dropParkedEvents", "count webhook { state }", input).await;
        assert_eq!((errors(&dropped).len(), &dropped["count"]), (0, &json!(expected)));
        assert_eq!(
            (&dropped["changed"], &dropped["webhook"]["state"]),
            (&json!(expected != 0), &json!("DISABLED"))
        );
    }
    let again = world.call("dropParkedEvents", "count", keyed).await;
    assert_eq!((&again["count"], &again["replayed"]), (&json!(1_000), &json!(true)));
    receiver.answers(|_| Reply::Status(200));
    world.call("updateWebhook", "", json!({ "webhook": id, "enabled": true })).await;
    let is_done = || async { world.hook_of(&id, "failingCount").await["failingCount"] == 0 };
    until(is_done, || "it is not done".into()).await;
    assert_eq!(receiver.received().len(), n_before + 1);
}
