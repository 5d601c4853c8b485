//! Asks whether the rows are what the ledger made of them, after a stop that was not clean. sled
//! can lose the updates of one page and keep those of others, without a word.
//!
//! Every row is unsealed. A learner's state is of the version of their head, and there are as many
//! events as versions; positions have no gap; the lists and the claims are those of the heads, and
//! there is nothing else; and the totals are those that were counted while writing.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher},
};

use super::rows::{
    Head, Here, LOST, Meta, PLACES, Rows as _, Stretch, View,
    key::{self, Kind},
    n_places, open,
};
use crate::{
    domain::{id::LearnerId, summary::OrderBy},
    store::{Bucket, SortKey, StoreError},
};

/// Hears how many of the buckets were looked at.
pub(super) type Looked<'a> = &'a dyn Fn(u64, u64);

/// Looks at every row; an error says what is wrong with the first one that is.
pub(super) fn audit(view: &View, meta: &Meta, looked: Looked<'_>) -> Result<(), StoreError> {
    let none = Meta { n_learners: 0, n_erased: 0, n_events: 0, n_receipts: 0, ..meta.clone() };
    let mut found =
        Found { meta: none, lists: Sum::default(), claimed: Sum::default(), claims: Sum::default() };
    for (bucket, end) in Bucket::all().zip(view.heads()?) {
        audit_bucket(view, bucket, end, &mut found)?;
        looked(u64::from(bucket.number()) + 1, u64::from(crate::store::N_BUCKETS));
    }
    let mut listed = Sum::default();
    for order in OrderBy::ALL {
        for row in view.starting_with(&key::of_list(order)) {
            listed.add(&row?.0);
        }
    }
    ensure(listed == found.lists, || "the lists are not those of the learners".into())?;
    ensure(found.claims == found.claimed, || "the claims are not those of the learners".into())?;
    ensure(found.meta == *meta, || format!("the rows add up to {:?}, not {meta:?}", found.meta))
}

/// What is counted on the way.
struct Found {
    meta: Meta,
    /// What the heads say that the lists are.
    lists: Sum,
    /// What the heads say that the claims are.
    claimed: Sum,
    claims: Sum,
}

/// Stands for a set, whatever its order.
#[derive(Default, PartialEq, Eq)]
struct Sum {
    n_items: u64,
    hashes: u64,
}

impl Sum {
    fn add(&mut self, item: &[u8]) {
        self.n_items += 1;
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(item);
        self.hashes = self.hashes.wrapping_add(hash);
    }
}

fn audit_bucket(view: &View, bucket: Bucket, end: u64, found: &mut Found) -> Result<(), StoreError> {
    let mut heads = heads(view, bucket)?;
    let mut n_chunks = 0;
    let mut n_events = 0;
    for (learner, head) in &heads.here {
        audit_learner(view, *learner, head)?;
        let Some(summary) = &head.summary else {
            return Err(StoreError::Damaged(wrong(bucket, "summaries")));
        };
        for order in OrderBy::ALL {
            found.lists.add(&key::list(order, &SortKey::of(order, *learner, summary)));
        }
        head.claims.iter().for_each(|it| found.claimed.add(&[it, &learner.0.as_bytes()[..]].concat()));
        n_chunks += u64::from(head.n_chunks);
        n_events += head.n_places();
    }
    n_events += audit_events(view, bucket, &heads.here)?;
    ensure(count(view, bucket, Kind::Record)? == n_chunks, || wrong(bucket, "rows of states"))?;
    ensure(audit_feed(view, bucket, end)? == n_events + heads.n_erased_events, || wrong(bucket, "events"))?;
    found.meta.n_receipts += audit_receipts(view, bucket, &mut heads.here)?;
    for row in view.starting_with(&key::of_bucket(bucket, Kind::Claim)) {
        let (key, value) = row?;
        let holder: LearnerId = open(&key, &value)?;
        found.claims.add(&[&key[..], holder.0.as_bytes()].concat());
    }
    found.meta.n_learners += heads.here.len() as u64;
    found.meta.n_erased += heads.n_erased;
    found.meta.n_events += n_events + heads.n_erased_events;
    Ok(())
}

/// The heads of a bucket.
#[derive(Default)]
struct Heads {
    here: BTreeMap<LearnerId, Here>,
    n_erased: u64,
    n_erased_events: u64,
}

