//! What a clean close leaves behind, so that a change behind our back is noticed.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::Path,
};

use serde::{Deserialize, Serialize};

use super::ledger::Seq;

/// What a clean close leaves behind.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Clean {
    /// The last record of the ledger.
    pub(super) end: Seq,
    /// sled's files.
    pub(super) files: Vec<Seal>,
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
pub(super) fn seals(sled: &Path) -> io::Result<Vec<Seal>> {
    let mut seals = vec![];
    for entry in fs::read_dir(sled)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let (length, crc32c) = checksum(&entry.path())?;
            seals.push(Seal { name, length, crc32c });
        }
    }
    seals.sort();
    Ok(seals)
}

fn checksum(path: &Path) -> io::Result<(u64, u32)> {
    let mut file = File::open(path)?;
    let (mut length, mut crc, mut buffer) = (0, 0, vec![0; 1 << 20]);
    loop {
        let n_read = file.read(&mut buffer)?;
        if n_read == 0 {
            return Ok((length, crc));
        }
        length += n_read as u64;
        crc = crc32c::crc32c_append(crc, &buffer[..n_read]);
    }
}
