//! Where the records of the newest segment end, and what it means when they do not end well.

use super::{
    record::{self, Seq},
    segment::HEADER,
};

/// What stands in a segment.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Extent {
    /// How many bytes of whole records there are.
    pub(super) length: usize,
    /// The sequence number of the next record.
    pub(super) next: Seq,
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
    let (mut length, mut next) = (0, first);
    while let Some(record) = record::read(&bytes[length..]).filter(|it| it.seq == next) {
        length += record.size();
        next += 1;
    }
    Extent { length, next, end: end(bytes, length, next) }
}

fn end(bytes: &[u8], length: usize, next: Seq) -> End {
    if length == bytes.len() {
        return End::Clean;
    }
    let later = (length..bytes.len()).find_map(|at| {
        let record = record::read(&bytes[at..])?;
        (next < record.seq).then_some((at, record))
    });
    match later {
        None => End::Torn,
        // The later one begins a group, or another behind it does: a group is only begun when the
        // one before it is durable.
        Some((at, _)) if starts_group(&bytes[at..]) => End::Damaged,
        // Both are of the last group. A power cut may bring its later pages to the disk and not
        // its earlier ones; those read as zeros. Anything else is not what a power cut leaves.
        Some((at, _)) if was_never_written(bytes, length, at) => End::Torn,
        Some(_) => End::Damaged,
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

/// Whether a sector between two places of a segment is all zeros, as no sector of a record is.
fn was_never_written(bytes: &[u8], from: usize, to: usize) -> bool {
    const SECTOR: usize = 512;
    let first = (from + HEADER as usize).next_multiple_of(SECTOR) - HEADER as usize;
    let sectors = (first..to).step_by(SECTOR).filter_map(|it| bytes.get(it..it + SECTOR));
    sectors.into_iter().any(|it| it.iter().all(|it| *it == 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Groups of records of 300 bytes, and where each record starts.
    fn segment(groups: &[usize]) -> Vec<u8> {
        let (mut bytes, mut seq) = (vec![], 1);
        for group in groups {
            for place in 0..*group {
                record::write(&mut bytes, seq, place == 0, &[b'x'; 283]);
                seq += 1;
            }
        }
        bytes
    }

    fn check(bytes: &[u8], length: usize, end: End) {
        assert_eq!(extent(bytes, 1), Extent { length, next: 1 + length as u64 / 300, end });
    }

    #[test]
    fn whole_records_end_clean() {
        check(&segment(&[1, 2, 3]), 1800, End::Clean);
        check(&[], 0, End::Clean);
    }

    #[test]
    fn half_a_record_is_torn() {
        let bytes = segment(&[1, 2]);
        for end in 601..900 {
            check(&bytes[..end], 600, End::Torn);
        }
        check(&[&bytes[..], &[0; 700][..]].concat(), 900, End::Torn);
    }

    #[test]
    fn a_broken_record_before_a_later_group_is_damage() {
        let mut bytes = segment(&[1, 1, 1]);
        bytes[350] ^= 1;
        check(&bytes, 300, End::Damaged);
        bytes[300..600].fill(0);
        check(&bytes, 300, End::Damaged);
        let mut bytes = segment(&[3, 1]);
        bytes[350] ^= 1;
        check(&bytes, 300, End::Damaged);
    }

    #[test]
    fn a_flipped_bit_in_the_last_group_is_damage() {
        let mut bytes = segment(&[1, 3]);
        bytes[350] ^= 1;
        check(&bytes, 300, End::Damaged);
    }

    #[test]
    fn an_early_page_of_the_last_group_that_was_never_written_is_torn() {
        let mut bytes = segment(&[1, 30]);
        bytes[4096 - HEADER as usize..8192 - HEADER as usize].fill(0);
        check(&bytes, 3900, End::Torn);
    }

    #[test]
    fn a_missing_record_is_damage() {
        let bytes = segment(&[1, 1, 1]);
        check(&[&bytes[..300], &bytes[600..]].concat(), 300, End::Damaged);
    }
}
