//! Rows that are durable in the ledger and not yet in sled. sled is slow to write to, so rows are
//! collected here, where a row that changes often is written over, and sled is given the outcome.
//!
//! What changes with every commit, the heads of learners and the feeds, stays as it is in memory and is
//! encoded for sled, and for the few who ask for many rows.

use std::{
    collections::BTreeMap,
    ops::Bound,
    sync::{
        Mutex, PoisonError, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use crossbeam_skiplist::SkipMap;
use sled::IVec;

use super::{
    Changes, Feed, Latest, Row, feed_row, in_order,
    key::{self, Kind, Whole},
};
use crate::{
    domain::id::LearnerId,
    store::{Bucket, N_BUCKETS},
};

/// What a map needs for an entry besides its bytes.
const OVERHEAD: usize = 120;

/// Changed rows. Readers do not wait for the one writer for longer than it takes to change one.
pub(in super::super) struct Layer {
    // A value is changed in place: taking an entry out and putting another in would show, in between,
    // what was there before both.
    rows: SkipMap<Vec<u8>, Mutex<Changed>>,
    shards: Vec<RwLock<Shard>>,
    n_bytes: AtomicUsize,
}

struct Changed {
    /// `None`: the row was removed.
    value: Option<IVec>,
    /// Whether the row is nowhere else, as far as that is known here.
    is_new: bool,
}

/// What belongs to a bucket and is not encoded yet.
#[derive(Default)]
struct Shard {
    learners: BTreeMap<LearnerId, Latest>,
    feed: BTreeMap<u64, Feed>,
}

impl Default for Layer {
    fn default() -> Self {
        let shards = (0..N_BUCKETS).map(|_| RwLock::default()).collect();
        Self { rows: SkipMap::new(), shards, n_bytes: AtomicUsize::new(0) }
    }
}

impl Layer {
    /// Adds what changed. Only one thread may.
    ///
    /// Whoever reads meanwhile goes from places and claims to learners, and from their heads to other
    /// rows. What somebody may go to is there before that from which they go, and goes after it.
    pub(super) fn add(&self, changes: Changes) {
        let Changes { rows, small, returned, .. } = changes;
        let is_there = |it: &(Vec<u8>, Option<IVec>)| it.1.is_some();
        let (there, gone): (Vec<_>, Vec<_>) = rows.into_iter().partition(is_there);
        // As long as there is a state here, nobody sees that rows of an older one are gone.
        let (old, gone): (Vec<_>, Vec<_>) = gone.into_iter().partition(|it| Whole::of(&it.0).is_some());
        there.into_iter().chain(old).for_each(|(key, value)| self.put(key, value, false));
        for (bucket, chunk, feed) in changes.feeds {
            let mut shard = self.shard(bucket).write().unwrap_or_else(PoisonError::into_inner);
            let n_bytes = feed.n_bytes();
            let n_before = shard.feed.insert(chunk, feed).map(|it| it.n_bytes());
            self.count(n_bytes, n_before);
        }
        for (learner, latest) in changes.learners {
            let mut shard = self.shard(Bucket::of(learner)).write().unwrap_or_else(PoisonError::into_inner);
            let before = shard.learners.remove(&learner);
            let n_before = before.as_ref().map(Latest::n_bytes);
            let latest = latest.over(before);
            self.count(latest.n_bytes(), n_before);
            shard.learners.insert(learner, latest);
        }
        let (there, left): (Vec<_>, Vec<_>) = small.into_iter().partition(is_there);
        for (key, value) in there.into_iter().chain(left) {
            let is_returned = returned.contains(&key);
            self.put(key, value, is_returned);
        }
        gone.into_iter().for_each(|(key, value)| self.put(key, value, false));
    }

    fn put(&self, key: Vec<u8>, value: Option<IVec>, is_returned: bool) {
        let n_bytes = |it: &Option<IVec>| it.as_ref().map_or(0, |it| it.len());
        if let Some(entry) = self.rows.get(&key) {
            let mut changed = entry.value().lock().unwrap_or_else(PoisonError::into_inner);
            let n_before = key.len() + n_bytes(&changed.value);
            if value.is_none() && changed.is_new {
                self.n_bytes.fetch_sub(n_before + OVERHEAD, Ordering::Relaxed);
                entry.remove();
            } else {
                self.count(key.len() + n_bytes(&value), Some(n_before));
                changed.value = value;
            }
            return;
        }
        self.count(key.len() + n_bytes(&value), None);
        // A place in a list is its learner's alone. When they come to it and nothing of it is here, it is
        // nowhere below either: had they stood there before, then their leaving would be here, unless
        // they left and returned at once.
        let is_new = value.is_some() && key::is_place(&key) && !is_returned;
        self.rows.insert(key, Mutex::new(Changed { value, is_new }));
    }

    fn count(&self, n_bytes: usize, n_before: Option<usize>) {
        self.n_bytes.fetch_add(n_bytes + OVERHEAD, Ordering::Relaxed);
        if let Some(n_before) = n_before {
            self.n_bytes.fetch_sub(n_before + OVERHEAD, Ordering::Relaxed);
        }
    }

    /// A learner, if they changed.
    pub(super) fn learner(&self, learner: LearnerId) -> Option<Latest> {
        self.with_shard(Bucket::of(learner), |it| it.learners.get(&learner).cloned())
    }

    /// A row of a feed, if it changed.
    pub(super) fn feed(&self, bucket: Bucket, chunk: u64) -> Option<Feed> {
        self.with_shard(bucket, |it| it.feed.get(&chunk).cloned())
    }

    /// The row, if it was changed.
    pub(super) fn get(&self, key: &[u8]) -> Option<Option<IVec>> {
        if let Some(bucket) = key::bucket(key)
            && let Some(row) = self.with_shard(bucket, |it| it.get(key))
        {
            return Some(Some(row));
        }
        self.rows.get(key).map(|it| value(it.value()))
    }

    /// The changed rows from one key up to another, in order.
    pub(super) fn range<'a>(
        &'a self,
        low: &[u8],
        high: &[u8],
    ) -> impl DoubleEndedIterator<Item = Row> + use<'a> {
        let bounds = (Bound::Included(low.to_vec()), Bound::Excluded(high.to_vec()));
        let range = if low < high { Some(self.rows.range::<Vec<u8>, _>(bounds)) } else { None };
        range.into_iter().flatten().map(|it| (IVec::from(&**it.key()), value(it.value())))
    }

    /// Those of them that are not encoded yet.
    pub(super) fn range_of_shards(
        &self,
        low: &[u8],
        high: &[u8],
    ) -> impl DoubleEndedIterator<Item = Row> + use<> {
        let mut rows = vec![];
        for bucket in key::buckets(low, high) {
            self.with_shard(bucket, |it| it.add_rows(bucket, low, high, &mut rows));
        }
        rows.into_iter()
    }

    /// All changed rows in the order in which they are to be written.
    pub(in super::super) fn in_order(&self) -> Vec<Row> {
        let (mut feeds, mut learners) = (vec![], vec![]);
        for bucket in Bucket::all() {
            self.with_shard(bucket, |it| {
                feeds.extend(it.feed.iter().map(|(chunk, feed)| (bucket, *chunk, feed.clone())));
                learners.extend(it.learners.iter().map(|(learner, latest)| (*learner, latest.clone())));
            });
        }
        let rows = self.rows.iter().map(|it| (IVec::from(&**it.key()), value(it.value())));
        in_order(rows, &feeds, &learners)
    }

    /// How much memory it takes, about.
    pub(super) fn n_bytes(&self) -> usize {
        self.n_bytes.load(Ordering::Relaxed)
    }

    /// Whether no row was changed.
    pub(super) fn is_empty(&self) -> bool {
        // With every change goes one of what is true of the store as a whole.
        self.rows.is_empty()
    }

    fn shard(&self, bucket: Bucket) -> &RwLock<Shard> {
        &self.shards[bucket.index()]
    }

    fn with_shard<T>(&self, bucket: Bucket, read: impl FnOnce(&Shard) -> T) -> T {
        read(&self.shard(bucket).read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Shard {
    /// The encoded row of a key.
    fn get(&self, key: &[u8]) -> Option<IVec> {
        match Whole::of(key)? {
            Whole::Head(learner) => self.learners.get(&learner)?.head_row(learner).1,
            Whole::Record(learner, chunk) => {
                self.learners.get(&learner)?.parts.as_ref()?.get(usize::from(chunk)).cloned()
            }
            Whole::Feed(bucket, chunk) => feed_row(bucket, chunk, self.feed.get(&chunk)?).1,
        }
    }

    /// Adds the rows from one key up to another, in order.
    fn add_rows(&self, bucket: Bucket, low: &[u8], high: &[u8], rows: &mut Vec<Row>) {
        let meets = |kind| {
            let start = key::of_bucket(bucket, kind);
            low < &*key::after(&start) && &*start < high
        };
        let is_asked_for = |key: &[u8]| low <= key && key < high;
        if meets(Kind::Feed) {
            let asked_for = self.feed.iter().filter(|it| is_asked_for(&key::feed(bucket, *it.0)));
            rows.extend(asked_for.map(|(chunk, feed)| feed_row(bucket, *chunk, feed)));
        }
        if meets(Kind::Head) {
            let asked_for = self.learners.iter().filter(|it| is_asked_for(&key::head(*it.0)));
            rows.extend(asked_for.map(|(learner, latest)| latest.head_row(*learner)));
        }
        if meets(Kind::Record) {
            let all = self.learners.iter().flat_map(|(learner, latest)| latest.part_rows(*learner));
            rows.extend(all.filter(|it| is_asked_for(&it.0)));
        }
    }
}

fn value(changed: &Mutex<Changed>) -> Option<IVec> {
    changed.lock().unwrap_or_else(PoisonError::into_inner).value.clone()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use uuid::Uuid;

    use super::*;
    use crate::store::embedded::rows::Head;

    fn change(layer: &Layer, key: &[u8], value: Option<&str>) {
        let mut changes = Changes::default();
        changes.put(key.to_vec(), value.map(IVec::from));
        layer.add(changes);
    }

    #[test]
    fn a_place_that_is_left_again_before_sled_hears_of_it_is_no_row() {
        let (layer, place) = (Layer::default(), [0xFF, 0xFE, 0, 1]);
        change(&layer, &place, Some(""));
        assert!(layer.n_bytes() != 0);
        change(&layer, &place, None);
        assert_eq!((layer.get(&place), layer.n_bytes()), (None, 0));
    }

    #[test]
    fn a_place_that_was_left_and_taken_again_at_once_is_removed_in_sled() {
        let (layer, place) = (Layer::default(), [0xFF, 0xFE, 0, 1]);
        let mut changes = Changes::default();
        changes.put(place.to_vec(), None);
        changes.put(place.to_vec(), Some(IVec::from("")));
        layer.add(changes);
        assert_eq!(layer.get(&place), Some(Some(IVec::from(""))));
        change(&layer, &place, None);
        assert_eq!(layer.get(&place), Some(None));
    }

    #[test]
    fn what_sled_may_have_is_removed_there() {
        for key in [&[0xFF, 0xFE, 0, 1][..], &[0, 7, b'c', 1]] {
            let layer = Layer::default();
            if key::is_place(key) {
                // Somebody stood there before.
                change(&layer, key, None);
            }
            change(&layer, key, Some("value"));
            change(&layer, key, None);
            assert_eq!(layer.get(key), Some(None));
        }
    }

    #[test]
    fn what_is_not_encoded_yet_is_in_its_place_in_a_range() {
        let layer = Layer::default();
        let at = crate::domain::time::Timestamp::from_micros(0);
        let head = Arc::new(Head::Erased { at, n_events: 0 });
        let parts = Some([IVec::from("first"), IVec::from("second")].into());
        let learners: Vec<_> = (0..500)
            .map(|it| (LearnerId(Uuid::from_u128(it)), Latest { head: head.clone(), parts: parts.clone() }))
            .collect();
        let feeds = Bucket::all().flat_map(|it| [(it, 0, Feed::default()), (it, 1, Feed::default())]);
        let feeds: Vec<_> = feeds.collect();
        layer.add(Changes { learners: learners.clone(), feeds: feeds.clone(), ..Changes::default() });
        let mut expected = in_order([].into_iter(), &feeds, &learners);
        expected.sort_unstable();
        let all = |low: &[u8], high: &[u8]| layer.range_of_shards(low, high).collect::<Vec<_>>();
        assert_eq!(all(&[], &[0xFF]), expected);
        for (low, high) in [(0, 10), (7, 1_900), (500, 501), (2_000, 2_048)] {
            assert_eq!(all(&expected[low].0, &expected[high].0), expected[low..high]);
        }
        for (key, value) in expected {
            assert_eq!(layer.get(&key), Some(value));
        }
    }

    #[test]
    fn what_is_written_over_is_counted_once() {
        let (layer, key) = (Layer::default(), [0, 7, b'k', 1]);
        change(&layer, &key, Some("short"));
        let before = layer.n_bytes();
        change(&layer, &key, Some("longer"));
        assert_eq!(layer.n_bytes(), before + 1);
    }
}
