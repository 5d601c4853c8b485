//! An erased learner is forgotten; their id and their places in the feed are not given again.

use std::{sync::Arc, time::Duration};

use milepost::store::{Bucket, Claim, CommitError, Erasure, FeedItem, Store};
use tokio::time::timeout;

use super::{engines, lists::all};
use crate::given::{Person, With, receipt, registered, second};

engines! {
    an_erased_learner_is_gone
    an_erased_learner_never_comes_back
    an_erased_learner_frees_their_claims
    the_places_in_the_feed_stay_empty
    a_stale_erasure_conflicts
    an_erasure_wakes_who_waits
}

async fn an_erased_learner_is_gone(store: Arc<dyn Store>) {
    let mut ada = Person::new(1);
    store.commit(ada.registers("Ada").with(receipt("key", 1))).await.unwrap();
    store.erase(ada.is_erased()).await.unwrap();
    assert_eq!(store.load(ada.id).await.unwrap(), None);
    assert_eq!(store.history(ada.id, 0, 10).await.unwrap(), []);
    assert_eq!(store.replay(ada.id, "key").await.unwrap(), None);
    assert_eq!(store.erased_at(ada.id).await.unwrap(), Some(second(77)));
    assert_eq!(store.count(&Default::default(), second(0)).await.unwrap(), 0);
    assert_eq!(store.page(all()).await.unwrap().rows, []);
}

async fn an_erased_learner_never_comes_back(store: Arc<dyn Store>) {
    let mut ada = Person::new(1);
    store.commit(ada.registers("Ada")).await.unwrap();
    store.erase(ada.is_erased()).await.unwrap();
    let again = Person::new(1).registers("Ada");
    for commit in [again, ada.clone().completes("sql"), ada.receives(receipt("key", 1))] {
        let refused = store.commit(commit).await;
        assert!(matches!(refused, Err(CommitError::Erased)), "{refused:?}");
    }
    let refused = store.erase(ada.is_erased()).await;
    assert!(matches!(refused, Err(CommitError::Erased)), "{refused:?}");
}

async fn an_erased_learner_frees_their_claims(store: Arc<dyn Store>) {
    let (mut ada, mut bob) = (Person::new(1), Person::new(2));
    store.commit(ada.then([registered("Ada", Some("x"), None)])).await.unwrap();
    store.erase(ada.is_erased()).await.unwrap();
    assert_eq!(store.find(&Claim::ExternalId("x".into())).await.unwrap(), None);
    store.commit(bob.then([registered("Bob", Some("x"), None)])).await.unwrap();
}

async fn the_places_in_the_feed_stay_empty(store: Arc<dyn Store>) {
    let mut ada = Person::new(1);
    let bucket = Bucket::of(ada.id);
    let mut bob = Person::new((2..).find(|it| Bucket::of(Person::new(*it).id) == bucket).unwrap());
    store.commit(ada.registers("Ada")).await.unwrap();
    store.commit(bob.registers("Bob")).await.unwrap();
    store.erase(ada.is_erased()).await.unwrap();
    let expected =
        [FeedItem { position: 1, event: None }, FeedItem { position: 2, event: Some(bob.events[0].clone()) }];
    assert_eq!(store.feed(bucket, 0, 10).await.unwrap(), expected);
    assert_eq!(store.heads().await.unwrap()[bucket.index()], 2);
}

async fn a_stale_erasure_conflicts(store: Arc<dyn Store>) {
    let mut ada = Person::new(1);
    store.commit(ada.registers("Ada")).await.unwrap();
    let refused = store.erase(Erasure { base: 7, ..ada.is_erased() }).await;
    assert!(matches!(refused, Err(CommitError::Conflict { current: 1 })), "{refused:?}");
    assert_eq!(store.load(ada.id).await.unwrap(), Some(ada.state));
}

async fn an_erasure_wakes_who_waits(store: Arc<dyn Store>) {
    let mut ada = Person::new(1);
    store.commit(ada.registers("Ada")).await.unwrap();
    let mut bucket = store.watch(Bucket::of(ada.id));
    bucket.mark_unchanged();
    store.erase(ada.is_erased()).await.unwrap();
    timeout(Duration::from_secs(5), bucket.changed()).await.expect("woken").unwrap();
}
