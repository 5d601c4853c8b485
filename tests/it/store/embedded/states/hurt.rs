//! What damage to a file means for a ledger, by the bytes alone.

use std::{collections::BTreeSet, fs, ops::Range, path::Path};

use milepost::domain::id::LearnerId;

use super::{damage::Whole, records};

const HEADER: usize = 46;
const SECTOR: usize = 512;

/// What must be said of a ledger.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum State {
    /// That it is whole.
    #[default]
    Whole,
    Damaged,
    /// Either: what stands behind the last record may once have been one.
    Doubtful,
}

/// What of a ledger is damaged.
#[derive(Default)]
pub struct Hurt {
    pub state: State,
    /// No record that is named comes after this one; 0: nothing of the ledger is damaged.
    pub last: u64,
    /// The records that are not what they were, and whom they are about.
    pub records: BTreeSet<u64>,
    pub learners: BTreeSet<LearnerId>,
    pub is_format: bool,
}

impl Hurt {
    /// Of a store with a file of which some bytes are not what they were.
    pub fn of(whole: &Whole, dir: &Path, file: &Path, changed: &Range<usize>) -> Self {
        if file.ends_with("FORMAT") {
            return Self { state: State::Damaged, is_format: true, ..Self::default() };
        }
        let mut hurt = Self::default();
        if file.parent() != Some(&dir.join("ledger")) {
            return hurt;
        }
        let same_file = whole.dir.path().join("ledger").join(file.file_name().unwrap());
        let (before, after) = (fs::read(&same_file).unwrap(), fs::read(file).unwrap_or_default());
        hurt.last = records::first_of(file);
        let mut end = HEADER;
        for place in whole.places.iter().filter(|it| it.file == same_file) {
            end = place.end;
            if after.get(place.start..place.end) != Some(&before[place.start..place.end]) {
                hurt.last = place.seq;
                hurt.records.insert(place.seq);
                hurt.learners.insert(place.learner);
            } else if place.end <= changed.start {
                // If nothing stands there, the one that would is named.
                hurt.last = place.seq + 1;
            }
        }
        hurt.state = match after.get(..end) != Some(&before[..end]) {
            true => State::Damaged,
            false if is_like_a_record(&after[end..], end) => State::Doubtful,
            false => State::Whole,
        };
        hurt
    }

    /// Whether an error says what it should: which record is damaged.
    pub fn is_named_by(&self, error: &str) -> bool {
        if self.is_format && (error.contains("FORMAT") || error.contains("the store has the format")) {
            return true;
        }
        let number = error.split("damaged at record ").nth(1).and_then(|it| it.split(':').next());
        number.and_then(|it| it.parse().ok()).is_some_and(|it| self.has(it))
    }

    /// Whether a record may be named.
    pub fn has(&self, seq: u64) -> bool {
        (1..=self.last).contains(&seq)
    }
}

/// Whether what stands behind the last record might be what is left of another: no room is left, or
/// the sector in which it would begin has something else.
fn is_like_a_record(room: &[u8], at: usize) -> bool {
    let sector = (at + 1).next_multiple_of(SECTOR) - at;
    room.is_empty() || room.iter().take(sector).any(|it| *it != 0)
}
