//! Rows that are about to be written: those of a group of ledger entries, together.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    mem,
};

use sled::IVec;

use super::{
    CHUNK, Changes, Head, Here, LOST, Meta, PLACES, Part, RECEIPTS, Rows, View, close,
    key::{self, Tag},
    known::{Known, Learnt},
};
use crate::{
    domain::{
        id::{LearnerId, Version},
        learner::Learner,
        summary::{OrderBy, Summary},
        time::Timestamp,
    },
    store::{Bucket, Claim, Position, SortKey, StoreError},
};

/// Changes of rows on top of those that are written.
pub(in super::super) struct Draft<'a> {
    view: &'a View,
    known: Option<&'a Known>,
    changed: Changes,
    /// Heads and rows of feeds that changed, which are encoded once, at the end.
    heads: HashMap<LearnerId, Head>,
    feeds: HashMap<(Bucket, u64), Vec<u64>>,
    meta: Meta,
}

/// A commit, as the ledger has it.
pub(in super::super) struct Written<'a> {
    pub(in super::super) learner: LearnerId,
    /// Where the entry stands in the ledger.
    pub(in super::super) offset: u64,
    /// The version before its first event.
    pub(in super::super) base: Version,
    /// The position of its first event.
    pub(in super::super) position: Position,
    pub(in super::super) n_events: u32,
    /// The idempotency key, if its call is to be remembered.
    pub(in super::super) receipt: Option<&'a str>,
}

impl Written<'_> {
    /// The version after its last event.
    fn version(&self) -> Version {
        self.base + self.n_events
    }
}

impl<'a> Draft<'a> {
    /// No changes yet.
    pub(in super::super) fn new(view: &'a View, meta: Meta) -> Self {
        let (changed, heads, feeds) = (BTreeMap::new(), HashMap::new(), HashMap::new());
        Self { view, known: None, changed, heads, feeds, meta }
    }

    /// No changes yet, of rows some of which are known.
    pub(in super::super) fn knowing(view: &'a View, known: &'a Known, meta: Meta) -> Self {
        Self { known: Some(known), ..Self::new(view, meta) }
    }

    /// Adds where a commit stands. Before the draft is finished, [`Draft::state`] has to follow,
    /// unless the commit has no events.
    ///
    /// When rows are brought up to the ledger after a crash, some may be ahead of the commit: those
    /// stay. A learner's head is written after all their other rows, so that it tells.
    pub(in super::super) fn commit(&mut self, written: &Written<'_>) -> Result<(), StoreError> {
        let before = self.take_head(written.learner)?;
        let is_new = written.n_events != 0 && (written.base == 0 || before.is_none());
        self.meta.n_learners += u64::from(is_new);
        self.meta.n_events += u64::from(written.n_events);
        if written.n_events != 0 {
            self.feed(written)?;
        }
        let receipt = written.receipt.map(key::tag);
        let mut here = match before {
            Some(Head::Here(here)) => here,
            Some(erased) => {
                self.heads.insert(written.learner, erased);
                return Ok(());
            }
            None if is_new => Here { n_receipts: self.n_receipts(written)?, ..Here::default() },
            None => {
                // Of somebody who is not there, only what the call did is kept.
                let Some(tag) = receipt else { return Ok(()) };
                self.meta.n_receipts += 1;
                return self.receipt(written.learner, tag, written.offset);
            }
        };
        if let Some(tag) = receipt {
            self.meta.n_receipts += 1;
            self.receipts(written, tag, &mut here)?;
        }
        if here.version < written.version() {
            self.events(written, &mut here);
        }
        self.heads.insert(written.learner, Head::Here(here));
        Ok(())
    }

    /// Adds the state of a learner after all their commits, and says how many bytes it takes.
    pub(in super::super) fn state(
        &mut self,
        state: &Learner,
        summary: &Summary,
    ) -> Result<usize, StoreError> {
        let mut here = match self.take_head(state.id)? {
            Some(Head::Here(here)) => here,
            Some(erased) => {
                self.heads.insert(state.id, erased);
                return Ok(0);
            }
            None => return Ok(0),
        };
        self.claims(state, &mut here)?;
        self.lists(state.id, here.summary.as_ref(), Some(summary));
        here.summary = Some(summary.clone());
        let bytes = Vec::with_capacity(2 * CHUNK);
        let bytes = postcard::to_extend(state, bytes).expect("a state holds nothing that postcard cannot");
        here.n_chunks = self.record(state, &bytes, here.n_chunks);
        self.heads.insert(state.id, Head::Here(here));
        Ok(bytes.len())
    }

