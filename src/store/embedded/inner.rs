//! What readers and the committer share.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, OnceLock, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use super::{
    cache::Cache,
    decide::States,
    files::FileOp,
    history,
    home::Home,
    ledger::Ledger,
    panic_text,
    rows::{Head, Meta, Rows as _, Table},
};
use crate::{
    domain::{id::LearnerId, learner::Learner},
    store::{Bucket, Position, StoreError, wake::Wakes},
};

pub(super) struct Inner {
    /// `None` once the store is closed.
    table: RwLock<Option<Table>>,
    pub(super) ledger: Arc<Ledger>,
    cache: Cache,
    heads: Vec<AtomicU64>,
    n_learners: AtomicU64,
    applied: AtomicU64,
    pub(super) wakes: Wakes,
    /// Why nothing is written any more, if so.
    pub(super) stopped: OnceLock<String>,
    /// Whether a row was found that is not what was written.
    is_suspect: AtomicBool,
    /// Last, so that the directory is given up last.
    home: Home,
}

/// What came of loading a state.
pub(super) enum Loaded {
    Whole(Arc<Learner>),
    Nothing,
    /// Its rows are not what was written.
    Damaged,
}

impl Inner {
    pub(super) fn new(
        home: Home,
        ledger: Arc<Ledger>,
        table: Table,
        meta: &Meta,
        cache_bytes: u64,
    ) -> Result<Self, StoreError> {
        let heads = table.heads()?;
        Ok(Self {
            wakes: Wakes::new(&heads),
            heads: heads.into_iter().map(AtomicU64::new).collect(),
            table: RwLock::new(Some(table)),
            ledger,
            cache: Cache::new(cache_bytes),
            n_learners: AtomicU64::new(meta.n_learners),
            applied: AtomicU64::new(meta.applied),
            stopped: OnceLock::new(),
            is_suspect: AtomicBool::new(false),
            home,
        })
    }

    /// Does something with the rows, which stay open meanwhile. sled panics on some damage; that is
    /// an error like others.
    pub(super) fn with_table<T>(
        &self,
        act: impl FnOnce(&Table) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        // Only closing takes the lock for itself.
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        let table = table.as_ref().ok_or_else(|| StoreError::Closed("the store was closed".into()))?;
        let result = catch_unwind(AssertUnwindSafe(|| act(table)))
            .unwrap_or_else(|panic| Err(StoreError::Damaged(format!("a panic: {}", panic_text(&*panic)))));
        if let Err(StoreError::Damaged(reason)) = &result {
            self.suspect(reason);
        }
        result
    }

    /// A learner's state, from memory or from a few rows.
    pub(super) fn load(&self, learner: LearnerId) -> Result<Loaded, StoreError> {
        self.with_table(|table| {
            if let Some(state) = self.cache.get(learner) {
                return Ok(Loaded::Whole(state));
            }
            let ticket = self.cache.ticket(learner);
            match table.record(learner) {
                Ok(None) => Ok(Loaded::Nothing),
                Ok(Some((state, n_bytes))) => {
                    let state = Arc::new(state);
                    self.cache.add(ticket, state.clone(), n_bytes);
                    Ok(Loaded::Whole(state))
                }
                Err(StoreError::Damaged(reason)) => {
                    self.suspect(&reason);
                    Ok(Loaded::Damaged)
                }
                Err(error) => Err(error),
            }
        })
    }

    /// The state of a learner whose rows are damaged, from all their events; it may take long.
    pub(super) fn fold_anew(
        &self,
        table: &Table,
        learner: LearnerId,
    ) -> Result<Option<Arc<Learner>>, StoreError> {
        let ticket = self.cache.ticket(learner);
        if let Ok(Some(Head::Erased { .. })) = table.head(learner) {
            // Erased since.
            return Ok(None);
        }
        let state = Arc::new(history::state(table, &self.ledger, learner, &[])?);
        self.cache.add(ticket, state.clone(), 4_096);
        Ok(Some(state))
    }

    /// Writes the rows of a group that is durable.
    pub(super) fn apply(&self, table: &Table, batch: sled::Batch) -> Result<(), StoreError> {
        let context = "writing rows to sled";
        self.home.files.before(FileOp::ApplyRows).map_err(StoreError::io(context))?;
        table.apply(batch)
    }

