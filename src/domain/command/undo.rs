//! Voiding an event, and letting a voided one hold again.

use super::{Context, MAX_EVIDENCE, MAX_GOALS, MAX_INCIDENTS, MAX_PROJECTS, Outcome, limit, not_applicable};
use crate::domain::{
    event::{Change, Event},
    id::Version,
    learner::{Learner, fold},
    refusal::Refusal,
};

pub(super) fn undo(context: &Context<'_>, learner: &Learner, event: Version) -> Result<Outcome, Refusal> {
    check(context, event)?;
    if learner.voided.contains(&event) {
        return Ok(Outcome::already());
    }
    correct(context, learner, Change::EventUndone { undone: event })
}

pub(super) fn redo(context: &Context<'_>, learner: &Learner, event: Version) -> Result<Outcome, Refusal> {
    check(context, event)?;
    if !learner.voided.contains(&event) {
        return Ok(Outcome::already());
    }
    correct(context, learner, Change::EventRedone { redone: event })
}

fn check(context: &Context<'_>, version: Version) -> Result<(), Refusal> {
    let event = context.history.iter().find(|it| it.version == version);
    match event.map(|it| &it.change) {
        None => Err(Refusal::not_found("event", "event")),
        Some(Change::LearnerRegistered { .. }) => {
            Err(not_applicable("event", "a registration cannot be undone: erase the learner instead"))
        }
        Some(Change::EventUndone { .. } | Change::EventRedone { .. }) => Err(not_applicable(
            "event",
            "an undo or redo is reversed by its opposite: name the event that it was about",
        )),
        Some(_) => Ok(()),
    }
}

/// What was removed may come back only where there is still room for it.
fn correct(context: &Context<'_>, learner: &Learner, change: Change) -> Result<Outcome, Refusal> {
    let mut events = context.history.to_vec();
    if let Some(last) = events.last() {
        let event = Event { version: last.version + 1, change: change.clone(), ..last.clone() };
        events.push(event);
    }
    let after = fold(learner.id, &events);
    for (count, most, what) in COUNTS {
        if count(&after) > most && count(&after) > count(learner) {
            return Err(limit(Some("event"), most, what));
        }
    }
    Ok(Outcome::done(change))
}

type Count = fn(&Learner) -> usize;

/// What a learner can have only so much of.
const COUNTS: [(Count, usize, &str); 4] = [
    (|it| it.projects.len(), MAX_PROJECTS, "projects per learner"),
    (|it| it.evidence.len(), MAX_EVIDENCE, "pieces of evidence per learner"),
    (|it| it.goals.len(), MAX_GOALS, "goals per learner"),
    (most_incidents, MAX_INCIDENTS, "incidents per project"),
];

fn most_incidents(learner: &Learner) -> usize {
    learner.projects.iter().map(|it| it.incidents.len()).max().unwrap_or(0)
}
