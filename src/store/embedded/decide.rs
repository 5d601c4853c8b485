//! Decides what of a group is written: each command against the rows, with the commands before it
//! in the group as if they were written already.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use super::{
    Inner,
    committer::Outcome,
    history,
    ledger::{
        Group,
        entry::{Entry, Erased},
    },
    prepared::{After, Prepared},
    rows::{Changes, Draft, Head, Known, Meta, Rows as _, View, Written},
};
use crate::{
    domain::{
        id::{LearnerId, Version},
        learner::Learner,
        time::Timestamp,
    },
    store::{Bucket, CommitError, Erasure, Position, Receipt, StoreError},
};

/// Something to write.
pub(super) enum Task {
    Commit(Box<Prepared>),
    Erase(Erasure),
}

/// Decides the commands of one group.
pub(super) struct Decider<'a> {
    inner: &'a Inner,
    draft: Draft<'a>,
    group: Group,
    states: States,
    heads: BTreeMap<Bucket, Position>,
    erased_at: Vec<Timestamp>,
    /// Those of this group, which are not in the ledger yet.
    receipts: HashMap<(LearnerId, String), Receipt>,
    /// Where the group begins: what stands behind is not in the ledger yet.
    group_start: u64,
}

/// What is to be written, all of it or nothing.
pub(super) struct Decided {
    pub(super) group: Group,
    pub(super) changes: Changes,
    pub(super) meta: Meta,
    pub(super) states: States,
    pub(super) heads: BTreeMap<Bucket, Position>,
    /// When it erases somebody, each time.
    pub(super) erased_at: Vec<Timestamp>,
}

/// New states with their sizes in bytes; `None`: the learner is gone.
pub(super) type States = BTreeMap<LearnerId, Option<(Arc<Learner>, usize)>>;

impl<'a> Decider<'a> {
    /// Nothing is decided yet.
    pub(super) fn new(inner: &'a Inner, view: &'a View, known: &'a Known, meta: Meta, group: Group) -> Self {
        let draft = Draft::knowing(view, known, meta);
        let (states, heads, erased_at) = (BTreeMap::new(), BTreeMap::new(), vec![]);
        let receipts = HashMap::new();
        let group_start = group.end();
        Self { inner, draft, group, states, heads, erased_at, receipts, group_start }
    }

    /// Decides one command; an error means that nothing can be decided any more.
    pub(super) fn decide(&mut self, task: Task) -> Result<Outcome, StoreError> {
        let outcome = match task {
            Task::Commit(commit) => match self.known_receipt(&commit)? {
                Some(Ok(receipt)) => return Ok(Err(CommitError::Repeated(Box::new(receipt)))),
                // Nothing is wrong with the rows, nor with what others ask for.
                Some(Err(error)) => return Ok(Err(CommitError::Fault(error))),
                None => self.commit(*commit),
            },
            Task::Erase(erasure) => self.erase(erasure),
        };
        match outcome {
            Err(CommitError::Fault(error)) if !matches!(error, StoreError::TooLong(_)) => Err(error),
            outcome => Ok(outcome),
        }
    }

    /// What was decided.
    pub(super) fn finish(self) -> Result<Decided, StoreError> {
        let (changes, meta) = self.draft.finish(self.group.last())?;
        let Self { group, states, heads, erased_at, .. } = self;
        Ok(Decided { group, changes, meta, states, heads, erased_at })
    }

    fn commit(&mut self, commit: Prepared) -> Outcome {
        self.check(&commit)?;
        let Prepared { learner, base, n_events, batches, entry, receipts, after } = commit;
        let bucket = Bucket::of(learner);
        let head = self.heads.get(&bucket).copied().unwrap_or_else(|| self.inner.head(bucket));
        let position = if n_events == 0 { 0 } else { head + 1 };
        let offset = self.group.push(|it| entry.write(position, it))?;
        let keys = Written::keys(&receipts);
        self.draft.commit(&Written { learner, offset, base, position, n_events, batches, keys })?;
        self.receipts.extend(receipts.into_iter().map(|it| ((learner, it.key.clone()), it)));
        if let Some(After { state, rows }) = after {
            self.states.insert(learner, Some((state, rows.n_bytes)));
            self.draft.state(learner, rows)?;
            self.heads.insert(bucket, head + u64::from(n_events));
        }
        Ok(())
    }

    fn erase(&mut self, erasure: Erasure) -> Outcome {
        let (learner, recorded_at) = (erasure.learner, erasure.recorded_at);
        self.check_base(learner, erasure.base)?;
        let entry = Entry::Erase(Erased { learner, recorded_at });
        self.group.push(|it| entry.write(it))?;
        self.draft.erase(learner, recorded_at)?;
        self.receipts.retain(|(of, _), _| *of != learner);
        self.states.insert(learner, None);
        self.erased_at.push(recorded_at);
        // Nothing new is in the feed, but whoever follows the learner must hear of the end.
        let bucket = Bucket::of(learner);
        self.heads.entry(bucket).or_insert_with(|| self.inner.head(bucket));
        Ok(())
    }

    /// What a call with one of the same keys did before; an error is about the rows.
    fn known_receipt(&self, commit: &Prepared) -> Result<Option<Result<Receipt, StoreError>>, StoreError> {
        let mut keys = vec![];
        for Receipt { key, .. } in &commit.receipts {
            if let Some(receipt) = self.receipts.get(&(commit.learner, key.clone())) {
                return Ok(Some(Ok(receipt.clone())));
            }
            let mut places = self.draft.receipts(commit.learner, key)?;
            places.retain(|it| *it < self.group_start);
            if !places.is_empty() {
                keys.push((key.clone(), places));
            }
        }
        let known = history::receipts(&self.inner.ledger, commit.learner, &keys);
        Ok(known.map(|it| it.into_iter().flatten().next()).transpose())
    }

    fn check(&self, commit: &Prepared) -> Outcome {
        self.check_base(commit.learner, commit.base)?;
        let Some(After { rows, .. }) = &commit.after else { return Ok(()) };
        let new = self.draft.with_head(commit.learner, |head| {
            let has = |key| matches!(head, Some(Head::Here(here)) if here.claims.contains(key));
            rows.claims.iter().filter(|it| !has(&it.1)).collect::<Vec<_>>()
        })?;
        for (claim, key) in new {
            if self.draft.row(key)?.is_some_and(|it: LearnerId| it != commit.learner) {
                return Err(CommitError::Claimed(claim.clone()));
            }
        }
        Ok(())
    }

    fn check_base(&self, learner: LearnerId, base: Version) -> Outcome {
        let current = self.draft.with_head(learner, |head| match head {
            None => Some(0),
            Some(Head::Here(here)) => Some(here.version),
            Some(Head::Erased { .. }) => None,
        })?;
        let Some(current) = current else { return Err(CommitError::Erased) };
        if current == base { Ok(()) } else { Err(CommitError::Conflict { current }) }
    }
}
