//! Blanks what erasures voided: a commit about an erased learner keeps its place, its length and its
//! number, but says no more than what others count by. So offsets stay as they are, and rows too; those
//! of feeds may name batches of which nothing is left.
//!
//! A file is written anew beside the old one and takes its name. Whoever reads the old one meanwhile
//! goes on reading it. A crash leaves the old one or the new one, and what is in one file does not
//! depend on whether another was blanked yet.

use std::{
    collections::HashSet,
    sync::{Arc, PoisonError},
};

use super::{
    Ledger,
    entry::Entry,
    record::{self, Seq},
    segment::{HEADER, Segment},
};
use crate::{domain::id::LearnerId, store::StoreError};

impl Ledger {
    /// Who was erased, up to a record.
    pub(in super::super) fn erased(
        &self,
        to: Seq,
        go_on: impl Fn() -> Result<(), StoreError>,
    ) -> Result<HashSet<LearnerId>, StoreError> {
        let mut erased = HashSet::new();
        self.replay(1, to, |_, _, entry| {
            go_on()?;
            if let Entry::Erase(it) = entry {
                erased.insert(it.learner);
            }
            Ok(())
        })?;
        Ok(erased)
    }

    /// How many bytes its files have.
    pub(in super::super) fn n_bytes(&self) -> Result<u64, StoreError> {
        let segments = self.segments.read().unwrap_or_else(PoisonError::into_inner).clone();
        segments.iter().try_fold(0, |sum, it| Ok(sum + HEADER + it.len()?))
    }

    /// The first record of the newest file.
    pub(in super::super) fn newest_first(&self) -> Seq {
        self.newest().header.first
    }

    /// Blanks what there is of learners in all files but the newest, from the file with a record on.
    /// Answers how many records it was.
    pub(in super::super) fn blank_sealed(
        &self,
        erased: &HashSet<LearnerId>,
        from: Seq,
        go_on: impl Fn() -> Result<(), StoreError>,
    ) -> Result<u64, StoreError> {
        let segments = self.segments.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut n_blanked = 0;
        for pair in segments.windows(2).filter(|it| from <= it[0].header.first) {
            go_on()?;
            let (segment, later) = (&pair[0], pair[1].header);
            let length = (later.start - segment.header.start) as usize;
            // It may have room still: then it is just being sealed.
            n_blanked += self.blank(segment, later.first - 1, |it| it.truncate(length), erased)?;
        }
        Ok(n_blanked)
    }

    /// Blanks what there is of learners in the newest file. Nobody may write meanwhile. After an
    /// error nothing more is written, because the file may have lost its name.
    pub(in super::super) fn blank_newest(&self, erased: &HashSet<LearnerId>) -> Result<u64, StoreError> {
        let (last, end) = self.durable();
        let segment = self.newest();
        let length = (end - segment.header.start) as usize;
        // What stands behind the end was never acknowledged.
        self.blank(&segment, last, |it| it[length..].fill(0), erased)
    }

    fn blank(
        &self,
        segment: &Segment,
        last: Seq,
        trim: impl FnOnce(&mut Vec<u8>),
        erased: &HashSet<LearnerId>,
    ) -> Result<u64, StoreError> {
        let mut bytes = segment.bytes(&self.files)?;
        let n_blanked = blank_records(&mut bytes, segment.header.first, last, erased)?;
        if n_blanked != 0 {
            trim(&mut bytes);
            bytes.splice(..0, segment.header.to_bytes());
            let file = self.files.publish(segment.file.path(), &bytes);
            let file = file.map_err(StoreError::io("blanking a ledger file"))?;
            self.replace(Segment { header: segment.header, file });
        }
        Ok(n_blanked)
    }

    /// Goes on with another file in place of the one with the same records.
    fn replace(&self, segment: Segment) {
        let mut segments = self.segments.write().unwrap_or_else(PoisonError::into_inner);
        let old = segments.iter_mut().find(|it| it.header == segment.header);
        *old.expect("segments do not go") = Arc::new(segment);
    }
}

/// Blanks the records of erased learners among those from one to another; answers how many it was.
fn blank_records(
    bytes: &mut [u8],
    first: Seq,
    last: Seq,
    erased: &HashSet<LearnerId>,
) -> Result<u64, StoreError> {
    let (mut at, mut n_blanked) = (0, 0);
    for seq in first..=last {
        let record = record::read(&bytes[at..]).filter(|it| it.seq == seq);
        let record = record.ok_or_else(|| StoreError::ledger_damaged(seq, "it is not whole"))?;
        let (size, starts_group) = (record.size(), record.starts_group);
        if let Some(payload) = blanked(seq, record.payload, erased)? {
            let mut blank = Vec::with_capacity(size);
            record::write(&mut blank, seq, starts_group, |it| it.extend(payload));
            bytes[at..at + size].copy_from_slice(&blank);
            n_blanked += 1;
        }
        at += size;
    }
    Ok(n_blanked)
}

/// What a record says instead, in as many bytes; `None`: it stays as it is.
pub(in super::super) fn blanked(
    seq: Seq,
    payload: &[u8],
    erased: &HashSet<LearnerId>,
) -> Result<Option<Vec<u8>>, StoreError> {
    if erased.is_empty() {
        return Ok(None);
    }
    let Entry::Commit(committed) = Entry::from_payload(seq, payload)? else { return Ok(None) };
    if !erased.contains(&committed.learner) {
        return Ok(None);
    }
    let mut blank = Entry::Void(committed.to_voided()).to_payload();
    if payload.len() < blank.len() {
        // None that was ever written is so short: see the test of entries.
        return Err(StoreError::ledger_damaged(seq, "it is too short to be blanked"));
    }
    blank.resize(payload.len(), b' ');
    Ok(Some(blank))
}
