//! Makes rows of ledger entries: those that the rows lack after a crash, or all of them.
//!
//! Rows may be ahead of what they say that they are up to: then a crash came while they were written.
//! A learner's head is written last, so that it tells; what it does not count yet is written again. Rows
//! that are all made anew say what they are up to only when that is done.

use std::{
    collections::{BTreeSet, HashMap},
    mem,
    num::NonZero,
    sync::Arc,
    thread,
};

use super::{
    Progress, history,
    ledger::{
        Ledger, Seq,
        entry::{Committed, Entry},
    },
    rows::{Draft, Head, Meta, Rows as _, State, Table, View, Written},
};
use crate::{
    domain::{
        id::{LearnerId, Version},
        learner::{Learner, fold},
        summary::Summary,
    },
    store::{StoreError, Summarizer},
};

/// So many changed rows are written together.
const BATCH: usize = 16_384;
/// Small rows wait for so many others, unless rows may be ahead.
const SMALL: usize = 250_000;

/// Fewer states are not worth a thread.
const SHARE: usize = 256;

/// Brings the rows up to a record of the ledger.
pub(super) fn replay(
    ledger: &Ledger,
    table: &Arc<Table>,
    meta: Meta,
    summarizer: &Summarizer,
    end: Seq,
    progress: &Progress,
) -> Result<Meta, StoreError> {
    if meta.applied == end {
        return Ok(meta);
    }
    let (view, mut applied) = (View::new(table.clone()), meta.applied);
    let is_tail = applied != 0;
    let draft = Draft::new(&view, meta);
    let (states, changed) = (HashMap::new(), BTreeSet::new());
    let mut replay = Replay { ledger, view: &view, summarizer, is_tail, draft, states, changed };
    ledger.replay(applied + 1, end, |seq, offset, entry| {
        replay.add(offset, entry)?;
        applied = seq;
        if BATCH <= replay.len() {
            replay.write(applied, false)?;
            progress(applied, end);
        }
        Ok(())
    })?;
    let meta = replay.write(applied, true)?;
    progress(applied, end);
    Ok(meta)
}

struct Replay<'a> {
    ledger: &'a Ledger,
    view: &'a View,
    summarizer: &'a Summarizer,
    /// Whether rows may be ahead. Then each commit is taken by itself: what it made of lists and claims
    /// may be there, and must go again with the next one.
    is_tail: bool,
    draft: Draft<'a>,
    /// Of the learners that were met in this batch, each at the version of their head.
    states: HashMap<LearnerId, Arc<Learner>>,
    changed: BTreeSet<LearnerId>,
}

