//! What is done with a store that nobody serves: to verify, repair, back up, restore, export and
//! import it. Each takes the directory for itself, or says who has it.
//!
//! All of them walk over damage; only a ledger without any is backed up, exported or restored. What
//! they make is built beside what is there and gets its name last, so that a crash at any step leaves
//! the old or the new, or a directory of which `open` says what to do.

mod backup;
mod check;
mod content;
mod look;
mod repair;
mod transfer;
mod verify;

use std::{path::Path, sync::Arc};

use super::{
    files::{Fault, Files},
    options::Progress,
};
use crate::{domain::time::Timestamp, store::StoreError};

pub use backup::{Backup, BackupFormat, backup, restore};
pub(super) use backup::{Copying, check_copy, read_manifest};
pub use check::Missing;
pub use look::{Totals, Wrong};
pub use repair::{Repaired, repair};
pub use transfer::{Transferred, export, import};
pub use verify::{Verified, verify};

/// How to do it.
#[derive(Clone)]
pub struct ToolOptions {
    /// What is now, for what says when it was made.
    pub now: Timestamp,
    /// Hears how far it is, in bytes or in records.
    pub progress: Progress,
    /// A ledger file that is built and has as many bytes is followed by another one.
    pub segment_bytes: u64,
    /// Lets file operations fail, in tests.
    pub fault: Option<Fault>,
}

/// Refuses a directory that has no store; nothing is made.
pub fn check_store(directory: &Path) -> Result<(), StoreError> {
    super::home::check_store(directory)
}

impl ToolOptions {
    /// What suits a small server; nobody hears how far it is.
    pub fn new(now: Timestamp) -> Self {
        Self { now, progress: Arc::new(|_, _| {}), segment_bytes: 64 << 20, fault: None }
    }

    fn files(&self) -> Files {
        Files::new(self.fault.clone())
    }
}

/// One number or a range of them, for people.
fn range(first: u64, last: u64) -> String {
    if last <= first { first.to_string() } else { format!("{first} to {last}") }
}
