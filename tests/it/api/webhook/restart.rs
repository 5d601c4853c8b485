//! A server that ends and starts again goes on where it was.

use std::{path::Path, sync::Arc};

use milepost::{
    app::summarizer,
    domain::guide,
    store::embedded::{EmbeddedOptions, EmbeddedStore},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::{Receiver, Reply, World, options, until};

/// A server over a directory, and what ends it in order.
async fn start(directory: &Path) -> (World, oneshot::Sender<()>) {
    let opening = EmbeddedOptions::new(Uuid::from_u128(1), summarizer(Arc::new(guide::backend_2026())));
    let store = EmbeddedStore::open(directory, opening).unwrap();
    let (end, ended) = oneshot::channel();
    let ended = async { drop(ended.await) };
    (World::over(store).served_with(options(), ended).await.0, end)
}

/// Ends it, and answers when the store can be opened again.
async fn stop((world, end): (World, oneshot::Sender<()>)) {
    end.send(()).unwrap();
    let store = world.app.store.clone();
    until(|| async { store.keep_note("closed", None).await.is_err() }, || "it goes on".into()).await;
    store.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_failed_is_tried_again_after_a_restart() {
    let (directory, receiver) = (TempDir::new().unwrap(), Receiver::answering(|_| Reply::Status(500)).await);
    let server = start(directory.path()).await;
    let world = &server.0;
    let (id, secret) = world.hook(json!({ "url": receiver.url() })).await;
    let ada = world.learner("Ada", None).await;
    world.hook_has(&id, "failingCount", json!(1)).await;
    let failing = "failing { eventId attempts since nextAttemptAt status } cursor behind";
    let before = (world.hook_of(&id, failing).await, world.log(&id).await);
    stop(server).await;

    receiver.answers(|_| Reply::Status(200));
    let server = start(directory.path()).await;
    let world = &server.0;
    // The clock stands where it stood at first, so that nothing is due.
    assert_eq!((world.hook_of(&id, failing).await, world.log(&id).await), before);
    world.at("2026-01-02T00:00:00Z");
    world.hook_has(&id, "behind", json!(0.0)).await;
    world.completes(&ada, "cicd-automation").await;
    let messages = receiver.receives(3).await;
    assert_eq!(messages[0].header("webhook-id"), messages[1].header("webhook-id"));
    assert!(messages.iter().all(|it| it.is_signed_with(&secret)));
    world.hook_has(&id, "behind", json!(0.0)).await;
    stop(server).await;

    // What was taken is not sent again.
    let server = start(directory.path()).await;
    server.0.learner("Bob", None).await;
    server.0.hook_has(&id, "behind", json!(0.0)).await;
    assert_eq!(receiver.received().len(), 4);
    stop(server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_under_way_at_the_end_is_sent_again() {
    let (directory, receiver) = (TempDir::new().unwrap(), Receiver::answering(|_| Reply::Hangs).await);
    let server = start(directory.path()).await;
    let (id, _) = server.0.hook(json!({ "url": receiver.url() })).await;
    server.0.learner("Ada", None).await;
    receiver.receives(1).await;
    stop(server).await;
    receiver.answers(|_| Reply::Status(200));
    let server = start(directory.path()).await;
    server.0.wait(1);
    server.0.hook_has(&id, "behind", json!(0.0)).await;
    let messages = receiver.received();
    assert_eq!((messages.len(), messages[0].header("webhook-id")), (2, messages[1].header("webhook-id")));
    stop(server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_note_that_cannot_be_understood_goes_and_harms_nobody_else() {
    let (directory, receiver) = (TempDir::new().unwrap(), Receiver::start().await);
    let server = start(directory.path()).await;
    let (id, _) = server.0.hook(json!({ "url": receiver.url() })).await;
    server.0.app.store.keep_note("webhook.odd", Some(b"{}")).await.unwrap();
    stop(server).await;
    let server = start(directory.path()).await;
    server.0.learner("Ada", None).await;
    server.0.hook_has(&id, "behind", json!(0.0)).await;
    assert_eq!(receiver.received().len(), 1);
    assert_eq!(server.0.app.store.notes("").await.unwrap().len(), 1);
    stop(server).await;
}

/// Such as when the server ended before it told of the first.
#[tokio::test]
async fn of_two_webhooks_of_one_call_the_last_stays() {
    let world = World::new();
    let input = |key: &str| json!({ "url": "https://hooks.example.com", "idempotencyKey": key });
    let (first, _) = world.hook(input("k")).await;
    let (last, secret) = world.hook(input("other")).await;
    let store = world.app.store.clone();
    let names = store.notes("webhook.").await.unwrap();
    let (mut notes, mut registration) = (vec![], Value::Null);
    for name in &names {
        notes.push(serde_json::from_slice::<Value>(&store.note(name).await.unwrap().unwrap()).unwrap());
        registration = notes[0]["registration"].clone();
    }
    notes[1]["registration"] = registration;
    store.keep_note(&names[1], Some(notes[1].to_string().as_bytes())).await.unwrap();
    let again = World::over(store.clone());
    assert_eq!(again.get("{ webhooks { id } }").await["webhooks"], json!([{ "id": last }]));
    assert_eq!(again.hook_of(&first, "id").await, Value::Null);
    assert_eq!(again.hook(input("k")).await, (last, secret));
    assert_eq!(store.notes("").await.unwrap(), names[1..]);
}
