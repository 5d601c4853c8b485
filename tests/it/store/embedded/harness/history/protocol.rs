//! What clients and the process that has the store say to each other: a line of JSON each.
//!
//! A learner's state is known from three numbers: who, at which version, by which call. So nobody
//! has to ask the store what a state should be.

use std::sync::Arc;

use milepost::{
    domain::{
        event::{Change, Event, Moved},
        id::{EventId, Version},
        learner::{Learner, digest},
    },
    store::{Commit, Receipt},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::given::{learner_id, registered, renamed, second, summarize};

/// A call that writes: if the learner is at `base`, they get the next version. Said again with the
/// same number it is the same call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    pub learner: u32,
    pub base: Version,
    pub number: u32,
}

#[derive(Debug, Serialize, Deserialize)]
pub enum Question {
    Read(u32),
    Write(Call),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// What a read found; version 0 and digest 0: nobody.
    State { version: Version, digest: u64 },
    /// Written just now.
    Done,
    /// Not written: the learner is at another version.
    Conflict { current: Version },
    /// Written before, as this version.
    Repeated { version: Version },
}

/// A short digest of all of a state.
pub fn digest_of(state: &Learner) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = digest(&[&serde_json::to_string(state).unwrap()]);
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

impl Call {
    /// The state that it leads to.
    pub fn state(&self) -> Learner {
        let mut before = Learner::new(learner_id(u128::from(self.learner)));
        if 0 < self.base {
            let first = Call { base: 0, ..*self };
            before = first.state();
            before.version = self.base;
        }
        before.after(&self.event()).unwrap()
    }

    pub fn commit(&self) -> Commit {
        let state = self.state();
        Commit {
            learner: state.id,
            base: self.base,
            events: vec![self.event()],
            summary: summarize(&state),
            state: Arc::new(state),
            receipts: vec![self.receipt()],
        }
    }

    /// What is kept of it, to be answered when it is said again.
    pub fn receipt(&self) -> Receipt {
        Receipt {
            key: format!("call-{}", self.number),
            fingerprint: u128::from(self.number).to_le_bytes(),
            recorded_at: second(0),
            event: Some(self.base + 1),
            subject: None,
            reached: vec![],
            lost: vec![],
        }
    }

    fn event(&self) -> Event {
        let version = self.base + 1;
        let at = second(i64::from(version));
        Event {
            id: EventId(Uuid::from_u128(u128::from(self.number))),
            learner: learner_id(u128::from(self.learner)),
            version,
            occurred_at: at,
            recorded_at: at,
            actor: "test".into(),
            reason: None,
            batch: None,
            milestones: Moved::default(),
            change: self.change(),
        }
    }

    fn change(&self) -> Change {
        let name = format!("Called {}", self.number);
        if self.base == 0 { registered(&name, None, None) } else { renamed(&name) }
    }
}
