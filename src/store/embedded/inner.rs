//! What readers, the committer and the applier share.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use super::{
    EmbeddedOptions,
    cache::{Cache, Ticket},
    debt::Debt,
    decide::States,
    halt::{Halt, Reason},
    history,
    home::Home,
    ledger::Ledger,
    panic_text,
    rows::{Head, Meta, Pending, Rows as _, Table, View},
};
use crate::{
    domain::{id::LearnerId, learner::Learner, time::Timestamp},
    store::{Bucket, Position, StoreError, wake::Wakes},
};

/// So long closing waits for readers.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) struct Inner {
    pub(super) rows: Pending,
    pub(super) ledger: Arc<Ledger>,
    cache: Cache,
    heads: Vec<AtomicU64>,
    n_learners: AtomicU64,
    /// The last record that readers see.
    shown: AtomicU64,
    pub(super) wakes: Wakes,
    pub(super) halt: Halt,
    /// Whether a row was found that is not what was written.
    is_suspect: AtomicBool,
    min_free_bytes: u64,
    /// What of erased learners is still on the disk.
    pub(super) debt: Debt,
    /// Last, so that the directory is given up last.
    pub(super) home: Home,
}

/// What came of loading a state.
pub(super) enum Loaded {
    Whole(Arc<Learner>),
    Nothing,
    /// Its rows are not what was written; what is made anew is kept with this ticket.
    Damaged(Ticket),
}

impl Inner {
    pub(super) fn new(
        home: Home,
        ledger: Arc<Ledger>,
        table: Arc<Table>,
        meta: &Meta,
        options: &EmbeddedOptions,
    ) -> Result<Self, StoreError> {
        let view = View::new(table);
        let heads = view.heads()?;
        Ok(Self {
            wakes: Wakes::new(&heads),
            heads: heads.into_iter().map(AtomicU64::new).collect(),
            rows: Pending::new(view, options.pending_bytes),
            ledger,
            cache: Cache::new(options.cache_bytes / 4 * 3),
            n_learners: AtomicU64::new(meta.n_learners),
            shown: AtomicU64::new(meta.applied),
            halt: Halt::default(),
            is_suspect: AtomicBool::new(false),
            min_free_bytes: options.min_free_bytes,
            debt: Debt::new(&home, meta.n_erased)?,
            home,
        })
    }

    /// Does something with the rows, which stay open meanwhile. sled panics on some damage; that is
    /// an error like others.
    pub(super) fn with_rows<T>(
        &self,
        act: impl FnOnce(&View) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let view = self.rows.view().ok_or_else(|| StoreError::Closed("the store was closed".into()))?;
        let result = catch_unwind(AssertUnwindSafe(|| act(&view)))
            .unwrap_or_else(|panic| Err(StoreError::Damaged(format!("a panic: {}", panic_text(&*panic)))));
        if let Err(StoreError::Damaged(reason)) = &result {
            self.suspect(reason);
        }
        result
    }

    /// A learner's state, from memory or from a few rows.
    pub(super) fn load(&self, learner: LearnerId) -> Result<Loaded, StoreError> {
        if let Some(state) = self.cache.get(learner) {
            return Ok(Loaded::Whole(state));
        }
        // A view does not show all that is written later: the ticket must not be newer.
        let ticket = self.cache.ticket(learner);
        self.with_rows(|view| match view.record(learner) {
            Ok(None) => Ok(Loaded::Nothing),
            Ok(Some((state, n_bytes))) => {
                let state = Arc::new(state);
                self.cache.add(ticket, state.clone(), n_bytes);
                Ok(Loaded::Whole(state))
            }
            Err(StoreError::Damaged(reason)) => {
                self.suspect(&reason);
                Ok(Loaded::Damaged(ticket))
            }
            Err(error) => Err(error),
        })
    }

    /// The state of a learner whose rows are damaged, from all their events; it may take long.
    pub(super) fn fold_anew(
        &self,
        view: &View,
        learner: LearnerId,
        ticket: Ticket,
    ) -> Result<Option<Arc<Learner>>, StoreError> {
        if let Ok(Some(Head::Erased { .. })) = view.head(learner) {
            // Erased since.
            return Ok(None);
        }
        let state = Arc::new(history::state(view, &self.ledger, learner, &[])?);
        self.cache.add(ticket, state.clone(), 4_096);
        Ok(Some(state))
    }

    /// Shows what was written.
    pub(super) fn publish(
        &self,
        states: States,
        heads: &BTreeMap<Bucket, Position>,
        erased_at: &[Timestamp],
        meta: &Meta,
    ) {
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
        self.debt.count(meta.n_erased, erased_at);
        self.shown.store(meta.applied, Ordering::Release);
    }

    /// The last position of a bucket.
    pub(super) fn head(&self, bucket: Bucket) -> Position {
        self.heads[bucket.index()].load(Ordering::Acquire)
    }

    /// How many learners there are.
    pub(super) fn n_learners(&self) -> u64 {
        self.n_learners.load(Ordering::Acquire)
    }

    /// The last record of the ledger that readers see.
    pub(super) fn shown(&self) -> u64 {
        self.shown.load(Ordering::Acquire)
    }

    /// Whether there is room on the disk; if not, no writes are taken.
    pub(super) fn has_room(&self) -> bool {
        let free = match self.home.files.free_bytes(self.home.path()) {
            Ok(free) => free,
            Err(error) => {
                tracing::warn!(%error, "the file system does not say how much room it has");
                return true;
            }
        };
        if free < self.min_free_bytes {
            self.halt.set(Reason::Full(self.full()));
        }
        self.min_free_bytes <= free
    }

