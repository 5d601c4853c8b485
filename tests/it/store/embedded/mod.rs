//! What only the embedded engine promises: to survive whatever happens to its directory.

mod crash;
mod damage;
mod faults;
mod fixture;
mod harness;
mod reopening;
mod states;
mod tools;

use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

use milepost::{
    domain::{
        event::Change,
        id::BatchId,
        summary::{Filter, OrderBy},
    },
    store::{
        Bucket, Claim, PageQuery, Store, StoreError,
        embedded::{EmbeddedOptions, EmbeddedStore},
    },
};

use uuid::Uuid;

use super::{engine::options, lists::all};
use crate::given::{Person, With, evidence, receipt, registered, second, summarize};

/// People and what a store knows of them.
pub struct Town {
    pub people: Vec<Person>,
    /// One of whom nothing may be known any more.
    pub erased: Person,
}

impl Town {
    /// Fills a store with all that can be in it.
    pub async fn build(store: &dyn Store) -> Self {
        let mut people: Vec<_> = (1..=30).map(Person::new).collect();
        for (number, person) in people.iter_mut().enumerate() {
            let (id, email) = (format!("id-{number}"), format!("{number}@example.com"));
            let registered = person.then([registered("Somebody", Some(&id), Some(&email))]);
            store.commit(registered.with(receipt("registered", 1))).await.unwrap();
            person.is_in_batch((number % 3 != 0).then_some(number as u128 % 3));
            store.commit(person.then((0..number as u128 * 3).map(evidence))).await.unwrap();
            person.is_in_batch(None);
            store.commit(person.completes("sql")).await.unwrap();
        }
        store.commit(people[0].then([Change::EventUndone { undone: 2 }])).await.unwrap();
        store.commit(people[1].receives(receipt("nothing", 2))).await.unwrap();
        // More than a head has room for.
        for number in 0..70 {
            store.commit(people[2].receives(receipt(&format!("nothing {number}"), 2))).await.unwrap();
        }
        let mut erased = Person::new(99);
        store.commit(erased.then([registered("Gone", Some("gone"), None)])).await.unwrap();
        store.erase(erased.is_erased()).await.unwrap();
        Self { people, erased }
    }

    /// Goes on until sled has used several of its segments.
    pub async fn live_on(&mut self, store: &dyn Store) {
        for _ in 0..10 {
            for person in &mut self.people {
                store.commit(person.completes("git")).await.unwrap();
            }
        }
    }

    /// Asks a store for all of it.
    pub async fn check(&self, store: &dyn Store) {
        for (number, person) in self.people.iter().enumerate() {
            assert_eq!(store.load(person.id).await.unwrap(), Some(person.state.clone()));
            assert_eq!(store.history(person.id, 0, usize::MAX).await.unwrap(), person.events);
            let claim = Claim::ExternalId(format!("id-{number}"));
            assert_eq!(store.find(&claim).await.unwrap(), Some(person.id));
            assert_eq!(store.replay(person.id, "registered").await.unwrap(), Some(receipt("registered", 1)));
        }
        assert_eq!(store.replay(self.people[1].id, "nothing").await.unwrap(), Some(receipt("nothing", 2)));
        for number in 0..70 {
            let known = store.replay(self.people[2].id, &format!("nothing {number}")).await.unwrap();
            assert_eq!(known, Some(receipt(&format!("nothing {number}"), 2)));
        }
        assert_eq!(store.load(self.erased.id).await.unwrap(), None);
        assert_eq!(store.erased_at(self.erased.id).await.unwrap(), Some(second(77)));
        self.check_lists(store).await;
        let n_events = self.people.iter().map(|it| it.events.len() as u64).sum::<u64>() + 1;
        assert_eq!(check_feeds(store).await, n_events);
    }

    async fn check_lists(&self, store: &dyn Store) {
        assert_eq!(store.count(&Filter::default(), second(0)).await.unwrap(), self.people.len() as u64);
        for order in OrderBy::ALL {
            let page = store.page(PageQuery { order, ..all() }).await.unwrap();
            let mut expected: Vec<_> = (self.people.iter())
                .map(|it| (milepost::store::SortKey::of(order, it.id, &summarize(&it.state)), it.id))
                .collect();
            expected.sort();
            assert_eq!(page.rows, expected);
        }
    }
}

/// Reads all feeds, also batch by batch, and says how many places they have.
pub async fn check_feeds(store: &dyn Store) -> u64 {
    let heads = store.heads().await.unwrap();
    for (bucket, head) in Bucket::all().zip(&heads) {
        let feed = store.feed(bucket, 0, usize::MAX).await.unwrap();
        let positions: Vec<_> = feed.iter().map(|it| it.position).collect();
        assert_eq!(positions, (1..=*head).collect::<Vec<_>>());
        let mut batches = BTreeMap::from([(BatchId(Uuid::from_u128(7)), vec![])]);
        for (position, event) in feed.into_iter().filter_map(|it| it.event.map(|event| (it.position, event)))
        {
            if let Some(batch) = event.batch {
                batches.entry(batch).or_default().push((position, event));
            }
        }
        for (batch, events) in batches {
            assert_eq!(store.events_of_batch(batch, bucket, 0, usize::MAX).await.unwrap(), events);
        }
    }
    heads.iter().sum()
}

pub fn open(dir: &Path) -> Arc<EmbeddedStore> {
    open_with(dir, options()).unwrap()
}

pub fn open_with(dir: &Path, options: EmbeddedOptions) -> Result<Arc<EmbeddedStore>, StoreError> {
    EmbeddedStore::open(dir, options)
}

/// Copies a directory and all that is in it.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}
