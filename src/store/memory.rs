//! The reference engine: ordered maps behind one lock. It is what every other engine is compared
//! with, and the double in the tests of the layers above. A restart forgets everything.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use tokio::sync::watch;

use super::{
    Bucket, Claim, Commit, CommitError, Erasure, FeedItem, N_BUCKETS, Page, PageQuery, Position, Receipt,
    SortKey, Store, StoreError, note, wake::Wakes,
};
use crate::domain::{
    event::Event,
    id::{BatchId, LearnerId, Version},
    learner::Learner,
    summary::{Filter, Summary},
    time::Timestamp,
};

/// Keeps everything in memory.
pub struct MemoryStore {
    rows: Mutex<Rows>,
    wakes: Wakes,
}

#[derive(Default)]
struct Rows {
    learners: BTreeMap<LearnerId, Row>,
    receipts: BTreeMap<(LearnerId, String), Receipt>,
    claims: BTreeMap<Claim, LearnerId>,
    erased: BTreeMap<LearnerId, Timestamp>,
    /// For each bucket, whose event stands at position 1, 2, 3 …
    feeds: BTreeMap<Bucket, Vec<(LearnerId, Version)>>,
    notes: BTreeMap<String, Vec<u8>>,
    closed: bool,
}

struct Row {
    state: Arc<Learner>,
    summary: Summary,
    events: Vec<Event>,
}

