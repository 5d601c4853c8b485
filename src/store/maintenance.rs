//! What an engine that keeps learners on a disk can do beside serving them. Not every engine has a
//! disk: see [`Store::maintenance`](super::Store::maintenance).

use async_trait::async_trait;
use tokio::sync::watch;

use super::StoreError;
use crate::domain::{slug::Slug, time::Timestamp};

/// Does it while reads and writes go on. One thing is done at a time; others wait for their turn.
#[async_trait]
pub trait Maintenance: Send + Sync {
    /// Copies all that was acknowledged when it began to a place of this name, and reads the copy
    /// again. There is a copy of that name whole, or none. Nothing of whoever was erased before it began is in it.
    async fn back_up(&self, wish: BackupWish) -> Result<BackupMade, MaintenanceError>;

    /// Removes what erased learners left behind on the disk, and whatever else nobody needs. All that
    /// can be asked stays as it is. Of whoever was erased before it began nothing is left.
    async fn shrink(&self, key: Option<String>) -> Result<Shrunk, MaintenanceError>;

    /// Since when something of erased learners has been left on the disk: since the first of their erasures, or since
    /// the beginning of time if nobody knows. `None`: nothing is left.
    fn owed(&self) -> watch::Receiver<Option<Timestamp>>;
}

/// Which backup to make.
#[derive(Debug, Clone)]
pub struct BackupWish {
    /// Its name; nobody gave it to another one.
    pub name: Slug,
    /// Identifies the call, so that it can be repeated: a digest.
    pub key: Option<String>,
    /// What is now.
    pub now: Timestamp,
}

/// A backup that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupMade {
    /// The number of the last record in it.
    pub last_sequence: u64,
    /// How many bytes it has.
    pub bytes: u64,
    /// Stands for all that is in it: SHA-256 in hexadecimal.
    pub digest: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// Whether an earlier call with the same key made it.
    pub replayed: bool,
}

/// What a compaction did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shrunk {
    /// How many bytes the store had on the disk.
    pub before: u64,
    /// How many it has.
    pub after: u64,
    /// How many records of erased learners were blanked.
    pub n_blanked: u64,
    /// Whether an earlier call with the same key did it.
    pub replayed: bool,
}

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum MaintenanceError {
    /// Another backup has the name; the text is for the caller.
    #[error("{0}")]
    Taken(String),
    /// The key was used for another backup.
    #[error("the key was used for another backup")]
    KeyReused,
    /// There is not enough room for it on the disk.
    #[error("there is not enough room on the disk")]
    NoRoom,
    /// The store takes no writes at the moment.
    #[error("the store takes no writes: {0}")]
    ReadOnly(String),
    /// The engine failed.
    #[error(transparent)]
    Fault(#[from] StoreError),
}
