//! The one seam to storage.
//!
//! An engine knows records, not verbs: it keeps the events of learners, the state that they fold to, and what finds
//! them again. It never decides. What every engine must do stands at the methods of [`Store`], and one test suite asks
//! it of all of them. To add an engine: implement the trait, add a line where engines are opened and a line to that suite.
//!
//! What an engine may do differently: cache, group commits, answer lists from an index, keep the state or fold it anew.
//! What it may not: acknowledge what a crash can take back, show what is not yet durable, or know what an event means
//! beyond folding it.

mod bucket;
pub mod embedded;
mod maintenance;
pub mod memory;
mod note;
mod sort_key;
mod wake;

use std::{collections::HashSet, sync::Arc};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use uuid::Uuid;

pub use bucket::{Bucket, N_BUCKETS};
pub use maintenance::{BackupMade, BackupWish, Maintenance, MaintenanceError, Shrunk};
pub use note::MAX_NOTE;
pub use sort_key::SortKey;

use crate::domain::{
    event::Event,
    id::{BatchId, LearnerId, Version},
    learner::{Digest, Learner},
    slug::Slug,
    summary::{Filter, OrderBy, Summary},
    time::Timestamp,
};

/// A place in the feed of one bucket: 0 before the first event, then 1, 2, 3 without a gap.
pub type Position = u64;

/// Keeps learners. Every method sees all commits that were acknowledged before it was called.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// The state of a learner, at one version; `None`: nobody has this id, or they were erased.
    async fn load(&self, learner: LearnerId) -> Result<Option<Arc<Learner>>, StoreError>;

    /// As [`Store::load`], each by itself, in the order asked for.
    async fn load_many(&self, learners: &[LearnerId]) -> Result<Vec<Option<Arc<Learner>>>, StoreError>;

    /// Who holds a claim.
    async fn find(&self, claim: &Claim) -> Result<Option<LearnerId>, StoreError>;

    /// What a call with this idempotency key did, if there was one.
    async fn replay(&self, learner: LearnerId, key: &str) -> Result<Option<Receipt>, StoreError>;

    /// As [`Store::replay`], of each key, in their order.
    async fn replay_all(
        &self,
        learner: LearnerId,
        keys: &[String],
    ) -> Result<Vec<Option<Receipt>>, StoreError> {
        let mut receipts = vec![];
        for key in keys {
            receipts.push(self.replay(learner, key).await?);
        }
        Ok(receipts)
    }

    /// Writes all of it or nothing, and answers when no crash and no power cut can undo it.
    ///
    /// Refused, without a trace, in this order: the key of a receipt is known
    /// ([`CommitError::Repeated`]); the learner was erased ([`CommitError::Erased`]); the learner is not at `base`
    /// ([`CommitError::Conflict`]); somebody else holds a claim of the new state
    /// ([`CommitError::Claimed`]). The claims of a learner are those of their state: what the new
    /// state no longer claims is free again.
    ///
    /// Nothing was written either on [`CommitError::ReadOnly`]. On [`CommitError::Fault`] nobody
    /// knows: all of it may be there once the store is opened again, or nothing. Until then the
    /// store takes no writes, unless it opens itself again when there is room on a full disk;
    /// afterwards the same call with the same key is safe. Only [`StoreError::Misfit`] and
    /// [`StoreError::TooLong`] are refusals, which wrote nothing; so is any other error when what the
    /// same key did before cannot be read.
    async fn commit(&self, commit: Commit) -> Result<(), CommitError>;

    /// Forgets a learner: state, events, claims and keys. Their places in the feed stay, empty.
    /// The id is never given again. `Conflict`, `ReadOnly` and `Fault` as for a commit.
    async fn erase(&self, erasure: Erasure) -> Result<(), CommitError>;

    /// When a learner was erased; `None`: they were not.
    async fn erased_at(&self, learner: LearnerId) -> Result<Option<Timestamp>, StoreError>;

    /// Events of a learner with versions above `after`, in order, at most `limit`; none when
    /// nobody has this id.
    async fn history(
        &self,
        learner: LearnerId,
        after: Version,
        limit: usize,
    ) -> Result<Vec<Event>, StoreError>;

    /// One page of a list of learners. With a filter an engine may walk through the whole list,
    /// however short the page; without one it reads as many places as the page has, and one more.
    async fn page(&self, query: PageQuery) -> Result<Page, StoreError>;

    /// How many learners a list would have in all.
    async fn count(&self, filter: &Filter, now: Timestamp) -> Result<u64, StoreError>;

    /// What the feed of a bucket has at positions above `after`, in order, at most `limit`.
    async fn feed(&self, bucket: Bucket, after: Position, limit: usize) -> Result<Vec<FeedItem>, StoreError>;

    /// The events of a batch in the feed of a bucket, with their positions, which are above `after`, in order, at most
    /// `limit`; without those of erased learners and those that were lost. It does not take reading all others.
    async fn events_of_batch(
        &self,
        batch: BatchId,
        bucket: Bucket,
        after: Position,
        limit: usize,
    ) -> Result<Vec<(Position, Event)>, StoreError>;

    /// The last position of every bucket, [`N_BUCKETS`] of them.
    async fn heads(&self) -> Result<Vec<Position>, StoreError>;

    /// Wakes whoever waits for events of a bucket, with its last position. A hint: it may come
    /// late or for nothing, but after every commit and every erasure it comes.
    fn watch(&self, bucket: Bucket) -> watch::Receiver<Position>;

    /// Wakes whoever waits for events of any bucket. A hint, as [`Store::watch`].
    fn watch_all(&self) -> watch::Receiver<u64>;

    /// The note of this name; `None`: there is none.
    async fn note(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Keeps a note in place of the one that has this name, or removes that: wholly or not at all, and answers when no
    /// crash and no power cut can undo it. Names are up to 100 of `a` to `z`, digits, `.` and `-`, beginning with a
    /// letter or a digit and not ending in `.tmp`; a note has at most [`MAX_NOTE`] bytes. Anything else is
    /// [`StoreError::Refused`] or [`StoreError::TooLong`], without a trace. Two at a time for one name: one of them stays.
    async fn keep_note(&self, name: &str, note: Option<&[u8]>) -> Result<(), StoreError>;

    /// The names of all notes that begin with this, in order.
    async fn notes(&self, prefix: &str) -> Result<Vec<String>, StoreError>;

    /// Why no write is taken, now and until the store is opened again; `None`: they are. Reads may
    /// go on all the same. The text is for the log, never for clients.
    fn read_only(&self) -> Option<String>;

    /// What can be done beside serving, where there is a disk; `None`: there is none.
    fn maintenance(&self) -> Option<&dyn Maintenance> {
        None
    }

    /// Takes no more writes, finishes those that are under way and closes cleanly. Calling it
    /// twice is once. Afterwards writing is refused as [`CommitError::ReadOnly`], and reading may
    /// fail as [`StoreError::Closed`].
    async fn close(&self) -> Result<(), StoreError>;
}