    /// Shows what was written.
    pub(super) fn publish(&self, states: States, heads: &BTreeMap<Bucket, Position>, meta: &Meta) {
        for (learner, state) in states {
            match state {
                Some((state, n_bytes)) => self.cache.replace(state, n_bytes),
                None => self.cache.remove(learner),
            }
        }
        for (bucket, head) in heads {
            self.heads[bucket.index()].store(*head, Ordering::Release);
        }
        self.n_learners.store(meta.n_learners, Ordering::Release);
        self.applied.store(meta.applied, Ordering::Release);
    }

    /// The last position of a bucket.
    pub(super) fn head(&self, bucket: Bucket) -> Position {
        self.heads[bucket.index()].load(Ordering::Acquire)
    }

    /// How many learners there are.
    pub(super) fn n_learners(&self) -> u64 {
        self.n_learners.load(Ordering::Acquire)
    }

    /// Closes the rows and says so, unless something is wrong with them. The committer has
    /// stopped.
    pub(super) fn close(&self) -> Result<(), StoreError> {
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        let Some(open) = table.take() else { return Ok(()) };
        let flushed = open.flush();
        drop(open);
        self.home.wait_for_sled();
        let marked = flushed.and_then(|()| self.mark_clean());
        self.home.release();
        marked
    }

    fn mark_clean(&self) -> Result<(), StoreError> {
        let sled = self.home.sled();
        self.home.files.sync_tree(&sled).map_err(StoreError::io("bringing sled's files to the disk"))?;
        if self.stopped.get().is_some() || self.is_suspect.load(Ordering::Acquire) {
            tracing::warn!("the store is closed, but not as clean: it will be checked when it is opened");
            return Ok(());
        }
        self.home.mark_clean(self.applied.load(Ordering::Acquire))
    }

    fn suspect(&self, reason: &str) {
        if !self.is_suspect.swap(true, Ordering::AcqRel) {
            tracing::warn!(reason, "what is stored is damaged; it will be checked when the store is opened");
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::{EmbeddedOptions, EmbeddedStore, rows::key};
    use super::*;
    use crate::{
        domain::{
            event::{Change, Event},
            id::EventId,
            learner::fold,
            summary::Summary,
            time::Timestamp,
        },
        store::{Commit, Store as _, Summarizer},
    };

    fn summarize(learner: &Learner) -> Summary {
        Summary {
            name: learner.name.clone(),
            stack: None,
            created_at: learner.created_at,
            updated_at: learner.updated_at,
            n_done: 0,
            n_total: 0,
            met: vec![],
        }
    }

    fn registration() -> Commit {
        let (id, at) = (Uuid::from_u128(1), Timestamp::from_micros(0));
        let learner = LearnerId(id);
        let change =
            Change::LearnerRegistered { name: "Ada".into(), external_id: None, email: None, stack: None };
        let events = vec![Event {
            id: EventId(id),
            learner,
            version: 1,
            occurred_at: at,
            recorded_at: at,
            actor: "test".into(),
            reason: None,
            batch: None,
            change,
        }];
        let state = Arc::new(fold(learner, &events));
        let summary = summarize(&state);
        Commit { learner, base: 0, events, state, summary, receipt: None }
    }

    #[tokio::test]
    async fn a_broken_state_is_made_anew_and_the_store_is_not_closed_as_clean() {
        let dir = tempfile::TempDir::new().expect("a directory");
        let summarizer = Summarizer { revision: 1, summarize: Arc::new(summarize) };
        let options = EmbeddedOptions { cache_bytes: 0, ..EmbeddedOptions::new(Uuid::nil(), summarizer) };
        let store = EmbeddedStore::open(dir.path(), options).expect("a store");
        let commit = registration();
        store.commit(commit.clone()).await.expect("a commit");
        let mut batch = sled::Batch::default();
        batch.insert(key::record(commit.learner, 0), b"broken");
        store.inner.with_table(|it| it.apply(batch)).expect("written");
        assert_eq!(store.load(commit.learner).await.expect("loaded"), Some(commit.state));
        store.close().await.expect("closed");
        assert!(!dir.path().join("CLEAN").exists());
    }
}
