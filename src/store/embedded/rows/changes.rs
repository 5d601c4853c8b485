//! Changed rows, of which those that change with every commit are encoded late.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use sled::IVec;

use super::{Bytes, CHUNK, Head, Part, close, key};
use crate::{
    domain::{
        id::{BatchId, LearnerId},
        learner::Learner,
        summary::Summary,
    },
    store::{Bucket, Claim},
};

/// A row, or that it is removed.
pub(in super::super) type Row = (IVec, Option<IVec>);

/// Changed rows.
#[derive(Default)]
pub(in super::super) struct Changes {
    pub(super) rows: ByKey,
    /// Those that share rows of sled, which cost less when many are written together.
    pub(super) small: ByKey,
    /// Places in lists that were left and then taken again.
    pub(super) returned: BTreeSet<Vec<u8>>,
    pub(super) feeds: Vec<(Bucket, u64, Feed)>,
    pub(super) learners: Vec<(LearnerId, Latest)>,
}

impl Changes {
    /// In the order in which they are to be written.
    pub(in super::super) fn in_order(self) -> Vec<Row> {
        let rows = self.small.into_iter().chain(self.rows);
        in_order(rows.map(|(key, value)| (key.into(), value)), &self.feeds, &self.learners)
    }

    /// The rows among which one with this key is.
    pub(super) fn of(&self, key: &[u8]) -> &ByKey {
        if key::is_small(key) { &self.small } else { &self.rows }
    }

    pub(super) fn put(&mut self, key: Vec<u8>, value: Option<IVec>) {
        if !key::is_small(&key) {
            self.rows.insert(key, value);
        } else if self.small.get(&key) == Some(&None) && value.is_some() && key::is_place(&key) {
            self.returned.insert(key.clone());
            self.small.insert(key, value);
        } else {
            self.small.insert(key, value);
        }
    }

    /// Does not say what the rows are up to.
    pub(in super::super) fn leave_meta_out(&mut self) {
        self.rows.remove(key::META);
    }

    /// How many small rows change.
    pub(in super::super) fn n_small(&self) -> usize {
        self.small.len()
    }

    /// Takes the small rows out, to write them later.
    pub(in super::super) fn take_small(&mut self) -> ByKey {
        mem::take(&mut self.small)
    }
}

/// Rows by their keys; `None`: the row is removed.
pub(in super::super) type ByKey = BTreeMap<Vec<u8>, Option<IVec>>;

/// What is at [`PLACES`] positions of a feed.
pub(super) type Feed = Arc<Stretch>;

/// What is at successive positions of a feed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in super::super) struct Stretch {
    /// Where the events stand in the ledger.
    pub(in super::super) places: Vec<u64>,
    /// The batches that any of them belong to; others of the same commits, or of who was erased, may be among them.
    pub(in super::super) batches: Vec<BatchId>,
}

impl Stretch {
    /// How much memory it takes, about.
    pub(super) fn n_bytes(&self) -> usize {
        size_of_val(&*self.places) + size_of_val(&*self.batches)
    }
}

/// What is new about a learner.
#[derive(Clone)]
pub(in super::super) struct Latest {
    pub(super) head: Arc<Head>,
    /// The rows of their state; `None`: those that there were.
    pub(super) parts: Option<Parts>,
}

/// The rows of a state.
pub(super) type Parts = Arc<[IVec]>;

impl Latest {
    /// With what is not new.
    pub(super) fn over(mut self, before: Option<Self>) -> Self {
        if let Head::Here(_) = *self.head {
            self.parts = self.parts.or_else(|| before?.parts);
        }
        self
    }

    /// How much memory it takes, about.
    pub(super) fn n_bytes(&self) -> usize {
        let head = match &*self.head {
            Head::Here(here) => {
                here.places.len() * size_of::<u64>()
                    + here.receipts.len() * size_of::<(key::Tag, u64)>()
                    + 512
            }
            Head::Erased { .. } => 0,
        };
        head + self.parts.iter().flat_map(|it| it.iter()).map(|it| it.len()).sum::<usize>()
    }

    pub(super) fn part_rows(&self, learner: LearnerId) -> impl Iterator<Item = Row> {
        let parts = self.parts.iter().flat_map(|it| it.iter().cloned());
        (0..).zip(parts).map(move |(chunk, it)| (key::record(learner, chunk).into(), Some(it)))
    }

    pub(super) fn head_row(&self, learner: LearnerId) -> Row {
        let key = key::head(learner);
        let value = close(&key, &*self.head);
        (key.into(), Some(value.into()))
    }
}

/// A state with what is made of it, ready to be written.
pub(in super::super) struct State {
    /// What the learner claims, with the keys.
    pub(in super::super) claims: Vec<(Claim, Vec<u8>)>,
    pub(super) summary: Summary,
    pub(super) parts: Parts,
    /// How many bytes it takes.
    pub(in super::super) n_bytes: usize,
}

impl State {
    pub(in super::super) fn of(state: &Learner, summary: Summary) -> Self {
        let bytes = Vec::with_capacity(2 * CHUNK);
        let bytes = postcard::to_extend(state, bytes).expect("a state holds nothing that postcard cannot");
        let n_chunks = u16::try_from(bytes.chunks(CHUNK).len()).expect("no state has 200 MB");
        let part = |(chunk, bytes)| {
            let part = Part { version: state.version, n_chunks, bytes: Bytes(bytes) };
            IVec::from(close(&key::record(state.id, chunk), &part))
        };
        let parts = (0..).zip(bytes.chunks(CHUNK)).map(part).collect();
        let with_key = |it: Claim| {
            let key = key::claim(&it);
            (it, key)
        };
        let claims = Claim::of(state).into_iter().map(with_key).collect();
        Self { claims, summary, parts, n_bytes: bytes.len() }
    }
}

/// Rows in the order in which they are to be written: heads of learners after all their other rows,
/// and what is true of the store as a whole last.
pub(super) fn in_order(
    rows: impl Iterator<Item = Row>,
    feeds: &[(Bucket, u64, Feed)],
    learners: &[(LearnerId, Latest)],
) -> Vec<Row> {
    let (last, mut all): (Vec<_>, Vec<_>) = rows.partition(|it| it.0 == key::META);
    all.extend(feeds.iter().map(|(bucket, chunk, feed)| feed_row(*bucket, *chunk, feed)));
    all.extend(learners.iter().flat_map(|(learner, latest)| latest.part_rows(*learner)));
    all.extend(learners.iter().map(|(learner, latest)| latest.head_row(*learner)));
    all.extend(last);
    all
}

pub(super) fn feed_row(bucket: Bucket, chunk: u64, feed: &Feed) -> Row {
    let key = key::feed(bucket, chunk);
    let value = close(&key, &**feed);
    (key.into(), Some(value.into()))
}