/// What to write.
#[derive(Debug, Clone)]
pub struct Commit {
    /// About whom.
    pub learner: LearnerId,
    /// The version at which the learner must be; 0: nobody may have the id yet.
    pub base: Version,
    /// What happened: versions `base + 1`, `base + 2` … None at all: only the receipts are kept.
    pub events: Vec<Event>,
    /// The fold of all events, these included.
    pub state: Arc<Learner>,
    /// What lists need of that state.
    pub summary: Summary,
    /// What to answer when one of the calls that it carries out comes again. Their keys differ.
    pub receipts: Vec<Receipt>,
}

impl Commit {
    /// What the new state claims; nothing when there is no new state.
    fn claims(&self) -> Vec<Claim> {
        if self.events.is_empty() { vec![] } else { Claim::of(&self.state) }
    }

    /// Whether the parts fit together. Writing what does not would break the ledger for good.
    fn check(&self) -> Result<(), StoreError> {
        let mut versions = (self.base..).skip(1);
        let dense =
            self.events.iter().all(|it| it.learner == self.learner && Some(it.version) == versions.next());
        let last = self.events.last().map_or(self.base, |it| it.version);
        let fits = self.state.version == last && self.state.id == self.learner;
        let keys: HashSet<_> = self.receipts.iter().map(|it| &it.key).collect();
        if dense && fits && keys.len() == self.receipts.len() {
            Ok(())
        } else {
            Err(StoreError::Misfit(self.learner))
        }
    }
}

/// Whom to forget.
#[derive(Debug, Clone, Copy)]
pub struct Erasure {
    /// Whom.
    pub learner: LearnerId,
    /// The version at which the learner must be.
    pub base: Version,
    /// When this was asked for.
    pub recorded_at: Timestamp,
}

/// What a call with an idempotency key did, kept with its write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The key, unique for the learner.
    pub key: String,
    /// Identifies the input of the call.
    pub fingerprint: Digest,
    /// When the call was made.
    pub recorded_at: Timestamp,
    /// The event that it wrote; `None`: nothing had to change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Version>,
    /// The goal, project or piece of evidence that it was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Uuid>,
    /// The milestones that it reached.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reached: Vec<Slug>,
    /// The milestones that it lost.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<Slug>,
}

/// Something that at most one learner has.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Claim {
    /// The id that a calling application knows the learner by.
    ExternalId(String),
    /// The e-mail address, compared without regard to case.
    Email(String),
}

impl Claim {
    /// What this learner claims.
    pub fn of(learner: &Learner) -> Vec<Claim> {
        let external_id = learner.external_id.clone().map(Claim::ExternalId);
        let email = learner.email.as_ref().map(|it| Claim::Email(it.to_lowercase()));
        external_id.into_iter().chain(email).collect()
    }
}

