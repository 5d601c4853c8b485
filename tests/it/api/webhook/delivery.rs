//! What a receiver is told when all is well.

use std::{collections::BTreeSet, future::pending};

use futures_util::StreamExt as _;
use milepost::graphql::Asked;
use serde_json::{Value, json};

use super::{ALL, Receiver, Reply, World, options, server, until};
use crate::world::{column, text};

#[tokio::test]
async fn a_message_is_signed_and_says_what_the_api_says() {
    let (world, address) = World::new().served_with(options(), pending()).await;
    let receiver = Receiver::start().await;
    world.learner("Before", None).await;
    let (id, secret) = world.hook(json!({ "url": receiver.url() })).await;
    let learner = world.learner("Ada", Some("nodejs")).await;
    let event = world.completes(&learner, "cicd-automation").await;

    let messages = receiver.receives(2).await;
    assert_eq!(receiver.kinds(), ["LEARNER_REGISTERED", "COURSE_COMPLETED"]);
    let message = &messages[1];
    assert!(message.is_signed_with(&secret));
    assert!(!message.is_signed_with("whsec_AAAA"));
    assert_eq!(message.header("content-type"), "application/json");
    assert_eq!(message.header("host"), receiver.address.to_string());
    assert_eq!(message.header("webhook-timestamp"), "1767225600");
    assert_eq!(message.header("webhook-id"), event["id"]);
    let body = message.json();
    assert_eq!((&body["data"]["eventId"], &body["data"]["learnerId"]), (&event["id"], &json!(learner)));
    assert_eq!(body["timestamp"], "2026-01-01T00:00:00Z");
    // The event is the line that the export has of it.
    let export = format!("http://{address}/export/learner?id={learner}");
    let lines = reqwest::get(export).await.unwrap().text().await.unwrap();
    let line: Value = serde_json::from_str(lines.lines().nth(2).unwrap()).unwrap();
    assert_eq!(body["data"]["event"], line);

    world.hook_has(&id, "behind", json!(0.0)).await;
    let log = world
        .hook_of(&id, "deliveries { eventId learnerId kind attempt at durationMs status error outcome }")
        .await;
    let newest = &log["deliveries"][0];
    assert_eq!((&newest["eventId"], &newest["learnerId"]), (&event["id"], &json!(learner)));
    assert_eq!((&newest["at"], &newest["attempt"]), (&json!("2026-01-01T00:00:00Z"), &json!(1)));
    assert_eq!(
        (&newest["status"], &newest["error"], &newest["outcome"]),
        (&json!(204), &json!(null), &json!("DELIVERED"))
    );
}

#[tokio::test]
async fn the_cursor_of_a_message_leads_on_in_the_feed() {
    let (world, receiver) = (server().await, Receiver::start().await);
    world.hook(json!({ "url": receiver.url() })).await;
    for name in ["Ada", "Bob"] {
        world.learner(name, None).await;
    }
    receiver.receives(2).await;
    let carol = world.learner("Carol", None).await;
    let last = receiver.receives(3).await[2].json()["data"]["cursor"].clone();
    world.completes(&carol, "cicd-automation").await;
    let query = format!("subscription {{ events(after: {last}) {{ event {{ kind }} }} }}");
    let asked = Asked { query: Some(query), ..Asked::default() };
    let next = world.messages(asked).next().await.unwrap();
    assert_eq!(next["data"]["events"]["event"]["kind"], "COURSE_COMPLETED");
}

