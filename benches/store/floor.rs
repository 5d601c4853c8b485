//! The floor of durable writing: as many bytes as our ledger takes, with one write and one
//! `fdatasync` for each group, and nothing else.

use std::{
    fs::File,
    io::{Seek as _, SeekFrom, Write as _},
    path::Path,
};

use milepost::store::Commit;

use crate::grouped::Sink;

/// How large the file is that is written beforehand.
const PREWRITTEN: u64 = 256 << 20;

/// A file.
pub(crate) struct Floor {
    file: File,
    bytes_per_commit: usize,
    bytes: Vec<u8>,
    /// Where writing starts again; `None`: the file grows.
    end: Option<u64>,
    at: u64,
}

impl Floor {
    /// A file that grows with every group, so that its length must become durable, too.
    pub(crate) fn growing(path: &Path, bytes_per_commit: usize) -> Self {
        let file = File::create_new(path).expect("a new file");
        Self { file, bytes_per_commit, bytes: vec![], end: None, at: 0 }
    }

    /// A file that was written beforehand, so that only bytes must become durable.
    pub(crate) fn prewritten(path: &Path, bytes_per_commit: usize) -> Self {
        let mut floor = Self::growing(path, bytes_per_commit);
        let zeros = vec![0; 1 << 20];
        for _ in 0..PREWRITTEN / zeros.len() as u64 {
            floor.file.write_all(&zeros).expect("written");
        }
        floor.file.sync_all().expect("synced");
        floor.file.seek(SeekFrom::Start(0)).expect("at the start");
        floor.end = Some(PREWRITTEN);
        floor
    }
}

impl Sink for Floor {
    fn write(&mut self, commits: Vec<Commit>) {
        let n_bytes = commits.len() * self.bytes_per_commit;
        if self.bytes.len() < n_bytes {
            self.bytes = (0..n_bytes).map(|it| it as u8 | 1).collect();
        }
        if self.end.is_some_and(|it| it < self.at + n_bytes as u64) {
            self.at = self.file.seek(SeekFrom::Start(0)).expect("at the start");
        }
        self.file.write_all(&self.bytes[..n_bytes]).expect("written");
        self.file.sync_data().expect("synced");
        self.at += n_bytes as u64;
    }
}