fn heads(view: &View, bucket: Bucket) -> Result<Heads, StoreError> {
    let mut heads = Heads::default();
    for row in view.starting_with(&key::of_bucket(bucket, Kind::Head)) {
        let (key, value) = row?;
        match open(&key, &value)? {
            Head::Here(here) => drop(heads.here.insert(learner_of(&key)?, here)),
            Head::Erased { n_events, .. } => {
                heads.n_erased += 1;
                heads.n_erased_events += n_events;
            }
        }
    }
    Ok(heads)
}

fn audit_learner(view: &View, learner: LearnerId, here: &Here) -> Result<(), StoreError> {
    let state = view.record(learner)?.map(|it| it.0.version);
    ensure(state == Some(here.version), || {
        format!("the state of {learner} is of {state:?}, not {}", here.version)
    })?;
    let n_in_head = u64::from(here.version) % PLACES;
    ensure(here.places.len() as u64 == n_in_head, || format!("the head of {learner} has lost events"))
}

/// Rows of events belong to somebody and are full, and nobody lacks one. Answers how many events
/// stand in them.
fn audit_events(view: &View, bucket: Bucket, heads: &BTreeMap<LearnerId, Here>) -> Result<u64, StoreError> {
    let mut n_rows: HashMap<LearnerId, u64> = HashMap::new();
    let mut n_events = 0;
    for row in view.starting_with(&key::of_bucket(bucket, Kind::Events)) {
        let (key, value) = row?;
        let places: Vec<u64> = open(&key, &value)?;
        ensure(places.len() as u64 == PLACES, || wrong(bucket, "places in a row"))?;
        n_events += n_places(&places);
        *n_rows.entry(learner_of(&key)?).or_default() += 1;
    }
    let n_full = |it: &Here| u64::from(it.version) / PLACES;
    let expected = heads.iter().filter(|(_, it)| n_full(it) != 0).map(|(learner, it)| (*learner, n_full(it)));
    ensure(n_rows == expected.collect(), || wrong(bucket, "rows of events"))?;
    Ok(n_events)
}

/// A feed has all places up to its end. Answers how many events stand at them.
fn audit_feed(view: &View, bucket: Bucket, end: u64) -> Result<u64, StoreError> {
    let (mut n_all, mut n_events) = (0, 0);
    for row in view.starting_with(&key::of_bucket(bucket, Kind::Feed)) {
        let (key, value) = row?;
        let Stretch { places, .. } = open(&key, &value)?;
        n_all += places.len() as u64;
        n_events += places.iter().filter(|it| **it != LOST).count() as u64;
    }
    ensure(n_all == end, || wrong(bucket, "places in its feed"))?;
    Ok(n_events)
}

/// Nobody lacks a receipt. There may be receipts of nobody. Answers how many there are.
fn audit_receipts(
    view: &View,
    bucket: Bucket,
    heads: &mut BTreeMap<LearnerId, Here>,
) -> Result<u64, StoreError> {
    let mut n_receipts = heads.values().map(|it| it.receipts.len() as u64).sum();
    for row in view.starting_with(&key::of_bucket(bucket, Kind::Receipt)) {
        let (key, value) = row?;
        let places: Vec<u64> = open(&key, &value)?;
        n_receipts += places.len() as u64;
        if let Some(here) = heads.get_mut(&learner_of(&key)?) {
            here.n_receipts = here.n_receipts.saturating_sub(places.len() as u32);
        }
    }
    ensure(heads.values().all(|it| it.n_receipts == 0), || wrong(bucket, "receipts"))?;
    Ok(n_receipts)
}

fn count(view: &View, bucket: Bucket, kind: Kind) -> Result<u64, StoreError> {
    let mut rows = view.starting_with(&key::of_bucket(bucket, kind));
    rows.try_fold(0, |count, it| it.map(|_| count + 1))
}

fn learner_of(key: &[u8]) -> Result<LearnerId, StoreError> {
    key::learner(key).ok_or_else(|| StoreError::Damaged("a key has no learner".into()))
}

fn wrong(bucket: Bucket, what: &str) -> String {
    format!("bucket {} has not as many {what} as it should have", bucket.number())
}

fn ensure(holds: bool, message: impl FnOnce() -> String) -> Result<(), StoreError> {
    if holds { Ok(()) } else { Err(StoreError::Damaged(message())) }
}
