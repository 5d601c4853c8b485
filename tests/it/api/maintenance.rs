//! Backups and compaction as administrators ask for them.

use std::{fs, sync::Arc};

use milepost::{
    app::fill_with_demo,
    store::{
        embedded::tools::{self, ToolOptions},
        memory::MemoryStore,
    },
};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::mutation::MAINTENANCE;
use crate::{
    given::second,
    world::{World, errors},
};

const BACKUP: &str = "backup { name lastSequence bytes digest madeAt }";
const SIZES: &str = "bytesBefore bytesAfter";

async fn demo() -> World {
    let world = World::embedded();
    fill_with_demo(&world.app).await.expect("the demo");
    world
}

fn tool() -> ToolOptions {
    ToolOptions::new(second(0))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_can_be_restored_to_what_was() {
    let world = demo().await;
    let made = world.call("createBackup", BACKUP, json!({ "name": "first" })).await;
    assert_eq!((errors(&made).len(), &made["changed"], &made["replayed"]), (0, &json!(true), &json!(false)));
    assert_eq!((&made["learner"], &made["event"]), (&json!(null), &json!(null)));
    // What comes later is not in it.
    world.learner("Late", None).await;
    let (backup, other) = (world.directory().join("backups/first"), TempDir::new().unwrap());
    tools::restore(&backup, other.path(), &tool()).unwrap();
    let verified = tools::verify(other.path(), &tool()).unwrap();
    let made = &made["backup"];
    assert_eq!(made["name"], "first");
    assert_eq!(made["digest"], format!("sha256:{}", verified.totals.digest));
    assert_eq!(made["lastSequence"].as_f64(), Some(verified.totals.last_seq as f64));
    assert_eq!(verified.totals.n_learners, 12);
    assert_eq!(made["madeAt"], "2026-01-01T00:00:00Z");
    let n_bytes: u64 =
        (fs::read_dir(backup.join("ledger")).unwrap()).map(|it| it.unwrap().metadata().unwrap().len()).sum();
    assert_eq!(made["bytes"].as_f64(), Some(n_bytes as f64));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_call_again_is_answered_as_the_first() {
    let world = demo().await;
    let input = json!({ "name": "first", "idempotencyKey": "key" });
    let mut first = world.call("createBackup", BACKUP, input.clone()).await;
    first["replayed"] = json!(true);
    world.learner("Late", None).await;
    for _ in 0..2 {
        assert_eq!(world.call("createBackup", BACKUP, input.clone()).await, first);
    }
    let mut first = world.call("compactStore", SIZES, json!({ "idempotencyKey": "key" })).await;
    first["replayed"] = json!(true);
    assert_eq!(world.call("compactStore", SIZES, json!({ "idempotencyKey": " key " })).await, first);
    let other = world.call("compactStore", SIZES, json!({ "idempotencyKey": "other" })).await;
    assert_eq!(other["replayed"], false);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_and_a_key_are_of_one_backup() {
    let world = demo().await;
    world.call("createBackup", BACKUP, json!({ "name": "first", "idempotencyKey": "key" })).await;
    for (input, expected) in [
        (json!({ "name": "first" }), "ALREADY_TAKEN name"),
        (json!({ "name": "first", "idempotencyKey": "other" }), "ALREADY_TAKEN name"),
        (json!({ "name": "second", "idempotencyKey": "key" }), "IDEMPOTENCY_KEY_REUSED idempotencyKey"),
        (json!({ "name": "third", "idempotencyKey": "" }), "INVALID_INPUT idempotencyKey"),
        (json!({ "name": "third", "idempotencyKey": "k".repeat(201) }), "TOO_LONG idempotencyKey"),
    ] {
        let refused = world.call("createBackup", BACKUP, input.clone()).await;
        assert_eq!(errors(&refused), [expected], "{input}");
        assert_eq!((&refused["backup"], &refused["changed"]), (&json!(null), &json!(false)));
    }
    let names: Vec<_> =
        fs::read_dir(world.directory().join("backups")).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert_eq!(names, ["first"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_backup_does_not_answer_for_the_first_call() {
    let world = demo().await;
    let input = json!({ "name": "first", "idempotencyKey": "key" });
    world.call("createBackup", BACKUP, input.clone()).await;
    let file = world.directory().join("backups/first/ledger/00000000000000000001.ledger");
    let mut bytes = fs::read(&file).unwrap();
    bytes[100] ^= 1;
    fs::write(&file, bytes).unwrap();
    assert_eq!(errors(&world.call("createBackup", BACKUP, input).await), ["ALREADY_TAKEN name"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_leads_nowhere_else() {
    let world = demo().await;
    for name in
        ["", " ", "..", ".", "a/b", "../up", "/tmp/x", "A", "1", "a b", "a\u{0}", "a\\b", &"a".repeat(65)]
    {
        let refused = world.call("createBackup", BACKUP, json!({ "name": name })).await;
        assert_eq!(errors(&refused), ["INVALID_INPUT name"], "{name:?}");
    }
    assert!(!world.directory().join("backups").exists());
    for name in ["a..b", "a.unfinished", &"a".repeat(64)] {
        let made = world.call("createBackup", BACKUP, json!({ "name": name })).await;
        assert_eq!(errors(&made), [""; 0]);
        assert!(world.directory().join("backups").join(name).join("BACKUP").exists());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn compaction_leaves_nothing_of_the_erased_and_changes_no_answer() {
    let world = demo().await;
    let id = world.learner("Nobody Remembers", None).await;
    world.call("eraseLearner", "", json!({ "learner": { "id": id } })).await;
    const LEARNERS: &str = "{ learners(first: 100) { totalCount nodes { id name version } } }";
    let before = world.get(LEARNERS).await;
    let finds = || {
        let files = fs::read_dir(world.directory().join("ledger")).unwrap().map(|it| it.unwrap().path());
        files.map(|it| fs::read(it).unwrap()).any(|it| it.windows(16).any(|it| it == b"Nobody Remembers"))
    };
    assert!(finds());
    let done = world.call("compactStore", SIZES, json!({})).await;
    assert_eq!((errors(&done).len(), &done["changed"]), (0, &json!(true)));
    assert!(done["bytesAfter"].as_f64() > Some(0.0) && done["bytesBefore"].as_f64() > Some(0.0));
    assert!(!finds());
    assert_eq!(world.get(LEARNERS).await, before);
    assert_eq!(world.of(&id, "name").await, Value::Null);
    world.learner("Next", None).await;
}

#[tokio::test]
async fn without_a_disk_there_is_nothing_to_do() {
    let world = World::over(Arc::new(MemoryStore::new()));
    for (name, input) in MAINTENANCE.into_iter().zip([json!({ "name": "first" }), json!({})]) {
        assert_eq!(world.refusals(name, input).await, ["NOT_APPLICABLE -"], "{name}");
    }
}