/// Which part of which list of learners.
#[derive(Debug, Clone)]
pub struct PageQuery {
    /// Which learners.
    pub filter: Filter,
    /// The instant for which the filter is asked.
    pub now: Timestamp,
    /// In which order.
    pub order: OrderBy,
    /// From the greatest to the smallest.
    pub descending: bool,
    /// Only what comes later in the list than this place.
    pub after: Option<SortKey>,
    /// Only what comes earlier in the list than this place.
    pub before: Option<SortKey>,
    /// At most that many.
    pub limit: usize,
    /// The last ones of that part instead of the first ones. They still come in list order.
    pub from_end: bool,
}

/// A part of a list of learners.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The learners with their places in the list, in list order.
    pub rows: Vec<(SortKey, LearnerId)>,
    /// Whether the part asked for goes on beyond `limit`, in the direction of the walk.
    pub more: bool,
}

/// A place in the feed of a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedItem {
    /// The place.
    pub position: Position,
    /// What stands there; `None`: the learner was erased.
    pub event: Option<Event>,
}

/// Sums up a state for lists, so that an engine can rebuild them from the ledger.
#[derive(Clone)]
pub struct Summarizer {
    /// Another number means that the same state may sum up differently.
    pub revision: u64,
    /// Sums up a state as of its newest event.
    pub summarize: Arc<dyn Fn(&Learner) -> Summary + Send + Sync>,
}

/// Why a commit was not acknowledged.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// The learner is at another version.
    #[error("the learner is at version {current}")]
    Conflict {
        /// The version that the learner is at; 0: nobody has the id.
        current: Version,
    },
    /// The idempotency key was used before.
    #[error("the idempotency key was used before")]
    Repeated(Box<Receipt>),
    /// Somebody else has it.
    #[error("the claim is taken")]
    Claimed(Claim),
    /// The learner was erased.
    #[error("the learner was erased")]
    Erased,
    /// The store takes no writes at the moment; this one left no trace.
    #[error("the store takes no writes: {0}")]
    ReadOnly(String),
    /// The engine failed, and perhaps it wrote all the same.
    #[error(transparent)]
    Fault(#[from] StoreError),
}

/// An engine failed. Its text is for the log, never for clients.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// What is stored cannot be what was written.
    #[error("damaged: {0}")]
    Damaged(String),
    /// A record of the ledger is not what it was.
    #[error(
        "the ledger is damaged at record {seq}: {how}; nothing was changed: put back a backup, or see what \
         `milepost verify` says and what `milepost repair` can save"
    )]
    LedgerDamaged {
        /// The sequence number of the record.
        seq: u64,
        /// What is wrong.
        how: String,
    },
    /// The operating system or the database refused.
    #[error("{context}: {source}")]
    Io {
        /// What was being done.
        context: String,
        /// What came back.
        source: std::io::Error,
    },
    /// A commit whose events and state do not fit together: a mistake in the layer above.
    #[error("the parts of a commit about {0} do not fit together")]
    Misfit(LearnerId),
    /// A commit that is longer than any honest one.
    #[error("a commit of {0} bytes is too long for the ledger")]
    TooLong(usize),
    /// Writing failed half-way: what was asked for may be there after the store is opened again.
    #[error("nobody knows whether it was written: {0}")]
    InDoubt(String),
    /// What a tool was asked for cannot be done as things are; nothing was changed.
    #[error("{0}")]
    Refused(String),
    /// Another process has the store.
    #[error("{0}")]
    Locked(String),
    /// The store was closed, or its committer has stopped.
    #[error("closed: {0}")]
    Closed(String),
}

impl StoreError {
    /// The operating system refused, while this was being done.
    pub(crate) fn io(context: impl Into<String>) -> impl FnOnce(std::io::Error) -> StoreError {
        let context = context.into();
        |source| StoreError::Io { context, source }
    }

    /// Whether there was no room on the disk.
    pub(crate) fn is_disk_full(&self) -> bool {
        matches!(self, StoreError::Io { source, .. } if source.kind() == std::io::ErrorKind::StorageFull)
    }

    /// Says what to do when a store could not be opened for want of room.
    pub(crate) fn with_advice(self) -> Self {
        let is_disk_full = self.is_disk_full();
        match self {
            StoreError::Io { context, source } if is_disk_full => {
                let context = format!(
                    "the disk is full; nothing is lost: make room for the store and open it again ({context})"
                );
                StoreError::Io { context, source }
            }
            other => other,
        }
    }

    /// A record of the ledger is not what it was.
    pub(crate) fn ledger_damaged(seq: u64, how: &str) -> Self {
        StoreError::LedgerDamaged { seq, how: how.to_owned() }
    }
}
