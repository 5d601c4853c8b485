//! The embedded engine: one machine, one process, one directory.
//!
//! The `ledger` files are the truth: a commit is acknowledged when it is in them and they are on
//! the disk. sled holds `rows` that are made of the ledger and can be made anew: it is fast, and
//! it cannot be relied on. One thread writes to the ledger, the `committer`, and one to sled, the
//! `applier`; in between, rows wait in memory, where readers see them. Readers wait for neither. At
//! `open`, rows are trusted only after a clean close, else brought up to the ledger and audited
//! (`audit`). When sled fails or the disk is full, a `halt` refuses writes until that is mended.
//!
//! Where reads run: those of a few rows by their keys (`load`, `load_many`, `find`, `replay`,
//! `erased_at`, and short pages without a filter) run in sled on the caller's own thread, because
//! they take microseconds, and a millisecond when sled has to fetch its pages from the disk. All
//! that reads the ledger or walks through many rows (`history`, `feed`, `events_of_batch`, other
//! pages, `count` with a filter, and making a damaged state anew) runs in `spawn_blocking`. `heads`
//! and `count` without a filter read memory.
//!
//! What an erased learner once did stays in the ledger files as bytes that nobody reads, until
//! those are compacted (`upkeep`); `debt` knows whether there is any. What is done while nobody serves the store is in `tools`.

mod applier;
mod audit;
mod cache;
mod clean;
mod committer;
mod debt;
mod decide;
mod files;
mod halt;
mod history;
mod home;
mod inner;
mod ledger;
mod lists;
mod notes;
mod open;
mod options;
mod prepared;
mod replay;
mod rows;
pub mod tools;
mod upkeep;

use std::{
    any::Any,
    mem,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::Instant,
};

use async_trait::async_trait;
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::spawn_blocking,
};

use self::{
    applier::{Applier, Orders, Stop},
    committer::{Command, Committer},
    decide::Task,
    inner::{Inner, Loaded},
    notes::{Notes, notes_in},
    open::Opened,
    prepared::Prepared,
    rows::{Head, Known, Rows as _, View},
    upkeep::Upkeep,
};
use super::{
    Bucket, Claim, Commit, CommitError, Erasure, FeedItem, Maintenance, Page, PageQuery, Position, Receipt,
    Store, StoreError,
};
use crate::domain::{
    event::Event,
    id::{BatchId, LearnerId, Version},
    learner::Learner,
    summary::Filter,
    time::Timestamp,
};

pub use applier::Compacted;
pub use files::{Act, Fault, FileOp};
pub use ledger::Damage;
pub use options::{EmbeddedOptions, Progress};

/// So many commands wait for the committer; who comes later waits for a place among them.
const QUEUE: usize = 4_096;

/// A page of at most so many learners is read at once, if nobody has to be left out.
const SHORT_PAGE: usize = 128;

/// Keeps learners in a directory.
pub struct EmbeddedStore {
    inner: Arc<Inner>,
    commands: mpsc::Sender<Command>,
    threads: Arc<Threads>,
    upkeep: Arc<Upkeep>,
    notes: Notes,
}

impl EmbeddedStore {
    /// Opens the store in a directory, or makes a new one. It may take long: rows that cannot be
    /// trusted are made anew.
    pub fn open(directory: &Path, options: EmbeddedOptions) -> Result<Arc<Self>, StoreError> {
        if let Some(backups) = &options.backup_dir {
            home::check_backups(directory, backups)?;
        }
        let opened = open::open(directory, &options).map_err(StoreError::with_advice)?;
        let Opened { home, ledger, writer, table, meta } = opened;
        let inner = Arc::new(Inner::new(home, ledger, table, &meta, &options)?);
        let (commands, queue) = mpsc::channel(QUEUE);
        let (orders, writing) = (Arc::<Mutex<Orders>>::default(), Arc::<Mutex<()>>::default());
        let upkeep = Arc::new(Upkeep::new(directory, &options, writing.clone()));
        let committer = Committer {
            inner: inner.clone(),
            writer,
            meta,
            known: Known::new(options.cache_bytes / 4),
            commands: queue,
            writing: writing.clone(),
            must_reopen: false,
            had_room: None,
        };
        let applier = Applier {
            inner: inner.clone(),
            options,
            orders: orders.clone(),
            writing,
            is_broken: false,
            n_made: 0,
            sized: Instant::now(),
        };
        let notes = notes_in(&inner.home.files, directory);
        notes.tidy()?;
        let handles = [spawn("committer", || committer.run())?, spawn("applier", || applier.run())?];
        let threads = Threads { inner: inner.clone(), orders, handles: Mutex::new(Some(handles)) };
        Ok(Arc::new(Self { inner, commands, threads: Arc::new(threads), upkeep, notes }))
    }

    /// Makes sled's files as small as they can be, while the store is in use.
    pub async fn compact(&self) -> Result<Compacted, StoreError> {
        let answered = self.threads.orders().compact();
        self.inner.rows.hurry();
        answered.await.map_err(|_| StoreError::Closed("the store was closed".into()))?
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
        read: impl FnOnce(&Inner, &View) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let inner = self.inner.clone();
        let reading = spawn_blocking(move || inner.with_rows(|view| read(&inner, view)));
        reading.await.map_err(|error| StoreError::Damaged(format!("reading failed: {error}")))?
    }
}

