//! What came of calls without an answer. They were said again until they had one, so that it is
//! known now, and the checker need not try for each of them whether and when it happened: with
//! many of them that would take for ever.

use std::collections::BTreeMap;

use super::{
    model::{Done, Operation},
    protocol::Answer,
};

/// What is known of a call when all is over.
#[derive(Debug, Default)]
struct Fate {
    /// Some attempt was acknowledged, or refused for ever: those without an answer did nothing.
    is_told: bool,
    /// When some attempt was first answered that another one had done it.
    repeated: Option<i64>,
    /// When it was first said without an answer.
    said: Option<i64>,
}

/// The same history without calls that did nothing. A call that was done by an attempt without an
/// answer is there once, as one that took until somebody heard of it.
pub fn settle(history: &[Operation]) -> Vec<Operation> {
    let mut fates = BTreeMap::<u32, Fate>::new();
    for operation in history {
        let Done::Write { call, base, answer, .. } = operation.op else { continue };
        let fate = fates.entry(call).or_default();
        match answer {
            Some(Answer::Done) => fate.is_told = true,
            // Versions only grow: what came too late once comes too late always.
            Some(Answer::Conflict { current }) => fate.is_told |= base < current,
            Some(Answer::Repeated { .. }) => fate.repeated = earliest(fate.repeated, operation.return_time),
            Some(Answer::State { .. }) => {}
            None => fate.said = earliest(fate.said, operation.call_time),
        }
    }
    history.iter().filter_map(|it| settled(it, &mut fates)).collect()
}

fn settled(operation: &Operation, fates: &mut BTreeMap<u32, Fate>) -> Option<Operation> {
    let Done::Write { call, base, digest, answer: None } = operation.op else {
        return Some(operation.clone());
    };
    let fate = fates.get_mut(&call)?;
    if fate.is_told {
        return None;
    }
    let Some(return_time) = fate.repeated else { return Some(operation.clone()) };
    // The first of its attempts stands for all.
    let call_time = fate.said.take()?;
    let op = Done::Write { call, base, digest, answer: Some(Answer::Done) };
    Some(Operation { call_time, return_time, op, ..operation.clone() })
}

fn earliest(one: Option<i64>, other: i64) -> Option<i64> {
    Some(one.map_or(other, |it| it.min(other)))
}
