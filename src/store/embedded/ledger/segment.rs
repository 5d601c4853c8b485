//! One file of the ledger: a header, then records, then room for more: zeros. It is created under a
//! temporary name and synced with its directory before anything is written to it. Only the newest
//! one grows; it is sealed, which takes its room away, once the next one is there.
//!
//! Room that is there already makes a sync cost about six tenths of what appending would, because the file's
//! length stays as it is, and writing to it needs no space on the disk.
//!
//! Header: `"MILEPOST" | format u16 | store u128 | first sequence u64 | start u64 | crc32c u32`,
//! numbers little-endian, the store's id as its sixteen bytes.

use std::{
    io,
    path::{Path, PathBuf},
};

use uuid::Uuid;

use super::{
    super::files::{Files, OpenFile},
    record::Seq,
};
use crate::store::StoreError;

/// How many bytes stand before the first record.
pub(super) const HEADER: u64 = 46;

/// The length of the newest segment is a multiple of this.
pub(super) const EXTENT: u64 = 64 << 10;
/// Room is not made in larger steps.
const MAX_STEP: u64 = 1 << 20;

const MAGIC: &[u8; 8] = b"MILEPOST";
const FORMAT: u16 = 1;

/// What a segment says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// Which store it belongs to.
    pub(super) store: Uuid,
    /// The sequence number of its first record.
    pub(super) first: Seq,
    /// How many bytes of records stand in the segments before it.
    pub(super) start: u64,
}

/// An open segment.
pub(super) struct Segment {
    pub(super) header: Header,
    pub(super) file: OpenFile,
}

impl Header {
    /// As it is written.
    pub(super) fn to_bytes(self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(FORMAT.to_le_bytes());
        bytes.extend(self.store.as_bytes());
        bytes.extend(self.first.to_le_bytes());
        bytes.extend(self.start.to_le_bytes());
        bytes.extend(crc32c::crc32c(&bytes).to_le_bytes());
        bytes
    }

    /// As it was written; `None` when it is not what was.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (rest, crc) = bytes.split_last_chunk::<4>()?;
        let (magic, fields) = rest.split_first_chunk::<8>()?;
        let (format, fields) = fields.split_first_chunk::<2>()?;
        let (store, fields) = fields.split_first_chunk::<16>()?;
        let (first, fields) = fields.split_first_chunk::<8>()?;
        let start = fields.try_into().ok()?;
        let ok = crc32c::crc32c(rest) == u32::from_le_bytes(*crc)
            && magic == MAGIC
            && u16::from_le_bytes(*format) == FORMAT;
        ok.then(|| Self {
            store: Uuid::from_bytes(*store),
            first: u64::from_le_bytes(*first),
            start: u64::from_le_bytes(start),
        })
    }
}

impl Segment {
    /// Creates a segment without records.
    pub(super) fn create(files: &Files, directory: &Path, header: Header) -> Result<Self, StoreError> {
        let name = name(header.first);
        let context = || format!("creating the ledger file {name}");
        let mut bytes = header.to_bytes();
        bytes.resize(EXTENT as usize, 0);
        let file = files.publish(&directory.join(&name), &bytes).map_err(StoreError::io(context()))?;
        Ok(Self { header, file })
    }

    /// Opens a segment that is there.
    pub(super) fn open(files: &Files, path: &Path) -> Result<Self, StoreError> {
        let context = || format!("opening the ledger file {}", path.display());
        let broken = || {
            let first = first_of(path).unwrap_or_default();
            StoreError::ledger_damaged(first, "the header of its file is broken")
        };
        let file = files.open(path).map_err(StoreError::io(context()))?;
        let mut bytes = [0; HEADER as usize];
        match files.read(&file, &mut bytes, 0) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Err(broken()),
            Err(error) => return Err(StoreError::io(context())(error)),
        }
        let header = Header::from_bytes(&bytes).filter(|it| first_of(path) == Some(it.first));
        Ok(Self { header: header.ok_or_else(broken)?, file })
    }

    /// What stands behind the header.
    pub(super) fn bytes(&self, files: &Files) -> Result<Vec<u8>, StoreError> {
        let context = || format!("reading the ledger file {}", self.file.path().display());
        let bytes = match files.read_from(&self.file, HEADER) {
            // It was sealed between the question for its length and the reading, which happens once.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => files.read_from(&self.file, HEADER),
            done => done,
        };
        bytes.map_err(StoreError::io(context()))
    }

    /// How many bytes stand behind the header, room included.
    pub(super) fn len(&self) -> Result<u64, StoreError> {
        let context = "asking for the length of a ledger file";
        Ok(self.file.len().map_err(StoreError::io(context))?.saturating_sub(HEADER))
    }

    /// Makes room for a file of at least so many bytes, and more. An error leaves what was there.
    pub(super) fn grow(&self, files: &Files, length: u64) -> io::Result<()> {
        let now = self.file.len()?;
        let step = now.clamp(EXTENT, MAX_STEP);
        let zeros = vec![0; (length.max(now + step).next_multiple_of(EXTENT) - now) as usize];
        files.write(&self.file, &zeros, now)?;
        files.sync(&self.file)
    }
}

/// The paths of all segments, in order. What was left behind under a temporary name is removed.
pub(super) fn list(files: &Files, directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = vec![];
    for path in files.list(directory)? {
        if first_of(&path).is_some() {
            paths.push(path);
        } else if path.extension().is_some_and(|it| it == "tmp") {
            files.remove(&path)?;
        }
    }
    Ok(paths)
}

/// The name of the segment that begins with a record.
pub(super) fn name(first: Seq) -> String {
    format!("{first:020}.ledger")
}

/// The number of the first record, by the name of the file; `None`: it is no segment.
pub(super) fn first_of(path: &Path) -> Option<Seq> {
    path.file_name()?.to_str()?.strip_suffix(".ledger")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_never_changes() {
        let header = Header { store: Uuid::from_u128(1), first: 2, start: 3 };
        let expected = "4d494c45504f53540100000000000000000000000000000000010200000000000000\
                        03000000000000005c585a26";
        let bytes = header.to_bytes();
        assert_eq!(bytes.len() as u64, HEADER);
        assert_eq!(data_encoding::HEXLOWER.encode(&bytes), expected);
        assert_eq!(Header::from_bytes(&bytes), Some(header));
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let header = Header { store: Uuid::from_u128(1), first: 2, start: 3 };
        for bit in 0..HEADER as usize * 8 {
            let mut bytes = header.to_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Header::from_bytes(&bytes), None, "bit {bit}");
        }
    }
}
