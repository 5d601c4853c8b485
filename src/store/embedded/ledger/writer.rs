//! The end of the ledger: records become durable in groups, each with one write and one sync.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    super::files::Files,
    Ledger,
    entry::Entry,
    record::{self, MAX_PAYLOAD, Seq},
    segment::{HEADER, Header, Segment},
};
use crate::store::StoreError;

/// The end of the ledger, for writing. There is one.
pub(in super::super) struct Writer {
    ledger: Arc<Ledger>,
    files: Files,
    directory: PathBuf,
    /// A segment that has as many bytes is full.
    segment_bytes: u64,
    next: Seq,
    end: u64,
}

/// Records that become durable together.
pub(in super::super) struct Group {
    bytes: Vec<u8>,
    next: Seq,
    end: u64,
}

impl Writer {
    pub(super) fn new(
        ledger: Arc<Ledger>,
        files: Files,
        directory: &Path,
        segment_bytes: u64,
        next: Seq,
        end: u64,
    ) -> Self {
        Self { ledger, files, directory: directory.to_owned(), segment_bytes, next, end }
    }

    /// The sequence number that the next record gets.
    pub(in super::super) fn next(&self) -> Seq {
        self.next
    }

    /// Cuts off what a write left behind that never became a whole record.
    pub(in super::super) fn cut_torn_end(&self) -> Result<(), StoreError> {
        let segment = self.ledger.segment(|_| true);
        let length = self.end - segment.header.start;
        let n_bytes = segment.len()? - length;
        if n_bytes == 0 {
            return Ok(());
        }
        tracing::warn!(
            seq = self.next,
            offset = self.end,
            n_bytes,
            "the ledger ended in a record that was never wholly written, and so never acknowledged; it was cut off"
        );
        self.files.cut(&segment.file, HEADER + length).map_err(StoreError::io("cutting the ledger"))
    }

    /// Begins a group.
    pub(in super::super) fn group(&self) -> Group {
        Group { bytes: vec![], next: self.next, end: self.end }
    }

    /// Sees to it that the next group has a file to go to. No record is written yet.
    pub(in super::super) fn make_room(&self) -> Result<(), StoreError> {
        let segment = self.ledger.segment(|_| true);
        if segment.is_removed()? {
            return Err(StoreError::Damaged("the file that the ledger is written to was removed".into()));
        }
        if self.segment_bytes <= self.end - segment.header.start { self.rotate() } else { Ok(()) }
    }

    /// Makes a group durable. After an error nobody knows how much of it is: nothing may be
    /// written any more.
    pub(in super::super) fn append(&mut self, group: Group) -> Result<(), StoreError> {
        let segment = self.ledger.segment(|_| true);
        let at = HEADER + self.end - segment.header.start;
        let written = self.files.append(&segment.file, &group.bytes, at);
        written.map_err(StoreError::io("writing to the ledger"))?;
        self.files.sync(&segment.file).map_err(StoreError::io("bringing the ledger to the disk"))?;
        (self.next, self.end) = (group.next, group.end);
        Ok(())
    }

    fn rotate(&self) -> Result<(), StoreError> {
        let header = Header { store: self.ledger.store, first: self.next, start: self.end };
        let segment = Arc::new(Segment::create(&self.files, &self.directory, header)?);
        self.ledger.push(segment);
        Ok(())
    }
}

impl Group {
    /// Adds an entry and says which offset it will have.
    pub(in super::super) fn push(&mut self, entry: &Entry) -> Result<u64, StoreError> {
        let payload = entry.to_payload();
        if MAX_PAYLOAD < payload.len() {
            return Err(StoreError::TooLong(payload.len()));
        }
        let offset = self.end;
        let before = self.bytes.len();
        record::write(&mut self.bytes, self.next, before == 0, &payload);
        self.next += 1;
        self.end += (self.bytes.len() - before) as u64;
        Ok(offset)
    }

    /// Whether there is nothing in it.
    pub(in super::super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The sequence number of its last record.
    pub(in super::super) fn last(&self) -> Seq {
        self.next - 1
    }
}
