//! A store on top of another, which is never written to: what would happen.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use tokio::sync::watch;

use crate::{
    domain::{
        event::Event,
        id::{BatchId, LearnerId, Version},
        learner::Learner,
        summary::Filter,
        time::Timestamp,
    },
    store::{
        Bucket, Claim, Commit, CommitError, Erasure, FeedItem, Page, PageQuery, Position, Receipt, Store,
        StoreError,
    },
};

/// What would be in a store; it grows with each learner who is written to.
pub(super) struct Trial {
    base: Arc<dyn Store>,
    changed: Mutex<Changed>,
}

#[derive(Default)]
struct Changed {
    learners: HashMap<LearnerId, (Arc<Learner>, Vec<Event>)>,
    /// Who has claimed what; `None`: nobody any more.
    claims: HashMap<Claim, Option<LearnerId>>,
    receipts: HashMap<(LearnerId, String), Receipt>,
}

impl Trial {
    pub(super) fn of(base: Arc<dyn Store>) -> Self {
        Self { base, changed: Mutex::default() }
    }

    fn changed(&self) -> MutexGuard<'_, Changed> {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn check_claims(&self, commit: &Commit) -> Result<(), CommitError> {
        for claim in Claim::of(&commit.state) {
            if self.find(&claim).await.map_err(CommitError::Fault)?.is_some_and(|it| it != commit.learner) {
                return Err(CommitError::Claimed(claim));
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Store for Trial {
    async fn load(&self, learner: LearnerId) -> Result<Option<Arc<Learner>>, StoreError> {
        let changed = self.changed().learners.get(&learner).map(|it| it.0.clone());
        match changed {
            Some(learner) => Ok(Some(learner)),
            None => self.base.load(learner).await,
        }
    }

    async fn load_many(&self, learners: &[LearnerId]) -> Result<Vec<Option<Arc<Learner>>>, StoreError> {
        let mut loaded = vec![];
        for learner in learners {
            loaded.push(self.load(*learner).await?);
        }
        Ok(loaded)
    }

    async fn find(&self, claim: &Claim) -> Result<Option<LearnerId>, StoreError> {
        let changed = self.changed().claims.get(claim).copied();
        match changed {
            Some(holder) => Ok(holder),
            None => self.base.find(claim).await,
        }
    }

    async fn replay(&self, learner: LearnerId, key: &str) -> Result<Option<Receipt>, StoreError> {
        let changed = self.changed().receipts.get(&(learner, key.to_owned())).cloned();
        match changed {
            Some(receipt) => Ok(Some(receipt)),
            None => self.base.replay(learner, key).await,
        }
    }

    async fn commit(&self, commit: Commit) -> Result<(), CommitError> {
        let before = self.load(commit.learner).await.map_err(CommitError::Fault)?;
        let current = before.as_ref().map_or(0, |it| it.version);
        if current != commit.base {
            return Err(CommitError::Conflict { current });
        }
        if self.base.erased_at(commit.learner).await.map_err(CommitError::Fault)?.is_some() {
            return Err(CommitError::Erased);
        }
        self.check_claims(&commit).await?;
        let mut changed = self.changed();
        let receipts = commit.receipts.into_iter().map(|it| ((commit.learner, it.key.clone()), it));
        changed.receipts.extend(receipts);
        if commit.events.is_empty() {
            return Ok(());
        }
        let given_up = before.iter().flat_map(|it| Claim::of(it));
        changed.claims.extend(given_up.map(|it| (it, None)));
        changed.claims.extend(Claim::of(&commit.state).into_iter().map(|it| (it, Some(commit.learner))));
        let known = changed.learners.entry(commit.learner).or_insert_with(|| (commit.state.clone(), vec![]));
        known.0 = commit.state;
        known.1.extend(commit.events);
        Ok(())
    }

    async fn history(
        &self,
        learner: LearnerId,
        after: Version,
        limit: usize,
    ) -> Result<Vec<Event>, StoreError> {
        let mut events = self.base.history(learner, after, limit).await?;
        if let Some((_, added)) = self.changed().learners.get(&learner) {
            let n_left = limit - events.len();
            events.extend(added.iter().filter(|it| it.version > after).take(n_left).cloned());
        }
        Ok(events)
    }

    async fn erase(&self, _: Erasure) -> Result<(), CommitError> {
        Err(CommitError::ReadOnly("it is a trial".into()))
    }

    async fn erased_at(&self, learner: LearnerId) -> Result<Option<Timestamp>, StoreError> {
        self.base.erased_at(learner).await
    }

    async fn page(&self, query: PageQuery) -> Result<Page, StoreError> {
        self.base.page(query).await
    }

    async fn count(&self, filter: &Filter, now: Timestamp) -> Result<u64, StoreError> {
        self.base.count(filter, now).await
    }

    async fn feed(&self, bucket: Bucket, after: Position, limit: usize) -> Result<Vec<FeedItem>, StoreError> {
        self.base.feed(bucket, after, limit).await
    }

    async fn events_of_batch(
        &self,
        batch: BatchId,
        bucket: Bucket,
        after: Position,
        limit: usize,
    ) -> Result<Vec<(Position, Event)>, StoreError> {
        self.base.events_of_batch(batch, bucket, after, limit).await
    }

    async fn heads(&self) -> Result<Vec<Position>, StoreError> {
        self.base.heads().await
    }

    async fn note(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.base.note(name).await
    }

    async fn keep_note(&self, _: &str, _: Option<&[u8]>) -> Result<(), StoreError> {
        Err(StoreError::Refused("it is a trial".into()))
    }

    async fn notes(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.base.notes(prefix).await
    }

    fn watch(&self, bucket: Bucket) -> watch::Receiver<Position> {
        self.base.watch(bucket)
    }

    fn watch_all(&self) -> watch::Receiver<u64> {
        self.base.watch_all()
    }

    fn read_only(&self) -> Option<String> {
        self.base.read_only()
    }

    async fn close(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
