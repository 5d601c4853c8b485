//! Virtual buckets: what moves together when data moves between engines and machines.

use crate::domain::id::LearnerId;

/// How many buckets there are, for ever.
pub const N_BUCKETS: u16 = 1024;

/// A virtual bucket, 0 to 1,023. It comes first in the key of whatever belongs to a learner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bucket(u16);

impl Bucket {
    /// The bucket of a learner, for ever the same.
    pub fn of(learner: LearnerId) -> Self {
        let hash = crc32c::crc32c(learner.0.as_bytes());
        Self((hash % u32::from(N_BUCKETS)) as u16)
    }

    /// The bucket of that number; `None` beyond the last.
    pub fn new(number: u16) -> Option<Self> {
        (number < N_BUCKETS).then_some(Self(number))
    }

    /// All buckets, in order.
    pub fn all() -> impl Iterator<Item = Bucket> {
        (0..N_BUCKETS).map(Bucket)
    }

    /// Its number.
    pub fn number(self) -> u16 {
        self.0
    }

    /// Its number, as an index.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn buckets_never_change() {
        let of = |id: u128| Bucket::of(LearnerId(Uuid::from_u128(id))).number();
        assert_eq!([of(0), of(1), of(u128::MAX)], [746, 489, 16]);
    }

    #[test]
    fn learners_spread_evenly() {
        let mut counts = vec![0; usize::from(N_BUCKETS)];
        for id in 0..102_400_u128 {
            counts[Bucket::of(LearnerId(Uuid::from_u128(id << 3))).index()] += 1;
        }
        assert!(counts.iter().all(|it| (50..=160).contains(it)), "{counts:?}");
    }
}