impl Replay<'_> {
    /// How many rows are to be written together.
    fn len(&self) -> usize {
        self.draft.len() + if self.is_tail { self.draft.n_small() } else { 0 }
    }

    fn add(&mut self, offset: u64, entry: Entry) -> Result<(), StoreError> {
        match entry {
            Entry::Commit(committed) => self.commit(offset, &committed),
            Entry::Erase(erased) => {
                self.states.remove(&erased.learner);
                self.changed.remove(&erased.learner);
                self.draft.erase(erased.learner, erased.recorded_at)
            }
            // Draft fills what it left: versions and positions.
            Entry::Lost {} => Ok(()),
            Entry::Void(voided) => self.draft.commit(&Written {
                learner: voided.learner,
                offset,
                base: voided.version.saturating_sub(1),
                position: voided.position,
                n_events: voided.n_events,
                batches: BTreeSet::new(),
                keys: BTreeSet::new(),
            }),
        }
    }

    fn commit(&mut self, offset: u64, committed: &Committed) -> Result<(), StoreError> {
        let (learner, events) = (committed.learner, &committed.events);
        let version = self.version(learner)?;
        let mut after = None;
        if let (Some(version), Some(last)) = (version, events.last())
            && version < last.version
        {
            let state = self.state(version, committed)?;
            self.states.insert(learner, state.clone());
            after = Some(state);
        }
        self.draft.commit(&Written {
            learner,
            offset,
            base: events.first().map_or(0, |it| it.version - 1),
            position: committed.position,
            n_events: u32::try_from(events.len()).expect("versions are of 32 bits"),
            batches: committed.batches(),
            keys: Written::keys(committed.receipts()),
        })?;
        match after {
            Some(state) if self.is_tail => {
                self.draft.state(learner, State::of(&state, (self.summarizer.summarize)(&state)))?;
            }
            Some(_) => drop(self.changed.insert(learner)),
            None => {}
        }
        Ok(())
    }

    /// The version that a learner's head tells; `None`: they were erased.
    fn version(&self, learner: LearnerId) -> Result<Option<Version>, StoreError> {
        Ok(match self.draft.head(learner)? {
            None => Some(0),
            Some(Head::Here(here)) => Some(here.version),
            Some(Head::Erased { .. }) => None,
        })
    }

    /// The state after a commit to a learner at a version.
    fn state(&self, version: Version, committed: &Committed) -> Result<Arc<Learner>, StoreError> {
        let before = self.state_at(committed.learner, version)?;
        let after = committed.events.iter().try_fold(before, |state, it| state.after(it).map(Arc::new));
        if let Some(state) = after {
            return Ok(state);
        }
        let (learner, n_events) = (committed.learner, version as usize);
        let mut events = history::of_learner(&self.draft, self.ledger, learner, 0, n_events)?;
        events.extend_from_slice(&committed.events);
        Ok(Arc::new(fold(learner, &events)))
    }

    fn state_at(&self, learner: LearnerId, version: Version) -> Result<Arc<Learner>, StoreError> {
        if version == 0 {
            return Ok(Arc::new(Learner::new(learner)));
        }
        if let Some(state) = self.states.get(&learner) {
            return Ok(state.clone());
        }
        match self.draft.record(learner) {
            Ok(Some((state, _))) if state.version == version => Ok(Arc::new(state)),
            _ => {
                let events = history::of_learner(&self.draft, self.ledger, learner, 0, version as usize)?;
                Ok(Arc::new(fold(learner, &events)))
            }
        }
    }

    /// The summaries of states, which are the larger part of the work: by all processors.
    fn summaries(&self, states: &[Arc<Learner>]) -> Vec<Summary> {
        let summarize = |it: &Arc<Learner>| (self.summarizer.summarize)(it);
        let n_threads = thread::available_parallelism().map_or(1, NonZero::get);
        let share = states.len().div_ceil(n_threads).max(SHARE);
        thread::scope(|scope| {
            let shares: Vec<_> = states
                .chunks(share)
                .map(|it| scope.spawn(move || it.iter().map(summarize).collect::<Vec<_>>()))
                .collect();
            shares.into_iter().flat_map(|it| it.join().expect("a summarizer does not panic")).collect()
        })
    }

    fn write(&mut self, applied: Seq, is_last: bool) -> Result<Meta, StoreError> {
        let mut states = mem::take(&mut self.states);
        let changed: Vec<_> =
            mem::take(&mut self.changed).into_iter().filter_map(|it| states.remove(&it)).collect();
        for (state, summary) in changed.iter().zip(self.summaries(&changed)) {
            self.draft.state(state.id, State::of(state, summary))?;
        }
        let meta = self.draft.meta().clone();
        let draft = mem::replace(&mut self.draft, Draft::new(self.view, meta));
        let (mut changes, meta) = draft.finish(applied)?;
        if !self.is_tail && !is_last {
            // Nobody can take up in the middle what is made from the start.
            changes.leave_meta_out();
            if changes.n_small() < SMALL {
                self.draft = Draft::with_small(self.view, meta.clone(), changes.take_small());
            }
        }
        self.view.table().apply(changes.in_order())?;
        Ok(meta)
    }
}
