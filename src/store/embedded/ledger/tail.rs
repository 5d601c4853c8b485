//! Where the records of the newest segment end, and what it means when they do not end well.
//!
//! A segment has room before it has records: it grows by zeros, which are synced before anything is
//! written over them, and a group never reaches beyond them. A disk writes whole sectors. So a
//! write that did not finish has left at least one sector of its group as it was: zeros. What is
//! broken otherwise was whole once.

use super::{
    record::{self, Seq},
    segment::{EXTENT, HEADER},
};

/// The smallest unit that a disk writes whole or not at all.
const SECTOR: usize = 512;

/// No later record of the same file has a number further ahead; in garbage almost any has.
pub(super) const MAX_AHEAD: Seq = 1 << 32;

/// What stands in a segment.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Extent {
    /// How many bytes of whole records there are.
    pub(super) length: usize,
    /// The sequence number of the next record.
    pub(super) next: Seq,
    /// Where the last group begins that has a whole record.
    pub(super) last_group: usize,
    /// What stands behind them.
    pub(super) end: End,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Nothing.
    Clean,
    /// What a write left behind that did not finish, and so was never acknowledged.
    Torn,
    /// A record that was durable once and is broken now.
    Damaged,
}

/// Reads records until one is not whole.
pub(super) fn extent(bytes: &[u8], first: Seq) -> Extent {
    let (mut length, mut next, mut last_group) = (0, first, 0);
    while let Some(record) = record::read(&bytes[length..]).filter(|it| it.seq == next) {
        if record.starts_group {
            last_group = length;
        }
        length += record.size();
        next += 1;
    }
    Extent { length, next, last_group, end: end(bytes, length, next) }
}

/// What stands behind the last whole record, which has so many bytes before its end.
pub(super) fn end(bytes: &[u8], length: usize, next: Seq) -> End {
    let rest = &bytes[length..];
    let Some(last) = rest.iter().rposition(|it| *it != 0) else {
        // Room is made in whole extents: a file of another length was cut, unless some of the room
        // is there, which grew when the power was cut.
        let is_cut = rest.is_empty() && !(bytes.len() as u64 + HEADER).is_multiple_of(EXTENT);
        return if is_cut { End::Damaged } else { End::Clean };
    };
    let later = record::find(bytes, length, next + 1, next.saturating_add(MAX_AHEAD));
    match later.map(|it| it.0) {
        // It begins a group, or another behind it does: a group is only begun when the one before
        // it is durable.
        Some(at) if starts_group(&bytes[at..]) => End::Damaged,
        Some(at) if has_gap(bytes, length, at) => End::Torn,
        Some(_) => End::Damaged,
        None => {
            // Of a record that begins at the end of a sector there may be too little to tell its length.
            let promised = length + record::PREFIX + record::payload_len(rest).unwrap_or(0);
            let promised = if promised <= bytes.len() { promised } else { 0 };
            let to = promised.max(length + last + 1);
            if has_gap(bytes, length, to) { End::Torn } else { End::Damaged }
        }
    }
}

fn starts_group(mut bytes: &[u8]) -> bool {
    while let Some(record) = record::read(bytes) {
        if record.starts_group {
            return true;
        }
        bytes = &bytes[record.size()..];
    }
    false
}