impl MemoryStore {
    /// An empty store.
    #[expect(clippy::new_without_default, reason = "a store is opened on purpose")]
    pub fn new() -> Self {
        Self { rows: Mutex::default(), wakes: Wakes::new(&[0; N_BUCKETS as usize]) }
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        // A panic cannot leave the rows half changed: they change after all checks.
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rows {
    fn version(&self, learner: LearnerId) -> Version {
        self.learners.get(&learner).map_or(0, |it| it.state.version)
    }

    fn check_base(&self, learner: LearnerId, base: Version) -> Result<(), CommitError> {
        if self.closed {
            return Err(CommitError::ReadOnly("it is closed".into()));
        }
        if self.erased.contains_key(&learner) {
            return Err(CommitError::Erased);
        }
        let current = self.version(learner);
        if current != base {
            return Err(CommitError::Conflict { current });
        }
        Ok(())
    }

    fn check(&self, commit: &Commit) -> Result<(), CommitError> {
        commit.check()?;
        let known = |it: &Receipt| self.receipts.get(&(commit.learner, it.key.clone()));
        if let Some(receipt) = commit.receipts.iter().find_map(known) {
            return Err(CommitError::Repeated(Box::new(receipt.clone())));
        }
        self.check_base(commit.learner, commit.base)?;
        let taken = |it: &Claim| self.claims.get(it).is_some_and(|holder| *holder != commit.learner);
        match commit.claims().into_iter().find(taken) {
            Some(claim) => Err(CommitError::Claimed(claim)),
            None => Ok(()),
        }
    }

    fn write(&mut self, commit: Commit) {
        let learner = commit.learner;
        let receipts = commit.receipts.iter().map(|it| ((learner, it.key.clone()), it.clone()));
        self.receipts.extend(receipts);
        if commit.events.is_empty() {
            return;
        }
        self.claims.retain(|_, holder| *holder != learner);
        self.claims.extend(commit.claims().into_iter().map(|it| (it, learner)));
        let feed = self.feeds.entry(Bucket::of(learner)).or_default();
        feed.extend(commit.events.iter().map(|it| (learner, it.version)));
        let mut events = self.learners.remove(&learner).map_or(vec![], |it| it.events);
        events.extend(commit.events);
        self.learners.insert(learner, Row { state: commit.state, summary: commit.summary, events });
    }

    fn head(&self, bucket: Bucket) -> Position {
        self.feeds.get(&bucket).map_or(0, |it| it.len() as u64)
    }

    fn event(&self, learner: LearnerId, version: Version) -> Option<Event> {
        let events = &self.learners.get(&learner)?.events;
        events.iter().find(|it| it.version == version).cloned()
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn load(&self, learner: LearnerId) -> Result<Option<Arc<Learner>>, StoreError> {
        Ok(self.rows().learners.get(&learner).map(|it| it.state.clone()))
    }

    async fn load_many(&self, learners: &[LearnerId]) -> Result<Vec<Option<Arc<Learner>>>, StoreError> {
        let rows = self.rows();
        Ok(learners.iter().map(|it| rows.learners.get(it).map(|it| it.state.clone())).collect())
    }

    async fn find(&self, claim: &Claim) -> Result<Option<LearnerId>, StoreError> {
        Ok(self.rows().claims.get(claim).copied())
    }

    async fn replay(&self, learner: LearnerId, key: &str) -> Result<Option<Receipt>, StoreError> {
        Ok(self.rows().receipts.get(&(learner, key.to_owned())).cloned())
    }

    async fn commit(&self, commit: Commit) -> Result<(), CommitError> {
        let bucket = Bucket::of(commit.learner);
        let mut rows = self.rows();
        rows.check(&commit)?;
        rows.write(commit);
        // Before the next commit can, so that positions do not go back.
        self.wakes.wake([(bucket, rows.head(bucket))]);
        Ok(())
    }

    async fn erase(&self, erasure: Erasure) -> Result<(), CommitError> {
        let bucket = Bucket::of(erasure.learner);
        let head = {
            let mut rows = self.rows();
            rows.check_base(erasure.learner, erasure.base)?;
            rows.learners.remove(&erasure.learner);
            rows.receipts.retain(|(learner, _), _| *learner != erasure.learner);
            rows.claims.retain(|_, holder| *holder != erasure.learner);
            rows.erased.insert(erasure.learner, erasure.recorded_at);
            rows.head(bucket)
        };
        self.wakes.wake([(bucket, head)]);
        Ok(())
    }

    async fn erased_at(&self, learner: LearnerId) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.rows().erased.get(&learner).copied())
    }

    async fn history(
        &self,
        learner: LearnerId,
        after: Version,
        limit: usize,
    ) -> Result<Vec<Event>, StoreError> {
        let rows = self.rows();
        let events = rows.learners.get(&learner).map_or(&[][..], |it| &it.events);
        Ok(events.iter().filter(|it| after < it.version).take(limit).cloned().collect())
    }

    async fn page(&self, query: PageQuery) -> Result<Page, StoreError> {
        let rows = self.rows();
        let passing = rows.learners.iter().filter(|(_, it)| query.filter.passes(&it.summary, query.now));
        let mut list: Vec<_> =
            passing.map(|(id, it)| (SortKey::of(query.order, *id, &it.summary), *id)).collect();
        list.sort();
        if query.descending {
            list.reverse();
        }
        let later = |a: &SortKey, b: &SortKey| if query.descending { a < b } else { b < a };
        list.retain(|(key, _)| {
            query.after.as_ref().is_none_or(|it| later(key, it))
                && query.before.as_ref().is_none_or(|it| later(it, key))
        });
        let more = query.limit < list.len();
        if query.from_end {
            list.drain(..list.len().saturating_sub(query.limit));
        } else {
            list.truncate(query.limit);
        }
        Ok(Page { rows: list, more })
    }

    async fn count(&self, filter: &Filter, now: Timestamp) -> Result<u64, StoreError> {
        let rows = self.rows();
        Ok(rows.learners.values().filter(|it| filter.passes(&it.summary, now)).count() as u64)
    }

    async fn feed(&self, bucket: Bucket, after: Position, limit: usize) -> Result<Vec<FeedItem>, StoreError> {
        let rows = self.rows();
        let feed = rows.feeds.get(&bucket).map_or(&[][..], |it| it);
        let places = (1..).zip(feed).filter(|(position, _)| after < *position).take(limit);
        let item = |(position, (learner, version)): (_, &(_, _))| FeedItem {
            position,
            event: rows.event(*learner, *version),
        };
        Ok(places.map(item).collect())
    }

    async fn events_of_batch(
        &self,
        batch: BatchId,
        bucket: Bucket,
        after: Position,
        limit: usize,
    ) -> Result<Vec<(Position, Event)>, StoreError> {
        let rows = self.rows();
        let feed = rows.feeds.get(&bucket).map_or(&[][..], |it| it);
        let places = (1..).zip(feed).filter(|(position, _)| after < *position);
        let found = places.filter_map(|(position, (learner, version))| {
            let event = rows.event(*learner, *version).filter(|it| it.batch == Some(batch));
            event.map(|it| (position, it))
        });
        Ok(found.take(limit).collect())
    }

    async fn heads(&self) -> Result<Vec<Position>, StoreError> {
        let rows = self.rows();
        Ok(Bucket::all().map(|it| rows.head(it)).collect())
    }

    fn watch(&self, bucket: Bucket) -> watch::Receiver<Position> {
        self.wakes.watch(bucket)
    }

    fn watch_all(&self) -> watch::Receiver<u64> {
        self.wakes.watch_all()
    }

    async fn note(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        note::check_name(name)?;
        Ok(self.rows().notes.get(name).cloned())
    }

    async fn keep_note(&self, name: &str, note: Option<&[u8]>) -> Result<(), StoreError> {
        note::check_name(name)?;
        note::check_length(note)?;
        let mut rows = self.rows();
        if rows.closed {
            return Err(StoreError::Closed("it is closed".into()));
        }
        match note {
            Some(note) => rows.notes.insert(name.to_owned(), note.to_vec()),
            None => rows.notes.remove(name),
        };
        Ok(())
    }

    async fn notes(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        Ok(self.rows().notes.keys().filter(|it| it.starts_with(prefix)).cloned().collect())
    }

    fn read_only(&self) -> Option<String> {
        self.rows().closed.then(|| "it is closed".into())
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.rows().closed = true;
        Ok(())
    }
}