    /// With less room on the disk, no write is taken.
    pub(super) fn min_free_bytes(&self) -> u64 {
        self.min_free_bytes
    }

    /// Says that the disk is full.
    pub(super) fn full(&self) -> String {
        format!("the disk is almost full: less than {} MiB are free", self.min_free_bytes.div_ceil(1 << 20))
    }

    /// Closes the rows and says so, unless something is wrong with them. The committer and the
    /// applier have stopped.
    pub(super) fn close(&self) -> Result<(), StoreError> {
        let Some(view) = self.rows.close() else { return Ok(()) };
        let is_whole = view.is_in_sled();
        let Some(table) = self.last_of(view) else {
            return Err(StoreError::Damaged(
                "somebody is still reading; the store is not closed as clean".into(),
            ));
        };
        let flushed = table.flush();
        drop(table);
        self.home.wait_for_sled();
        let marked = flushed.and_then(|()| if is_whole { self.mark_clean() } else { Ok(()) });
        self.home.release();
        marked
    }

    /// Waits for those who are still reading.
    fn last_of(&self, mut view: Arc<View>) -> Option<Table> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            match Arc::try_unwrap(view).map(View::into_table) {
                Ok(table) => return Arc::into_inner(table),
                Err(shared) => view = shared,
            }
            thread::sleep(Duration::from_millis(1));
        }
        None
    }

    fn mark_clean(&self) -> Result<(), StoreError> {
        let sled = self.home.sled();
        self.home.files.sync_tree(&sled).map_err(StoreError::io("bringing sled's files to the disk"))?;
        if self.halt.reason().is_some() || self.is_suspect.load(Ordering::Acquire) {
            tracing::warn!("the store is closed, but not as clean: it will be checked when it is opened");
            return Ok(());
        }
        self.home.mark_clean(self.shown())
    }

    /// The rows are made anew: what was found before says nothing about them.
    pub(super) fn trust(&self) {
        self.is_suspect.store(false, Ordering::Release);
    }

    fn suspect(&self, reason: &str) {
        if !self.is_suspect.swap(true, Ordering::AcqRel) {
            tracing::warn!(reason, "what is stored is damaged; the rows will be checked or made anew");
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
            event::{Change, Event, Moved, Patch},
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
            due_at: None,
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
            milestones: Moved::default(),
            change,
        }];
        let state = Arc::new(fold(learner, &events));
        let summary = summarize(&state);
        Commit { learner, base: 0, events, state, summary, receipts: vec![] }
    }

    #[tokio::test]
    async fn a_broken_state_is_made_anew_and_the_store_is_not_closed_as_clean() {
        let dir = tempfile::TempDir::new().expect("a directory");
        let summarizer = Summarizer { revision: 1, summarize: Arc::new(summarize) };
        let options = EmbeddedOptions { cache_bytes: 0, ..EmbeddedOptions::new(Uuid::nil(), summarizer) };
        let store = EmbeddedStore::open(dir.path(), options).expect("a store");
        let commit = registration();
        store.commit(commit.clone()).await.expect("a commit");
        store.inner.rows.hurry();
        let mut view = store.inner.rows.view().expect("rows");
        while !view.is_in_sled() {
            std::thread::yield_now();
            view = store.inner.rows.view().expect("rows");
        }
        let row = (key::record(commit.learner, 0).into(), Some(sled::IVec::from("broken")));
        view.table().apply(vec![row]).expect("written");
        drop(view);
        assert_eq!(store.load(commit.learner).await.expect("loaded"), Some(commit.state));
        store.close().await.expect("closed");
        assert!(!dir.path().join("CLEAN").exists());
    }

    #[tokio::test]
    async fn what_was_read_from_rows_of_before_a_commit_is_not_kept() {
        let dir = tempfile::TempDir::new().expect("a directory");
        let summarizer = Summarizer { revision: 1, summarize: Arc::new(summarize) };
        let options = EmbeddedOptions::new(Uuid::nil(), summarizer);
        let store = EmbeddedStore::open(dir.path(), options).expect("a store");
        let (first, inner) = (registration(), &store.inner);
        store.commit(first.clone()).await.expect("a commit");
        let learner = first.learner;
        let ticket = inner.cache.ticket(learner);
        let old = inner.rows.view().expect("rows");
        // The next commit goes to a layer that the old view does not have.
        inner.rows.freeze().expect("a commit that is not in sled yet");
        let second = renaming(&first);
        store.commit(second.clone()).await.expect("a commit");
        assert_eq!(inner.fold_anew(&old, learner, ticket).expect("read"), Some(first.state));
        assert_eq!(store.load(learner).await.expect("loaded"), Some(second.state));
    }

    fn renaming(first: &Commit) -> Commit {
        let mut events = first.events.clone();
        let change = Change::LearnerUpdated {
            name: Some("Ada Lovelace".into()),
            external_id: Patch::Keep,
            email: Patch::Keep,
            stack: Patch::Keep,
        };
        events.push(Event { id: EventId(Uuid::from_u128(2)), version: 2, change, ..events[0].clone() });
        let state = Arc::new(fold(first.learner, &events));
        let summary = summarize(&state);
        Commit { base: 1, events: events.split_off(1), state, summary, ..first.clone() }
    }
}
