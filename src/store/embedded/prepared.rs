//! What can be made ready of a commit before its turn, by whoever asks for it: there is one committer,
//! and there may be many of them.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    ledger::entry::{Committed, Unplaced},
    rows::State,
};
use crate::{
    domain::{
        id::{BatchId, LearnerId, Version},
        learner::Learner,
    },
    store::{Commit, Receipt},
};

/// A commit that is ready to be written.
pub(super) struct Prepared {
    pub(super) learner: LearnerId,
    /// The version at which the learner must be.
    pub(super) base: Version,
    pub(super) n_events: u32,
    /// The batches that the events belong to.
    pub(super) batches: BTreeSet<BatchId>,
    pub(super) entry: Unplaced,
    pub(super) receipts: Vec<Receipt>,
    /// What comes of the events; `None`: there are none.
    pub(super) after: Option<After>,
}

/// A learner after a commit.
pub(super) struct After {
    pub(super) state: Arc<Learner>,
    pub(super) rows: State,
}

impl Prepared {
    pub(super) fn of(commit: Commit) -> Self {
        let Commit { learner, base, events, state, summary, receipts } = commit;
        let n_events = u32::try_from(events.len()).expect("versions are of 32 bits");
        let committed = Committed::of(learner, events, receipts);
        let (batches, entry) = (committed.batches(), committed.to_unplaced());
        let after = (n_events != 0).then(|| {
            let rows = State::of(&state, summary);
            After { state, rows }
        });
        Self { learner, base, n_events, batches, entry, receipts: committed.into_receipts(), after }
    }
}
