//! Makes rows of ledger entries: those that the rows lack after a crash, or all of them.

use std::{collections::HashMap, mem, sync::Arc};

use super::{
    Progress, history,
    ledger::{
        Ledger, Seq,
        entry::{Committed, Entry},
    },
    rows::{Draft, Meta, Rows as _, Table, Written},
};
use crate::{
    domain::{id::LearnerId, learner::Learner},
    store::{StoreError, Summarizer},
};

/// So many changed rows are written together.
const BATCH: usize = 8_192;
/// So many states are kept between entries.
const KEPT_STATES: usize = 4_096;

/// Brings the rows up to the last record of the ledger.
pub(super) fn replay(
    ledger: &Ledger,
    table: &Table,
    meta: Meta,
    summarizer: &Summarizer,
    end: Seq,
    progress: &Progress,
) -> Result<Meta, StoreError> {
    if meta.applied == end {
        return Ok(meta);
    }
    let from = meta.applied + 1;
    let mut replay =
        Replay { ledger, table, summarizer, draft: Draft::new(table, meta), states: HashMap::new() };
    let mut applied = from - 1;
    ledger.replay(from, |seq, offset, entry| {
        replay.add(offset, entry)?;
        applied = seq;
        if BATCH <= replay.draft.len() {
            replay.write(applied)?;
            progress(applied, end);
        }
        Ok(())
    })?;
    let meta = replay.write(applied)?;
    progress(applied, end);
    Ok(meta)
}

struct Replay<'a> {
    ledger: &'a Ledger,
    table: &'a Table,
    summarizer: &'a Summarizer,
    draft: Draft<'a>,
    states: HashMap<LearnerId, Arc<Learner>>,
}

impl<'a> Replay<'a> {
    fn add(&mut self, offset: u64, entry: Entry) -> Result<(), StoreError> {
        match entry {
            Entry::Commit(committed) => self.commit(offset, &committed),
            Entry::Erase(erased) => {
                self.states.remove(&erased.learner);
                self.draft.erase(erased.learner, erased.recorded_at)
            }
        }
    }

    fn commit(&mut self, offset: u64, committed: &Committed) -> Result<(), StoreError> {
        let learner = committed.learner;
        let state = self.state(committed)?;
        let summary = (self.summarizer.summarize)(&state);
        self.draft.commit(&Written {
            learner,
            offset,
            position: committed.position,
            n_events: committed.events.len(),
            state: &state,
            summary: &summary,
            receipt: committed.receipt.as_ref(),
        })?;
        if KEPT_STATES <= self.states.len() {
            self.states.clear();
        }
        self.states.insert(learner, state);
        Ok(())
    }

    /// The state after an entry.
    fn state(&self, committed: &Committed) -> Result<Arc<Learner>, StoreError> {
        let learner = committed.learner;
        let before = match self.states.get(&learner) {
            Some(state) => state.clone(),
            None => {
                let read = self.draft.record(learner)?;
                Arc::new(read.map_or_else(|| Learner::new(learner), |it| it.0))
            }
        };
        if committed.events.is_empty() {
            return Ok(before);
        }
        let after = committed.events.iter().try_fold(before, |state, it| state.after(it).map(Arc::new));
        match after {
            Some(state) => Ok(state),
            None => history::state(&self.draft, self.ledger, learner, &committed.events).map(Arc::new),
        }
    }

    fn write(&mut self, applied: Seq) -> Result<Meta, StoreError> {
        let meta = self.draft.meta().clone();
        let draft = mem::replace(&mut self.draft, Draft::new(self.table, meta));
        let (batch, meta) = draft.finish(applied);
        self.table.apply(batch)?;
        Ok(meta)
    }
}
