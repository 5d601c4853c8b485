//! What is done with a store while many write to it: backups, and compactions with erasures.

mod backup;
mod compaction;
mod writers;

use std::time::Duration;

/// For so long at most nothing but writing goes on.
const WRITING: Duration = Duration::from_millis(300);
