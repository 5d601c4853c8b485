//! The embedded engine: one machine, one process, one directory.
//!
//! The `ledger` files are the truth: a commit is acknowledged when it is in them and they are on
//! the disk. sled holds `rows` that are made of the ledger and can be made anew: it is fast, and
//! it cannot be relied on. All writing is done by one thread, the `committer`; readers never wait
//! for it. At `open`, rows are trusted only after a clean close, else audited (`audit`).
//!
//! Where reads run: those of a few rows by their keys (`load`, `load_many`, `find`, `replay`,
//! `erased_at`, and short pages without a filter) run in sled on the caller's own thread, because
//! they take microseconds, and a millisecond when sled has to fetch its pages from the disk. All
//! that reads the ledger or walks through many rows (`history`, `feed`, other pages, `count` with a
//! filter, and making a damaged state anew) runs in `spawn_blocking`. `heads` and `count` without a
//! filter read memory.
//!
//! What an erased learner once did stays in the ledger files as bytes that nobody reads, until
//! those are compacted.

mod audit;
mod cache;
mod clean;
mod committer;
mod decide;
mod files;
mod history;
mod home;
mod inner;
mod ledger;
mod lists;
mod open;
mod options;
mod replay;
mod rows;

use std::{
    any::Any,
    mem,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
};

use async_trait::async_trait;
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::spawn_blocking,
};

use self::{
    committer::{Command, Committer},
    decide::Task,
    inner::{Inner, Loaded},
    open::Opened,
    rows::{Head, Rows as _, Table},
};
use super::{
    Bucket, Claim, Commit, CommitError, Erasure, FeedItem, Page, PageQuery, Position, Receipt, Store,
    StoreError,
};
use crate::domain::{
    event::Event,
    id::{LearnerId, Version},
    learner::Learner,
    summary::Filter,
    time::Timestamp,
};

pub use files::{Fault, FileOp};
pub use options::{EmbeddedOptions, Progress};

/// So many commands wait for the committer; who comes later waits for a place among them.
const QUEUE: usize = 4_096;

/// A page of at most so many learners is read at once, if nobody has to be left out.
const SHORT_PAGE: usize = 128;

/// Keeps learners in a directory.
pub struct EmbeddedStore {
    inner: Arc<Inner>,
    commands: mpsc::Sender<Command>,
    committer: Mutex<Option<JoinHandle<()>>>,
}

impl EmbeddedStore {
    /// Opens the store in a directory, or makes a new one. It may take long: rows that cannot be
    /// trusted are made anew.
    pub fn open(directory: &Path, options: EmbeddedOptions) -> Result<Arc<Self>, StoreError> {
        let Opened { home, ledger, writer, table, meta } = open::open(directory, &options)?;
        let inner = Arc::new(Inner::new(home, ledger, table, &meta, options.cache_bytes)?);
        let (commands, queue) = mpsc::channel(QUEUE);
        let committer = Committer { inner: inner.clone(), writer, meta, commands: queue };
        let thread = thread::Builder::new().name("committer".into()).spawn(|| committer.run());
        let thread = thread.map_err(StoreError::io("starting the committer"))?;
        Ok(Arc::new(Self { inner, commands, committer: Mutex::new(Some(thread)) }))
    }

    async fn write(&self, task: Task) -> Result<(), CommitError> {
        let (answer, answered) = oneshot::channel();
        let closed = || CommitError::ReadOnly("it is closed".into());
        self.commands.send(Command::Write(task, answer)).await.map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }

    /// Reads what may take long, where it keeps nobody else from being served.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Inner, &Table) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let inner = self.inner.clone();
        let reading = spawn_blocking(move || inner.with_table(|table| read(&inner, table)));
        reading.await.map_err(|error| StoreError::Damaged(format!("reading failed: {error}")))?
    }
}

#[async_trait]
impl Store for EmbeddedStore {
    async fn load(&self, learner: LearnerId) -> Result<Option<Arc<Learner>>, StoreError> {
        match self.inner.load(learner)? {
            Loaded::Whole(state) => Ok(Some(state)),
            Loaded::Nothing => Ok(None),
            Loaded::Damaged => self.read(move |inner, table| inner.fold_anew(table, learner)).await,
        }
    }

