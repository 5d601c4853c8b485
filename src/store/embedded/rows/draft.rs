//! Rows that are about to be written: those of a group of ledger entries, together.

mod feed;

use std::{
    collections::{BTreeSet, HashMap},
    mem,
    sync::Arc,
};

use sled::IVec;

use super::{
    ByKey, Changes, Feed, Head, Here, LOST, Latest, Meta, PLACES, Parts, RECEIPTS, Rows, State, View, close,
    key::{self, Tag},
    known::Known,
};
use crate::{
    domain::{
        id::{BatchId, LearnerId, Version},
        summary::{OrderBy, Summary},
        time::Timestamp,
    },
    store::{Bucket, Claim, Position, Receipt, SortKey, StoreError},
};

/// Changes of rows on top of those that are written.
pub(in super::super) struct Draft<'a> {
    view: &'a View,
    known: Option<&'a Known>,
    changed: Changes,
    /// What changed of learners and feeds, which is not encoded here.
    heads: HashMap<LearnerId, Head>,
    parts: HashMap<LearnerId, Parts>,
    feeds: HashMap<(Bucket, u64), Feed>,
    /// Those whose receipts have rows that a crash left behind: their heads may not know of those, or know of more.
    ahead: BTreeSet<LearnerId>,
    meta: Meta,
}

/// A commit, as the ledger has it.
pub(in super::super) struct Written {
    pub(in super::super) learner: LearnerId,
    /// Where the entry stands in the ledger.
    pub(in super::super) offset: u64,
    /// The version before its first event.
    pub(in super::super) base: Version,
    /// The position of its first event.
    pub(in super::super) position: Position,
    pub(in super::super) n_events: u32,
    /// The batches that its events belong to.
    pub(in super::super) batches: BTreeSet<BatchId>,
    /// What stands for the idempotency keys of its calls.
    pub(in super::super) keys: BTreeSet<Tag>,
}

impl Written {
    /// What stands for the keys of these receipts.
    pub(in super::super) fn keys<'a>(receipts: impl IntoIterator<Item = &'a Receipt>) -> BTreeSet<Tag> {
        receipts.into_iter().map(|it| key::tag(&it.key)).collect()
    }

    /// The version after its last event.
    fn version(&self) -> Version {
        self.base + self.n_events
    }
}

impl<'a> Draft<'a> {
    /// No changes yet.
    pub(in super::super) fn new(view: &'a View, meta: Meta) -> Self {
        let (heads, parts, feeds) = (HashMap::new(), HashMap::new(), HashMap::new());
        let (changed, ahead) = (Changes::default(), BTreeSet::new());
        Self { view, known: None, changed, heads, parts, feeds, ahead, meta }
    }

