//! States that were read or written lately, so that hot learners cost no decoding.
//!
//! A reader who found nothing here reads the rows, while the committer may write newer ones. Each
//! bucket counts its commits: the reader puts what it read into the cache only if none came
//! between.

use std::sync::{Arc, Mutex, PoisonError};

use quick_cache::{Weighter, sync::Cache as Lru};

use crate::{
    domain::{id::LearnerId, learner::Learner},
    store::{Bucket, N_BUCKETS},
};

/// States, up to a number of bytes.
pub(super) struct Cache {
    states: Lru<LearnerId, Cached, Weight>,
    /// For each bucket, how many commits were seen.
    ticks: Vec<Mutex<u64>>,
}

/// What a reader must show to add a state.
#[derive(Clone, Copy)]
pub(super) struct Ticket(u64);

#[derive(Clone)]
struct Cached {
    state: Arc<Learner>,
    bytes: usize,
}

#[derive(Clone)]
struct Weight;

impl Weighter<LearnerId, Cached> for Weight {
    fn weight(&self, _: &LearnerId, cached: &Cached) -> u64 {
        // A decoded state takes about three times the bytes of its row.
        200 + 3 * cached.bytes as u64
    }
}

impl Cache {
    /// An empty cache.
    pub(super) fn new(bytes: u64) -> Self {
        let n_expected = usize::try_from(bytes / 2_000).unwrap_or(usize::MAX).max(16);
        let ticks = (0..N_BUCKETS).map(|_| Mutex::default()).collect();
        Self { states: Lru::with_weighter(n_expected, bytes, Weight), ticks }
    }

    /// A learner's state.
    pub(super) fn get(&self, learner: LearnerId) -> Option<Arc<Learner>> {
        self.states.get(&learner).map(|it| it.state)
    }

    /// To be taken before the view is that the rows are read from: it may not show what is written
    /// later.
    pub(super) fn ticket(&self, learner: LearnerId) -> Ticket {
        Ticket(*self.tick(learner))
    }

    /// Adds a state that was read, unless the bucket changed since.
    pub(super) fn add(&self, ticket: Ticket, state: Arc<Learner>, bytes: usize) {
        let tick = self.tick(state.id);
        if *tick == ticket.0 {
            self.states.insert(state.id, Cached { state, bytes });
        }
    }

    /// Takes over a state that was written; only the committer may.
    pub(super) fn replace(&self, state: Arc<Learner>, bytes: usize) {
        let mut tick = self.tick(state.id);
        *tick += 1;
        self.states.insert(state.id, Cached { state, bytes });
    }

    /// Forgets an erased learner; only the committer may.
    pub(super) fn remove(&self, learner: LearnerId) {
        let mut tick = self.tick(learner);
        *tick += 1;
        self.states.remove(&learner);
    }

    fn tick(&self, learner: LearnerId) -> std::sync::MutexGuard<'_, u64> {
        self.ticks[Bucket::of(learner).index()].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn state(version: u32) -> Arc<Learner> {
        let mut state = Learner::new(LearnerId(Uuid::from_u128(1)));
        state.version = version;
        Arc::new(state)
    }

    #[test]
    fn what_was_read_before_a_commit_is_not_added_after_it() {
        let (cache, id) = (Cache::new(1 << 20), state(1).id);
        let ticket = cache.ticket(id);
        cache.replace(state(2), 100);
        cache.states.remove(&id);
        cache.add(ticket, state(1), 100);
        assert_eq!(cache.get(id), None);
        cache.add(cache.ticket(id), state(2), 100);
        assert_eq!(cache.get(id), Some(state(2)));
    }

    #[test]
    fn an_erased_learner_does_not_come_back() {
        let (cache, id) = (Cache::new(1 << 20), state(1).id);
        let ticket = cache.ticket(id);
        cache.remove(id);
        cache.add(ticket, state(1), 100);
        assert_eq!(cache.get(id), None);
    }
}
