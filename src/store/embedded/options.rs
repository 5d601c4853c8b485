//! How to open a store.

use std::{path::PathBuf, sync::Arc};

use uuid::Uuid;

use super::files::Fault;
use crate::store::Summarizer;

/// Hears how far opening is: so many of so many ledger records were made into rows, or so many of so
/// many buckets were audited.
pub type Progress = Arc<dyn Fn(u64, u64) + Send + Sync>;

/// How to open a store.
#[derive(Clone)]
pub struct EmbeddedOptions {
    /// The id of the store, if it is new.
    pub store_id: Uuid,
    /// Sums up states when rows are made anew.
    pub summarizer: Summarizer,
    /// How much memory decoded states and heads of learners may take.
    pub cache_bytes: u64,
    /// How much memory sled may take for its pages; it needs about a third more.
    pub sled_cache_bytes: u64,
    /// How much memory rows may take that wait for sled.
    pub pending_bytes: usize,
    /// With less room on the disk, no write is taken.
    pub min_free_bytes: u64,
    /// A ledger file that has as many bytes is followed by another one.
    pub segment_bytes: u64,
    /// Where backups go that are made while the store is served; `None`: to `backups/` in its own
    /// directory.
    pub backup_dir: Option<PathBuf>,
    /// Hears how far opening is.
    pub progress: Progress,
    /// Lets file operations fail, in tests.
    pub fault: Option<Fault>,
}

impl EmbeddedOptions {
    /// What suits a small server.
    pub fn new(store_id: Uuid, summarizer: Summarizer) -> Self {
        Self {
            store_id,
            summarizer,
            cache_bytes: 96 << 20,
            sled_cache_bytes: 96 << 20,
            pending_bytes: 64 << 20,
            min_free_bytes: 64 << 20,
            segment_bytes: 64 << 20,
            backup_dir: None,
            progress: Arc::new(|_, _| {}),
            fault: None,
        }
    }
}
