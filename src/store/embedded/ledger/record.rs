//! One record of the ledger: `length u32 | version u8 | sequence u64 | crc32c u32 | payload`, all
//! numbers little-endian. The CRC covers everything but itself.
//!
//! The highest bit of the version marks the first record of a group, which was written and synced
//! in one. So whoever finds a broken record knows whether what follows was written later, when the
//! broken one had already been durable, or together with it.

/// The sequence number of a record: 1, 2, 3 without a gap, over all segments.
pub(crate) type Seq = u64;

/// How many bytes stand before the payload.
pub(super) const PREFIX: usize = 17;
/// No payload is longer; a length beyond it is not a length.
pub(crate) const MAX_PAYLOAD: usize = 64 << 20;

const VERSION: u8 = 1;
const STARTS_GROUP: u8 = 0x80;

/// A whole record.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Record<'a> {
    /// Its place in the ledger.
    pub(crate) seq: Seq,
    /// What it says.
    pub(crate) payload: &'a [u8],
    /// Whether it is the first of those that were written with it.
    pub(super) starts_group: bool,
}

impl Record<'_> {
    /// How many bytes it takes.
    pub(super) fn size(&self) -> usize {
        PREFIX + self.payload.len()
    }
}

/// Appends a record with the payload that is appended, and says how long that is.
pub(super) fn write(
    bytes: &mut Vec<u8>,
    seq: Seq,
    starts_group: bool,
    append: impl FnOnce(&mut Vec<u8>),
) -> usize {
    let start = bytes.len();
    bytes.extend([0; PREFIX]);
    append(bytes);
    let length = bytes.len() - start - PREFIX;
    let head = &mut bytes[start..start + PREFIX - 4];
    head[..4].copy_from_slice(&(length as u32).to_le_bytes());
    head[4] = if starts_group { VERSION | STARTS_GROUP } else { VERSION };
    head[5..].copy_from_slice(&seq.to_le_bytes());
    let crc = crc32c::crc32c_append(crc32c::crc32c(head), &bytes[start + PREFIX..]);
    bytes[start + PREFIX - 4..start + PREFIX].copy_from_slice(&crc.to_le_bytes());
    length
}

/// The length of the payload of the record that begins here, if it begins like one.
pub(super) fn payload_len(bytes: &[u8]) -> Option<usize> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let length = u32::from_le_bytes(*length) as usize;
    (length <= MAX_PAYLOAD && *rest.first()? & !STARTS_GROUP == VERSION).then_some(length)
}

/// The record that begins here; `None` when no whole one does.
pub(super) fn read(bytes: &[u8]) -> Option<Record<'_>> {
    let end = PREFIX + payload_len(bytes)?;
    let (prefix, payload) = bytes.get(..end)?.split_at(PREFIX);
    let (head, crc) = prefix.split_last_chunk::<4>()?;
    let (_, seq) = head.split_last_chunk::<8>()?;
    let right = crc32c::crc32c_append(crc32c::crc32c(head), payload);
    (right == u32::from_le_bytes(*crc)).then_some(Record {
        seq: u64::from_le_bytes(*seq),
        payload,
        starts_group: head[4] & STARTS_GROUP != 0,
    })
}

/// The first whole record from a place on whose sequence number is between two others, both
/// included, and its place.
///
/// What is cheap is looked at first, so that garbage costs about as much as its bytes: in it hardly
/// anything begins with a version, a length that fits and a number in that range.
pub(super) fn find(bytes: &[u8], from: usize, low: Seq, high: Seq) -> Option<(usize, Record<'_>)> {
    let last = bytes.len().checked_sub(PREFIX)?;
    for at in from..=last {
        if bytes[at + 4] & !STARTS_GROUP != VERSION {
            continue;
        }
        let rest = &bytes[at..];
        let seq = u64::from_le_bytes(*rest[5..].first_chunk()?);
        if low <= seq
            && seq <= high
            && let Some(record) = read(rest)
        {
            return Some((at, record));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_found_behind_garbage() {
        let mut ledger = vec![7; 100];
        write(&mut ledger, 3, true, |it| it.extend(b"three"));
        let fourth = ledger.len();
        write(&mut ledger, 4, false, |it| it.extend(b"four"));
        ledger.extend([0; 64]);
        let found = |low, high| find(&ledger, 0, low, high).map(|(at, it)| (at, it.seq));
        assert_eq!(found(1, 9), Some((100, 3)));
        assert_eq!(found(4, 9), Some((fourth, 4)));
        assert_eq!((found(1, 2), found(5, 9)), (None, None));
        assert_eq!(find(&ledger[..PREFIX - 1], 0, 1, 9), None);
    }

    #[test]
    fn garbage_of_many_megabytes_is_looked_through_at_once() {
        // Each place looks like a version, most also like a length.
        for byte in [0x01, 0x81, 0x00, 0xff] {
            let garbage = vec![byte; 32 << 20];
            assert_eq!(find(&garbage, 0, 1, u64::from(u32::MAX)), None);
        }
    }

    fn bytes() -> Vec<u8> {
        let mut bytes = vec![];
        write(&mut bytes, 7, true, |it| it.extend(b"payload"));
        bytes
    }

    #[test]
    fn the_form_never_changes() {
        let expected = "07000000810700000000000000e05eaa077061796c6f6164";
        assert_eq!(data_encoding::HEXLOWER.encode(&bytes()), expected);
        let record = Record { seq: 7, payload: b"payload", starts_group: true };
        assert_eq!(read(&bytes()), Some(record));
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        for bit in 0..bytes().len() * 8 {
            let mut bytes = bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            bytes.extend([0; 64]);
            assert_eq!(read(&bytes), None, "bit {bit}");
        }
    }

    #[test]
    fn no_part_of_a_record_is_one() {
        for end in 0..bytes().len() {
            assert_eq!(read(&bytes()[..end]), None);
        }
    }
}