#[async_trait]
impl Store for EmbeddedStore {
    async fn load(&self, learner: LearnerId) -> Result<Option<Arc<Learner>>, StoreError> {
        match self.inner.load(learner)? {
            Loaded::Whole(state) => Ok(Some(state)),
            Loaded::Nothing => Ok(None),
            Loaded::Damaged(ticket) => {
                self.read(move |inner, view| inner.fold_anew(view, learner, ticket)).await
            }
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
        self.inner.with_rows(|view| view.holder(claim))
    }

    async fn replay(&self, learner: LearnerId, key: &str) -> Result<Option<Receipt>, StoreError> {
        Ok(self.replay_all(learner, &[key.to_owned()]).await?.pop().flatten())
    }

    async fn replay_all(
        &self,
        learner: LearnerId,
        keys: &[String],
    ) -> Result<Vec<Option<Receipt>>, StoreError> {
        let place = |view: &View| keys.iter().map(|it| view.receipts(learner, it)).collect();
        let places: Vec<Vec<u64>> = self.inner.with_rows(place)?;
        if places.iter().all(Vec::is_empty) {
            return Ok(vec![None; keys.len()]);
        }
        let keys: Vec<_> = keys.iter().cloned().zip(places).collect();
        self.read(move |inner, _| history::receipts(&inner.ledger, learner, &keys)).await
    }

    async fn commit(&self, commit: Commit) -> Result<(), CommitError> {
        commit.check()?;
        self.write(Task::Commit(Box::new(Prepared::of(commit)))).await
    }

    async fn erase(&self, erasure: Erasure) -> Result<(), CommitError> {
        self.write(Task::Erase(erasure)).await
    }

    async fn erased_at(&self, learner: LearnerId) -> Result<Option<Timestamp>, StoreError> {
        let head = self.inner.with_rows(|view| view.head(learner))?;
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
        self.read(move |inner, view| history::of_learner(view, &inner.ledger, learner, after, limit)).await
    }

    async fn page(&self, query: PageQuery) -> Result<Page, StoreError> {
        if query.filter.is_empty() && query.limit <= SHORT_PAGE {
            return self.inner.with_rows(|view| lists::page(view, &query));
        }
        self.read(move |_, view| lists::page(view, &query)).await
    }

    async fn count(&self, filter: &Filter, now: Timestamp) -> Result<u64, StoreError> {
        if filter.is_empty() {
            return Ok(self.inner.n_learners());
        }
        let filter = filter.clone();
        self.read(move |_, view| lists::count(view, &filter, now)).await
    }

    async fn feed(&self, bucket: Bucket, after: Position, limit: usize) -> Result<Vec<FeedItem>, StoreError> {
        self.read(move |inner, view| history::of_bucket(view, &inner.ledger, bucket, after, limit)).await
    }

    async fn events_of_batch(
        &self,
        batch: BatchId,
        bucket: Bucket,
        after: Position,
        limit: usize,
    ) -> Result<Vec<(Position, Event)>, StoreError> {
        self.read(move |inner, view| history::of_batch(view, &inner.ledger, batch, bucket, after, limit))
            .await
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

    async fn note(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.notes.get(name).await
    }

    async fn keep_note(&self, name: &str, note: Option<&[u8]>) -> Result<(), StoreError> {
        self.notes.keep(name, note).await
    }

    async fn notes(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.notes.names(prefix).await
    }

    fn read_only(&self) -> Option<String> {
        let stopped = self.inner.halt.reason().map(|it| it.text().to_owned());
        stopped.or_else(|| self.commands.is_closed().then(|| "it is closed".into()))
    }

    fn maintenance(&self) -> Option<&dyn Maintenance> {
        Some(self)
    }

    async fn close(&self) -> Result<(), StoreError> {
        let _turn = self.upkeep.close().await;
        let notes = self.notes.clone();
        spawn_blocking(move || notes.close()).await.map_err(|it| StoreError::Damaged(it.to_string()))?;
        let (stopped, has_stopped) = oneshot::channel();
        if self.commands.send(Command::Stop(stopped)).await.is_ok() {
            // Without an answer it had stopped before.
            drop(has_stopped.await);
        }
        let threads = self.threads.clone();
        let closing = spawn_blocking(move || {
            threads.stop(Stop::WhenDone);
            threads.inner.close()
        });
        closing.await.map_err(|error| StoreError::Damaged(format!("closing failed: {error}")))?
    }
}

impl Drop for EmbeddedStore {
    /// Waits for the threads, so that the directory is free afterwards. This is not a clean close.
    fn drop(&mut self) {
        drop(mem::replace(&mut self.commands, mpsc::channel(1).0));
        self.threads.stop(Stop::AtOnce);
    }
}

/// The threads that write.
struct Threads {
    inner: Arc<Inner>,
    orders: Arc<Mutex<Orders>>,
    handles: Mutex<Option<[JoinHandle<()>; 2]>>,
}

impl Threads {
    fn orders(&self) -> MutexGuard<'_, Orders> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the committer, which has been asked to stop, and stops the applier.
    fn stop(&self, how: Stop) {
        let mut handles = self.handles.lock().unwrap_or_else(PoisonError::into_inner);
        let Some([committer, applier]) = handles.take() else { return };
        // A panic of theirs was told when it happened.
        drop(committer.join());
        self.orders().stop(how);
        self.inner.rows.hurry();
        drop(applier.join());
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, StoreError> {
    let thread = thread::Builder::new().name(name.into()).spawn(run);
    thread.map_err(StoreError::io(format!("starting the {name}")))
}

/// What a panic said.
fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message")
}
