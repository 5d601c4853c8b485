//! Whether the entries of a ledger fit together: versions of each learner and positions of each
//! bucket are dense, and whoever was erased stays so. Where records are gone, it infers what they
//! were about from their neighbors.

use std::{
    collections::{HashMap, HashSet},
    fmt,
};

use super::{
    super::ledger::{
        Seq,
        entry::{Committed, Entry, Voided},
    },
    range,
};
use crate::{
    domain::id::{LearnerId, Version},
    store::{Bucket, N_BUCKETS, Position},
};

/// What is listed of what is missing; the rest is counted.
const MAX_MISSING: usize = 1_000;

/// What records that are gone were about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// Events of a learner.
    Versions {
        /// Whose.
        learner: LearnerId,
        /// The first version that is missing.
        first: Version,
        /// The last one.
        last: Version,
    },
    /// Places in a feed.
    Positions {
        /// Of which bucket.
        bucket: u16,
        /// The first position that is missing.
        first: Position,
        /// The last one.
        last: Position,
    },
}

/// What was seen so far.
pub(super) struct Checker {
    learners: HashMap<LearnerId, Seen>,
    heads: Vec<Head>,
    /// The last record that is gone.
    last_lost: Seq,
    pub(super) missing: Vec<Missing>,
    pub(super) n_missing: u64,
    pub(super) n_events: u64,
}

#[derive(Default)]
struct Seen {
    version: Version,
    /// The last record that told their version.
    seq: Seq,
    /// The last record about them.
    last: Seq,
    is_erased: bool,
    is_voided: bool,
}

#[derive(Clone, Default)]
struct Head {
    position: Position,
    seq: Seq,
}

impl Checker {
    pub(super) fn new() -> Self {
        let heads = vec![Head::default(); usize::from(N_BUCKETS)];
        Self { learners: HashMap::new(), heads, last_lost: 0, missing: vec![], n_missing: 0, n_events: 0 }
    }

    /// Looks at the next entry; an error says how it contradicts those before it.
    pub(super) fn add(&mut self, seq: Seq, entry: &Entry) -> Result<(), String> {
        match entry {
            Entry::Commit(committed) => self.commit(seq, committed),
            Entry::Erase(erased) => {
                let seen = self.learners.entry(erased.learner).or_default();
                let was_erased = std::mem::replace(&mut seen.is_erased, true);
                if was_erased { Err(format!("it erases {} again", erased.learner)) } else { Ok(()) }
            }
            Entry::Lost {} => {
                self.gone(seq);
                Ok(())
            }
            Entry::Void(voided) => self.void(seq, voided),
        }
    }

    /// Hears of a record that is gone.
    pub(super) fn gone(&mut self, seq: Seq) {
        self.last_lost = self.last_lost.max(seq);
    }

    /// How many learners there are.
    pub(super) fn n_learners(&self) -> u64 {
        let is_here = |it: &&Seen| !it.is_erased && !it.is_voided && it.version != 0;
        self.learners.values().filter(is_here).count() as u64
    }

    /// Who was erased.
    pub(super) fn erased(&self) -> HashSet<LearnerId> {
        self.learners.iter().filter(|(_, it)| it.is_erased).map(|(learner, _)| *learner).collect()
    }

    /// Who was blanked and, as far as is written, never erased; with the last record about them.
    pub(super) fn unerased(&self) -> Vec<(LearnerId, Seq)> {
        let unerased = self.learners.iter().filter(|(_, it)| it.is_voided && !it.is_erased);
        let mut unerased: Vec<_> = unerased.map(|(learner, it)| (*learner, it.last)).collect();
        unerased.sort_by_key(|it| (it.1, it.0));
        unerased
    }

    fn commit(&mut self, seq: Seq, committed: &Committed) -> Result<(), String> {
        let Committed { learner, position, events, .. } = committed;
        let mut versions = events.first().map_or(0, |it| it.version)..;
        if !events.iter().all(|it| it.learner == *learner && Some(it.version) == versions.next()) {
            return Err("its events do not fit together".into());
        }
        let first = events.first().map_or(0, |it| it.version);
        self.next(seq, *learner, first, events.len() as u32, *position)?;
        let seen = &self.learners[learner];
        if seen.is_erased {
            return Err(format!("it is about {learner}, who was erased before"));
        }
        match committed.receipts().filter_map(|it| it.event).max() {
            // It may be among what is gone.
            Some(version) if seen.version < version && self.last_lost == 0 => {
                Err(format!("its receipt names version {version} of {learner}, who is at {}", seen.version))
            }
            _ => Ok(()),
        }
    }

    fn void(&mut self, seq: Seq, voided: &Voided) -> Result<(), String> {
        let Voided { learner, version, position, n_events } = *voided;
        self.next(seq, learner, version, n_events, position)?;
        self.learners.entry(learner).or_default().is_voided = true;
        Ok(())
    }

    /// Versions and positions go on from what was.
    fn next(
        &mut self,
        seq: Seq,
        learner: LearnerId,
        first: Version,
        n_events: u32,
        position: Position,
    ) -> Result<(), String> {
        let seen = self.learners.entry(learner).or_default();
        seen.last = seq;
        if n_events == 0 {
            return Ok(());
        }
        let bucket = Bucket::of(learner);
        let head = &mut self.heads[bucket.index()];
        let (version, place) = (seen.version + 1, head.position + 1);
        let may_lack = |since: Seq| since < self.last_lost;
        if first < version || (version < first && !may_lack(seen.seq)) {
            return Err(format!("version {first} of {learner} follows version {}", seen.version));
        }
        if position < place || (place < position && !may_lack(head.seq)) {
            let bucket = bucket.number();
            return Err(format!("position {position} of bucket {bucket} follows position {}", head.position));
        }
        let bucket = bucket.number();
        *seen = Seen { version: first + (n_events - 1), seq, ..*seen };
        *head = Head { position: position + u64::from(n_events) - 1, seq };
        self.n_events += u64::from(n_events);
        if version < first {
            self.lacks(Missing::Versions { learner, first: version, last: first - 1 });
        }
        if place < position {
            self.lacks(Missing::Positions { bucket, first: place, last: position - 1 });
        }
        Ok(())
    }

    fn lacks(&mut self, missing: Missing) {
        self.n_missing += 1;
        if self.missing.len() < MAX_MISSING {
            self.missing.push(missing);
        }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Missing::Versions { learner, first, last } => {
                let versions = range(u64::from(*first), u64::from(*last));
                write!(f, "learner {learner} lacks version {versions}")
            }
            Missing::Positions { bucket, first, last } => {
                write!(f, "the feed of bucket {bucket} lacks position {}", range(*first, *last))
            }
        }
    }
}
