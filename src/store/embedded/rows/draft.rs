//! Rows that are about to be written: those of a group of ledger entries, together.

use std::collections::{BTreeMap, BTreeSet};

use super::{CHUNK, Head, Here, Meta, PLACES, Part, Rows, Table, close, key, seal};
use crate::{
    domain::{
        id::{LearnerId, Version},
        learner::Learner,
        summary::{OrderBy, Summary},
        time::Timestamp,
    },
    store::{Bucket, Claim, Position, Receipt, SortKey, StoreError},
};

/// Changes of rows on top of those that are written.
pub(in super::super) struct Draft<'a> {
    table: &'a Table,
    changed: BTreeMap<Vec<u8>, Option<sled::IVec>>,
    meta: Meta,
}

/// A ledger entry about a learner, and what it makes of them.
pub(in super::super) struct Written<'a> {
    pub(in super::super) learner: LearnerId,
    /// Where the entry stands in the ledger.
    pub(in super::super) offset: u64,
    /// The position of its first event.
    pub(in super::super) position: Position,
    pub(in super::super) n_events: usize,
    pub(in super::super) state: &'a Learner,
    pub(in super::super) summary: &'a Summary,
    pub(in super::super) receipt: Option<&'a Receipt>,
}

impl<'a> Draft<'a> {
    /// No changes yet.
    pub(in super::super) fn new(table: &'a Table, meta: Meta) -> Self {
        Self { table, changed: BTreeMap::new(), meta }
    }

    /// Adds the changes of a commit, and says how many bytes the state takes.
    pub(in super::super) fn commit(&mut self, written: &Written<'_>) -> Result<usize, StoreError> {
        if let Some(receipt) = written.receipt {
            let key = key::receipt(written.learner, &receipt.key);
            let body = serde_json::to_vec(receipt).expect("a receipt has no map");
            self.put(key.clone(), seal::seal(&key, &body));
            self.meta.n_receipts += 1;
        }
        if written.n_events == 0 {
            return Ok(0);
        }
        let before = match self.head(written.learner)? {
            Some(Head::Here(here)) => Some(here),
            _ => None,
        };
        self.meta.n_learners += u64::from(before.is_none());
        self.meta.n_events += written.n_events as u64;
        let claims = self.claims(written, before.as_ref());
        self.lists(written.learner, before.as_ref().map(|it| &it.summary), Some(written.summary));
        let bytes = postcard::to_stdvec(written.state).expect("a state holds nothing that postcard cannot");
        let n_chunks = self.record(written.state, &bytes, before.as_ref().map_or(0, |it| it.n_chunks));
        self.events(written)?;
        self.feed(written)?;
        let (version, summary) = (written.state.version, written.summary.clone());
        self.set(key::head(written.learner), &Head::Here(Here { version, n_chunks, claims, summary }));
        Ok(bytes.len())
    }

    /// Adds the changes of an erasure.
    pub(in super::super) fn erase(&mut self, learner: LearnerId, at: Timestamp) -> Result<(), StoreError> {
        let mut n_events: Version = 0;
        if let Some(Head::Here(here)) = self.head(learner)? {
            n_events = here.version;
            self.lists(learner, Some(&here.summary), None);
            here.claims.into_iter().for_each(|it| self.remove(it));
            self.meta.n_learners -= 1;
        }
        for kind in [key::Kind::Events, key::Kind::Record, key::Kind::Receipt] {
            let keys = self.keys(&key::of_learner(learner, kind))?;
            if kind == key::Kind::Receipt {
                self.meta.n_receipts -= keys.len() as u64;
            }
            keys.into_iter().for_each(|it| self.remove(it));
        }
        self.meta.n_erased += 1;
        self.set(key::head(learner), &Head::Erased { at, n_events });
        Ok(())
    }

    /// All changes, which bring the rows up to this record of the ledger.
    pub(in super::super) fn finish(mut self, applied: u64) -> (sled::Batch, Meta) {
        self.meta.applied = applied;
        let meta = self.meta.clone();
        self.set(key::META.to_vec(), &meta);
        let mut batch = sled::Batch::default();
        for (key, value) in self.changed {
            match value {
                Some(value) => batch.insert(key, value),
                None => batch.remove(key),
            }
        }
        (batch, meta)
    }

