//! The rows in sled: one tree, which only the applier writes to.
//!
//! What sled gets wrong is kept out here: see `clippy.toml` for what is never called. Nothing rests
//! on its durability.

use std::{fs, io, path::Path};

use sled::IVec;

use super::{Row, Rows, key, packed};
use crate::store::StoreError;

/// The rows that are written.
pub(in super::super) struct Table {
    pub(super) db: sled::Db,
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

    /// Writes rows, one after the other, small ones first: a crash may leave the first ones.
    pub(in super::super) fn apply(&self, rows: Vec<Row>) -> Result<(), StoreError> {
        self.write(self.pack(rows)?)
    }

    /// What sled is given for these rows: the packs of small ones, then the others.
    pub(in super::super) fn pack(&self, rows: Vec<Row>) -> Result<Vec<Row>, StoreError> {
        let (mut small, others): (Vec<_>, Vec<_>) = rows.into_iter().partition(|it| key::is_small(&it.0));
        small.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        let mut rows = packed::pack(&self.db, &small)?;
        rows.extend(others);
        Ok(rows)
    }

    /// Gives sled what it is to be given, one after the other.
    ///
    /// A batch would be written whole or not at all, but for as long it would keep all readers from
    /// reading: sled has one lock for that, in the whole process.
    pub(in super::super) fn write(&self, packed: impl IntoIterator<Item = Row>) -> Result<(), StoreError> {
        for (key, value) in packed {
            match value {
                Some(value) => self.db.insert(key, value).map_err(sled_error)?,
                None => self.db.remove(key).map_err(sled_error)?,
            };
        }
        Ok(())
    }

    /// How many bytes its files have.
    pub(in super::super) fn size_on_disk(&self) -> Result<u64, StoreError> {
        self.db.size_on_disk().map_err(sled_error)
    }

    /// Hands over what sled holds back to the operating system.
    pub(in super::super) fn flush(&self) -> Result<(), StoreError> {
        self.db.flush().map(drop).map_err(sled_error)
    }

    /// All rows from one key up to another of the same kind, in order, or in the reverse one.
    pub(super) fn range(
        &self,
        low: &[u8],
        high: &[u8],
        reverse: bool,
    ) -> Box<dyn Iterator<Item = Result<(IVec, IVec), StoreError>>> {
        if key::is_small(low) {
            return match packed::Range::new(&self.db, low, high, reverse) {
                Ok(rows) => Box::new(rows),
                Err(error) => Box::new(std::iter::once(Err(error))),
            };
        }
        let rows = self.packed(low, high);
        if reverse { Box::new(rows.rev()) } else { Box::new(rows) }
    }

    /// What sled has from one key up to another, in order.
    pub(super) fn packed(
        &self,
        low: &[u8],
        high: &[u8],
    ) -> impl DoubleEndedIterator<Item = Result<(IVec, IVec), StoreError>> + use<> {
        // sled panics when a range ends before it starts.
        let high = high.max(low);
        self.db.range(low..high).map(|it| it.map_err(sled_error))
    }
}

impl Rows for Table {
    fn value(&self, key: &[u8]) -> Result<Option<IVec>, StoreError> {
        if key::is_small(key) { packed::get(&self.db, key) } else { self.db.get(key).map_err(sled_error) }
    }
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
pub(super) fn sled_error(error: sled::Error) -> StoreError {
    match error {
        sled::Error::Io(source) => StoreError::io("sled")(source),
        other => StoreError::Damaged(format!("sled: {other}")),
    }
}