    /// Adds the changes of an erasure.
    pub(in super::super) fn erase(&mut self, learner: LearnerId, at: Timestamp) -> Result<(), StoreError> {
        self.meta.n_erased += 1;
        let mut n_events = match self.head(learner)? {
            // Ahead of the ledger; they were counted when they were registered.
            Some(Head::Erased { n_events, .. }) => {
                self.meta.n_learners -= u64::from(n_events != 0);
                return Ok(());
            }
            Some(Head::Here(here)) => {
                self.meta.n_learners -= 1;
                self.meta.n_receipts -= here.receipts.len() as u64;
                self.lists(learner, here.summary.as_ref(), None);
                let n_places = here.n_places();
                here.claims.into_iter().for_each(|it| self.remove(it));
                n_places
            }
            None => 0,
        };
        for key in self.keys(&key::of_learner(learner, key::Kind::Events))? {
            let places: Vec<u64> = self.row(&key)?.unwrap_or_default();
            n_events += super::n_places(&places);
            self.remove(key);
        }
        for key in self.keys(&key::of_learner(learner, key::Kind::Receipt))? {
            let places: Vec<u64> = self.row(&key)?.unwrap_or_default();
            self.meta.n_receipts -= places.len() as u64;
            self.remove(key);
        }
        self.keys(&key::of_learner(learner, key::Kind::Record))?.into_iter().for_each(|it| self.remove(it));
        self.heads.insert(learner, Head::Erased { at, n_events });
        Ok(())
    }

    /// All changes, which bring the rows up to this record of the ledger.
    pub(in super::super) fn finish(mut self, applied: u64) -> (Changes, Meta, Learnt) {
        self.meta.applied = applied;
        let meta = self.meta.clone();
        self.set(key::META.to_vec(), &meta);
        let mut learnt = Learnt::default();
        for (learner, head) in mem::take(&mut self.heads) {
            self.set(key::head(learner), &head);
            learnt.heads.push((learner, head));
        }
        for ((bucket, chunk), places) in mem::take(&mut self.feeds) {
            self.set(key::feed(bucket, chunk), &places);
            learnt.feeds.push((bucket, chunk, places));
        }
        (self.changed, meta, learnt)
    }

    /// What is true of the store with these changes.
    pub(in super::super) fn meta(&self) -> &Meta {
        &self.meta
    }

    /// How many rows change.
    pub(in super::super) fn len(&self) -> usize {
        self.changed.len() + self.heads.len() + self.feeds.len()
    }

