//! File operations that fail: nothing is acknowledged that may be lost, nothing is written any
//! more, and reading goes on.

use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::Duration,
};

use milepost::store::{
    Claim, CommitError, Store, StoreError,
    embedded::{EmbeddedOptions, Fault, FileOp},
};
use tempfile::TempDir;

use super::{check_feeds, open, open_with, options};
use crate::given::{Person, With, completed, evidence, receipt, registered};

/// Lets an operation fail from when the switch is on.
pub fn failing(operation: FileOp, how: fn() -> io::Result<()>) -> (Fault, Arc<AtomicBool>) {
    let switch = Arc::new(AtomicBool::new(false));
    let is_on = switch.clone();
    let fault = move |it| if it == operation && is_on.load(Ordering::SeqCst) { how() } else { Ok(()) };
    (Arc::new(fault), switch)
}

pub fn disk_full() -> io::Result<()> {
    Err(io::ErrorKind::StorageFull.into())
}

fn panics() -> io::Result<()> {
    panic!("on purpose")
}

/// What became of a commit that was not acknowledged, once the store is opened again.
#[derive(Debug, PartialEq)]
enum Fate {
    Whole,
    Absent,
}

/// A fault at an operation that every group needs: those who wait for the group are told that
/// nobody knows, and those who come later that nothing was done.
async fn writing_ends_and_reading_goes_on(operation: FileOp, how: fn() -> io::Result<()>, fate: Fate) {
    let dir = TempDir::new().unwrap();
    let (fault, switch) = failing(operation, how);
    let store = open_with(dir.path(), EmbeddedOptions { fault: Some(fault), ..options() }).unwrap();
    let (mut ada, mut bob) = (Person::new(1), Person::new(2));
    store.commit(ada.registers("Ada")).await.unwrap();
    assert_eq!(store.read_only(), None);
    switch.store(true, Ordering::SeqCst);
    let commit = bob.then([registered("Bob", Some("bob"), None), completed("sql")]);
    let failed = store.commit(commit.clone().with(receipt("key", 1))).await;
    assert!(matches!(failed, Err(CommitError::Fault(StoreError::InDoubt(_)))), "{failed:?}");
    check_fate(&*store, &bob, Fate::Absent).await;
    let reason = store.read_only().unwrap();
    assert!(reason.contains("writing failed"), "{reason}");
    switch.store(false, Ordering::SeqCst);
    let refused = store.commit(ada.clone().completes("sql")).await;
    assert!(matches!(refused, Err(CommitError::ReadOnly(_))), "{refused:?}");
    let refused = store.erase(ada.is_erased()).await;
    assert!(matches!(refused, Err(CommitError::ReadOnly(_))), "{refused:?}");
    assert_eq!(store.load(ada.id).await.unwrap(), Some(ada.state.clone()));
    assert_eq!(store.history(ada.id, 0, 10).await.unwrap(), ada.events);
    store.close().await.unwrap();
    assert!(!dir.path().join("CLEAN").exists());
    let store = open(dir.path());
    assert_eq!(store.load(ada.id).await.unwrap(), Some(ada.state.clone()));
    assert_eq!(store.history(ada.id, 0, 10).await.unwrap(), ada.events);
    store.commit(ada.completes("sql")).await.unwrap();
    // The same call again finds what it did, or does it now.
    let again = store.commit(commit.with(receipt("key", 1))).await;
    match fate {
        Fate::Whole => assert!(matches!(again, Err(CommitError::Repeated(_))), "{again:?}"),
        Fate::Absent => again.unwrap(),
    }
    check_fate(&*store, &bob, Fate::Whole).await;
    check_feeds(&*store).await;
}

/// All of a person's only commit is there, or nothing of it.
async fn check_fate(store: &dyn Store, person: &Person, fate: Fate) {
    let is_whole = fate == Fate::Whole;
    assert_eq!(store.load(person.id).await.unwrap(), is_whole.then(|| person.state.clone()));
    let events = if is_whole { person.events.clone() } else { vec![] };
    assert_eq!(store.history(person.id, 0, 10).await.unwrap(), events);
    for claim in Claim::of(&person.state) {
        assert_eq!(store.find(&claim).await.unwrap(), is_whole.then_some(person.id));
    }
    let known = store.replay(person.id, "key").await.unwrap();
    assert_eq!(known, is_whole.then(|| receipt("key", 1)));
}

#[tokio::test]
async fn a_write_fails() {
    writing_ends_and_reading_goes_on(FileOp::Append, disk_full, Fate::Absent).await;
}

#[tokio::test]
async fn a_sync_fails() {
    writing_ends_and_reading_goes_on(FileOp::Sync, disk_full, Fate::Whole).await;
}

