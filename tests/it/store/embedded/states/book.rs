//! What clients know of a store, kept outside of it: which calls they made about whom, and what they
//! were told.

use std::collections::BTreeMap;

use milepost::{
    domain::{event::Event, id::LearnerId, time::Timestamp},
    store::{Commit, CommitError, Erasure, Receipt, StoreError},
};

/// What can be seen of a learner.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Seen {
    pub events: Vec<Event>,
    pub receipts: BTreeMap<String, Receipt>,
    pub erased_at: Option<Timestamp>,
}

/// What must be seen of a learner after some of the calls, and how many places they have in the feed.
#[derive(Debug, Clone, Default)]
pub struct Known {
    pub seen: Seen,
    pub n_places: usize,
}

/// What a client asked for.
#[derive(Debug, Clone)]
pub enum Deed {
    Commit(Box<Commit>),
    Erase(Erasure),
}

impl Deed {
    pub fn learner(&self) -> LearnerId {
        match self {
            Deed::Commit(it) => it.learner,
            Deed::Erase(it) => it.learner,
        }
    }
}

impl Known {
    /// What must be seen after one more call.
    pub fn after(&self, deed: &Deed) -> Known {
        let mut known = self.clone();
        match deed {
            Deed::Commit(commit) => {
                known.seen.events.extend(commit.events.iter().cloned());
                known.seen.receipts.extend(commit.receipts.iter().map(|it| (it.key.clone(), it.clone())));
                known.n_places += commit.events.len();
            }
            Deed::Erase(erasure) => {
                known.seen = Seen { erased_at: Some(erasure.recorded_at), ..Seen::default() };
            }
        }
        known
    }
}

/// A call that was not refused.
#[derive(Debug, Clone)]
pub struct Call {
    deed: Deed,
    /// At which moment it was made.
    begun: usize,
    /// At which moment its success was told; `None`: it is in doubt.
    acknowledged: Option<usize>,
}

/// All about one learner.
#[derive(Debug, Clone, Default)]
pub struct Account {
    before: Known,
    calls: Vec<Call>,
}

impl Account {
    /// What may be seen, from what must have happened to what may have happened.
    pub fn possible(&self) -> Vec<Known> {
        let n_sure = self.calls.iter().rposition(|it| it.acknowledged.is_some()).map_or(0, |it| it + 1);
        let mut all = vec![self.before.clone()];
        for call in &self.calls {
            all.push(all[all.len() - 1].after(&call.deed));
        }
        all.split_off(n_sure)
    }

    /// All keys of which something may be known.
    pub fn keys(&self) -> Vec<String> {
        let new = self.calls.iter().filter_map(|it| match &it.deed {
            Deed::Commit(commit) => Some(&commit.receipts),
            Deed::Erase(_) => None,
        });
        let new = new.flatten().map(|it| it.key.clone());
        self.before.seen.receipts.keys().cloned().chain(new).collect()
    }
}

/// All accounts.
#[derive(Debug, Clone, Default)]
pub struct Book {
    pub accounts: BTreeMap<LearnerId, Account>,
}

impl Book {
    /// A call is made; its answer is not there yet.
    pub fn begin(&mut self, deed: &Deed, now: usize) {
        let account = self.accounts.entry(deed.learner()).or_default();
        account.calls.push(Call { deed: deed.clone(), begun: now, acknowledged: None });
    }

    /// The answer to a call.
    pub fn answer(
        &mut self,
        deed: &Deed,
        now: usize,
        answer: &Result<(), CommitError>,
    ) -> Result<(), String> {
        let calls = &mut self.accounts.get_mut(&deed.learner()).expect("it was begun").calls;
        let place = calls.iter().position(|it| is_same(&it.deed, deed)).expect("it was begun");
        match answer {
            Ok(()) => calls[place].acknowledged = Some(now),
            Err(CommitError::Fault(StoreError::Misfit(_) | StoreError::TooLong(_))) => {
                return Err(format!("it was refused: {answer:?}"));
            }
            Err(CommitError::Fault(_)) => {}
            Err(_) => drop(calls.remove(place)),
        }
        Ok(())
    }

    /// What was known at a moment.
    pub fn as_of(&self, moment: usize) -> Book {
        let mut book = self.clone();
        for account in book.accounts.values_mut() {
            account.calls.retain(|it| it.begun < moment);
            for call in &mut account.calls {
                call.acknowledged = call.acknowledged.filter(|it| *it <= moment);
            }
        }
        book
    }

    /// From now on this is what has been seen of a learner.
    pub fn settle(&mut self, learner: LearnerId, known: Known) {
        self.accounts.insert(learner, Account { before: known, calls: vec![] });
    }
}

fn is_same(one: &Deed, other: &Deed) -> bool {
    match (one, other) {
        (Deed::Commit(one), Deed::Commit(other)) => {
            one.base == other.base && one.events == other.events && one.receipts == other.receipts
        }
        (Deed::Erase(_), Deed::Erase(_)) => true,
        _ => false,
    }
}