    /// What is true of the store with these changes.
    pub(in super::super) fn meta(&self) -> &Meta {
        &self.meta
    }

    /// How many rows change.
    pub(in super::super) fn len(&self) -> usize {
        self.changed.len()
    }

    fn claims(&mut self, written: &Written<'_>, before: Option<&Here>) -> Vec<Vec<u8>> {
        let claims: Vec<_> = Claim::of(written.state).iter().map(key::claim).collect();
        let before = before.map_or(&[][..], |it| &it.claims);
        before.iter().filter(|it| !claims.contains(it)).for_each(|it| self.remove(it.clone()));
        claims.iter().filter(|it| !before.contains(it)).for_each(|it| self.set(it.clone(), &written.learner));
        claims
    }

    fn lists(&mut self, learner: LearnerId, before: Option<&Summary>, after: Option<&Summary>) {
        for order in OrderBy::ALL {
            let key = |it| key::list(order, &SortKey::of(order, learner, it));
            let (before, after) = (before.map(key), after.map(key));
            if before == after {
                continue;
            }
            before.into_iter().for_each(|it| self.remove(it));
            after.into_iter().for_each(|it| self.put(it, vec![]));
        }
    }

    fn record(&mut self, state: &Learner, bytes: &[u8], n_before: u16) -> u16 {
        let n_chunks = u16::try_from(bytes.chunks(CHUNK).len()).expect("no state has 200 MB");
        for (chunk, bytes) in (0..).zip(bytes.chunks(CHUNK)) {
            self.set(key::record(state.id, chunk), &Part { version: state.version, n_chunks, bytes });
        }
        (n_chunks..n_before).for_each(|it| self.remove(key::record(state.id, it)));
        n_chunks
    }

    fn events(&mut self, written: &Written<'_>) -> Result<(), StoreError> {
        let base = u64::from(written.state.version) - written.n_events as u64;
        let key = |chunk: u64| key::events(written.learner, chunk as u32);
        self.places(key, base, written)
    }

    fn feed(&mut self, written: &Written<'_>) -> Result<(), StoreError> {
        let bucket = Bucket::of(written.learner);
        self.places(|chunk| key::feed(bucket, chunk), written.position - 1, written)
    }

    /// Adds places for the events of an entry behind the first `base` ones.
    fn places(
        &mut self,
        key: impl Fn(u64) -> Vec<u8>,
        base: u64,
        written: &Written<'_>,
    ) -> Result<(), StoreError> {
        let end = base + written.n_events as u64;
        for chunk in base / PLACES..=(end - 1) / PLACES {
            let key = key(chunk);
            let mut places: Vec<u64> = self.row(&key)?.unwrap_or_default();
            if places.len() as u64 != base.saturating_sub(chunk * PLACES) {
                return Err(super::damaged(&key));
            }
            places.resize((end - chunk * PLACES).min(PLACES) as usize, written.offset);
            self.set(key, &places);
        }
        Ok(())
    }

    /// The keys that start so.
    fn keys(&self, prefix: &[u8]) -> Result<BTreeSet<Vec<u8>>, StoreError> {
        let mut keys = BTreeSet::new();
        for row in self.table.starting_with(prefix) {
            keys.insert(row?.0.to_vec());
        }
        let changed = self.changed.range(prefix.to_vec()..);
        for (key, value) in changed.take_while(|(key, _)| key.starts_with(prefix)) {
            match value {
                Some(_) => keys.insert(key.clone()),
                None => keys.remove(key),
            };
        }
        Ok(keys)
    }

    fn set<T: serde::Serialize>(&mut self, key: Vec<u8>, row: &T) {
        let value = close(&key, row);
        self.put(key, value);
    }

    fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.changed.insert(key, Some(value.into()));
    }

    fn remove(&mut self, key: Vec<u8>) {
        self.changed.insert(key, None);
    }
}

impl Rows for Draft<'_> {
    fn value(&self, key: &[u8]) -> Result<Option<sled::IVec>, StoreError> {
        match self.changed.get(key) {
            Some(value) => Ok(value.clone()),
            None => self.table.value(key),
        }
    }
}
