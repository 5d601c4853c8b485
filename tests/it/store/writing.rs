//! Versions, claims and writing at the same time.

use std::sync::Arc;

use milepost::store::{Claim, Commit, CommitError, Store};

use super::engines;
use crate::given::{Person, With, completed, evidence, learner_id, receipt, registered, second};

engines! {
    a_stale_base_conflicts_and_writes_nothing
    a_stale_base_on_an_unknown_learner_creates_nothing
    a_commit_that_does_not_fit_together_is_refused
    a_claim_is_held_by_one
    a_claim_that_is_given_up_is_free
    claims_can_be_swapped
    an_email_is_the_same_in_any_case
    an_id_is_not_an_email
    a_refused_claim_writes_nothing
    concurrent_commits_lose_nothing
    one_of_two_at_the_same_base_wins
    a_load_is_never_torn
    after_close_nothing_is_written
}

async fn a_stale_base_conflicts_and_writes_nothing(store: Arc<dyn Store>) {
    let mut ada = Person::new(1);
    store.commit(ada.registers("Ada")).await.unwrap();
    let mut stale = ada.clone();
    store.commit(ada.completes("sql")).await.unwrap();
    let commit = stale.is_known_as(Some("x")).with(receipt("key", 1));
    let refused = store.commit(commit).await;
    assert!(matches!(refused, Err(CommitError::Conflict { current: 2 })), "{refused:?}");
    assert_eq!(store.load(ada.id).await.unwrap(), Some(ada.state.clone()));
    assert_eq!(store.history(ada.id, 0, 10).await.unwrap(), ada.events);
    assert_eq!(store.replay(ada.id, "key").await.unwrap(), None);
    assert_eq!(store.find(&Claim::ExternalId("x".into())).await.unwrap(), None);
    assert_eq!(store.heads().await.unwrap().iter().sum::<u64>(), 2);
}

async fn a_stale_base_on_an_unknown_learner_creates_nothing(store: Arc<dyn Store>) {
    let mut ada = Person::new(1);
    ada.registers("Ada");
    let refused = store.commit(ada.completes("sql")).await;
    assert!(matches!(refused, Err(CommitError::Conflict { current: 0 })), "{refused:?}");
    assert_eq!(store.load(ada.id).await.unwrap(), None);
    assert_eq!(store.count(&Default::default(), second(0)).await.unwrap(), 0);
}

async fn a_commit_that_does_not_fit_together_is_refused(store: Arc<dyn Store>) {
    let whole = Person::new(1).then([registered("Ada", None, None), completed("sql")]);
    let gap = Commit { events: whole.events[1..].to_vec(), ..whole.clone() };
    let short = Commit { events: whole.events[..1].to_vec(), ..whole.clone() };
    let foreign = Commit { learner: learner_id(2), ..whole };
    for commit in [gap, short, foreign] {
        let refused = store.commit(commit).await;
        assert!(matches!(refused, Err(CommitError::Fault(_))), "{refused:?}");
    }
    assert_eq!(store.heads().await.unwrap().iter().sum::<u64>(), 0);
}

async fn a_claim_is_held_by_one(store: Arc<dyn Store>) {
    let (mut ada, mut bob) = (Person::new(1), Person::new(2));
    store.commit(ada.then([registered("Ada", Some("x"), Some("a@example.com"))])).await.unwrap();
    let claim = Claim::ExternalId("x".into());
    assert_eq!(store.find(&claim).await.unwrap(), Some(ada.id));
    let refused = store.commit(bob.then([registered("Bob", Some("x"), None)])).await;
    assert!(matches!(&refused, Err(CommitError::Claimed(it)) if *it == claim), "{refused:?}");
    assert_eq!(store.find(&claim).await.unwrap(), Some(ada.id));
    store.commit(ada.completes("sql")).await.unwrap();
    assert_eq!(store.find(&claim).await.unwrap(), Some(ada.id));
}

async fn a_claim_that_is_given_up_is_free(store: Arc<dyn Store>) {
    let (mut ada, mut bob) = (Person::new(1), Person::new(2));
    store.commit(ada.then([registered("Ada", Some("x"), None)])).await.unwrap();
    store.commit(ada.is_known_as(None)).await.unwrap();
    assert_eq!(store.find(&Claim::ExternalId("x".into())).await.unwrap(), None);
    store.commit(bob.then([registered("Bob", Some("x"), None)])).await.unwrap();
    assert_eq!(store.find(&Claim::ExternalId("x".into())).await.unwrap(), Some(bob.id));
}

async fn claims_can_be_swapped(store: Arc<dyn Store>) {
    let (mut ada, mut bob) = (Person::new(1), Person::new(2));
    store.commit(ada.then([registered("Ada", Some("a"), None)])).await.unwrap();
    store.commit(bob.then([registered("Bob", Some("b"), None)])).await.unwrap();
    store.commit(ada.is_known_as(None)).await.unwrap();
    store.commit(bob.is_known_as(Some("a"))).await.unwrap();
    store.commit(ada.is_known_as(Some("b"))).await.unwrap();
    assert_eq!(store.find(&Claim::ExternalId("a".into())).await.unwrap(), Some(bob.id));
    assert_eq!(store.find(&Claim::ExternalId("b".into())).await.unwrap(), Some(ada.id));
}