#[tokio::test]
async fn the_rows_fail() {
    writing_ends_and_reading_goes_on(FileOp::ApplyRows, disk_full, Fate::Whole).await;
}

#[tokio::test]
async fn the_committer_panics() {
    writing_ends_and_reading_goes_on(FileOp::Append, panics, Fate::Absent).await;
    writing_ends_and_reading_goes_on(FileOp::Sync, panics, Fate::Whole).await;
    writing_ends_and_reading_goes_on(FileOp::ApplyRows, panics, Fate::Whole).await;
}

#[tokio::test]
async fn a_new_ledger_file_fails() {
    for operation in [FileOp::Create, FileOp::Rename, FileOp::SyncDirectory] {
        let dir = TempDir::new().unwrap();
        let (fault, switch) = failing(operation, disk_full);
        let store = open_with(dir.path(), EmbeddedOptions { fault: Some(fault), ..options() }).unwrap();
        let mut ada = Person::new(1);
        store.commit(ada.registers("Ada")).await.unwrap();
        store.commit(ada.then((0..100).map(evidence))).await.unwrap();
        switch.store(true, Ordering::SeqCst);
        let refused = store.commit(ada.clone().completes("sql")).await;
        // No record was written, so this is no guess.
        assert!(matches!(refused, Err(CommitError::ReadOnly(_))), "{operation:?}: {refused:?}");
        drop(store);
        let store = open(dir.path());
        assert_eq!(store.load(ada.id).await.unwrap(), Some(ada.state.clone()), "{operation:?}");
        store.commit(ada.completes("sql")).await.unwrap();
    }
}

#[tokio::test]
async fn the_directory_is_removed() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    let mut ada = Person::new(1);
    store.commit(ada.registers("Ada")).await.unwrap();
    std::fs::remove_dir_all(dir.path()).unwrap();
    let refused = store.commit(ada.clone().completes("sql")).await;
    assert!(matches!(refused, Err(CommitError::ReadOnly(_))), "{refused:?}");
    assert!(store.read_only().unwrap().contains("was removed"));
    assert_eq!(store.load(ada.id).await.unwrap(), Some(ada.state));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_acknowledged_or_seen_before_it_is_on_the_disk() {
    let dir = TempDir::new().unwrap();
    let (go_on, gate) = mpsc::channel::<()>();
    let (gate, is_on) = (Mutex::new(gate), Arc::new(AtomicBool::new(false)));
    let switch = is_on.clone();
    let fault: Fault = Arc::new(move |operation| {
        if operation == FileOp::Sync && is_on.load(Ordering::SeqCst) {
            // Not for ever, so that a failing test ends.
            let _ = gate.lock().unwrap().recv_timeout(Duration::from_secs(5));
        }
        Ok(())
    });
    let store = open_with(dir.path(), EmbeddedOptions { fault: Some(fault), ..options() }).unwrap();
    switch.store(true, Ordering::SeqCst);
    let mut ada = Person::new(1);
    let (writer, commit) = (store.clone(), ada.registers("Ada"));
    let writing = tokio::spawn(async move { writer.commit(commit).await });
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!writing.is_finished());
    assert_eq!(store.load(ada.id).await.unwrap(), None);
    assert_eq!(store.heads().await.unwrap().iter().sum::<u64>(), 0);
    assert!(!store.watch_all().has_changed().unwrap());
    switch.store(false, Ordering::SeqCst);
    go_on.send(()).unwrap();
    writing.await.unwrap().unwrap();
    assert_eq!(store.load(ada.id).await.unwrap(), Some(ada.state));
}

/// What a group takes.
const GROUP: [FileOp; 3] = [FileOp::Append, FileOp::Sync, FileOp::ApplyRows];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_group_is_written_once_and_synced_once() {
    let dir = TempDir::new().unwrap();
    let done = Arc::new(Mutex::new(vec![]));
    let does = done.clone();
    let fault: Fault = Arc::new(move |operation| {
        does.lock().unwrap().push(operation);
        Ok(())
    });
    let segment_bytes = 64 << 20;
    let options = EmbeddedOptions { fault: Some(fault), segment_bytes, ..options() };
    let store = open_with(dir.path(), options).unwrap();
    done.lock().unwrap().clear();
    let mut ada = Person::new(1);
    store.commit(ada.registers("Ada")).await.unwrap();
    assert_eq!(*done.lock().unwrap(), GROUP);
    let writers = (2..202).map(|number| {
        let store = store.clone();
        tokio::spawn(async move { store.commit(Person::new(number).registers("Somebody")).await.unwrap() })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let done = done.lock().unwrap();
    assert!(done.chunks(3).all(|it| *it == GROUP), "{done:?}");
    assert!(done.len() < 3 * 150, "200 commits took {} groups", done.len() / 3);
}
