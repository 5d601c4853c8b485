//! The ledger: all that ever happened, in order, in files that are only appended to. It is the one
//! place that an acknowledged commit has to be in.
//!
//! A *group* of records is written with one write and made durable with one `fdatasync`. An
//! *offset* is a place in the ledger as if it were one file without headers; it stays the same
//! when segments move.

pub(super) mod entry;
mod record;
mod segment;
mod tail;
mod writer;

use std::{
    os::unix::fs::FileExt as _,
    path::Path,
    sync::{Arc, PoisonError, RwLock},
};

use uuid::Uuid;

use self::{
    entry::Entry,
    record::PREFIX,
    segment::{HEADER, Header, Segment},
    tail::End,
};
use super::files::Files;
use crate::store::StoreError;

pub(super) use record::Seq;
pub(super) use writer::{Group, Writer};

/// The ledger, for reading.
pub(super) struct Ledger {
    store: Uuid,
    /// In order, at least one. Only the [`Writer`] adds to them.
    segments: RwLock<Vec<Arc<Segment>>>,
}

impl Ledger {
    /// Opens the ledger in this directory, or begins one for a new store. Nothing may be read from
    /// its end or written to it before [`Writer::cut_torn_end`].
    pub(super) fn open(
        directory: &Path,
        files: Files,
        new_store: Uuid,
        segment_bytes: u64,
    ) -> Result<(Arc<Self>, Writer), StoreError> {
        let paths = segment::list(directory).map_err(StoreError::io("listing the ledger files"))?;
        let mut segments = paths.into_iter().map(Segment::open).collect::<Result<Vec<_>, _>>()?;
        if segments.is_empty() {
            let header = Header { store: new_store, first: 1, start: 0 };
            segments.push(Segment::create(&files, directory, header)?);
        }
        check_chain(&segments)?;
        let last = segments.last().expect("at least one");
        let (next, length) = end_of(last)?;
        let end = last.header.start + length;
        let segments = segments.into_iter().map(Arc::new).collect::<Vec<_>>();
        let store = segments[0].header.store;
        let ledger = Arc::new(Self { store, segments: RwLock::new(segments) });
        let writer = Writer::new(ledger.clone(), files, directory, segment_bytes, next, end);
        Ok((ledger, writer))
    }

    /// Which store this is the ledger of.
    pub(super) fn store(&self) -> Uuid {
        self.store
    }

    /// What the record at an offset says.
    pub(super) fn entry(&self, offset: u64) -> Result<Entry, StoreError> {
        let segment = self.segment(|it| it.start <= offset);
        let at = HEADER + offset - segment.header.start;
        let bytes = read_record(&segment, at).map_err(StoreError::io("reading the ledger"))?;
        match record::read(&bytes) {
            Some(record) => Entry::from_payload(record.seq, record.payload),
            None => Err(damaged_at(&segment, offset)),
        }
    }

    /// Hands on every entry from a sequence number on, with its offset.
    pub(super) fn replay(
        &self,
        from: Seq,
        mut each: impl FnMut(Seq, u64, Entry) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut next = self.segment(|it| it.first <= from).header.first;
        loop {
            let segment = self.segment(|it| it.first <= next);
            let bytes = segment.bytes()?;
            let mut at = 0;
            while at < bytes.len() {
                let record = record::read(&bytes[at..]).filter(|it| it.seq == next);
                let Some(record) = record else {
                    return Err(StoreError::ledger_damaged(next, "it is not whole"));
                };
                if from <= next {
                    let offset = segment.header.start + at as u64;
                    each(next, offset, Entry::from_payload(next, record.payload)?)?;
                }
                at += record.size();
                next += 1;
            }
            if self.segment(|it| it.first <= next).header.first != next || bytes.is_empty() {
                return Ok(());
            }
        }
    }

    fn push(&self, segment: Arc<Segment>) {
        self.segments.write().unwrap_or_else(PoisonError::into_inner).push(segment);
    }

    /// The last segment of which this is true; it is true of the first ones.
    fn segment(&self, up_to: impl Fn(&Header) -> bool) -> Arc<Segment> {
        let segments = self.segments.read().unwrap_or_else(PoisonError::into_inner);
        let after = segments.partition_point(|it| up_to(&it.header));
        segments[after.saturating_sub(1)].clone()
    }
}

/// Whether each segment begins where the one before it ends.
fn check_chain(segments: &[Segment]) -> Result<(), StoreError> {
    let first = &segments[0].header;
    if first.first != 1 || first.start != 0 {
        return Err(StoreError::ledger_damaged(1, "its file is missing"));
    }
    for pair in segments.windows(2) {
        let (segment, header) = (&pair[0], &pair[1].header);
        if header.store != first.store {
            return Err(StoreError::ledger_damaged(header.first, "its file belongs to another store"));
        }
        if segment.header.start + segment.len()? != header.start {
            let next = tail::extent(&segment.bytes()?, segment.header.first).next;
            return Err(StoreError::ledger_damaged(next, "its file does not reach to the next one"));
        }
    }
    Ok(())
}

/// The next sequence number and the length of the newest segment, without its torn end.
fn end_of(segment: &Segment) -> Result<(Seq, u64), StoreError> {
    let bytes = segment.bytes()?;
    let extent = tail::extent(&bytes, segment.header.first);
    if extent.end == End::Damaged {
        return Err(StoreError::ledger_damaged(extent.next, "there are whole ones behind it"));
    }
    Ok((extent.next, extent.length as u64))
}

/// The bytes of the record at a place in a file, or fewer.
fn read_record(segment: &Segment, at: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = vec![0; PREFIX];
    segment.file.read_exact_at(&mut bytes, at)?;
    if let Some(length) = record::payload_len(&bytes) {
        bytes.resize(PREFIX + length, 0);
        segment.file.read_exact_at(&mut bytes[PREFIX..], at + PREFIX as u64)?;
    }
    Ok(bytes)
}

/// Names the record at an offset, which cannot name itself.
fn damaged_at(segment: &Segment, offset: u64) -> StoreError {
    let Ok(bytes) = segment.bytes() else {
        return StoreError::Damaged(format!("the ledger at offset {offset} cannot be read"));
    };
    let whole = (offset - segment.header.start) as usize;
    let extent = tail::extent(&bytes[..whole.min(bytes.len())], segment.header.first);
    StoreError::ledger_damaged(extent.next, "it is not whole")
}
