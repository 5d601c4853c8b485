//! The ledger: all that ever happened, in order, in files that are only appended to. It is the one
//! place that an acknowledged commit has to be in.
//!
//! A *group* of records is written with one write and made durable with one `fdatasync`. An
//! *offset* is a place in the ledger as if it were one file without headers; it stays the same
//! when segments move.

mod blank;
mod build;
pub(super) mod entry;
mod record;
mod segment;
mod survey;
mod tail;
mod witness;
mod writer;

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use uuid::Uuid;

use self::{
    entry::Entry,
    record::{PREFIX, Record},
    segment::{HEADER, Header, Segment},
    tail::{End, Extent},
    witness::Witness,
};
use super::files::Files;
use crate::store::StoreError;

pub(super) use blank::blanked;
pub(super) use build::Builder;
pub(super) use record::{MAX_PAYLOAD, Seq};
pub use survey::Damage;
pub(super) use survey::{Found, Site, survey};
pub(super) use writer::{Group, Writer};

/// Where a ledger is, and how it is opened.
pub(super) struct Place {
    pub(super) files: Files,
    /// The directory of its segments.
    pub(super) directory: PathBuf,
    /// The file that says how far it was acknowledged.
    pub(super) witness: PathBuf,
    /// The id of the store, if it is new.
    pub(super) new_store: Uuid,
    /// A segment that has as many bytes is full.
    pub(super) segment_bytes: u64,
}

/// The ledger, for reading.
pub(super) struct Ledger {
    store: Uuid,
    files: Files,
    /// In order, at least one. Only the [`Writer`] adds to them.
    segments: RwLock<Vec<Arc<Segment>>>,
    /// The last record that is durable, and the offset behind it.
    durable: Mutex<(Seq, u64)>,
}

impl Ledger {
    /// Whether there is any file of a ledger in this directory.
    pub(super) fn is_in(files: &Files, directory: &Path) -> Result<bool, StoreError> {
        let paths = segment::list(files, directory).map_err(StoreError::io("listing the ledger files"))?;
        Ok(!paths.is_empty())
    }

    /// Opens the ledger in this place, or begins one for a new store. Nothing may be read from its
    /// end or written to it before [`Writer::settle`].
    pub(super) fn open(place: &Place) -> Result<(Arc<Self>, Writer), StoreError> {
        let Place { files, directory, .. } = place;
        let paths = segment::list(files, directory).map_err(StoreError::io("listing the ledger files"))?;
        let mut segments = paths.iter().map(|it| Segment::open(files, it)).collect::<Result<Vec<_>, _>>()?;
        if segments.is_empty() {
            let header = Header { store: place.new_store, first: 1, start: 0 };
            segments.push(Segment::create(files, directory, header)?);
        } else {
            // A crash may have come before the name of the newest was on the disk, and the one before
            // it must not be sealed as long as that name can be lost.
            files
                .sync_directory(directory)
                .map_err(StoreError::io("bringing the ledger's names to the disk"))?;
        }
        check_chain(files, &segments)?;
        let store = segments[0].header.store;
        let newest = segments.last().expect("at least one").header;
        let segments = RwLock::new(segments.into_iter().map(Arc::new).collect());
        let ledger = Arc::new(Self { store, files: files.clone(), segments, durable: Mutex::default() });
        ledger.seal_all()?;
        let extent = ledger.end_of(&ledger.newest())?;
        ledger.set_durable(extent.next - 1, newest.start + extent.length as u64);
        check_end(extent.next - 1, witness::read(files, &place.witness, store)?)?;
        let writer = Writer {
            ledger: ledger.clone(),
            files: files.clone(),
            directory: directory.clone(),
            segment_bytes: place.segment_bytes,
            witness: Witness::open(files, &place.witness, store)?,
            next: extent.next,
            end: newest.start + extent.length as u64,
            last_group: newest.start + extent.last_group as u64,
        };
        Ok((ledger, writer))
    }

    /// Which store this is the ledger of.
    pub(super) fn store(&self) -> Uuid {
        self.store
    }

