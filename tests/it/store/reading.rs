//! Loading, finding and telling the history.

use std::sync::Arc;

use milepost::store::{Bucket, Claim, Store};

use super::engines;
use crate::given::{Person, evidence, learner_id, registered};

engines! {
    what_was_written_is_read
    unknown_is_none
    many_are_loaded_in_the_order_asked_for
    history_comes_in_pages
    neighbours_are_isolated
    a_big_learner_is_whole
    two_learners_of_one_bucket_are_two
}

async fn what_was_written_is_read(store: Arc<dyn Store>) {
    let mut ada = Person::new(1);
    store.commit(ada.registers("Ada")).await.unwrap();
    store.commit(ada.then([evidence(1), evidence(2)])).await.unwrap();
    assert_eq!(store.load(ada.id).await.unwrap(), Some(ada.state.clone()));
    assert_eq!(store.history(ada.id, 0, 10).await.unwrap(), ada.events);
}

async fn unknown_is_none(store: Arc<dyn Store>) {
    let nobody = learner_id(404);
    assert_eq!(store.load(nobody).await.unwrap(), None);
    assert_eq!(store.find(&Claim::Email("a@example.com".into())).await.unwrap(), None);
    assert_eq!(store.replay(nobody, "key").await.unwrap(), None);
    assert_eq!(store.erased_at(nobody).await.unwrap(), None);
    assert_eq!(store.history(nobody, 0, 10).await.unwrap(), []);
    assert_eq!(store.feed(Bucket::of(nobody), 0, 10).await.unwrap(), []);
}

async fn many_are_loaded_in_the_order_asked_for(store: Arc<dyn Store>) {
    let (mut ada, mut bob) = (Person::new(1), Person::new(2));
    store.commit(ada.registers("Ada")).await.unwrap();
    store.commit(bob.registers("Bob")).await.unwrap();
    let loaded = store.load_many(&[bob.id, learner_id(404), ada.id, bob.id]).await.unwrap();
    let (ada, bob) = (Some(ada.state), Some(bob.state));
    assert_eq!(loaded, [bob.clone(), None, ada, bob]);
}

async fn history_comes_in_pages(store: Arc<dyn Store>) {
    let mut ada = Person::new(1);
    store.commit(ada.registers("Ada")).await.unwrap();
    for start in (0..200).step_by(5) {
        store.commit(ada.then((start..start + 5).map(evidence))).await.unwrap();
    }
    for (after, limit) in
        [(0, 1), (0, 201), (3, 1), (60, 10), (64, 64), (127, 2), (200, 9), (201, 9), (999, 9)]
    {
        let end = ada.events.len().min(after + limit);
        let expected = ada.events.get(after..end).unwrap_or_default();
        assert_eq!(store.history(ada.id, after as u32, limit).await.unwrap(), expected, "after {after}");
    }
    assert_eq!(store.history(ada.id, 0, 0).await.unwrap(), []);
    assert_eq!(store.history(ada.id, 0, usize::MAX).await.unwrap(), ada.events);
    assert_eq!(store.history(ada.id, u32::MAX, usize::MAX).await.unwrap(), []);
}

async fn neighbours_are_isolated(store: Arc<dyn Store>) {
    let mut people: Vec<_> = [0, 1, 2, 255, 256, u128::MAX].map(Person::new).into();
    for person in &mut people {
        store.commit(person.registers("Same")).await.unwrap();
    }
    store.commit(people[2].completes("sql")).await.unwrap();
    store.erase(people[3].is_erased()).await.unwrap();
    for person in [&people[0], &people[1], &people[2], &people[4], &people[5]] {
        assert_eq!(store.load(person.id).await.unwrap(), Some(person.state.clone()));
        assert_eq!(store.history(person.id, 0, 10).await.unwrap(), person.events);
    }
}

async fn a_big_learner_is_whole(store: Arc<dyn Store>) {
    let mut ada = Person::new(1);
    store.commit(ada.then([registered("Ada", None, None)])).await.unwrap();
    store.commit(ada.then((0..1_000).map(evidence))).await.unwrap();
    store.commit(ada.completes("sql")).await.unwrap();
    assert_eq!(store.load(ada.id).await.unwrap(), Some(ada.state.clone()));
    assert_eq!(store.history(ada.id, 0, usize::MAX).await.unwrap(), ada.events);
}

async fn two_learners_of_one_bucket_are_two(store: Arc<dyn Store>) {
    let mut ada = Person::new(1);
    let same = |it: &u128| Bucket::of(learner_id(*it)) == Bucket::of(ada.id);
    let mut bob = Person::new((2..).find(same).unwrap());
    store.commit(ada.registers("Ada")).await.unwrap();
    store.commit(bob.registers("Bob")).await.unwrap();
    store.commit(ada.completes("sql")).await.unwrap();
    assert_eq!(store.history(ada.id, 0, 10).await.unwrap(), ada.events);
    assert_eq!(store.history(bob.id, 0, 10).await.unwrap(), bob.events);
    let feed = store.feed(Bucket::of(ada.id), 0, 10).await.unwrap();
    assert_eq!(feed.iter().map(|it| it.position).collect::<Vec<_>>(), [1, 2, 3]);
}
