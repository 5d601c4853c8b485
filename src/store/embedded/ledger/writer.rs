//! The end of the ledger: records become durable in groups, each with one write and one sync.

use std::{path::PathBuf, sync::Arc};

use super::{
    super::files::Files,
    Ledger,
    record::{self, MAX_PAYLOAD, Seq},
    segment::{HEADER, Header, Segment},
    witness::Witness,
};
use crate::store::StoreError;

/// Most groups are shorter.
const GROUP_BYTES: usize = 64 << 10;

/// The end of the ledger, for writing. There is one.
pub(in super::super) struct Writer {
    pub(super) ledger: Arc<Ledger>,
    pub(super) files: Files,
    pub(super) directory: PathBuf,
    /// A segment that has as many bytes is full.
    pub(super) segment_bytes: u64,
    pub(super) witness: Witness,
    pub(super) next: Seq,
    pub(super) end: u64,
    /// Where the last group begins.
    pub(super) last_group: u64,
}

/// Records that become durable together.
pub(in super::super) struct Group {
    bytes: Vec<u8>,
    next: Seq,
    end: u64,
}

impl Writer {
    /// The sequence number that the next record gets.
    pub(in super::super) fn next(&self) -> Seq {
        self.next
    }

    /// Makes the end of a ledger that was not closed cleanly sound, before anything of it is shown.
    ///
    /// What a write left behind that did not finish is overwritten with zeros. The last group is
    /// written once more and synced: nobody knows whether it ever reached the disk, and after a sync
    /// that failed the operating system may believe so wrongly.
    pub(in super::super) fn settle(&self) -> Result<(), StoreError> {
        let segment = self.ledger.newest();
        let mut bytes = segment.bytes(&self.files)?;
        let length = (self.end - segment.header.start) as usize;
        let torn = &mut bytes[length..];
        let n_torn = torn.iter().rposition(|it| *it != 0).map_or(0, |it| it + 1);
        if n_torn != 0 {
            tracing::warn!(
                seq = self.next,
                offset = self.end,
                n_bytes = n_torn,
                "the ledger ended in a record that was never wholly written, and so never acknowledged; it was cut off"
            );
            torn.fill(0);
        }
        let from = (self.last_group - segment.header.start) as usize;
        let settled = self.files.write(&segment.file, &bytes[from..], HEADER + from as u64);
        settled.and_then(|()| self.files.sync(&segment.file)).map_err(StoreError::io("settling the ledger"))
    }

    /// Takes back what was not acknowledged, through a new handle, so that writing can go on after
    /// an operation failed.
    pub(in super::super) fn reopen(&mut self) -> Result<(), StoreError> {
        let old = self.ledger.newest();
        let segment = Segment::open(&self.files, old.file.path())?;
        let at = HEADER + self.end - segment.header.start;
        let zeros = vec![0; (HEADER + segment.len()?).saturating_sub(at) as usize];
        let cleared = self.files.write(&segment.file, &zeros, at);
        cleared
            .and_then(|()| self.files.sync(&segment.file))
            .map_err(StoreError::io("reopening the ledger"))?;
        self.ledger.replace_newest(Arc::new(segment));
        Ok(())
    }

    /// Begins a group.
    pub(in super::super) fn group(&self) -> Group {
        Group { bytes: Vec::with_capacity(GROUP_BYTES), next: self.next, end: self.end }
    }

    /// Sees to it that a group has a place to go to. No record is written yet.
    pub(in super::super) fn make_room(&self, group: &Group) -> Result<(), StoreError> {
        let mut segment = self.ledger.newest();
        if segment.file.is_removed().map_err(StoreError::io("asking for a ledger file's names"))? {
            return Err(StoreError::Damaged("the file that the ledger is written to was removed".into()));
        }
        if self.segment_bytes <= self.end - segment.header.start {
            segment = self.rotate(&segment)?;
        }
        let length = HEADER + group.end - segment.header.start;
        if HEADER + segment.len()? < length {
            segment.grow(&self.files, length).map_err(StoreError::io("making room in the ledger"))?;
        }
        Ok(())
    }

    /// Makes a group durable. After an error nobody knows how much of it is: nothing may be
    /// written before the ledger is opened again.
    pub(in super::super) fn append(&mut self, group: Group) -> Result<(), StoreError> {
        let segment = self.ledger.newest();
        let at = HEADER + self.end - segment.header.start;
        let written = self.files.write(&segment.file, &group.bytes, at);
        written.map_err(StoreError::io("writing to the ledger"))?;
        self.files.sync(&segment.file).map_err(StoreError::io("bringing the ledger to the disk"))?;
        self.witness.write(&self.files, group.last())?;
        self.last_group = self.end;
        (self.next, self.end) = (group.next, group.end);
        self.ledger.set_durable(self.next - 1, self.end);
        Ok(())
    }

    fn rotate(&self, full: &Segment) -> Result<Arc<Segment>, StoreError> {
        let header = Header { store: self.ledger.store, first: self.next, start: self.end };
        let segment = Arc::new(Segment::create(&self.files, &self.directory, header)?);
        self.ledger.push(segment.clone());
        self.ledger.seal(full, self.end)?;
        Ok(segment)
    }
}

impl Group {
    /// Adds the entry that is appended and says which offset it will have.
    pub(in super::super) fn push(&mut self, append: impl FnOnce(&mut Vec<u8>)) -> Result<u64, StoreError> {
        let (offset, before) = (self.end, self.bytes.len());
        let length = record::write(&mut self.bytes, self.next, before == 0, append);
        if MAX_PAYLOAD < length {
            self.bytes.truncate(before);
            return Err(StoreError::TooLong(length));
        }
        self.next += 1;
        self.end += (self.bytes.len() - before) as u64;
        Ok(offset)
    }

    /// Where its next record will stand.
    pub(in super::super) fn end(&self) -> u64 {
        self.end
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