    /// What the record at an offset says.
    pub(super) fn entry(&self, offset: u64) -> Result<Entry, StoreError> {
        let segment = self.segment(|it| it.start <= offset);
        let bytes = match self.read_record(&segment, HEADER + offset - segment.header.start) {
            // What it says of its own length is broken, or the file is cut.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(self.damaged_at(&segment, offset));
            }
            read => read.map_err(StoreError::io("reading the ledger"))?,
        };
        match record::read(&bytes) {
            Some(record) => Entry::from_payload(record.seq, record.payload),
            None => Err(self.damaged_at(&segment, offset)),
        }
    }

    /// Hands on every entry between two sequence numbers, with its offset.
    pub(super) fn replay(
        &self,
        from: Seq,
        to: Seq,
        mut each: impl FnMut(Seq, u64, Entry) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.records(from, to, |offset, record| {
            each(record.seq, offset, Entry::from_payload(record.seq, record.payload)?)
        })
    }

    /// Hands on every record between two sequence numbers, with its offset. An error names the first
    /// one that is not whole.
    pub(super) fn records(
        &self,
        from: Seq,
        to: Seq,
        mut each: impl FnMut(u64, &Record<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut next = self.segment_of(from).0.header.first;
        while next <= to {
            let (segment, last) = self.segment_of(next);
            let bytes = segment.bytes(&self.files)?;
            let mut at = 0;
            while next <= last.min(to) {
                let record = record::read(&bytes[at..]).filter(|it| it.seq == next);
                let Some(record) = record else {
                    return Err(StoreError::ledger_damaged(next, "it is not whole"));
                };
                if from <= next {
                    each(segment.header.start + at as u64, &record)?;
                }
                at += record.size();
                next += 1;
            }
        }
        Ok(())
    }

    /// A crash may have come between a segment and the seal of the one before it.
    fn seal_all(&self) -> Result<(), StoreError> {
        let segments = self.segments.read().unwrap_or_else(PoisonError::into_inner).clone();
        segments.windows(2).try_for_each(|it| self.seal(&it[0], it[1].header.start))
    }

    /// Takes away the room behind the last record of a segment that is not the newest any more.
    fn seal(&self, segment: &Segment, end: u64) -> Result<(), StoreError> {
        let length = end - segment.header.start;
        if segment.len()? == length {
            return Ok(());
        }
        let sealed = self.files.cut(&segment.file, HEADER + length);
        sealed.and_then(|()| self.files.sync(&segment.file)).map_err(StoreError::io("sealing a ledger file"))
    }

    /// The last record that is durable, and the offset behind it.
    pub(super) fn durable(&self) -> (Seq, u64) {
        *self.durable.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_durable(&self, last: Seq, end: u64) {
        *self.durable.lock().unwrap_or_else(PoisonError::into_inner) = (last, end);
    }

    fn push(&self, segment: Arc<Segment>) {
        self.segments.write().unwrap_or_else(PoisonError::into_inner).push(segment);
    }

    fn replace_newest(&self, segment: Arc<Segment>) {
        let mut segments = self.segments.write().unwrap_or_else(PoisonError::into_inner);
        *segments.last_mut().expect("at least one") = segment;
    }

    fn newest(&self) -> Arc<Segment> {
        self.segment(|_| true)
    }

    /// The last segment of which this is true; it is true of the first ones.
    fn segment(&self, up_to: impl Fn(&Header) -> bool) -> Arc<Segment> {
        let segments = self.segments.read().unwrap_or_else(PoisonError::into_inner);
        let after = segments.partition_point(|it| up_to(&it.header));
        segments[after.saturating_sub(1)].clone()
    }

    /// The segment that a record is in, and its last record; the newest one has no last record.
    fn segment_of(&self, seq: Seq) -> (Arc<Segment>, Seq) {
        let segments = self.segments.read().unwrap_or_else(PoisonError::into_inner);
        let after = segments.partition_point(|it| it.header.first <= seq);
        let last = segments.get(after).map_or(Seq::MAX, |it| it.header.first - 1);
        (segments[after.saturating_sub(1)].clone(), last)
    }

    /// Where the newest segment ends.
    fn end_of(&self, segment: &Segment) -> Result<Extent, StoreError> {
        let extent = tail::extent(&segment.bytes(&self.files)?, segment.header.first);
        if extent.end == End::Damaged {
            let how = "it was whole once, and is broken or gone";
            return Err(StoreError::ledger_damaged(extent.next, how));
        }
        Ok(extent)
    }

    /// The bytes of the record at a place in a file, or fewer.
    fn read_record(&self, segment: &Segment, at: u64) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; PREFIX];
        self.files.read(&segment.file, &mut bytes, at)?;
        if let Some(length) = record::payload_len(&bytes) {
            bytes.resize(PREFIX + length, 0);
            self.files.read(&segment.file, &mut bytes[PREFIX..], at + PREFIX as u64)?;
        }
        Ok(bytes)
    }

    /// Names the record at an offset, which cannot name itself.
    fn damaged_at(&self, segment: &Segment, offset: u64) -> StoreError {
        let Ok(bytes) = segment.bytes(&self.files) else {
            return StoreError::Damaged(format!("the ledger at offset {offset} cannot be read"));
        };
        let whole = (offset - segment.header.start) as usize;
        let extent = tail::extent(&bytes[..whole.min(bytes.len())], segment.header.first);
        StoreError::ledger_damaged(extent.next, "it is not whole")
    }
}

/// Refuses a ledger that ends before a record that was acknowledged.
pub(super) fn check_end(end: Seq, acknowledged: Seq) -> Result<(), StoreError> {
    if acknowledged <= end {
        return Ok(());
    }
    let how = format!("it is broken or gone, and all up to {acknowledged} were acknowledged");
    Err(StoreError::ledger_damaged(end + 1, &how))
}

/// Whether each segment begins where the one before it ends.
fn check_chain(files: &Files, segments: &[Segment]) -> Result<(), StoreError> {
    let first = &segments[0].header;
    if first.first != 1 || first.start != 0 {
        return Err(StoreError::ledger_damaged(1, "its file is missing"));
    }
    for pair in segments.windows(2) {
        let (segment, header) = (&pair[0], &pair[1].header);
        if header.store != first.store {
            return Err(StoreError::ledger_damaged(header.first, "its file belongs to another store"));
        }
        // It may be longer: then it was not sealed yet.
        if segment.header.start + segment.len()? < header.start {
            let next = tail::extent(&segment.bytes(files)?, segment.header.first).next;
            return Err(StoreError::ledger_damaged(next, "its file does not reach to the next one"));
        }
    }
    Ok(())
}
