//! How far the ledger was acknowledged, written beside it: `sequence u64 | crc32c u32`, the CRC over
//! the store's id and the number.
//!
//! It is written after each group is durable, and never waits for the disk itself. So it never says
//! more than what was acknowledged; after a power cut it may say less. With it, an end of the ledger
//! that was whole and is broken or gone is told from one that was never finished.

use std::path::Path;

use uuid::Uuid;

use super::{
    super::files::{Files, OpenFile},
    record::Seq,
};
use crate::store::StoreError;

/// The open file.
pub(super) struct Witness {
    store: Uuid,
    file: OpenFile,
}

impl Witness {
    /// Opens the witness, or makes a new one, which says nothing yet.
    pub(super) fn open(files: &Files, path: &Path, store: Uuid) -> Result<Self, StoreError> {
        let opened = if path.exists() { files.open(path) } else { files.publish(path, &to_bytes(store, 0)) };
        Ok(Self { store, file: opened.map_err(StoreError::io("opening the ledger's witness"))? })
    }

    /// Says that all up to this record is durable.
    pub(super) fn write(&self, files: &Files, seq: Seq) -> Result<(), StoreError> {
        let written = files.write(&self.file, &to_bytes(self.store, seq), 0);
        written.map_err(StoreError::io("writing to the ledger's witness"))
    }
}

/// What it says; 0 when it is not there, is broken, or is of another store.
pub(super) fn read(files: &Files, path: &Path, store: Uuid) -> Result<Seq, StoreError> {
    let bytes = files.read_whole(path).map_err(StoreError::io("reading the ledger's witness"))?;
    let Some(bytes) = bytes else { return Ok(0) };
    let seq = bytes.first_chunk::<8>().map_or(0, |it| u64::from_le_bytes(*it));
    if bytes == to_bytes(store, seq) {
        return Ok(seq);
    }
    tracing::warn!("how far the ledger was acknowledged cannot be read; nothing rests on it alone");
    Ok(0)
}

fn to_bytes(store: Uuid, seq: Seq) -> Vec<u8> {
    let mut bytes = seq.to_le_bytes().to_vec();
    let crc = crc32c::crc32c_append(crc32c::crc32c(store.as_bytes()), &bytes);
    bytes.extend(crc.to_le_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_believed_only_when_it_is_whole_and_of_this_store() {
        let dir = tempfile::TempDir::new().expect("a directory");
        let (files, path, store) = (Files::default(), dir.path().join("ACKNOWLEDGED"), Uuid::from_u128(1));
        let read = |store| read(&files, &path, store).expect("read");
        assert_eq!(read(store), 0);
        Witness::open(&files, &path, store).expect("made").write(&files, 7).expect("written");
        assert_eq!(read(store), 7);
        assert_eq!(read(Uuid::from_u128(2)), 0);
        let whole = std::fs::read(&path).expect("there");
        for bit in 0..whole.len() * 8 {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(&path, bytes).expect("written");
            assert_eq!(read(store), 0, "bit {bit}");
        }
    }
}
