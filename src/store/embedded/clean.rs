//! What a clean close leaves behind, so that a change behind our back is noticed.

use std::{io, path::Path};

use serde::{Deserialize, Serialize};

use super::{files::Files, ledger::Seq};

/// What a clean close leaves behind.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Clean {
    /// The last record of the ledger.
    pub(super) end: Seq,
    /// sled's files.
    pub(super) files: Vec<Seal>,
}

impl Clean {
    /// As it is written: JSON, and on a line of its own the CRC of that, so that no flipped bit is
    /// taken for another end of the ledger.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let json = serde_json::to_string(self).expect("a marker has no map");
        format!("{json}\n{:08x}\n", crc32c::crc32c(json.as_bytes())).into_bytes()
    }

    /// As it was written; `None` when it is not.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let json = bytes.split(|it| *it == b'\n').next()?;
        let clean: Self = serde_json::from_slice(json).ok()?;
        (clean.to_bytes() == bytes).then_some(clean)
    }
}

/// What a file looked like.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Seal {
    name: String,
    length: u64,
    crc32c: u32,
}

/// What the files in sled's directory look like. They are read whole: at a gigabyte a second this is
/// much faster than an audit.
pub(super) fn seals(files: &Files, sled: &Path) -> io::Result<Vec<Seal>> {
    let mut seals = vec![];
    for path in files.list(sled)? {
        if path.is_file() {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let (length, crc32c) = checksum(files, &path)?;
            seals.push(Seal { name, length, crc32c });
        }
    }
    seals.sort();
    Ok(seals)
}

fn checksum(files: &Files, path: &Path) -> io::Result<(u64, u32)> {
    let file = files.open(path)?;
    let (length, mut at, mut crc, mut buffer) = (file.len()?, 0, 0, vec![0; 1 << 20]);
    while at < length {
        let n_bytes = (length - at).min(buffer.len() as u64);
        files.read(&file, &mut buffer[..n_bytes as usize], at)?;
        crc = crc32c::crc32c_append(crc, &buffer[..n_bytes as usize]);
        at += n_bytes;
    }
    Ok((length, crc))
}
