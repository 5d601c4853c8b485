//! Decides what of a group is written: each command against the rows, with the commands before it
//! in the group as if they were written already.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    Inner,
    committer::Outcome,
    ledger::{
        Group,
        entry::{Committed, Entry, Erased},
    },
    rows::{Draft, Head, Meta, Rows as _, Table, Written},
};
use crate::{
    domain::{
        id::{LearnerId, Version},
        learner::Learner,
    },
    store::{Bucket, Commit, CommitError, Erasure, Position, StoreError},
};

/// Something to write.
pub(super) enum Task {
    Commit(Box<Commit>),
    Erase(Erasure),
}

/// Decides the commands of one group.
pub(super) struct Decider<'a> {
    inner: &'a Inner,
    draft: Draft<'a>,
    group: Group,
    states: States,
    heads: BTreeMap<Bucket, Position>,
}

/// What is to be written, all of it or nothing.
pub(super) struct Decided {
    pub(super) group: Group,
    pub(super) batch: sled::Batch,
    pub(super) meta: Meta,
    pub(super) states: States,
    pub(super) heads: BTreeMap<Bucket, Position>,
}

/// New states with their sizes in bytes; `None`: the learner is gone.
pub(super) type States = BTreeMap<LearnerId, Option<(Arc<Learner>, usize)>>;

impl<'a> Decider<'a> {
    /// Nothing is decided yet.
    pub(super) fn new(inner: &'a Inner, table: &'a Table, meta: Meta, group: Group) -> Self {
        let draft = Draft::new(table, meta);
        Self { inner, draft, group, states: BTreeMap::new(), heads: BTreeMap::new() }
    }

    /// Decides one command; an error means that nothing can be decided any more.
    pub(super) fn decide(&mut self, task: Task) -> Result<Outcome, StoreError> {
        let outcome = match task {
            Task::Commit(commit) => self.commit(*commit),
            Task::Erase(erasure) => self.erase(erasure),
        };
        match outcome {
            Err(CommitError::Fault(error)) if !matches!(error, StoreError::TooLong(_)) => Err(error),
            outcome => Ok(outcome),
        }
    }

    /// What was decided.
    pub(super) fn finish(self) -> Decided {
        let (batch, meta) = self.draft.finish(self.group.last());
        Decided { group: self.group, batch, meta, states: self.states, heads: self.heads }
    }

    fn commit(&mut self, commit: Commit) -> Outcome {
        self.check(&commit)?;
        let (learner, bucket) = (commit.learner, Bucket::of(commit.learner));
        let n_events = commit.events.len();
        let head = self.heads.get(&bucket).copied().unwrap_or_else(|| self.inner.head(bucket));
        let position = if n_events == 0 { 0 } else { head + 1 };
        let entry =
            Entry::Commit(Committed { learner, position, events: commit.events, receipt: commit.receipt });
        let offset = self.group.push(&entry)?;
        let Entry::Commit(Committed { receipt, .. }) = entry else { unreachable!("made above") };
        let (state, summary, receipt) = (&*commit.state, &commit.summary, receipt.as_ref());
        let n_bytes =
            self.draft.commit(&Written { learner, offset, position, n_events, state, summary, receipt })?;
        if n_events != 0 {
            self.heads.insert(bucket, head + n_events as u64);
            self.states.insert(learner, Some((commit.state, n_bytes)));
        }
        Ok(())
    }

    fn erase(&mut self, erasure: Erasure) -> Outcome {
        let (learner, recorded_at) = (erasure.learner, erasure.recorded_at);
        self.check_base(learner, erasure.base)?;
        self.group.push(&Entry::Erase(Erased { learner, recorded_at }))?;
        self.draft.erase(learner, recorded_at)?;
        self.states.insert(learner, None);
        // Nothing new is in the feed, but whoever follows the learner must hear of the end.
        let bucket = Bucket::of(learner);
        self.heads.entry(bucket).or_insert_with(|| self.inner.head(bucket));
        Ok(())
    }

    fn check(&self, commit: &Commit) -> Outcome {
        if let Some(receipt) = &commit.receipt
            && let Some(first) = self.draft.receipt(commit.learner, &receipt.key)?
        {
            return Err(CommitError::Repeated(Box::new(first)));
        }
        self.check_base(commit.learner, commit.base)?;
        for claim in commit.claims() {
            if self.draft.holder(&claim)?.is_some_and(|it| it != commit.learner) {
                return Err(CommitError::Claimed(claim));
            }
        }
        Ok(())
    }

    fn check_base(&self, learner: LearnerId, base: Version) -> Outcome {
        let current = match self.draft.head(learner)? {
            None => 0,
            Some(Head::Here(here)) => here.version,
            Some(Head::Erased { .. }) => return Err(CommitError::Erased),
        };
        if current == base { Ok(()) } else { Err(CommitError::Conflict { current }) }
    }
}
