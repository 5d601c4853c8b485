//! Where the benchmarks write. It must be on a real disk: in memory nothing is ever durable.

use std::path::PathBuf;

use tempfile::TempDir;

/// A directory that others may be made in.
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    /// A new directory, which is removed in the end.
    pub(crate) fn directory(&self, name: &str) -> TempDir {
        tempfile::Builder::new().prefix(name).tempdir_in(&self.0).expect("a directory")
    }
}
