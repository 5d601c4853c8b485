//! An engine that fails, panics or waits when it is asked about somebody, for as long as a test wants it to.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use milepost::{
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
use tokio::sync::{Notify, watch};

use crate::world::World;

/// What the log may say of it and no client may read.
pub const SECRET: &str = "sector 7 is gone";

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Fails,
    Panics,
    /// Nothing comes of it until the test lets it.
    Waits,
}

/// Which call goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Load,
    History,
    Commit,
}

/// The engine of a [`World`], and what is wrong with it.
pub struct Faulty {
    engine: Arc<dyn Store>,
    fault: Mutex<Option<(LearnerId, Call, Fault)>>,
    waits: Notify,
    goes_on: Notify,
    late: Mutex<Option<Arc<Notify>>>,
    loses_notes: AtomicBool,
}

impl Faulty {
    /// A world on such an engine; nothing goes wrong yet.
    pub fn world() -> (World, Arc<Self>) {
        let mut faulty = None;
        let world = World::around(|engine| {
            let (fault, waits, goes_on) = (Mutex::new(None), Notify::new(), Notify::new());
            let (late, loses_notes) = (Mutex::default(), AtomicBool::new(false));
            faulty.insert(Arc::new(Self { engine, fault, waits, goes_on, late, loses_notes })).clone()
        });
        (world, faulty.expect("it was put around"))
    }

    /// From now on that call about that learner goes wrong.
    pub fn breaks(&self, learner: LearnerId, call: Call, fault: Fault) {
        *self.fault.lock().unwrap() = Some((learner, call, fault));
    }

    /// From now on nothing goes wrong.
    pub fn mends(&self) {
        *self.fault.lock().unwrap() = None;
    }

    /// Until somebody waits for it.
    pub async fn waits(&self) {
        self.waits.notified().await;
    }

    /// Lets go on who waits.
    pub fn go_on(&self) {
        self.goes_on.notify_one();
    }

    /// The next note is written once that is told, though nobody waits any more; it is let go of afterwards.
    pub fn writes_late(&self) -> Arc<Notify> {
        self.late.lock().unwrap().insert(Arc::default()).clone()
    }

    /// Whether no note can be kept from now on.
    pub fn loses_notes(&self, loses: bool) {
        self.loses_notes.store(loses, Ordering::SeqCst);
    }

    async fn strike(&self, learner: LearnerId, call: Call) -> Result<(), StoreError> {
        let fault = *self.fault.lock().unwrap();
        match fault.filter(|it| (it.0, it.1) == (learner, call)).map(|it| it.2) {
            Some(Fault::Panics) => panic!("{SECRET}"),
            Some(Fault::Waits) => {
                self.waits.notify_one();
                self.goes_on.notified().await;
                Ok(())
            }
            Some(Fault::Fails) => Err(StoreError::Damaged(SECRET.into())),
            None => Ok(()),
        }
    }
}

#[async_trait]
impl Store for Faulty {
    async fn load(&self, learner: LearnerId) -> Result<Option<Arc<Learner>>, StoreError> {
        self.strike(learner, Call::Load).await?;
        self.engine.load(learner).await
    }

    async fn load_many(&self, learners: &[LearnerId]) -> Result<Vec<Option<Arc<Learner>>>, StoreError> {
        self.engine.load_many(learners).await
    }

    async fn find(&self, claim: &Claim) -> Result<Option<LearnerId>, StoreError> {
        self.engine.find(claim).await
    }

    async fn replay(&self, learner: LearnerId, key: &str) -> Result<Option<Receipt>, StoreError> {
        self.engine.replay(learner, key).await
    }

    async fn commit(&self, commit: Commit) -> Result<(), CommitError> {
        self.strike(commit.learner, Call::Commit).await?;
        self.engine.commit(commit).await
    }

    async fn erase(&self, erasure: Erasure) -> Result<(), CommitError> {
        self.engine.erase(erasure).await
    }

    async fn erased_at(&self, learner: LearnerId) -> Result<Option<Timestamp>, StoreError> {
        self.engine.erased_at(learner).await
    }

    async fn history(
        &self,
        learner: LearnerId,
        after: Version,
        limit: usize,
    ) -> Result<Vec<Event>, StoreError> {
        self.strike(learner, Call::History).await?;
        self.engine.history(learner, after, limit).await
    }

    async fn page(&self, query: PageQuery) -> Result<Page, StoreError> {
        self.engine.page(query).await
    }

    async fn count(&self, filter: &Filter, now: Timestamp) -> Result<u64, StoreError> {
        self.engine.count(filter, now).await
    }

    async fn feed(&self, bucket: Bucket, after: Position, limit: usize) -> Result<Vec<FeedItem>, StoreError> {
        self.engine.feed(bucket, after, limit).await
    }

    async fn events_of_batch(
        &self,
        batch: BatchId,
        bucket: Bucket,
        after: Position,
        limit: usize,
    ) -> Result<Vec<(Position, Event)>, StoreError> {
        self.engine.events_of_batch(batch, bucket, after, limit).await
    }

    async fn heads(&self) -> Result<Vec<Position>, StoreError> {
        self.engine.heads().await
    }

    fn watch(&self, bucket: Bucket) -> watch::Receiver<Position> {
        self.engine.watch(bucket)
    }

    fn watch_all(&self) -> watch::Receiver<u64> {
        self.engine.watch_all()
    }

    async fn note(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.engine.note(name).await
    }

    async fn keep_note(&self, name: &str, note: Option<&[u8]>) -> Result<(), StoreError> {
        if self.loses_notes.load(Ordering::SeqCst) {
            return Err(StoreError::Damaged(SECRET.into()));
        }
        let late = self.late.lock().unwrap().take();
        let Some(told) = late else {
            return self.engine.keep_note(name, note).await;
        };
        let (engine, name, note) = (self.engine.clone(), name.to_owned(), note.map(<[u8]>::to_vec));
        let written = tokio::spawn(async move {
            told.notified().await;
            engine.keep_note(&name, note.as_deref()).await
        });
        self.waits.notify_one();
        written.await.unwrap()
    }

    async fn notes(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.engine.notes(prefix).await
    }

    fn read_only(&self) -> Option<String> {
        self.engine.read_only()
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.engine.close().await
    }
}
