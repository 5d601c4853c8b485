//! One file of the ledger: a header, then records. It is created under a temporary name and synced
//! with its directory before anything is written to it; only the newest one grows.
//!
//! Header: `"MILEPOST" | format u16 | store u128 | first sequence u64 | start u64 | crc32c u32`,
//! numbers little-endian, the store's id as its sixteen bytes.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use uuid::Uuid;

use super::{super::files::Files, record::Seq};
use crate::store::StoreError;

/// How many bytes stand before the first record.
pub(super) const HEADER: u64 = 46;

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
    pub(super) file: File,
    path: PathBuf,
}

impl Header {
    fn to_bytes(self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(FORMAT.to_le_bytes());
        bytes.extend(self.store.as_bytes());
        bytes.extend(self.first.to_le_bytes());
        bytes.extend(self.start.to_le_bytes());
        bytes.extend(crc32c::crc32c(&bytes).to_le_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
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
        files.publish(directory, &name, &header.to_bytes()).map_err(StoreError::io(context()))?;
        Self::open(directory.join(&name))
    }

    /// Opens a segment that is there.
    pub(super) fn open(path: PathBuf) -> Result<Self, StoreError> {
        use std::os::unix::fs::FileExt as _;
        let context = format!("opening the ledger file {}", path.display());
        let file = File::options().read(true).write(true).open(&path).map_err(StoreError::io(context))?;
        let mut bytes = [0; HEADER as usize];
        let header = file.read_exact_at(&mut bytes, 0).ok().and_then(|()| Header::from_bytes(&bytes));
        match header {
            Some(header) if first_of(&path) == Some(header.first) => Ok(Self { header, file, path }),
            _ => {
                let first = first_of(&path).unwrap_or_default();
                Err(StoreError::ledger_damaged(first, "the header of its file is broken"))
            }
        }
    }

    /// All records, as bytes.
    pub(super) fn bytes(&self) -> Result<Vec<u8>, StoreError> {
        let mut bytes = std::fs::read(&self.path)
            .map_err(StoreError::io(format!("reading the ledger file {}", self.path.display())))?;
        bytes.drain(..HEADER as usize);
        Ok(bytes)
    }

    /// Whether its file has no name any more: what is written to it nobody will ever find.
    pub(super) fn is_removed(&self) -> Result<bool, StoreError> {
        use std::os::unix::fs::MetadataExt as _;
        let metadata = self.file.metadata().map_err(StoreError::io("asking for a ledger file's names"))?;
        Ok(metadata.nlink() == 0)
    }

    /// How many bytes of records it has.
    pub(super) fn len(&self) -> Result<u64, StoreError> {
        let context = "asking for the length of a ledger file";
        Ok(self.file.metadata().map_err(StoreError::io(context))?.len() - HEADER)
    }
}

/// The paths of all segments, in order. What was left behind under a temporary name is removed.
pub(super) fn list(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = vec![];
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if first_of(&path).is_some() {
            paths.push(path);
        } else if path.extension().is_some_and(|it| it == "tmp") {
            std::fs::remove_file(path)?;
        }
    }
    paths.sort();
    Ok(paths)
}

fn name(first: Seq) -> String {
    format!("{first:020}.ledger")
}

fn first_of(path: &Path) -> Option<Seq> {
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
