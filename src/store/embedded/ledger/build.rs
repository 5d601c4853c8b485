//! Builds the files of a ledger anew, of records that are known already. It is done in a directory
//! of its own, which nobody takes for a ledger before it has got its name.

use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::{
    super::files::{Files, OpenFile},
    record::{self, Seq},
    segment::{self, EXTENT, HEADER, Header},
};
use crate::store::StoreError;

/// So many bytes are written at once.
const CHUNK: usize = 1 << 20;

/// A ledger that is being built.
pub(in super::super) struct Builder {
    files: Files,
    directory: PathBuf,
    store: Uuid,
    segment_bytes: u64,
    next: Seq,
    /// How many bytes of records there are.
    end: u64,
    open: Option<Open>,
    n_bytes: u64,
}

/// The file that is being written.
struct Open {
    file: OpenFile,
    start: u64,
    /// How many bytes of it are written.
    n_written: u64,
    /// What is to be written next.
    bytes: Vec<u8>,
}

impl Builder {
    /// Begins in a directory that is not there yet.
    pub(in super::super) fn new(
        files: &Files,
        directory: &Path,
        store: Uuid,
        segment_bytes: u64,
    ) -> Result<Self, StoreError> {
        files.create_directory(directory).map_err(context(directory))?;
        let (files, directory) = (files.clone(), directory.to_owned());
        Ok(Self { files, directory, store, segment_bytes, next: 1, end: 0, open: None, n_bytes: 0 })
    }

    /// The sequence number that the next record gets.
    pub(in super::super) fn next(&self) -> Seq {
        self.next
    }

    /// Adds a record.
    pub(in super::super) fn push(&mut self, payload: &[u8]) -> Result<(), StoreError> {
        if record::MAX_PAYLOAD < payload.len() {
            return Err(StoreError::TooLong(payload.len()));
        }
        if self.open.as_ref().is_some_and(|it| self.segment_bytes <= self.end - it.start) {
            self.close(false)?;
        }
        let mut open = match self.open.take() {
            Some(open) => open,
            None => self.begin()?,
        };
        let before = open.bytes.len();
        record::write(&mut open.bytes, self.next, true, |it| it.extend(payload));
        self.end += (open.bytes.len() - before) as u64;
        self.next += 1;
        if CHUNK <= open.bytes.len() {
            self.write(&mut open)?;
        }
        self.open = Some(open);
        Ok(())
    }

    /// Brings all of it to the disk; answers how many bytes its files have.
    pub(in super::super) fn finish(mut self) -> Result<u64, StoreError> {
        if self.open.is_none() {
            self.open = Some(self.begin()?);
        }
        self.close(true)?;
        self.files.sync_directory(&self.directory).map_err(context(&self.directory))?;
        Ok(self.n_bytes)
    }

    fn begin(&self) -> Result<Open, StoreError> {
        let header = Header { store: self.store, first: self.next, start: self.end };
        let path = self.directory.join(segment::name(self.next));
        let file = self.files.create(&path).map_err(context(&self.directory))?;
        Ok(Open { file, start: self.end, n_written: 0, bytes: header.to_bytes() })
    }

    fn write(&self, open: &mut Open) -> Result<(), StoreError> {
        let written = self.files.write(&open.file, &open.bytes, open.n_written);
        written.map_err(context(&self.directory))?;
        open.n_written += open.bytes.len() as u64;
        open.bytes.clear();
        Ok(())
    }

    /// Ends a file; the newest one has room behind its records.
    fn close(&mut self, is_newest: bool) -> Result<(), StoreError> {
        let Some(mut open) = self.open.take() else { return Ok(()) };
        if is_newest {
            let length = (HEADER + self.end - open.start).next_multiple_of(EXTENT);
            open.bytes.resize((length - open.n_written) as usize, 0);
        }
        self.write(&mut open)?;
        self.n_bytes += open.n_written;
        self.files.sync(&open.file).map_err(context(&self.directory))
    }
}

fn context(directory: &Path) -> impl FnOnce(std::io::Error) -> StoreError {
    StoreError::io(format!("writing a ledger to {}", directory.display()))
}
