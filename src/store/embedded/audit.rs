//! Asks whether the rows are what the ledger made of them, after a stop that was not clean. sled
//! can lose the updates of one page and keep those of others, without a word.
//!
//! Every row is unsealed. A learner's version is the number of their events, their places in the
//! lists and their claims are there, and there is nothing else; positions have no gap; and the
//! totals are those that were counted while writing.

use std::collections::BTreeMap;

use super::rows::{
    Head, Here, Meta, Rows as _, Table,
    key::{self, Kind},
    open,
};
use crate::{
    domain::{id::LearnerId, summary::OrderBy},
    store::{Bucket, Receipt, SortKey, StoreError},
};

/// Looks at every row; an error says what is wrong with the first one that is.
pub(super) fn audit(table: &Table, meta: &Meta) -> Result<(), StoreError> {
    let mut found = Meta { n_learners: 0, n_erased: 0, n_events: 0, n_receipts: 0, ..meta.clone() };
    let (mut n_claims, mut n_claimed) = (0, 0);
    for (bucket, head) in Bucket::all().zip(table.heads()?) {
        let heads = heads(table, bucket)?;
        let mut n_events = 0;
        for (learner, head) in &heads {
            match head {
                Head::Erased { n_events: n_lost, .. } => {
                    found.n_erased += 1;
                    n_events += u64::from(*n_lost);
                }
                Head::Here(here) => {
                    found.n_learners += 1;
                    n_events += u64::from(here.version);
                    n_claimed += here.claims.len();
                    audit_learner(table, *learner, here)?;
                }
            }
        }
        ensure(n_events == head, || format!("bucket {} has {head} places, not {n_events}", bucket.number()))?;
        audit_feed(table, bucket, head)?;
        audit_numbers(table, bucket, &heads)?;
        found.n_events += head;
        found.n_receipts += audit_receipts(table, bucket)?;
        n_claims += count(table, &key::of_bucket(bucket, Kind::Claim))?;
    }
    ensure(n_claims == n_claimed, || format!("there are {n_claims} claims, not {n_claimed}"))?;
    for order in OrderBy::ALL {
        let n_places = count(table, &key::of_list(order))? as u64;
        ensure(n_places == found.n_learners, || format!("the list {order:?} has {n_places} places"))?;
    }
    ensure(found == *meta, || format!("the rows add up to {found:?}, not {meta:?}"))
}

fn heads(table: &Table, bucket: Bucket) -> Result<BTreeMap<LearnerId, Head>, StoreError> {
    let mut heads = BTreeMap::new();
    for row in table.starting_with(&key::of_bucket(bucket, Kind::Head)) {
        let (key, value) = row?;
        heads.insert(learner_of(&key)?, open(&key, &value)?);
    }
    Ok(heads)
}

fn audit_learner(table: &Table, learner: LearnerId, here: &Here) -> Result<(), StoreError> {
    let state = table.record(learner)?.map(|it| it.0.version);
    ensure(state == Some(here.version), || {
        format!("the state of {learner} is of {state:?}, not {}", here.version)
    })?;
    let n_rows = count(table, &key::of_learner(learner, Kind::Record))?;
    ensure(n_rows == usize::from(here.n_chunks), || format!("the state of {learner} has {n_rows} rows"))?;
    for order in OrderBy::ALL {
        let place = key::list(order, &SortKey::of(order, learner, &here.summary));
        ensure(table.has(&place)?, || format!("{learner} is not in the list {order:?}"))?;
    }
    for claim in &here.claims {
        let holder: Option<LearnerId> = table.row(claim)?;
        ensure(holder == Some(learner), || format!("a claim of {learner} is held by {holder:?}"))?;
    }
    Ok(())
}

/// Rows of events and states belong to somebody, and there are as many events as versions.
fn audit_numbers(table: &Table, bucket: Bucket, heads: &BTreeMap<LearnerId, Head>) -> Result<(), StoreError> {
    let mut numbers: BTreeMap<LearnerId, u64> = BTreeMap::new();
    for row in table.starting_with(&key::of_bucket(bucket, Kind::Events)) {
        let (key, value) = row?;
        let places: Vec<u64> = open(&key, &value)?;
        *numbers.entry(learner_of(&key)?).or_default() += places.len() as u64;
    }
    let here = heads.iter().filter_map(|(learner, head)| match head {
        Head::Here(here) => Some((*learner, u64::from(here.version))),
        Head::Erased { .. } => None,
    });
    ensure(numbers == here.collect(), || format!("bucket {} has lost events", bucket.number()))?;
    for row in table.starting_with(&key::of_bucket(bucket, Kind::Record)) {
        let learner = learner_of(&row?.0)?;
        ensure(matches!(heads.get(&learner), Some(Head::Here(_))), || format!("nobody is {learner}"))?;
    }
    Ok(())
}

fn audit_feed(table: &Table, bucket: Bucket, head: u64) -> Result<(), StoreError> {
    let mut n_places = 0;
    for row in table.starting_with(&key::of_bucket(bucket, Kind::Feed)) {
        let (key, value) = row?;
        let places: Vec<u64> = open(&key, &value)?;
        n_places += places.len() as u64;
    }
    ensure(n_places == head, || format!("the feed of bucket {} has a gap", bucket.number()))
}

fn audit_receipts(table: &Table, bucket: Bucket) -> Result<u64, StoreError> {
    let mut n_receipts = 0;
    for row in table.starting_with(&key::of_bucket(bucket, Kind::Receipt)) {
        let (key, value) = row?;
        let _: Receipt = super::rows::open_json(&key, &value)?;
        n_receipts += 1;
    }
    Ok(n_receipts)
}

fn count(table: &Table, prefix: &[u8]) -> Result<usize, StoreError> {
    let mut rows = table.starting_with(prefix);
    rows.try_fold(0, |count, it| it.map(|_| count + 1))
}

fn learner_of(key: &[u8]) -> Result<LearnerId, StoreError> {
    key::learner(key).ok_or_else(|| StoreError::Damaged("a key has no learner".into()))
}

fn ensure(holds: bool, message: impl FnOnce() -> String) -> Result<(), StoreError> {
    if holds { Ok(()) } else { Err(StoreError::Damaged(message())) }
}
