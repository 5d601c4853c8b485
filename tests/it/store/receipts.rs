//! What a call with an idempotency key did is kept with its write.

use std::sync::Arc;

use milepost::store::{CommitError, Store, StoreError};

use super::engines;
use crate::given::{Person, With, receipt, second};

engines! {
    a_receipt_is_kept_with_its_write
    a_repeated_key_answers_the_first_receipt
    the_same_key_at_the_same_time_writes_once
    receipts_of_several_calls_are_kept_with_their_write
    a_receipt_may_come_alone
    a_receipt_may_come_before_the_learner
    a_key_is_the_learners_own
}

async fn a_receipt_is_kept_with_its_write(store: Arc<dyn Store>) {
    let mut ada = Person::new(1);
    store.commit(ada.registers("Ada").with(receipt("key", 1))).await.unwrap();
    assert_eq!(store.replay(ada.id, "key").await.unwrap(), Some(receipt("key", 1)));
    assert_eq!(store.replay(ada.id, "ke").await.unwrap(), None);
}

async fn a_repeated_key_answers_the_first_receipt(store: Arc<dyn Store>) {
    let mut ada = Person::new(1);
    let first = ada.registers("Ada").with(receipt("key", 1));
    store.commit(first.clone()).await.unwrap();
    let at_another_base = ada.clone().completes("sql").with(receipt("key", 2));
    for commit in [first, at_another_base] {
        let refused = store.commit(commit).await;
        assert!(
            matches!(&refused, Err(CommitError::Repeated(it)) if **it == receipt("key", 1)),
            "{refused:?}"
        );
    }
    assert_eq!(store.load(ada.id).await.unwrap(), Some(ada.state));
}

async fn the_same_key_at_the_same_time_writes_once(store: Arc<dyn Store>) {
    let mut ada = Person::new(1);
    store.commit(ada.registers("Ada")).await.unwrap();
    let commit = ada.completes("sql").with(receipt("key", 1));
    let writers = (0..20).map(|_| {
        let (store, commit) = (store.clone(), commit.clone());
        tokio::spawn(async move { store.commit(commit).await })
    });
    let mut n_written = 0;
    for writer in writers.collect::<Vec<_>>() {
        match writer.await.unwrap() {
            Ok(()) => n_written += 1,
            Err(CommitError::Repeated(it)) => assert_eq!(*it, receipt("key", 1)),
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(n_written, 1);
    assert_eq!(store.history(ada.id, 0, 10).await.unwrap(), ada.events);
}

async fn receipts_of_several_calls_are_kept_with_their_write(store: Arc<dyn Store>) {
    let mut ada = Person::new(1);
    let both = ada.registers("Ada").with(receipt("first", 1)).with(receipt("second", 2));
    store.commit(both).await.unwrap();
    // Many enough for them to get rows of their own.
    for number in 0..50 {
        let keys = [0, 1, 2].map(|it| format!("{number} {it}"));
        let all = keys.iter().fold(ada.completes("sql"), |it, key| it.with(receipt(key, number)));
        store.commit(all).await.unwrap();
        for key in keys {
            assert_eq!(store.replay(ada.id, &key).await.unwrap(), Some(receipt(&key, number)));
        }
    }
    for (key, number) in [("first", 1), ("second", 2), ("0 2", 0), ("49 1", 49)] {
        assert_eq!(store.replay(ada.id, key).await.unwrap(), Some(receipt(key, number)));
        let again = ada.clone().completes("git").with(receipt("new", 3)).with(receipt(key, 4));
        let refused = store.commit(again).await;
        let is_known = matches!(&refused, Err(CommitError::Repeated(it)) if **it == receipt(key, number));
        assert!(is_known, "{refused:?}");
        assert_eq!(store.replay(ada.id, "new").await.unwrap(), None);
    }
    let keys = ["49 1", "unknown", "first", "49 0", "second", "49 1"].map(String::from);
    let known = store.replay_all(ada.id, &keys).await.unwrap();
    let known: Vec<_> = known.into_iter().map(|it| it.map(|it| (it.key, it.fingerprint[0]))).collect();
    let receipt_of = |key: &str, number| Some((key.to_owned(), number));
    let expected = [
        receipt_of("49 1", 49),
        None,
        receipt_of("first", 1),
        receipt_of("49 0", 49),
        receipt_of("second", 2),
        receipt_of("49 1", 49),
    ];
    assert_eq!(known, expected);
    let twice = ada.clone().completes("git").with(receipt("new", 3)).with(receipt("new", 3));
    let refused = store.commit(twice).await;
    assert!(matches!(&refused, Err(CommitError::Fault(StoreError::Misfit(_)))), "{refused:?}");
    assert_eq!(store.load(ada.id).await.unwrap(), Some(ada.state));
}

async fn a_receipt_may_come_alone(store: Arc<dyn Store>) {
    let mut ada = Person::new(1);
    store.commit(ada.registers("Ada")).await.unwrap();
    store.commit(ada.receives(receipt("key", 1))).await.unwrap();
    assert_eq!(store.replay(ada.id, "key").await.unwrap(), Some(receipt("key", 1)));
    assert_eq!(store.load(ada.id).await.unwrap(), Some(ada.state.clone()));
    assert_eq!(store.heads().await.unwrap().iter().sum::<u64>(), 1);
    store.commit(ada.completes("sql")).await.unwrap();
}

async fn a_receipt_may_come_before_the_learner(store: Arc<dyn Store>) {
    let mut ada = Person::new(1);
    store.commit(ada.receives(receipt("key", 1))).await.unwrap();
    assert_eq!(store.load(ada.id).await.unwrap(), None);
    assert_eq!(store.count(&Default::default(), second(0)).await.unwrap(), 0);
    store.commit(ada.registers("Ada")).await.unwrap();
    assert_eq!(store.replay(ada.id, "key").await.unwrap(), Some(receipt("key", 1)));
}

async fn a_key_is_the_learners_own(store: Arc<dyn Store>) {
    let (mut ada, mut bob) = (Person::new(1), Person::new(2));
    store.commit(ada.registers("Ada").with(receipt("key", 1))).await.unwrap();
    store.commit(bob.registers("Bob").with(receipt("key", 2))).await.unwrap();
    assert_eq!(store.replay(ada.id, "key").await.unwrap(), Some(receipt("key", 1)));
    assert_eq!(store.replay(bob.id, "key").await.unwrap(), Some(receipt("key", 2)));
}
