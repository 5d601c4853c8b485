//! Following events as they come: none missed, none twice, from any point on.

use std::sync::Arc;

use futures_util::{Stream, stream};
use tokio::{sync::watch, task::JoinHandle};

use super::App;
use crate::{
    domain::{
        event::Event,
        id::{LearnerId, Version},
        learner::{Learner, fold},
    },
    store::{Bucket, N_BUCKETS, Position, StoreError},
};

/// An event of one learner, with the learner right after it.
pub type Announcement = (Event, Arc<Learner>);

/// How far somebody has read the feed of everyone: the last position read in each bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedCursor(pub(super) Vec<Position>);

/// How many events are read at a time, and for one learner as many ahead. Each may hold texts of 80 kB, and there may be
/// many followers.
const BATCH: usize = 32;

impl App {
    /// Every event of a learner after a version: what is there, then what comes. It ends when the
    /// learner is erased.
    pub fn follow_learner(
        self: Arc<Self>,
        learner: LearnerId,
        after: Version,
    ) -> impl Stream<Item = Result<Announcement, StoreError>> {
        let watch = self.store.watch(Bucket::of(learner));
        let state = Arc::new(Learner::new(learner));
        let waiting = vec![].into_iter();
        let follower =
            LearnerFollower { app: self, watch, state, after, waiting, ahead: None, history: vec![] };
        stream::try_unfold(follower, |mut it| async move {
            Ok(it.next().await?.map(|announcement| (announcement, it)))
        })
    }

    /// Every event of everyone after a cursor, learner by learner in order: what is there, then what comes.
    pub fn follow_all(
        self: Arc<Self>,
        after: FeedCursor,
    ) -> impl Stream<Item = Result<(FeedCursor, Event), StoreError>> {
        let watch = self.store.watch_all();
        let follower =
            FeedFollower { app: self, watch, cursor: after, next_bucket: 0, waiting: vec![].into_iter() };
        stream::try_unfold(follower, |mut it| async move { Ok(it.next().await?.map(|item| (item, it))) })
    }
}

struct LearnerFollower {
    app: Arc<App>,
    watch: watch::Receiver<Position>,
    /// The learner after the event that was told last, or nobody before the first.
    state: Arc<Learner>,
    after: Version,
    waiting: std::vec::IntoIter<Event>,
    /// What comes after those, where there may be more: it is read while they are told.
    ahead: Option<JoinHandle<Result<Vec<Event>, StoreError>>>,
    /// The whole history, from an undo or redo on until something else happens: many may come one after the other.
    history: Vec<Event>,
}

impl LearnerFollower {
    async fn next(&mut self) -> Result<Option<Announcement>, StoreError> {
        loop {
            if self.watch.has_changed().unwrap_or(false) {
                self.watch.mark_unchanged();
                // What was read before must not be told of somebody who is forgotten by now.
                if self.is_erased().await? {
                    return Ok(None);
                }
            }
            if let Some(event) = self.waiting.next() {
                self.after = event.version;
                return self.announce(event).await.map(Some);
            }
            let events = self.read().await?;
            if events.is_empty() && (self.is_erased().await? || self.watch.changed().await.is_err()) {
                return Ok(None);
            }
            self.waiting = events.into_iter();
        }
    }

    async fn read(&mut self) -> Result<Vec<Event>, StoreError> {
        let mut events = match self.ahead.take() {
            Some(ahead) => {
                ahead.await.map_err(|it| StoreError::Damaged(format!("reading failed: {it}")))??
            }
            None => vec![],
        };
        // Nothing was there when it was read: since then something may have come.
        if events.is_empty() {
            events = self.app.store.history(self.state.id, self.after, BATCH).await?;
        }
        if let Some(last) = events.get(BATCH - 1) {
            let (app, learner, after) = (self.app.clone(), self.state.id, last.version);
            self.ahead = Some(tokio::spawn(async move { app.store.history(learner, after, BATCH).await }));
        }
        Ok(events)
    }

    async fn is_erased(&self) -> Result<bool, StoreError> {
        Ok(self.app.store.erased_at(self.state.id).await?.is_some())
    }

    async fn announce(&mut self, event: Event) -> Result<Announcement, StoreError> {
        if self.state.version + 1 != event.version {
            // The first event that is told may be any.
            let history = self.history_until(event.version - 1).await?;
            self.state = Arc::new(fold(self.state.id, &history));
        }
        if event.change.corrected().is_none() {
            self.history = vec![];
            // Nothing is copied once nobody looks at the state before any more.
            Arc::make_mut(&mut self.state).add(&event);
        } else {
            if self.history.is_empty() {
                self.history = self.history_until(event.version - 1).await?;
            }
            self.history.push(event.clone());
            self.state = Arc::new(fold(self.state.id, &self.history));
        }
        Ok((event, self.state.clone()))
    }

