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
    embedded::{Act, EmbeddedOptions, Fault, FileOp},
};
use tempfile::TempDir;

use super::{Town, check_feeds, open, open_with, options};
use crate::given::{Person, With, completed, evidence, receipt, registered};

/// Whether an operation is meant.
pub type Which = fn(&FileOp<'_>) -> bool;

/// Lets an operation fail from when the switch is on.
pub fn failing(which: Which, how: fn() -> io::Result<Act>) -> (Fault, Arc<AtomicBool>) {
    let switch = Arc::new(AtomicBool::new(false));
    let is_on = switch.clone();
    let fault = move |it: &FileOp<'_>| {
        if which(it) && is_on.load(Ordering::SeqCst) { how() } else { Ok(Act::Do) }
    };
    (Arc::new(fault), switch)
}

pub fn broken() -> io::Result<Act> {
    Err(io::Error::other("on purpose"))
}

fn panics() -> io::Result<Act> {
    panic!("on purpose")
}

fn writes(operation: &FileOp<'_>) -> bool {
    matches!(operation, FileOp::Write { path, .. } if path.extension().is_some_and(|it| it == "ledger"))
}

pub fn syncs(operation: &FileOp<'_>) -> bool {
    matches!(operation, FileOp::Sync(path) if path.extension().is_some_and(|it| it == "ledger"))
}

/// What became of a commit that was not acknowledged, once the store is opened again.
#[derive(Debug, PartialEq)]
enum Fate {
    Whole,
    Absent,
}

/// A fault at an operation that every group needs: those who wait for the group are told that
/// nobody knows, and those who come later that nothing was done.
async fn writing_ends_and_reading_goes_on(which: Which, how: fn() -> io::Result<Act>, fate: Fate) {
    let dir = TempDir::new().unwrap();
    let (fault, switch) = failing(which, how);
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
    // Nor does time heal it.
    tokio::time::sleep(Duration::from_millis(700)).await;
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
    writing_ends_and_reading_goes_on(writes, broken, Fate::Absent).await;
}

#[tokio::test]
async fn a_sync_fails() {
    writing_ends_and_reading_goes_on(syncs, broken, Fate::Whole).await;
}

#[tokio::test]
async fn the_committer_panics() {
    writing_ends_and_reading_goes_on(writes, panics, Fate::Absent).await;
    writing_ends_and_reading_goes_on(syncs, panics, Fate::Whole).await;
}

