//! What a learner may do, as a model for a linearizability checker that knows no engine: there is
//! an order of all calls in which each took effect between its question and its answer.

use std::{
    hash::{Hash, Hasher},
    iter::successors,
    sync::Arc,
    time::Duration,
};

use milepost::domain::id::Version;
use porcupine_rs::{CheckResult, Model, check_operations_timeout};

use super::{super::Chance, protocol::Answer, settle::settle};

pub type Operation = porcupine_rs::Operation<OneLearner>;

/// No history of one learner takes as long to check.
const PATIENCE: Duration = Duration::from_secs(120);

/// A learner, as far as clients can tell.
#[derive(Debug, Clone)]
pub struct OneLearner;

/// What the state looks like, and which calls led to it. Checking compares and clones it very
/// often, hence the one number for all calls, and the list whose parts are shared.
#[derive(Debug, Clone)]
pub struct State {
    version: Version,
    digest: u64,
    /// Follows from all calls in their order.
    tag: u64,
    calls: Option<Arc<Written>>,
}

/// A call, and those before it.
#[derive(Debug)]
struct Written {
    call: u32,
    before: Option<Arc<Written>>,
}

/// What a client did and what it was answered.
#[derive(Debug, Clone)]
pub enum Done {
    Read { version: Version, digest: u64 },
    Write { call: u32, base: Version, digest: u64, answer: Option<Answer> },
}

impl State {
    fn after(&self, call: u32, digest: u64) -> Self {
        let tag = Chance(self.tag ^ u64::from(call)).next();
        let calls = Some(Arc::new(Written { call, before: self.calls.clone() }));
        Self { version: self.version + 1, digest, tag, calls }
    }

    /// The version that this call made.
    fn written_as(&self, call: u32) -> Option<Version> {
        let mut calls = successors(self.calls.as_deref(), |it| it.before.as_deref());
        let later = calls.position(|it| it.call == call)?;
        Some(self.version - later as Version)
    }
}

impl PartialEq for State {
    fn eq(&self, other: &Self) -> bool {
        (self.version, self.digest, self.tag) == (other.version, other.digest, other.tag)
    }
}

impl Eq for State {}

impl Hash for State {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.tag.hash(hasher);
    }
}

impl Model for OneLearner {
    type State = State;
    type Op = Done;
    type Metadata = ();

    fn init() -> State {
        State { version: 0, digest: 0, tag: 0, calls: None }
    }

    fn step(state: &State, op: &Done) -> (bool, State) {
        let (call, base, digest, answer) = match *op {
            Done::Read { version, digest } => {
                return (version == state.version && digest == state.digest, state.clone());
            }
            Done::Write { call, base, digest, answer } => (call, base, digest, answer),
        };
        let written_as = state.written_as(call);
        let can_be_written = written_as.is_none() && base == state.version;
        let is_possible = match answer {
            Some(Answer::Done) => can_be_written,
            Some(Answer::Conflict { current }) => {
                written_as.is_none() && current == state.version && current != base
            }
            Some(Answer::Repeated { version }) => written_as == Some(version),
            Some(Answer::State { .. }) => false,
            // Written, if it can be now. A call that was never written comes after all others.
            None => true,
        };
        let is_written = can_be_written && matches!(answer, None | Some(Answer::Done));
        (is_possible, if is_written { state.after(call, digest) } else { state.clone() })
    }
}

/// Whether there is such an order for the history of one learner.
pub fn is_possible(history: &[Operation]) -> bool {
    match check_operations_timeout(history, PATIENCE) {
        CheckResult::Ok => true,
        CheckResult::Illegal => false,
        CheckResult::Unknown => panic!("{} operations take too long to check", history.len()),
    }
}

/// A history as lines, for whoever must find out what went wrong.
pub fn text_of(history: &[Operation]) -> String {
    let mut history: Vec<_> = history.iter().collect();
    history.sort_by_key(|it| it.call_time);
    let line =
        |it: &Operation| format!("\n{}..{} {:?} {:?}", it.call_time, it.return_time, it.client_id, it.op);
    history.into_iter().map(line).collect()
}

/// A history that happened at these times.
fn history(done: impl IntoIterator<Item = (i64, i64, Done)>) -> Vec<Operation> {
    let operation = |(call_time, return_time, op)| Operation {
        client_id: None,
        call_time,
        return_time,
        op,
        metadata: None,
    };
    done.into_iter().map(operation).collect()
}

fn write(call: u32, base: Version, answer: Option<Answer>) -> Done {
    Done::Write { call, base, digest: u64::from(call), answer }
}

fn read(version: Version, call: u32) -> Done {
    Done::Read { version, digest: u64::from(call) }
}

#[test]
fn a_call_without_an_answer_may_have_happened_or_not() {
    let unknown = (1, i64::MAX, write(1, 0, None));
    for (is_right, later) in [
        (true, vec![]),
        (true, vec![(2, 3, read(0, 0)), (4, 5, read(1, 1))]),
        (true, vec![(2, 3, write(2, 0, Some(Answer::Done))), (4, 5, read(1, 2))]),
        (true, vec![(2, 3, write(1, 0, Some(Answer::Done))), (4, 5, read(1, 1))]),
        (true, vec![(2, 3, write(1, 0, Some(Answer::Repeated { version: 1 })))]),
        (true, vec![(2, 3, write(1, 0, None)), (4, 5, write(1, 0, Some(Answer::Repeated { version: 1 })))]),
        (
            true,
            vec![
                (2, 3, write(2, 0, Some(Answer::Done))),
                (4, 5, write(1, 0, Some(Answer::Conflict { current: 1 }))),
            ],
        ),
        (
            false,
            vec![
                (2, 3, write(2, 0, Some(Answer::Done))),
                (4, 5, write(1, 0, Some(Answer::Repeated { version: 1 }))),
            ],
        ),
        (false, vec![(2, 3, read(1, 1)), (4, 5, write(1, 0, Some(Answer::Done)))]),
        (false, vec![(2, 3, write(1, 0, Some(Answer::Repeated { version: 1 }))), (4, 5, read(0, 0))]),
        (false, vec![(2, 3, read(1, 1)), (4, 5, read(0, 0))]),
        (false, vec![(2, 3, read(1, 1)), (4, 5, write(2, 0, Some(Answer::Done)))]),
        (false, vec![(2, 3, write(1, 0, Some(Answer::Repeated { version: 2 })))]),
        (false, vec![(2, 3, write(1, 0, Some(Answer::Conflict { current: 0 })))]),
    ] {
        let history = history([unknown.clone()].into_iter().chain(later));
        assert_eq!(is_possible(&history), is_right, "{}", text_of(&history));
        assert_eq!(is_possible(&settle(&history)), is_right, "{}", text_of(&history));
    }
}