    /// The events up to a version: as many, for versions have no gaps.
    async fn history_until(&self, version: Version) -> Result<Vec<Event>, StoreError> {
        let n_events = usize::try_from(version).unwrap_or(usize::MAX);
        self.app.store.history(self.state.id, 0, n_events).await
    }
}

struct FeedFollower {
    app: Arc<App>,
    watch: watch::Receiver<u64>,
    cursor: FeedCursor,
    /// Where to look first, so that a busy bucket does not keep the others waiting.
    next_bucket: usize,
    waiting: std::vec::IntoIter<(Bucket, Position, Option<Event>)>,
}

impl FeedFollower {
    async fn next(&mut self) -> Result<Option<(FeedCursor, Event)>, StoreError> {
        loop {
            for (bucket, position, event) in self.waiting.by_ref() {
                self.cursor.0[bucket.index()] = position;
                if let Some(event) = event {
                    return Ok(Some((self.cursor.clone(), event)));
                }
            }
            if self.watch.has_changed().is_err() {
                return Ok(None);
            }
            self.watch.mark_unchanged();
            self.waiting = self.read().await?.into_iter();
            if self.waiting.len() == 0 && self.watch.changed().await.is_err() {
                return Ok(None);
            }
        }
    }

    /// The next events, of the next bucket that has any.
    async fn read(&mut self) -> Result<Vec<(Bucket, Position, Option<Event>)>, StoreError> {
        let heads = self.app.store.heads().await?;
        let buckets: Vec<_> = Bucket::all().collect();
        let (before, from_here) = buckets.split_at(self.next_bucket);
        for bucket in from_here.iter().chain(before) {
            let read = self.cursor.0[bucket.index()];
            if heads[bucket.index()] > read {
                self.next_bucket = (bucket.index() + 1) % buckets.len();
                let items = self.app.store.feed(*bucket, read, BATCH).await?;
                return Ok(items.into_iter().map(|it| (*bucket, it.position, it.event)).collect());
            }
        }
        Ok(vec![])
    }
}

impl FeedCursor {
    /// Before everything.
    pub fn start() -> Self {
        Self(vec![0; usize::from(N_BUCKETS)])
    }

    /// As compact bytes: for each bucket that has been read, how many buckets on it is, and the position. That is as
    /// postcard has it, which makes a list of them first: every message of the feed has a cursor.
    pub fn to_bytes(&self) -> Vec<u8> {
        let n_read = self.0.iter().filter(|it| **it > 0).count();
        let mut bytes = Vec::with_capacity(2 + 3 * n_read);
        push(&mut bytes, n_read as u64);
        let mut previous = 0;
        for (bucket, position) in self.0.iter().enumerate().filter(|(_, it)| **it > 0) {
            push(&mut bytes, (bucket - previous) as u64);
            push(&mut bytes, *position);
            previous = bucket;
        }
        bytes
    }

    /// From bytes; `None` when they cannot be a cursor.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let read: Vec<(u16, Position)> = postcard::from_bytes(bytes).ok()?;
        let mut cursor = Self::start();
        let mut bucket = 0_u16;
        for (skipped, position) in read {
            bucket = bucket.checked_add(skipped)?;
            *cursor.0.get_mut(usize::from(bucket))? = position;
        }
        Some(cursor)
    }
}

/// Seven bits a byte, the low ones first; the eighth says that there are more.
fn push(bytes: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_survive_the_way_to_the_client_and_back() {
        let mut cursor = FeedCursor::start();
        assert_eq!(FeedCursor::from_bytes(&cursor.to_bytes()).as_ref(), Some(&cursor));
        for (bucket, position) in [(0, 7), (1, 127), (2, 128), (3, 16_384), (1023, u64::MAX)] {
            cursor.0[bucket] = position;
        }
        assert_eq!(FeedCursor::from_bytes(&cursor.to_bytes()).as_ref(), Some(&cursor));
    }

    #[test]
    fn what_is_no_cursor_is_none() {
        for bytes in [&[][..], &[1], &[255; 40], &[2, 255, 7, 1, 255, 7, 1]] {
            assert_eq!(FeedCursor::from_bytes(bytes), None, "{bytes:?}");
        }
    }
}