/// Waits until a store takes writes, or does not.
async fn until(store: &dyn Store, takes_writes: bool) {
    for _ in 0..500 {
        if store.read_only().is_none() == takes_writes {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{:?}", store.read_only());
}

#[tokio::test]
async fn sled_fails_and_its_rows_are_made_anew() {
    for how in [broken, panics] {
        let dir = TempDir::new().unwrap();
        let (fault, switch) = failing(|it| matches!(it, FileOp::ApplyRows), how);
        let store = open_with(dir.path(), EmbeddedOptions { fault: Some(fault), ..options() }).unwrap();
        let mut town = Town::build(&*store).await;
        switch.store(true, Ordering::SeqCst);
        // What sled fails to take is durable all the same.
        store.commit(town.people[0].completes("git")).await.unwrap();
        until(&*store, false).await;
        town.check(&*store).await;
        switch.store(false, Ordering::SeqCst);
        until(&*store, true).await;
        town.check(&*store).await;
        store.commit(town.people[1].completes("git")).await.unwrap();
        store.close().await.unwrap();
        assert!(dir.path().join("CLEAN").exists());
        town.check(&*open(dir.path())).await;
    }
}

#[tokio::test]
async fn sled_that_always_fails_ends_writing() {
    let dir = TempDir::new().unwrap();
    let (fault, switch) = failing(|it| matches!(it, FileOp::ApplyRows), broken);
    let store = open_with(dir.path(), EmbeddedOptions { fault: Some(fault), ..options() }).unwrap();
    let mut town = Town::build(&*store).await;
    switch.store(true, Ordering::SeqCst);
    let is_given_up = || store.read_only().is_some_and(|it| it.contains("again and again"));
    for _ in 0..1_000 {
        let mut person = town.people[0].clone();
        match store.commit(person.completes("git")).await {
            Ok(()) => town.people[0] = person,
            Err(CommitError::ReadOnly(_)) if is_given_up() => break,
            Err(CommitError::ReadOnly(_)) => {}
            Err(error) => panic!("{error}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(is_given_up());
    town.check(&*store).await;
}

#[tokio::test]
async fn a_new_ledger_file_fails() {
    let which: [Which; 3] = [
        |it| matches!(it, FileOp::Create(_)),
        |it| matches!(it, FileOp::Rename { .. }),
        |it| matches!(it, FileOp::SyncDirectory(_)),
    ];
    for which in which {
        let dir = TempDir::new().unwrap();
        let (fault, switch) = failing(which, broken);
        let store = open_with(dir.path(), EmbeddedOptions { fault: Some(fault), ..options() }).unwrap();
        let mut ada = Person::new(1);
        store.commit(ada.registers("Ada")).await.unwrap();
        store.commit(ada.then((0..100).map(evidence))).await.unwrap();
        switch.store(true, Ordering::SeqCst);
        let refused = store.commit(ada.clone().completes("sql")).await;
        // No record was written, so this is no guess.
        assert!(matches!(refused, Err(CommitError::ReadOnly(_))), "{refused:?}");
        drop(store);
        let store = open(dir.path());
        assert_eq!(store.load(ada.id).await.unwrap(), Some(ada.state.clone()));
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
        if syncs(operation) && is_on.load(Ordering::SeqCst) {
            // Not for ever, so that a failing test ends.
            let _ = gate.lock().unwrap().recv_timeout(Duration::from_secs(5));
        }
        Ok(Act::Do)
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_group_is_written_once_and_synced_once() {
    let dir = TempDir::new().unwrap();
    let done = Arc::new(Mutex::new(vec![]));
    let does = done.clone();
    let fault: Fault = Arc::new(move |operation| {
        match operation {
            FileOp::Write { path, .. } | FileOp::Sync(path) => {
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                does.lock().unwrap().push((name, matches!(operation, FileOp::Sync(_))));
            }
            _ => {}
        }
        Ok(Act::Do)
    });
    let segment_bytes = 64 << 20;
    let options = EmbeddedOptions { fault: Some(fault), segment_bytes, ..options() };
    let store = open_with(dir.path(), options).unwrap();
    done.lock().unwrap().clear();
    let mut ada = Person::new(1);
    store.commit(ada.registers("Ada")).await.unwrap();
    let (ledger, witness) = ("00000000000000000001.ledger".to_owned(), "ACKNOWLEDGED".to_owned());
    // Durable first; then it is said to be.
    let group = [(ledger.clone(), false), (ledger, true), (witness, false)];
    assert_eq!(*done.lock().unwrap(), group);
    done.lock().unwrap().clear();
    let writers = (2..202).map(|number| {
        let store = store.clone();
        tokio::spawn(async move { store.commit(Person::new(number).registers("Somebody")).await.unwrap() })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let done = done.lock().unwrap();
    // Two more when room is made in between.
    let n_groups = done.iter().filter(|it| it.0 == "ACKNOWLEDGED").count();
    assert!(n_groups < 150, "200 commits took {n_groups} groups");
    assert!(done.len() <= 3 * n_groups + 2 * 2, "{done:?}");
}

/// Rows that are half made may be what takes the room.
#[tokio::test]
async fn rows_that_found_no_room_leave_it_to_others() {
    let dir = TempDir::new().unwrap();
    let (next, is_full) = (dir.path().join("sled-1"), Arc::new(AtomicBool::new(false)));
    let (broken_once, full_once) = (AtomicBool::new(true), AtomicBool::new(true));
    let now = is_full.clone();
    let fault: Fault = Arc::new(move |it| match it {
        FileOp::ApplyRows if broken_once.swap(false, Ordering::SeqCst) => broken(),
        FileOp::Sync(path) if path.starts_with(&next) && full_once.swap(false, Ordering::SeqCst) => {
            now.store(true, Ordering::SeqCst);
            Err(io::ErrorKind::StorageFull.into())
        }
        FileOp::FreeBytes(_) if now.load(Ordering::SeqCst) => {
            now.store(next.exists(), Ordering::SeqCst);
            Ok(if next.exists() { Act::Only(0) } else { Act::Do })
        }
        _ => Ok(Act::Do),
    });
    let store = open_with(dir.path(), EmbeddedOptions { fault: Some(fault), ..options() }).unwrap();
    let mut ada = Person::new(1);
    store.commit(ada.registers("Ada")).await.unwrap();
    while !is_full.load(Ordering::SeqCst) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for _ in 0..250 {
        if store.read_only().is_none() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    store.commit(ada.completes("sql")).await.unwrap();
}
