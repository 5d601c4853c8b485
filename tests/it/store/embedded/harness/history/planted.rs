//! The checker is checked: into histories that happened, what must never happen is planted, and
//! each time it must be found.

use super::{
    model::{Done, Operation},
    protocol::Answer,
};

/// What must never happen.
#[derive(Debug, Clone, Copy)]
pub enum Violation {
    /// A write is acknowledged, and a later one does not know of it.
    LostUpdate,
    /// A read after an acknowledged write does not see it.
    StaleRead,
    /// A call is said again and has another effect.
    AppliedTwice,
    /// A write is acknowledged, and from some later instant on it has never been.
    Vanished,
    /// Two calls at the same version are both acknowledged.
    TwoWinners,
}

impl Violation {
    pub const ALL: [Violation; 5] =
        [Self::LostUpdate, Self::StaleRead, Self::AppliedTwice, Self::Vanished, Self::TwoWinners];

    /// Plants it into a history, if that has a place for it.
    pub fn plant(self, history: &[Operation]) -> Option<Vec<Operation>> {
        let mut planted = history.to_vec();
        match self {
            Self::LostUpdate => {
                let (version, mut end) = end_of(history)?;
                for call in [u32::MAX - 1, u32::MAX] {
                    planted.push(acknowledged(call, version, &mut end));
                }
            }
            Self::StaleRead => {
                let (at, before) = stale_read(history)?;
                planted[at].op = before;
            }
            Self::AppliedTwice => {
                let (version, mut end) = end_of(history)?;
                let call = history.iter().find_map(|it| acknowledged_base(it).map(|_| call_of(it)))?;
                planted.push(acknowledged(call, version, &mut end));
            }
            Self::Vanished => {
                let lost = vanishing(history)?;
                let (base, from) = (acknowledged_base(lost)?, lost.return_time);
                planted
                    .iter_mut()
                    .filter(|it| from < it.call_time)
                    .for_each(|it| it.op = it.op.without(base));
            }
            Self::TwoWinners => {
                let loser = loser(history)?;
                if let Done::Write { answer, .. } = &mut planted[loser].op {
                    *answer = Some(Answer::Done);
                }
            }
        }
        Some(planted)
    }
}

impl Done {
    /// The same in a world in which the version after `base` was never made.
    fn without(&self, base: u32) -> Self {
        let less = |it: u32| if base < it { it - 1 } else { it };
        match *self {
            Done::Read { version, digest } => Done::Read { version: less(version), digest },
            Done::Write { call, base, digest, answer } => {
                let answer = answer.map(|it| match it {
                    Answer::Conflict { current } => Answer::Conflict { current: less(current) },
                    Answer::Repeated { version } => Answer::Repeated { version: less(version) },
                    it => it,
                });
                Done::Write { call, base: less(base), digest, answer }
            }
        }
    }
}

/// The last version that was read, and when the last answer came.
fn end_of(history: &[Operation]) -> Option<(u32, i64)> {
    let end = history.iter().map(|it| it.return_time).filter(|it| *it < i64::MAX).max()?;
    let versions = history.iter().filter_map(|it| match it.op {
        Done::Read { version, .. } => Some(version),
        Done::Write { .. } => None,
    });
    Some((versions.max()?, end))
}

/// A write that is answered after all else.
fn acknowledged(call: u32, base: u32, end: &mut i64) -> Operation {
    let op = Done::Write { call, base, digest: u64::from(call), answer: Some(Answer::Done) };
    *end += 2;
    Operation { client_id: None, call_time: *end - 1, return_time: *end, op, metadata: None }
}

fn acknowledged_base(operation: &Operation) -> Option<u32> {
    match operation.op {
        Done::Write { base, answer: Some(Answer::Done), .. } => Some(base),
        _ => None,
    }
}

fn call_of(operation: &Operation) -> u32 {
    match operation.op {
        Done::Write { call, .. } => call,
        Done::Read { .. } => 0,
    }
}

/// A read after an acknowledged write, and what it would have read before that.
fn stale_read(history: &[Operation]) -> Option<(usize, Done)> {
    (0..history.len()).rev().find_map(|at| {
        let Done::Read { version, .. } = history[at].op else { return None };
        let made = |base| history.iter().find(|it| acknowledged_base(it) == Some(base));
        let (newest, older) = (made(version.checked_sub(1)?)?, made(version.checked_sub(2)?)?);
        let Done::Write { digest, .. } = older.op else { return None };
        let before = Done::Read { version: version - 1, digest };
        (newest.return_time < history[at].call_time).then_some((at, before))
    })
}

/// An acknowledged write on which another one was built later.
fn vanishing(history: &[Operation]) -> Option<&Operation> {
    history.iter().find(|it| {
        let next = acknowledged_base(it).map(|base| base + 1);
        next.is_some()
            && history
                .iter()
                .any(|later| acknowledged_base(later) == next && it.return_time < later.call_time)
    })
}

/// A write that was refused because another one had been acknowledged at the same version.
fn loser(history: &[Operation]) -> Option<usize> {
    history.iter().position(|it| {
        let Done::Write { base: at, answer: Some(Answer::Conflict { .. }), .. } = it.op else { return false };
        history.iter().any(|it| acknowledged_base(it) == Some(at))
    })
}
