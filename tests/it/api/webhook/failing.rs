//! Receivers that fail, hang, lie and come back.

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::{ALL, Message, Receiver, Reply, impatient, server, until};
use crate::world::{errors, text};

fn is_about(message: &Message, learner: &str) -> bool {
    message.json()["data"]["learnerId"] == learner
}

#[tokio::test]
async fn what_fails_is_sent_again_with_its_id_and_others_go_on() {
    let (world, receiver) = (server().await, Receiver::start().await);
    let (id, secret) = world.hook(json!({ "url": receiver.url() })).await;
    let (ada, bob) = (world.learner("Ada", None).await, world.learner("Bob", None).await);
    receiver.receives(2).await;
    let fails_for = ada.clone();
    receiver.answers(move |it| Reply::Status(if is_about(it, &fails_for) { 500 } else { 200 }));
    let first = world.completes(&ada, "cicd-automation").await;
    world.completes(&ada, "capstone-project").await;
    world.completes(&bob, "cicd-automation").await;
    world.hook_has(&id, "behind", json!(2.0)).await;
    world.hook_has(&id, "failingCount", json!(1)).await;
    let failing =
        &world.hook_of(&id, "failing { eventId attempts nextAttemptAt status }").await["failing"][0];
    assert_eq!(
        (&failing["eventId"], &failing["attempts"], &failing["status"]),
        (&first["id"], &json!(1), &json!(500))
    );
    let next = text(&failing["nextAttemptAt"]);
    assert!(("2026-01-01T00:00:05Z".."2026-01-01T00:00:06.1Z").contains(&next.as_str()), "{next}");

    world.at("2026-01-01T00:00:07Z");
    receiver.receives(5).await;
    // The next attempt counts from when this one is known to have failed.
    let failed_again =
        || async { world.hook_of(&id, "failing { attempts }").await["failing"][0]["attempts"] == 2 };
    until(failed_again, || "not 2 attempts".into()).await;
    receiver.answers(|_| Reply::Status(200));
    world.at("2026-01-01T00:01:00Z");
    world.hook_has(&id, "behind", json!(0.0)).await;
    let mine: Vec<_> = receiver.received().into_iter().filter(|it| is_about(it, &ada)).collect();
    let told: Vec<_> = mine[1..]
        .iter()
        .map(|it| (it.header("webhook-id") == first["id"], it.header("webhook-timestamp")))
        .collect();
    let expected = [(true, "1767225600"), (true, "1767225607"), (true, "1767225660"), (false, "1767225660")];
    assert_eq!(told, expected);
    assert!(mine.iter().all(|it| it.is_signed_with(&secret)));
}

/// Whatever is answered, learner by learner the first of each event comes in order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn order_holds_under_failures() {
    let world = server().await;
    let mut n_asked = 0_u32;
    let receiver = Receiver::answering(move |_| {
        n_asked += 1;
        Reply::Status(if n_asked.is_multiple_of(3) { 503 } else { 200 })
    })
    .await;
    let (id, _) = world.hook(json!({ "url": receiver.url() })).await;
    let mut learners = vec![];
    for number in 0..6 {
        learners.push(world.learner(&format!("Learner {number}"), None).await);
    }
    for course in ["cicd-automation", "capstone-project", "async-js-game"] {
        for learner in &learners {
            world.completes(learner, course).await;
        }
    }
    let goes_on = || async {
        world.wait(1);
        world.hook_of(&id, "behind").await["behind"] == json!(0.0)
    };
    until(goes_on, || "it is behind".into()).await;
    for learner in learners {
        let mine = receiver.received().into_iter().filter(|it| is_about(it, &learner));
        let mut versions: Vec<_> =
            mine.map(|it| it.json()["data"]["event"]["version"].as_u64().unwrap()).collect();
        assert!(versions.is_sorted(), "{versions:?}");
        versions.dedup();
        assert_eq!(versions, [1, 2, 3, 4]);
    }
}