/// Whether what a sector has between two places of a segment is all zeros, as no sector of a record
/// is.
fn has_gap(bytes: &[u8], from: usize, to: usize) -> bool {
    let mut at = from;
    while at < to {
        let next = (at + HEADER as usize + 1).next_multiple_of(SECTOR) - HEADER as usize;
        if bytes[at..next.min(to)].iter().all(|it| *it == 0) {
            return true;
        }
        at = next;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Groups of records of 300 bytes, with room behind them, and how many bytes they take.
    fn segment(groups: &[usize]) -> (Vec<u8>, usize) {
        let (mut bytes, mut seq) = (vec![], 1);
        for group in groups {
            for place in 0..*group {
                record::write(&mut bytes, seq, place == 0, |it| it.extend([b'x'; 283]));
                seq += 1;
            }
        }
        let length = bytes.len();
        bytes.resize((EXTENT - HEADER) as usize, 0);
        (bytes, length)
    }

    fn check(bytes: &[u8], n_whole: usize, end: End) {
        let extent = extent(bytes, 1);
        let found = (extent.length, extent.next, extent.end);
        assert_eq!(found, (n_whole * 300, 1 + n_whole as u64, end));
    }

    #[test]
    fn whole_records_end_clean() {
        check(&segment(&[1, 2, 3]).0, 6, End::Clean);
        check(&segment(&[]).0, 0, End::Clean);
        assert_eq!(extent(&segment(&[2, 3]).0, 1).last_group, 600);
    }

    #[test]
    fn sectors_that_were_never_written_are_torn() {
        // A group of 9,000 bytes from place 300 on; each of its sectors may be missing.
        let (bytes, length) = segment(&[1, 30]);
        let boundaries = (0..).map(|it| it * SECTOR + SECTOR - HEADER as usize);
        let sectors: Vec<_> = boundaries.take_while(|it| *it < length).collect();
        for sector in sectors {
            let mut bytes = bytes.clone();
            bytes[sector..][..SECTOR].fill(0);
            let whole = (sector / 300).max(1);
            let end = if sector + SECTOR < length || whole * 300 < sector { End::Torn } else { End::Clean };
            check(&bytes, whole, end);
        }
    }

    #[test]
    fn the_first_sectors_of_a_record_alone_are_torn() {
        let (mut bytes, length) = segment(&[1, 1]);
        // The second record stands on both sides of a boundary.
        bytes[SECTOR - HEADER as usize..length].fill(0);
        check(&bytes, 1, End::Torn);
    }

    #[test]
    fn the_first_bytes_of_a_record_alone_are_torn() {
        for n_bytes in 1..=20 {
            let (mut bytes, boundary) = (vec![], SECTOR - HEADER as usize);
            let length = boundary - n_bytes - record::PREFIX;
            record::write(&mut bytes, 1, true, |it| it.extend(vec![b'x'; length]));
            record::write(&mut bytes, 2, true, |it| it.extend([b'x'; 283]));
            let mut whole = bytes.clone();
            bytes.truncate(boundary);
            bytes.resize((EXTENT - HEADER) as usize, 0);
            assert_eq!(extent(&bytes, 1).end, End::Torn, "{n_bytes} bytes");
            // With all sectors there, it was whole once.
            whole.resize((EXTENT - HEADER) as usize, 0);
            whole[boundary - n_bytes] ^= 1;
            assert_eq!(extent(&whole, 1).end, End::Damaged, "{n_bytes} bytes");
        }
    }

    #[test]
    fn a_group_of_which_nothing_was_written_is_not_there() {
        let (mut bytes, length) = segment(&[1, 2]);
        bytes[300..length].fill(0);
        check(&bytes, 1, End::Clean);
    }

    #[test]
    fn a_broken_record_before_a_later_group_is_damage() {
        let mut bytes = segment(&[1, 1, 1]).0;
        bytes[350] ^= 1;
        check(&bytes, 1, End::Damaged);
        bytes[300..600].fill(0);
        check(&bytes, 1, End::Damaged);
        let mut bytes = segment(&[3, 1]).0;
        bytes[350] ^= 1;
        check(&bytes, 1, End::Damaged);
    }

    #[test]
    fn a_flipped_bit_in_the_last_group_is_damage() {
        for at in [310, 350, 599, 620, 1199] {
            let mut bytes = segment(&[1, 3]).0;
            bytes[at] ^= 1;
            check(&bytes, at / 300, End::Damaged);
        }
    }

    #[test]
    fn a_file_that_was_cut_is_damage() {
        let (bytes, length) = segment(&[1, 30]);
        for end in (301..length).step_by(97) {
            check(&bytes[..end], end / 300, End::Damaged);
        }
        check(&bytes[..600], 2, End::Damaged);
        check(&bytes[..length + 10], 31, End::Clean);
    }

    #[test]
    fn a_missing_record_is_damage() {
        let bytes = segment(&[1, 1, 1]).0;
        check(&[&bytes[..300], &bytes[600..]].concat(), 1, End::Damaged);
    }
}
