//! The rows in sled: one tree, which only the committer writes to.
//!
//! What sled gets wrong is kept out here: see `clippy.toml` for what is never called. Nothing rests
//! on its durability.

use std::{fs, io, path::Path};

use super::{Rows, key};
use crate::{
    domain::summary::OrderBy,
    store::{Bucket, N_BUCKETS, Position, SortKey, StoreError},
};

/// The rows that are written.
pub(in super::super) struct Table {
    db: sled::Db,
}

impl Table {
    /// Opens the rows in a directory, or begins them. On files that are not sound sled may panic.
    pub(in super::super) fn open(directory: &Path, cache_bytes: u64) -> Result<Self, StoreError> {
        remove_unfinished_snapshots(directory).map_err(StoreError::io("clearing sled's directory"))?;
        let config = sled::Config::new().path(directory).cache_capacity(cache_bytes);
        // Also collects garbage: without it sled's files grow for ever.
        let db = config.flush_every_ms(Some(500)).open().map_err(sled_error)?;
        Ok(Self { db })
    }

    /// Writes all of a batch, or nothing.
    pub(in super::super) fn apply(&self, batch: sled::Batch) -> Result<(), StoreError> {
        self.db.apply_batch(batch).map_err(sled_error)
    }

    /// Hands over what sled holds back to the operating system.
    pub(in super::super) fn flush(&self) -> Result<(), StoreError> {
        self.db.flush().map(drop).map_err(sled_error)
    }

    /// All rows whose keys start so, in order.
    pub(in super::super) fn starting_with(
        &self,
        prefix: &[u8],
    ) -> impl DoubleEndedIterator<Item = Result<(sled::IVec, sled::IVec), StoreError>> + use<> {
        self.db.scan_prefix(prefix).map(|it| it.map_err(sled_error))
    }

    /// Whether there is a row.
    pub(in super::super) fn has(&self, key: &[u8]) -> Result<bool, StoreError> {
        self.db.contains_key(key).map_err(sled_error)
    }

    /// Places of a list between two others, which are left out.
    pub(in super::super) fn places(
        &self,
        order: OrderBy,
        low: Option<&SortKey>,
        high: Option<&SortKey>,
    ) -> impl DoubleEndedIterator<Item = Result<SortKey, StoreError>> + use<> {
        let start = low.map_or_else(|| key::of_list(order), |it| [&*key::list(order, it), &[0]].concat());
        let end =
            high.map_or_else(|| [&*key::of_list(order), &[0xFF; 98]].concat(), |it| key::list(order, it));
        let place = |key: &[u8]| key::place(key).ok_or_else(|| super::damaged(key));
        self.db.range(start..end).map(move |it| it.map_err(sled_error).and_then(|(key, _)| place(&key)))
    }

    /// The last position of every bucket.
    pub(in super::super) fn heads(&self) -> Result<Vec<Position>, StoreError> {
        let mut heads = Vec::with_capacity(usize::from(N_BUCKETS));
        for bucket in Bucket::all() {
            let prefix = key::of_bucket(bucket, key::Kind::Feed);
            let last = self.starting_with(&prefix).next_back().transpose()?;
            heads.push(last.map_or(Ok(0), |(key, value)| end_of_feed(&key, &value))?);
        }
        Ok(heads)
    }
}

impl Rows for Table {
    fn value(&self, key: &[u8]) -> Result<Option<sled::IVec>, StoreError> {
        self.db.get(key).map_err(sled_error)
    }
}

/// The last position of a feed, from its last row.
fn end_of_feed(key: &[u8], value: &[u8]) -> Result<Position, StoreError> {
    let places: Vec<u64> = super::open(key, value)?;
    let chunk = key.last_chunk::<8>().map(|it| u64::from_be_bytes(*it)).ok_or_else(|| super::damaged(key))?;
    Ok(chunk * super::PLACES + places.len() as u64)
}

/// A crash while sled writes a snapshot leaves it behind, and sled may stumble over it.
fn remove_unfinished_snapshots(directory: &Path) -> io::Result<()> {
    if !directory.exists() {
        return Ok(());
    }
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.extension().is_some_and(|it| it == "generating") {
            tracing::warn!(path = %path.display(), "sled had not finished this snapshot; it was removed");
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// What sled says, in our words.
fn sled_error(error: sled::Error) -> StoreError {
    match error {
        sled::Error::Io(source) => StoreError::io("sled")(source),
        other => StoreError::Damaged(format!("sled: {other}")),
    }
}