#[tokio::test]
async fn what_fails_for_more_than_a_day_is_parked_until_somebody_asks_for_it() {
    let (world, receiver) = (server().await, Receiver::answering(|_| Reply::Status(500)).await);
    let (id, _) = world.hook(json!({ "url": receiver.url() })).await;
    let ada = world.learner("Ada", None).await;
    for n_attempts in 1..=11 {
        receiver.receives(n_attempts).await;
        if n_attempts < 11 {
            let read = || async {
                world.hook_of(&id, "failing { attempts }").await["failing"][0]["attempts"] == n_attempts
            };
            until(read, || format!("not {n_attempts} attempts")).await;
            world.wait(1);
        }
    }
    world.hook_has(&id, "parkedCount", json!(1)).await;
    let parked = world
        .hook_of(&id, "behind failingCount parked { eventId kind attempts since nextAttemptAt status }")
        .await;
    assert_eq!((&parked["behind"], &parked["failingCount"]), (&json!(0.0), &json!(0)));
    let parked = &parked["parked"][0];
    assert_eq!((&parked["attempts"], &parked["nextAttemptAt"]), (&json!(11), &json!(null)));
    assert_eq!((&parked["since"], &parked["status"]), (&json!("2026-01-01T00:00:00Z"), &json!(500)));

    // Its learner goes on without it.
    receiver.answers(|it| Reply::Status(if it.kind() == "COURSE_COMPLETED" { 200 } else { 500 }));
    world.completes(&ada, "cicd-automation").await;
    receiver.receives(12).await;
    world.hook_has(&id, "behind", json!(0.0)).await;
    let retry =
        |event: Value| world.call("retryDeliveries", "count", json!({ "webhook": id, "event": event }));
    assert_eq!(retry(parked["eventId"].clone()).await["count"], 1);
    receiver.receives(13).await;
    let read = || async { world.hook_of(&id, "parked { attempts }").await["parked"][0]["attempts"] == 12 };
    until(read, || "it was not tried".into()).await;
    receiver.answers(|_| Reply::Status(200));
    let all = json!({ "webhook": id, "idempotencyKey": "k" });
    assert_eq!(world.call("retryDeliveries", "count", all.clone()).await["count"], 1);
    world.hook_has(&id, "parkedCount", json!(0)).await;
    let repeated = world.call("retryDeliveries", "count", all).await;
    assert_eq!((&repeated["count"], &repeated["replayed"]), (&json!(1), &json!(true)));
    let again = retry(json!(null)).await;
    assert_eq!((&again["count"], &again["changed"]), (&json!(0), &json!(false)));
    let log = world.log(&id).await;
    assert_eq!(log[..2], ["LEARNER_REGISTERED 1 500 RETRYING", "LEARNER_REGISTERED 2 500 RETRYING"]);
    assert_eq!(
        log[10..],
        [
            "LEARNER_REGISTERED 11 500 PARKED",
            "COURSE_COMPLETED 1 200 DELIVERED",
            "LEARNER_REGISTERED 12 500 PARKED",
            "LEARNER_REGISTERED 13 200 DELIVERED",
        ]
    );
}

#[tokio::test]
async fn a_receiver_that_lies_is_not_believed() {
    let (world, receiver) = (server().await, Receiver::start().await);
    let elsewhere = Receiver::start().await;
    let (id, _) = world.hook(json!({ "url": receiver.url() })).await;
    let to: &'static str = elsewhere.url().leak();
    for (reply, expected) in [
        (Reply::Redirect(to), "307"),
        (Reply::Redirect("http://169.254.169.254/"), "307"),
        (Reply::Status(404), "404"),
        (Reply::Endless, "200"),
    ] {
        receiver.answers(move |_| reply);
        let n_before = world.log(&id).await.len();
        world.learner("Somebody", None).await;
        until(|| async { n_before < world.log(&id).await.len() }, || format!("{reply:?}")).await;
        let line = world.log(&id).await.pop().unwrap();
        let outcome = if expected == "200" { "DELIVERED" } else { "RETRYING" };
        assert_eq!(line, format!("LEARNER_REGISTERED 1 {expected} {outcome}"), "{reply:?}");
    }
    assert_eq!(elsewhere.received().len(), 0);
}

#[tokio::test]
async fn a_receiver_that_hangs_is_left() {
    let (world, receiver) = (impatient().await, Receiver::answering(|_| Reply::Hangs).await);
    let (id, _) = world.hook(json!({ "url": receiver.url() })).await;
    world.learner("Ada", None).await;
    world.hook_has(&id, "failingCount", json!(1)).await;
    assert_eq!(world.log(&id).await, ["LEARNER_REGISTERED 1 TIMED_OUT RETRYING"]);
}

