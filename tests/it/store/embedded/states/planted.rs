//! The harness itself: bugs are planted, and it has to find each of them.

use super::{
    book::Book,
    campaign::{Random, Tally, directory, seed},
    chains::follow,
    check::check,
    clients::Clients,
    crashes::finds,
    damage::Whole,
    recorder::{Lie, Recorder},
    records::{self, Place},
    run::{leave, open},
};

#[tokio::test]
async fn an_acknowledgement_before_the_sync_is_found() {
    assert!(finds(Lie::Sync).await);
}

#[tokio::test]
async fn a_lost_last_group_is_found() {
    assert!(finds(Lie::Write).await);
}

#[tokio::test]
async fn a_ledger_that_is_written_after_the_acknowledgement_is_found() {
    assert!(finds(Lie::Late).await);
}

#[tokio::test]
async fn a_new_file_whose_name_is_not_on_the_disk_is_found() {
    assert!(finds(Lie::SyncDirectory).await);
}

#[tokio::test]
async fn trust_in_what_can_be_seen_after_a_failed_sync_is_found() {
    let mut tally = Tally::default();
    for case in 0..20 {
        follow(case, Some(Lie::Settling), &mut tally).await;
        if let Some(failure) = tally.failures.first() {
            return println!("it was found in {} states: {failure}", tally.n_cases);
        }
    }
    panic!("it was not found in {} states", tally.n_cases);
}

#[tokio::test]
async fn a_record_that_was_forged_is_found() {
    let whole = Whole::build(&mut Random::new(seed(), 0), true, false).await;
    let is_there = |it: &&Place| !whole.book.accounts[&it.learner].possible()[0].seen.events.is_empty();
    let places = records::all(whole.dir.path());
    assert!(places.iter().filter(is_there).any(|it| records::forge(it, "Somebody", "Samebody")));
    let store = open(whole.dir.path(), None).unwrap();
    let error = check(&*store, &whole.book).await.unwrap_err();
    println!("it was found: {error}");
}

#[tokio::test]
async fn rows_that_were_skipped_are_found() {
    let (dir, random) = (directory(), &mut Random::new(seed(), 0));
    let recorder = Recorder::new(dir.path());
    let store = open(dir.path(), Some(recorder.hook())).unwrap();
    let mut clients = Clients::of(Book::default());
    for lie in [Some(Lie::Rows), None] {
        recorder.lie(lie);
        for _ in 0..5 {
            // It may well be refused later, by what is missing.
            clients.one(&*store, random).await.unwrap();
        }
        // What waits is taken to sled before.
        store.compact().await.unwrap();
    }
    leave(store, true).await.unwrap();
    let error = check(&*open(dir.path(), None).unwrap(), &clients.book).await.unwrap_err();
    println!("it was found: {error}");
}