async fn an_email_is_the_same_in_any_case(store: Arc<dyn Store>) {
    let (mut ada, mut bob) = (Person::new(1), Person::new(2));
    store.commit(ada.then([registered("Ada", None, Some("Ada@Example.com"))])).await.unwrap();
    let refused = store.commit(bob.then([registered("Bob", None, Some("aDA@example.COM"))])).await;
    assert!(matches!(refused, Err(CommitError::Claimed(Claim::Email(_)))), "{refused:?}");
    let claim = Claim::of(&ada.state).remove(0);
    assert_eq!(store.find(&claim).await.unwrap(), Some(ada.id));
}

async fn an_id_is_not_an_email(store: Arc<dyn Store>) {
    let (mut ada, mut bob) = (Person::new(1), Person::new(2));
    store.commit(ada.then([registered("Ada", Some("a@example.com"), None)])).await.unwrap();
    store.commit(bob.then([registered("Bob", None, Some("a@example.com"))])).await.unwrap();
    assert_eq!(store.find(&Claim::ExternalId("a@example.com".into())).await.unwrap(), Some(ada.id));
    assert_eq!(store.find(&Claim::Email("a@example.com".into())).await.unwrap(), Some(bob.id));
}

async fn a_refused_claim_writes_nothing(store: Arc<dyn Store>) {
    let (mut ada, mut bob) = (Person::new(1), Person::new(2));
    store.commit(ada.then([registered("Ada", Some("x"), None)])).await.unwrap();
    let commit = bob.then([registered("Bob", Some("x"), Some("bob@example.com"))]);
    store.commit(commit.with(receipt("key", 1))).await.unwrap_err();
    assert_eq!(store.load(bob.id).await.unwrap(), None);
    assert_eq!(store.replay(bob.id, "key").await.unwrap(), None);
    assert_eq!(store.find(&Claim::Email("bob@example.com".into())).await.unwrap(), None);
}

async fn concurrent_commits_lose_nothing(store: Arc<dyn Store>) {
    let mut ada = Person::new(1);
    store.commit(ada.registers("Ada")).await.unwrap();
    let writers: Vec<_> = (0..50).map(|number| tokio::spawn(submit(store.clone(), ada.id, number))).collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let state = store.load(ada.id).await.unwrap().unwrap();
    assert_eq!((state.version, state.evidence.len()), (51, 50));
    let events = store.history(ada.id, 0, 100).await.unwrap();
    assert_eq!(events.iter().map(|it| it.version).collect::<Vec<_>>(), (1..=51).collect::<Vec<_>>());
}

/// Writes one piece of evidence and tries again as long as others are faster.
async fn submit(store: Arc<dyn Store>, id: milepost::domain::id::LearnerId, number: u128) {
    loop {
        let mut person = Person::of(&*store, id).await;
        match store.commit(person.then([evidence(number)])).await {
            Ok(()) => return,
            Err(CommitError::Conflict { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

async fn one_of_two_at_the_same_base_wins(store: Arc<dyn Store>) {
    let commits: Vec<_> = (0..20).map(|it| Person::new(1).registers(&format!("Ada {it}"))).collect();
    let writers = commits.into_iter().map(|it| {
        let store = store.clone();
        tokio::spawn(async move { store.commit(it).await })
    });
    let mut n_written = 0;
    for writer in writers.collect::<Vec<_>>() {
        n_written += usize::from(writer.await.unwrap().is_ok());
    }
    assert_eq!(n_written, 1);
    assert_eq!(store.history(learner_id(1), 0, 10).await.unwrap().len(), 1);
}

pub async fn a_load_is_never_torn(store: Arc<dyn Store>) {
    let mut ada = Person::new(1);
    store.commit(ada.then([registered("Ada", None, None)])).await.unwrap();
    store.commit(ada.then((0..200).map(evidence))).await.unwrap();
    let (reader, id) = (store.clone(), ada.id);
    let reading = tokio::spawn(async move {
        let mut last = 0;
        while last < 251 {
            let state = reader.load(id).await.unwrap().unwrap();
            assert_eq!(state.evidence.len() as u32, state.version - 1);
            assert!(last <= state.version, "from {last} back to {}", state.version);
            last = state.version;
            tokio::task::yield_now().await;
        }
    });
    for number in 200..250 {
        store.commit(ada.then([evidence(number)])).await.unwrap();
    }
    reading.await.unwrap();
}

async fn after_close_nothing_is_written(store: Arc<dyn Store>) {
    let mut ada = Person::new(1);
    store.commit(ada.registers("Ada")).await.unwrap();
    assert_eq!(store.read_only(), None);
    store.close().await.unwrap();
    assert!(store.read_only().is_some());
    store.close().await.unwrap();
    let refused = store.commit(ada.completes("sql")).await;
    assert!(matches!(refused, Err(CommitError::ReadOnly(_))), "{refused:?}");
    let refused = store.erase(ada.is_erased()).await;
    assert!(matches!(refused, Err(CommitError::ReadOnly(_))), "{refused:?}");
}