    async fn load_many(&self, learners: &[LearnerId]) -> Result<Vec<Option<Arc<Learner>>>, StoreError> {
        let mut states = Vec::with_capacity(learners.len());
        for learner in learners {
            states.push(self.load(*learner).await?);
        }
        Ok(states)
    }

    async fn find(&self, claim: &Claim) -> Result<Option<LearnerId>, StoreError> {
        self.inner.with_table(|table| table.holder(claim))
    }

    async fn replay(&self, learner: LearnerId, key: &str) -> Result<Option<Receipt>, StoreError> {
        self.inner.with_table(|table| table.receipt(learner, key))
    }

    async fn commit(&self, commit: Commit) -> Result<(), CommitError> {
        commit.check()?;
        self.write(Task::Commit(Box::new(commit))).await
    }

    async fn erase(&self, erasure: Erasure) -> Result<(), CommitError> {
        self.write(Task::Erase(erasure)).await
    }

    async fn erased_at(&self, learner: LearnerId) -> Result<Option<Timestamp>, StoreError> {
        let head = self.inner.with_table(|table| table.head(learner))?;
        Ok(head.and_then(|it| match it {
            Head::Here(_) => None,
            Head::Erased { at, .. } => Some(at),
        }))
    }

    async fn history(
        &self,
        learner: LearnerId,
        after: Version,
        limit: usize,
    ) -> Result<Vec<Event>, StoreError> {
        self.read(move |inner, table| history::of_learner(table, &inner.ledger, learner, after, limit)).await
    }

    async fn page(&self, query: PageQuery) -> Result<Page, StoreError> {
        if query.filter.is_empty() && query.limit <= SHORT_PAGE {
            return self.inner.with_table(|table| lists::page(table, &query));
        }
        self.read(move |_, table| lists::page(table, &query)).await
    }

    async fn count(&self, filter: &Filter, now: Timestamp) -> Result<u64, StoreError> {
        if filter.is_empty() {
            return Ok(self.inner.n_learners());
        }
        let filter = filter.clone();
        self.read(move |_, table| lists::count(table, &filter, now)).await
    }

    async fn feed(&self, bucket: Bucket, after: Position, limit: usize) -> Result<Vec<FeedItem>, StoreError> {
        self.read(move |inner, table| history::of_bucket(table, &inner.ledger, bucket, after, limit)).await
    }

    async fn heads(&self) -> Result<Vec<Position>, StoreError> {
        Ok(Bucket::all().map(|it| self.inner.head(it)).collect())
    }

    fn watch(&self, bucket: Bucket) -> watch::Receiver<Position> {
        self.inner.wakes.watch(bucket)
    }

    fn watch_all(&self) -> watch::Receiver<u64> {
        self.inner.wakes.watch_all()
    }

    fn read_only(&self) -> Option<String> {
        let stopped = self.inner.stopped.get().cloned();
        stopped.or_else(|| self.commands.is_closed().then(|| "it is closed".into()))
    }

    async fn close(&self) -> Result<(), StoreError> {
        let (stopped, has_stopped) = oneshot::channel();
        if self.commands.send(Command::Stop(stopped)).await.is_ok() {
            // Without an answer it had stopped before.
            drop(has_stopped.await);
        }
        let inner = self.inner.clone();
        let closing = spawn_blocking(move || inner.close());
        closing.await.map_err(|error| StoreError::Damaged(format!("closing failed: {error}")))?
    }
}

impl Drop for EmbeddedStore {
    /// Waits for the committer, so that the directory is free afterwards. This is not a clean
    /// close.
    fn drop(&mut self) {
        drop(mem::replace(&mut self.commands, mpsc::channel(1).0));
        let committer = self.committer.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(committer) = committer {
            // A panic of the committer was told when it happened.
            drop(committer.join());
        }
    }
}

/// What a panic said.
fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message")
}
