//! The feed of a bucket: every event once, at a place of its own, without a gap.

use std::{sync::Arc, time::Duration};

use milepost::{
    domain::id::BatchId,
    store::{Bucket, Store},
};
use tokio::time::timeout;
use uuid::Uuid;

use super::engines;
use crate::given::{Person, completed, evidence, receipt, registered};

engines! {
    the_feed_tells_every_event_once
    the_feed_comes_in_pages
    the_events_of_a_batch_are_found
    heads_are_the_last_positions
    a_commit_wakes_who_waits
    concurrent_commits_leave_no_gap
}

async fn the_feed_tells_every_event_once(store: Arc<dyn Store>) {
    let mut ada = Person::new(1);
    store.commit(ada.then([registered("Ada", None, None), completed("sql")])).await.unwrap();
    store.commit(ada.receives(receipt("key", 1))).await.unwrap();
    store.commit(ada.completes("language")).await.unwrap();
    let feed = store.feed(Bucket::of(ada.id), 0, 10).await.unwrap();
    assert_eq!(feed.iter().map(|it| it.position).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(feed.into_iter().map(|it| it.event.unwrap()).collect::<Vec<_>>(), ada.events);
}

async fn the_feed_comes_in_pages(store: Arc<dyn Store>) {
    let mut ada = Person::new(1);
    let bucket = Bucket::of(ada.id);
    store.commit(ada.registers("Ada")).await.unwrap();
    for start in (0..140).step_by(7) {
        store.commit(ada.then((start..start + 7).map(evidence))).await.unwrap();
    }
    for (after, limit) in [(0, 1), (0, 141), (63, 2), (64, 64), (140, 9), (141, 9), (999, 9), (5, 0)] {
        let feed = store.feed(bucket, after, limit).await.unwrap();
        let end = 141.min(after + limit as u64);
        let positions: Vec<_> = feed.iter().map(|it| it.position).collect();
        assert_eq!(positions, (after + 1..=end).collect::<Vec<_>>(), "after {after}");
        assert!(feed.iter().all(|it| it.event.as_ref() == ada.events.get(it.position as usize - 1)));
    }
    assert_eq!(store.feed(bucket, 0, usize::MAX).await.unwrap().len(), 141);
    assert_eq!(store.feed(bucket, u64::MAX, usize::MAX).await.unwrap(), []);
}

async fn the_events_of_a_batch_are_found(store: Arc<dyn Store>) {
    let bucket = Bucket::of(Person::new(1).id);
    let mut people: Vec<_> =
        (1..).map(Person::new).filter(|it| Bucket::of(it.id) == bucket).take(2).collect();
    for number in 0..120 {
        for (whose, person) in people.iter_mut().enumerate() {
            // In the middle there is a batch of few, of one of them.
            let batch =
                if number == 60 && whose == 0 { Some(9) } else { [None, Some(1), Some(2)][number % 3] };
            person.is_in_batch(batch);
            let n_events = 1 + number as u128 % 4;
            store.commit(person.then((0..n_events).map(evidence))).await.unwrap();
        }
    }
    for is_erased in [false, true] {
        if is_erased {
            store.erase(people[0].is_erased()).await.unwrap();
        }
        let feed = store.feed(bucket, 0, usize::MAX).await.unwrap();
        let mut n_found = 0;
        for batch in [1, 2, 9, 10].map(|it| BatchId(Uuid::from_u128(it))) {
            for (after, limit) in [(0, usize::MAX), (0, 0), (0, 3), (63, 1), (64, 70), (200, 100), (9_999, 9)]
            {
                let places = feed.iter().filter_map(|it| Some((it.position, it.event.clone()?)));
                let of_batch = places.filter(|it| it.1.batch == Some(batch) && after < it.0);
                let expected: Vec<_> = of_batch.take(limit).collect();
                let found = store.events_of_batch(batch, bucket, after, limit).await.unwrap();
                n_found += found.len();
                assert_eq!(found, expected, "{batch:?} after {after}, at most {limit}");
            }
        }
        assert!(400 < n_found, "{n_found}");
        let other = Bucket::all().find(|it| *it != bucket).unwrap();
        let nothing = store.events_of_batch(BatchId(Uuid::from_u128(1)), other, 0, 9).await.unwrap();
        assert_eq!(nothing, []);
    }
}

async fn heads_are_the_last_positions(store: Arc<dyn Store>) {
    let (mut ada, mut bob) = (Person::new(1), Person::new(2));
    store.commit(ada.then([registered("Ada", None, None), completed("sql")])).await.unwrap();
    store.commit(bob.registers("Bob")).await.unwrap();
    let heads = store.heads().await.unwrap();
    assert_eq!(heads.len(), 1024);
    assert_eq!((heads[Bucket::of(ada.id).index()], heads[Bucket::of(bob.id).index()]), (2, 1));
    assert_eq!(heads.iter().sum::<u64>(), 3);
}

async fn a_commit_wakes_who_waits(store: Arc<dyn Store>) {
    let mut ada = Person::new(1);
    let (mut bucket, mut all) = (store.watch(Bucket::of(ada.id)), store.watch_all());
    store.commit(ada.registers("Ada")).await.unwrap();
    timeout(Duration::from_secs(5), bucket.changed()).await.expect("woken").unwrap();
    timeout(Duration::from_secs(5), all.changed()).await.expect("woken").unwrap();
    assert_eq!(*bucket.borrow_and_update(), 1);
}

async fn concurrent_commits_leave_no_gap(store: Arc<dyn Store>) {
    let bucket = Bucket::of(Person::new(1).id);
    let people = (1..).map(Person::new).filter(|it| Bucket::of(it.id) == bucket).take(40);
    let writers = people.map(|mut it| {
        let store = store.clone();
        tokio::spawn(async move {
            store.commit(it.registers("Somebody")).await.unwrap();
            store.commit(it.completes("sql")).await.unwrap();
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let feed = store.feed(bucket, 0, 1_000).await.unwrap();
    assert_eq!(feed.iter().map(|it| it.position).collect::<Vec<_>>(), (1..=80).collect::<Vec<_>>());
    assert!(feed.iter().all(|it| it.event.is_some()));
}