    /// No changes yet, but of small rows that are to be written later.
    pub(in super::super) fn with_small(view: &'a View, meta: Meta, small: ByKey) -> Self {
        Self { changed: Changes { small, ..Changes::default() }, ..Self::new(view, meta) }
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
    pub(in super::super) fn commit(&mut self, written: &Written) -> Result<(), StoreError> {
        let before = self.take_head(written.learner)?;
        let is_new = written.n_events != 0 && (written.base == 0 || before.is_none());
        self.meta.n_learners += u64::from(is_new);
        self.meta.n_events += u64::from(written.n_events);
        if written.n_events != 0 {
            self.feed(written)?;
        }
        let mut here = match before {
            Some(Head::Here(here)) => here,
            Some(erased) => {
                self.heads.insert(written.learner, erased);
                return Ok(());
            }
            None if is_new => {
                Here { n_receipts: self.n_receipts(written.learner, written.offset)?, ..Here::default() }
            }
            None => {
                // Of somebody who is not there, only what the call did is kept.
                self.meta.n_receipts += written.keys.len() as u64;
                let mut keys = written.keys.iter();
                return keys.try_for_each(|it| self.receipt(written.learner, *it, written.offset));
            }
        };
        self.meta.n_receipts += written.keys.len() as u64;
        for tag in &written.keys {
            self.receipts(written, *tag, &mut here)?;
        }
        if here.version < written.version() {
            self.events(written, &mut here);
        }
        self.heads.insert(written.learner, Head::Here(here));
        Ok(())
    }

    /// Adds the state of a learner after all their commits.
    pub(in super::super) fn state(&mut self, learner: LearnerId, state: State) -> Result<(), StoreError> {
        let mut here = match self.take_head(learner)? {
            Some(Head::Here(here)) => here,
            Some(erased) => {
                self.heads.insert(learner, erased);
                return Ok(());
            }
            None => return Ok(()),
        };
        self.claims(learner, state.claims, &mut here)?;
        self.lists(learner, here.summary.as_ref(), Some(&state.summary));
        here.summary = Some(state.summary);
        let n_chunks = u16::try_from(state.parts.len()).expect("no state has 200 MB");
        (n_chunks..here.n_chunks).for_each(|it| self.remove(key::record(learner, it)));
        here.n_chunks = n_chunks;
        self.parts.insert(learner, state.parts);
        self.heads.insert(learner, Head::Here(here));
        Ok(())
    }

    /// Adds the changes of an erasure.
    pub(in super::super) fn erase(&mut self, learner: LearnerId, at: Timestamp) -> Result<(), StoreError> {
        if self.ahead.remove(&learner) {
            self.count_receipts(learner)?;
        }
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
                here.claims.into_iter().try_for_each(|it| self.give_up(learner, it))?;
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
        self.parts.remove(&learner);
        self.heads.insert(learner, Head::Erased { at, n_events });
        Ok(())
    }

    /// All changes, which bring the rows up to this record of the ledger.
    pub(in super::super) fn finish(mut self, applied: u64) -> Result<(Changes, Meta), StoreError> {
        for learner in mem::take(&mut self.ahead) {
            self.count_receipts(learner)?;
        }
        self.meta.applied = applied;
        let meta = self.meta.clone();
        self.set(key::META.to_vec(), &meta);
        for (learner, head) in self.heads {
            let latest = Latest { head: Arc::new(head), parts: self.parts.remove(&learner) };
            self.changed.learners.push((learner, latest));
        }
        let feeds = self.feeds.into_iter().map(|((bucket, chunk), feed)| (bucket, chunk, feed));
        self.changed.feeds.extend(feeds);
        Ok((self.changed, meta))
    }

    /// What is true of the store with these changes.
    pub(in super::super) fn meta(&self) -> &Meta {
        &self.meta
    }

    /// How many small rows change.
    pub(in super::super) fn n_small(&self) -> usize {
        self.changed.n_small()
    }

    /// How many rows change, small ones aside.
    pub(in super::super) fn len(&self) -> usize {
        self.changed.rows.len() + self.heads.len() + self.feeds.len()
    }

    fn claims(
        &mut self,
        learner: LearnerId,
        claims: Vec<(Claim, Vec<u8>)>,
        here: &mut Here,
    ) -> Result<(), StoreError> {
        let claims: Vec<_> = claims.into_iter().map(|it| it.1).collect();
        for claim in here.claims.iter().filter(|it| !claims.contains(it)) {
            self.give_up(learner, claim.clone())?;
        }
        claims.iter().filter(|it| !here.claims.contains(it)).for_each(|it| self.set(it.clone(), &learner));
        here.claims = claims;
        Ok(())
    }

    /// Removes a claim, unless somebody else has it by now: when several commits are made into rows at
    /// once, or when the ledger lost that it was given up.
    fn give_up(&mut self, learner: LearnerId, claim: Vec<u8>) -> Result<(), StoreError> {
        if self.row(&claim)? == Some(learner) {
            self.remove(claim);
        }
        Ok(())
    }

    fn lists(&mut self, learner: LearnerId, before: Option<&Summary>, after: Option<&Summary>) {
        for order in OrderBy::ALL {
            if let (Some(before), Some(after)) = (before, after)
                && SortKey::is_same(order, before, after)
            {
                continue;
            }
            let key = |it| key::list(order, &SortKey::of(order, learner, it));
            before.into_iter().for_each(|it| self.remove(key(it)));
            after.into_iter().for_each(|it| self.put(key(it), vec![]));
        }
    }

    /// Adds places for the events of a commit; those that fill a row get one.
    fn events(&mut self, written: &Written, here: &mut Here) {
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
    fn receipts(&mut self, written: &Written, tag: Tag, here: &mut Here) -> Result<(), StoreError> {
        if here.receipts.contains(&(tag, written.offset)) {
            return Ok(());
        }
        // Those of a running store are not ahead.
        if self.known.is_none() && self.is_in_row(written.learner, tag, written.offset)? {
            self.ahead.insert(written.learner);
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

    fn is_in_row(&self, learner: LearnerId, tag: Tag, offset: u64) -> Result<bool, StoreError> {
        let places: Option<Vec<u64>> = self.row(&key::receipts(learner, tag))?;
        Ok(places.is_some_and(|it| it.contains(&offset)))
    }

    /// How many receipts have rows, of calls that were made before this place. After a crash there may be later
    /// ones.
    fn n_receipts(&self, learner: LearnerId, before: u64) -> Result<u32, StoreError> {
        let mut n_receipts = 0;
        for key in self.keys(&key::of_learner(learner, key::Kind::Receipt))? {
            let places: Vec<u64> = self.row(&key)?.unwrap_or_default();
            n_receipts += places.iter().filter(|it| **it < before).count() as u32;
        }
        Ok(n_receipts)
    }

    /// Makes the head of somebody whose rows were ahead agree with them.
    fn count_receipts(&mut self, learner: LearnerId) -> Result<(), StoreError> {
        let Some(Head::Here(mut here)) = self.take_head(learner)? else { return Ok(()) };
        let mut in_head = vec![];
        for (tag, offset) in mem::take(&mut here.receipts) {
            if !self.is_in_row(learner, tag, offset)? {
                in_head.push((tag, offset));
            }
        }
        here.receipts = in_head;
        here.n_receipts = self.n_receipts(learner, u64::MAX)?;
        self.heads.insert(learner, Head::Here(here));
        Ok(())
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
        let changed = self.changed.of(prefix).range(prefix.to_vec()..);
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
        self.changed.put(key, Some(value.into()));
    }

    fn remove(&mut self, key: Vec<u8>) {
        self.changed.put(key, None);
    }
}

impl Rows for Draft<'_> {
    /// Heads, feeds and states are not among them as they are in the draft: those have no values yet.
    fn value(&self, key: &[u8]) -> Result<Option<IVec>, StoreError> {
        match self.changed.of(key).get(key) {
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

    fn feed(&self, bucket: Bucket, chunk: u64) -> Result<Feed, StoreError> {
        let known = self.feeds.get(&(bucket, chunk)).or_else(|| self.known?.feed(bucket, chunk));
        known.map_or_else(|| self.view.feed(bucket, chunk), |it| Ok(it.clone()))
    }
}
