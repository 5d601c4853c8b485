//! A clock that goes on a little whenever somebody looks at it, and ids that sort by it.

use std::sync::atomic::{AtomicI64, Ordering};

use milepost::domain::time::Timestamp;
use uuid::Uuid;

use crate::random::mix;

/// Where every clock starts: 2026-01-01.
const START: i64 = 1_767_225_600_000_000;

/// How many microseconds pass between two looks at the clock.
const STEP: i64 = 97;

/// What all clients take the time from.
pub(crate) struct Clock(AtomicI64);

impl Clock {
    /// A clock that stands at its start.
    pub(crate) fn new() -> Self {
        Self(AtomicI64::new(START))
    }

    /// An instant that nobody has seen before.
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.fetch_add(STEP, Ordering::Relaxed))
    }
}

/// An id in the form of a UUIDv7 of that instant.
pub(crate) fn id_at(at: Timestamp, bits: u64) -> Uuid {
    let millis = (at.as_micros() / 1_000) as u64;
    let (high, low) = (mix(bits), mix(!bits));
    Uuid::from_u64_pair(millis << 16 | 7 << 12 | high & 0xFFF, 2 << 62 | low >> 2)
}

/// The instant at which the learner of that number comes.
pub(crate) fn arrival(number: u64) -> Timestamp {
    Timestamp::from_micros(START - 86_400_000_000 + number as i64 * 1_234)
}
