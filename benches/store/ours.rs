//! Milepost's own engine.

use std::{
    fs::File,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use milepost::store::{
    Commit, Store as _,
    embedded::{EmbeddedOptions, EmbeddedStore},
};
use uuid::Uuid;

use crate::{contender::Contender, disk::files, person::summarizer};

/// A store in a directory.
pub(crate) struct Ours {
    pub(crate) store: Arc<EmbeddedStore>,
    directory: PathBuf,
}

/// How the benchmarks open a store unless they say otherwise: as the program does.
pub(crate) fn options() -> EmbeddedOptions {
    EmbeddedOptions::new(Uuid::from_u128(1), summarizer())
}

/// How much memory a store may take for what it keeps at hand.
pub(crate) fn configured_cache() -> u64 {
    let options = options();
    options.cache_bytes + options.sled_cache_bytes + options.pending_bytes as u64
}

impl Ours {
    pub(crate) fn open(directory: &Path, options: EmbeddedOptions) -> Self {
        let store = EmbeddedStore::open(directory, options).expect("a store");
        Self { store, directory: directory.to_owned() }
    }

    /// How many bytes were written to the ledger.
    pub(crate) fn ledger_bytes(&self) -> u64 {
        ledger_bytes(&self.directory)
    }

    pub(crate) async fn close(self) {
        self.store.close().await.expect("closed");
    }
}

/// How many bytes were written to the ledger of a store. What is only reserved for later is zeros.
pub(crate) fn ledger_bytes(directory: &Path) -> u64 {
    files(&directory.join("ledger")).iter().map(|it| length_without_zeros(it)).sum()
}

fn length_without_zeros(path: &Path) -> u64 {
    let file = File::open(path).expect("a file");
    let mut end = file.metadata().expect("a length").len();
    let mut block = vec![0; 1 << 16];
    while end != 0 {
        let length = block.len().min(end as usize);
        let start = end - length as u64;
        file.read_exact_at(&mut block[..length], start).expect("read");
        if let Some(last) = block[..length].iter().rposition(|it| *it != 0) {
            return start + last as u64 + 1;
        }
        end = start;
    }
    0
}

#[async_trait]
impl Contender for Ours {
    async fn commit(&self, commit: Commit) {
        self.store.commit(commit).await.expect("committed");
    }
}