#[tokio::test]
async fn only_the_kinds_that_were_asked_for_come() {
    let (world, receiver) = (server().await, Receiver::start().await);
    let kinds = json!(["COURSE_COMPLETED", "EVENT_UNDONE", "COURSE_COMPLETED"]);
    let (id, _) = world.hook(json!({ "url": receiver.url(), "kinds": kinds })).await;
    let learner = world.learner("Ada", None).await;
    let event = world.completes(&learner, "cicd-automation").await;
    world.call("undoEvent", "", json!({ "event": event["id"] })).await;
    world.hook_has(&id, "behind", json!(0.0)).await;
    assert_eq!(receiver.kinds(), ["COURSE_COMPLETED", "EVENT_UNDONE"]);
    assert_eq!(world.hook_of(&id, "kinds").await["kinds"], json!(["COURSE_COMPLETED", "EVENT_UNDONE"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_of_a_learner_come_in_order_and_none_twice() {
    let (world, receiver) = (server().await, Receiver::start().await);
    let (id, _) = world.hook(json!({ "url": receiver.url() })).await;
    let mut learners = vec![];
    for number in 0..12 {
        learners.push(world.learner(&format!("Learner {number}"), None).await);
    }
    for course in ["cicd-automation", "capstone-project", "async-js-game"] {
        for learner in &learners {
            world.completes(learner, course).await;
        }
    }
    world.hook_has(&id, "behind", json!(0.0)).await;
    let messages: Vec<_> = receiver.received().iter().map(|it| it.json()["data"].clone()).collect();
    assert_eq!(messages.len(), 48);
    for learner in learners {
        let mine = messages.iter().filter(|it| it["learnerId"] == learner);
        let versions: Vec<_> = mine.map(|it| it["event"]["version"].as_u64().unwrap()).collect();
        assert_eq!(versions, [1, 2, 3, 4]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_completions_at_once_are_one_message() {
    let (world, receiver) = (server().await, Receiver::start().await);
    let (id, _) = world.hook(json!({ "url": receiver.url() })).await;
    let learner = world.learner("Ada", None).await;
    let input = json!({ "learner": { "id": learner }, "course": "cicd-automation", "idempotencyKey": "k" });
    let calls = (0..100).map(|_| {
        let (world, input) = (world.clone(), input.clone());
        tokio::spawn(async move { world.call("completeCourse", "", input).await["event"]["id"].clone() })
    });
    let mut told = BTreeSet::new();
    for call in calls.collect::<Vec<_>>() {
        told.insert(text(&call.await.unwrap()));
    }
    world.hook_has(&id, "behind", json!(0.0)).await;
    assert_eq!(told.len(), 1);
    let log = world.hook_of(&id, "deliveries { eventId kind }").await["deliveries"].clone();
    assert_eq!(column(&log, "kind"), ["COURSE_COMPLETED", "LEARNER_REGISTERED"]);
    assert_eq!(Some(&column(&log, "eventId")[0]), told.first());
}

#[tokio::test]
async fn a_receiver_is_told_again_from_a_place_on() {
    let (world, receiver) = (server().await, Receiver::start().await);
    let ada = world.learner("Ada", None).await;
    let (id, _) = world.hook(json!({ "url": receiver.url() })).await;
    let bob = world.learner("Bob", None).await;
    let first = receiver.receives(1).await[0].json();
    world.completes(&bob, "cicd-automation").await;
    receiver.receives(2).await;
    let replay = |after: Value| {
        let input = json!({ "webhook": id, "after": after });
        async { world.call("replayWebhook", ALL, input).await }
    };
    assert_eq!(replay(first["data"]["cursor"].clone()).await["changed"], true);
    let again = receiver.receives(3).await;
    assert_eq!(again[2].header("webhook-id"), again[1].header("webhook-id"));
    world.hook_has(&id, "behind", json!(0.0)).await;
    // From the start on: who was there before it is told of as well.
    replay(json!(null)).await;
    let all: Vec<_> =
        receiver.receives(6).await[3..].iter().map(|it| it.json()["data"]["learnerId"].clone()).collect();
    assert_eq!(all.iter().filter(|it| **it == ada).count(), 1);
    assert_eq!(all.iter().filter(|it| **it == bob).count(), 2);
    // A cursor that leads on beyond the end leads to the end.
    let far = data_encoding::BASE64URL_NOPAD.encode(&[1, 1, 0, 255, 255, 3]);
    replay(json!(far)).await;
    world.completes(&ada, "cicd-automation").await;
    until(
        || async {
            receiver
                .received()
                .iter()
                .any(|it| it.json()["data"]["learnerId"] == ada && it.kind() == "COURSE_COMPLETED")
        },
        || "nothing".into(),
    )
    .await;
}

/// What becomes of a message that was under way does not take a receiver on again.
#[tokio::test]
async fn going_back_while_a_message_is_under_way_loses_nothing() {
    let (world, receiver) = (server().await, Receiver::start().await);
    let (id, _) = world.hook(json!({ "url": receiver.url() })).await;
    let ada = world.learner("Ada", None).await;
    world.completes(&ada, "cicd-automation").await;
    receiver.receives(2).await;
    receiver.answers(|_| Reply::WhenTold);
    world.completes(&ada, "capstone-project").await;
    receiver.receives(3).await;
    receiver.answers(|_| Reply::Status(200));
    world.call("replayWebhook", "", json!({ "webhook": id })).await;
    receiver.tells();
    world.hook_has(&id, "behind", json!(0.0)).await;
    let told = receiver.received();
    let versions: Vec<_> =
        told.iter().map(|it| it.json()["data"]["event"]["version"].as_u64().unwrap()).collect();
    assert_eq!(versions, [1, 2, 3, 1, 2, 3]);
}

#[tokio::test]
async fn a_webhook_may_begin_anywhere() {
    let (world, receiver) = (server().await, Receiver::start().await);
    let (first, _) = world.hook(json!({ "url": receiver.url() })).await;
    let start = world.hook_of(&first, "cursor").await["cursor"].clone();
    world.learner("Ada", None).await;
    receiver.receives(1).await;
    world.hook(json!({ "url": receiver.url(), "after": start })).await;
    let both = receiver.receives(2).await;
    assert_eq!(both[0].header("webhook-id"), both[1].header("webhook-id"));
}