    fn claims(&mut self, state: &Learner, here: &mut Here) -> Result<(), StoreError> {
        let claims: Vec<_> = Claim::of(state).iter().map(key::claim).collect();
        for claim in here.claims.iter().filter(|it| !claims.contains(it)) {
            // When several commits are made into rows at once, somebody else may have it by now.
            if self.row(claim)? == Some(state.id) {
                self.remove(claim.clone());
            }
        }
        claims.iter().filter(|it| !here.claims.contains(it)).for_each(|it| self.set(it.clone(), &state.id));
        here.claims = claims;
        Ok(())
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

    /// Adds places for the events of a commit; those that fill a row get one.
    fn events(&mut self, written: &Written<'_>, here: &mut Here) {
        // What stands between was lost when the ledger was repaired.
        let n_lost = written.base.saturating_sub(here.version) as usize;
        here.places.resize(here.places.len() + n_lost, LOST);
        here.places.resize(here.places.len() + written.n_events as usize, written.offset);
        for chunk in here.version / PLACES as Version..written.version() / PLACES as Version {
            let rest = here.places.split_off(PLACES as usize);
            self.set(key::events(written.learner, chunk), &here.places);
            here.places = rest;
        }
        here.version = written.version();
    }

    /// Adds where a call stands; when there are many in the head, they get rows.
    fn receipts(&mut self, written: &Written<'_>, tag: Tag, here: &mut Here) -> Result<(), StoreError> {
        if here.receipts.iter().any(|it| it.1 == written.offset) {
            return Ok(());
        }
        if self.is_in_row(written, tag)? {
            // A head that is ahead has counted it.
            here.n_receipts += u32::from(written.n_events == 0 || here.version < written.version());
            return Ok(());
        }
        here.receipts.push((tag, written.offset));
        if RECEIPTS <= here.receipts.len() {
            for (tag, offset) in mem::take(&mut here.receipts) {
                self.receipt(written.learner, tag, offset)?;
                here.n_receipts += 1;
            }
        }
        Ok(())
    }

    /// Whether a receipt is in a row already, because rows are ahead. Those of a running store are not.
    fn is_in_row(&self, written: &Written<'_>, tag: Tag) -> Result<bool, StoreError> {
        if self.known.is_some() {
            return Ok(false);
        }
        let places: Option<Vec<u64>> = self.row(&key::receipts(written.learner, tag))?;
        Ok(places.is_some_and(|it| it.contains(&written.offset)))
    }

    /// How many receipts have rows, of calls that were made before the one by which somebody came.
    /// After a crash there may be later ones, which are yet to be counted.
    fn n_receipts(&self, written: &Written<'_>) -> Result<u32, StoreError> {
        let mut n_receipts = 0;
        for key in self.keys(&key::of_learner(written.learner, key::Kind::Receipt))? {
            let places: Vec<u64> = self.row(&key)?.unwrap_or_default();
            n_receipts += places.iter().filter(|it| **it < written.offset).count() as u32;
        }
        Ok(n_receipts)
    }

    fn receipt(&mut self, learner: LearnerId, tag: Tag, offset: u64) -> Result<(), StoreError> {
        let key = key::receipts(learner, tag);
        let mut places: Vec<u64> = self.row(&key)?.unwrap_or_default();
        if !places.contains(&offset) {
            places.push(offset);
        }
        self.set(key, &places);
        Ok(())
    }

    /// Adds places to the feed behind those that it has.
    fn feed(&mut self, written: &Written<'_>) -> Result<(), StoreError> {
        let bucket = Bucket::of(written.learner);
        let base = written.position - 1;
        self.fill_feed(bucket, base)?;
        let end = base + u64::from(written.n_events);
        for chunk in base / PLACES..=(end - 1) / PLACES {
            let mut places = Rows::feed(self, bucket, chunk)?;
            let n_places = (end - chunk * PLACES).min(PLACES) as usize;
            if places.len() < n_places {
                places.resize(n_places, written.offset);
                self.feeds.insert((bucket, chunk), places);
            }
        }
        Ok(())
    }

    /// A repair of the ledger may have left out what stood before a position.
    fn fill_feed(&mut self, bucket: Bucket, base: Position) -> Result<(), StoreError> {
        for chunk in (0..base.div_ceil(PLACES)).rev() {
            let n_places = (base - chunk * PLACES).min(PLACES) as usize;
            let mut places = Rows::feed(self, bucket, chunk)?;
            if n_places <= places.len() {
                break;
            }
            places.resize(n_places, LOST);
            self.feeds.insert((bucket, chunk), places);
        }
        Ok(())
    }

    /// A learner's head, to be changed and put back.
    fn take_head(&mut self, learner: LearnerId) -> Result<Option<Head>, StoreError> {
        match self.heads.remove(&learner) {
            Some(head) => Ok(Some(head)),
            None => self.head(learner),
        }
    }

    /// The keys that start so.
    fn keys(&self, prefix: &[u8]) -> Result<BTreeSet<Vec<u8>>, StoreError> {
        let mut keys = BTreeSet::new();
        for row in self.view.starting_with(prefix) {
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
    fn value(&self, key: &[u8]) -> Result<Option<IVec>, StoreError> {
        match self.changed.get(key) {
            Some(value) => Ok(value.clone()),
            None => self.view.value(key),
        }
    }

    fn with_head<T>(
        &self,
        learner: LearnerId,
        read: impl FnOnce(Option<&Head>) -> T,
    ) -> Result<T, StoreError> {
        match self.heads.get(&learner).or_else(|| self.known?.head(learner)) {
            Some(head) => Ok(read(Some(head))),
            None => self.view.with_head(learner, read),
        }
    }

    fn feed(&self, bucket: Bucket, chunk: u64) -> Result<Vec<u64>, StoreError> {
        let known = self.feeds.get(&(bucket, chunk)).or_else(|| self.known?.feed(bucket, chunk));
        known.map_or_else(|| self.view.feed(bucket, chunk), |it| Ok(it.clone()))
    }
}