/// The time for a message ends before it is given up to hear the rest.
#[tokio::test]
async fn a_status_counts_though_the_rest_does_not_come() {
    let (world, receiver) = (impatient().await, Receiver::answering(|_| Reply::HangsLater).await);
    let (id, _) = world.hook(json!({ "url": receiver.url() })).await;
    world.learner("Ada", None).await;
    world.hook_has(&id, "behind", json!(0.0)).await;
    assert_eq!(world.log(&id).await, ["LEARNER_REGISTERED 1 200 DELIVERED"]);
}

#[tokio::test]
async fn what_is_no_http_is_no_answer() {
    let world = server().await;
    let endless = b"HTTP/1.1 200 OK\r\nx: ".iter().copied().chain([b'x'; 100_000]).collect();
    for answer in [vec![], b"nonsense\r\n\r\n".to_vec(), b"HTTP/1.1 200 OK\r\n".to_vec(), endless] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let (id, _) = world.hook(json!({ "url": url })).await;
        let answering = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 8_192]).await;
            let _ = stream.write_all(&answer).await;
        });
        let tested = world.call("testWebhook", "status error", json!({ "webhook": id })).await;
        answering.await.unwrap();
        assert_eq!((&tested["status"], &tested["error"]), (&json!(null), &json!("BROKEN_ANSWER")));
    }
}

#[tokio::test]
async fn a_receiver_that_is_away_is_told_when_it_is_back() {
    let (world, mut receiver) = (server().await, Receiver::start().await);
    let (id, _) = world.hook(json!({ "url": receiver.url() })).await;
    receiver.stop().await;
    world.learner("Ada", None).await;
    world.hook_has(&id, "failingCount", json!(1)).await;
    assert_eq!(world.log(&id).await, ["LEARNER_REGISTERED 1 CONNECTION_FAILED RETRYING"]);
    receiver.start_again().await;
    world.wait(1);
    receiver.receives(1).await;
    world.hook_has(&id, "behind", json!(0.0)).await;
}

#[tokio::test]
async fn a_receiver_is_heard_that_asks_for_patience() {
    let (world, receiver) = (server().await, Receiver::answering(|_| Reply::StatusLater(429, 600)).await);
    let (id, _) = world.hook(json!({ "url": receiver.url() })).await;
    world.learner("Ada", None).await;
    world.hook_has(&id, "failingCount", json!(1)).await;
    let failing = world.hook_of(&id, "failing { nextAttemptAt }").await;
    assert_eq!(failing["failing"][0]["nextAttemptAt"], "2026-01-01T00:10:00Z");
}

#[tokio::test]
async fn who_is_gone_is_told_nothing_until_somebody_enables_it() {
    let (world, receiver) = (server().await, Receiver::answering(|_| Reply::Status(410)).await);
    let (id, _) = world.hook(json!({ "url": receiver.url() })).await;
    world.learner("Ada", None).await;
    world.hook_has(&id, "state", json!("DISABLED")).await;
    assert_eq!(world.hook_of(&id, "disabledBecause").await["disabledBecause"], "GONE");
    world.learner("Bob", None).await;
    world.wait(1);
    receiver.answers(|_| Reply::Status(200));
    let updated = world.call("updateWebhook", ALL, json!({ "webhook": id, "enabled": true })).await;
    assert_eq!((errors(&updated).len(), &updated["webhook"]["state"]), (0, &json!("ENABLED")));
    world.hook_has(&id, "behind", json!(0.0)).await;
    assert_eq!(receiver.received().len(), 3);
}

#[tokio::test]
async fn few_messages_are_under_way_at_a_time() {
    let world = server().await;
    for number in 0..20 {
        world.learner(&format!("Learner {number}"), None).await;
    }
    let receiver = Receiver::answering(|_| Reply::Hangs).await;
    let start = data_encoding::BASE64URL_NOPAD.encode(&[1, 0]);
    let (id, _) = world.hook(json!({ "url": receiver.url(), "after": start })).await;
    receiver.receives(8).await;
    for _ in 0..20 {
        assert_eq!(world.hook_of(&id, "behind").await["behind"], json!(20.0));
    }
    assert_eq!(receiver.received().len(), 8);
}
