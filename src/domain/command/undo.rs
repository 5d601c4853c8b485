//! Voiding an event or what a batch did, and letting it hold again.
//!
//! The rule on what came later: an event depends on the one that made what it is about (a goal, a project, a piece of
//! evidence), and taking a course up again depends on the completion before it. What depends on something goes with
//! it and comes back with it, and only when the caller says so. Nothing is redone that would take away what later
//! events are about, or be about what was taken away before. All other events stand for themselves.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{Context, MAX_EVIDENCE, MAX_GOALS, MAX_INCIDENTS, MAX_PROJECTS, Outcome, limit, not_applicable};
use crate::domain::{
    event::{Change, Event},
    id::{BatchId, Version},
    learner::{Learner, fold},
    refusal::{Help, Refusal},
    slug::Slug,
};

/// How many events are undone or redone together.
pub const MAX_TOGETHER: usize = 1_000;
/// How many events a refusal names.
const MAX_SHOWN: usize = 100;

pub(super) fn undo(
    context: &Context<'_>,
    learner: &Learner,
    event: Version,
    cascade: bool,
) -> Result<Outcome, Refusal> {
    let target = find(context, event)?;
    if learner.voided.contains(&event) {
        return Ok(Outcome::already());
    }
    let dependants = dependants(context.history, &learner.voided, target);
    if !dependants.is_empty() && !cascade {
        let message = "later events depend on this one: undo them first, or say `cascade: true`";
        return Err(needs("event", message, learner, dependants));
    }
    let versions = [target].into_iter().chain(dependants).map(|it| it.version);
    correct(context, learner, versions.map(|undone| Change::EventUndone { undone }).collect())
}

pub(super) fn redo(
    context: &Context<'_>,
    learner: &Learner,
    event: Version,
    cascade: bool,
) -> Result<Outcome, Refusal> {
    let target = find(context, event)?;
    let (history, mut voided) = (context.history, learner.voided.clone());
    // It comes first, unless only what went with it is still away.
    let mut versions: Vec<_> = voided.take(&event).into_iter().collect();
    let needed = needed(history, &learner.voided, target);
    if cascade {
        versions.extend(needed.iter().map(|it| it.version));
        versions.extend(undone_with(history, &learner.voided, event));
        let mut seen = BTreeSet::new();
        versions.retain(|it| seen.insert(*it));
    } else if !versions.is_empty() && !needed.is_empty() {
        let message = "it depends on earlier events that are undone: redo them first, or say `cascade: true`";
        return Err(needs("event", message, learner, needed));
    }
    if versions.is_empty() {
        return Ok(Outcome::already());
    }
    bring_back("event", context, learner, versions)
}

/// Takes back what a batch did to the learner: what it made happen is undone, what it undid is redone. Of very many the
/// newest are undone; the same call goes on with the rest.
pub(super) fn undo_batch(
    context: &Context<'_>,
    learner: &Learner,
    batch: BatchId,
    cascade: bool,
) -> Result<Outcome, Refusal> {
    let effect = Effect::on(context.history, batch)?;
    match effect.voids.is_empty() {
        true => void_all(context, learner, &effect.holds, cascade),
        false => restore_all(context, learner, &effect.voids, cascade),
    }
}

/// Lets what a batch did hold again.
pub(super) fn redo_batch(
    context: &Context<'_>,
    learner: &Learner,
    batch: BatchId,
    cascade: bool,
) -> Result<Outcome, Refusal> {
    let effect = Effect::on(context.history, batch)?;
    match effect.voids.is_empty() {
        true => restore_all(context, learner, &effect.holds, cascade),
        false => void_all(context, learner, &effect.voids, cascade),
    }
}

/// What a batch did to a learner. One that voids events is about those alone.
#[derive(Debug, Default)]
pub struct Effect {
    /// Events that hold by it.
    holds: Vec<Version>,
    /// Events that are void by it.
    voids: Vec<Version>,
}

impl Effect {
    fn on(history: &[Event], batch: BatchId) -> Result<Self, Refusal> {
        let mut of_batch = history.iter().filter(|it| it.batch == Some(batch)).peekable();
        if of_batch.peek().is_none() {
            return Err(Refusal::not_found("batch", "batch"));
        }
        let mut effect = Self::default();
        of_batch.for_each(|it| effect.add(it));
        Ok(effect)
    }

    /// Adds an event of the batch. A registration is nothing that can be taken back.
    pub fn add(&mut self, event: &Event) {
        match event.change {
            Change::LearnerRegistered { .. } => {}
            Change::EventUndone { undone } => self.voids.push(undone),
            Change::EventRedone { redone } => self.holds.push(redone),
            _ => self.holds.push(event.version),
        }
    }

    /// Whether something of it is yet to be taken back or, for a redo, to be done again.
    pub fn is_left(&self, learner: &Learner, redo: bool) -> bool {
        let is_void = |it: &Version| learner.voided.contains(it);
        match (self.voids.is_empty(), redo) {
            (true, false) => !self.holds.iter().all(is_void),
            (true, true) => self.holds.iter().any(is_void),
            (false, false) => self.voids.iter().any(is_void),
            (false, true) => !self.voids.iter().all(is_void),
        }
    }
}

fn void_all(
    context: &Context<'_>,
    learner: &Learner,
    versions: &[Version],
    cascade: bool,
) -> Result<Outcome, Refusal> {
    let targets: BTreeSet<_> = versions.iter().copied().filter(|it| !learner.voided.contains(it)).collect();
    let (mut chosen, mut others) = (BTreeSet::new(), BTreeMap::new());
    // The newest first, each with what depends on it: what is left depends on none of those.
    for target in targets.iter().rev().filter_map(|it| at(context.history, *it)) {
        let dependants = dependants(context.history, &learner.voided, target);
        let with: BTreeSet<_> = dependants.iter().map(|it| it.version).chain([target.version]).collect();
        if !chosen.is_empty() && chosen.union(&with).count() > MAX_TOGETHER {
            break;
        }
        chosen.extend(with);
        let more = dependants.into_iter().filter(|it| !targets.contains(&it.version));
        others.extend(more.map(|it| (it.version, it)));
    }
    if chosen.is_empty() {
        return Ok(Outcome::already());
    }
    if !others.is_empty() && !cascade {
        let message = "later events depend on this batch: undo them first, or say `cascade: true`";
        return Err(needs("batch", message, learner, others.into_values().collect()));
    }
    let undone = chosen.into_iter().rev().map(|undone| Change::EventUndone { undone });
    correct(context, learner, undone.collect())
}

fn restore_all(
    context: &Context<'_>,
    learner: &Learner,
    versions: &[Version],
    cascade: bool,
) -> Result<Outcome, Refusal> {
    let away = versions.iter().copied().filter(|it| learner.voided.contains(it));
    let mut targets: Vec<_> = away.collect::<BTreeSet<_>>().into_iter().take(MAX_TOGETHER).collect();
    if targets.is_empty() {
        return Ok(Outcome::already());
    }
    let events = targets.iter().filter_map(|it| at(context.history, *it));
    let needed = events.flat_map(|it| needed(context.history, &learner.voided, it));
    let others: BTreeMap<_, _> =
        needed.filter(|it| !targets.contains(&it.version)).map(|it| (it.version, it)).collect();
    if !others.is_empty() && !cascade {
        let message = "it depends on earlier events that are undone: redo them first, or say `cascade: true`";
        return Err(needs("batch", message, learner, others.into_values().collect()));
    }
    // What does not fit comes with the next call.
    targets.truncate(MAX_TOGETHER.saturating_sub(others.len()).max(1));
    targets.extend(others.keys());
    bring_back("batch", context, learner, targets)
}

/// Lets voided events hold again, unless that contradicts what holds.
fn bring_back(
    field: &'static str,
    context: &Context<'_>,
    learner: &Learner,
    versions: Vec<Version>,
) -> Result<Outcome, Refusal> {
    let coming: BTreeSet<_> = versions.iter().copied().collect();
    let voided = learner.voided.difference(&coming).copied().collect();
    let clashes = clashes(context.history, &voided);
    let comes_back = |it: &Event| coming.contains(&it.version);
    let removals: Vec<_> = clashes.iter().filter(|it| comes_back(it.1)).map(|it| it.0).collect();
    if !removals.is_empty() {
        let message = "what it is about was taken away before: undo that first";
        return Err(needs(field, message, learner, removals));
    }
    let users: Vec<_> = clashes.iter().filter(|it| comes_back(it.0)).map(|it| it.1).collect();
    if !users.is_empty() {
        let message = "later events are about what this takes away: undo them first";
        return Err(needs(field, message, learner, users));
    }
    let changes = versions.into_iter().map(|redone| Change::EventRedone { redone });
    correct(context, learner, changes.collect())
}

/// The event of that version, if it is one that can be undone.
fn find<'a>(context: &Context<'a>, version: Version) -> Result<&'a Event, Refusal> {
    let event = at(context.history, version).ok_or_else(|| Refusal::not_found("event", "event"))?;
    match event.change {
        Change::LearnerRegistered { .. } => {
            Err(not_applicable("event", "a registration cannot be undone: erase the learner instead"))
        }
        Change::CriterionLapsed { .. } => Err(not_applicable(
            "event",
            "what time took away cannot be undone: bring something newer instead",
        )),
        Change::EventUndone { .. } | Change::EventRedone { .. } => Err(not_applicable(
            "event",
            "an undo or redo is reversed by its opposite: name the event that it was about",
        )),
        _ => Ok(event),
    }
}

fn at(history: &[Event], version: Version) -> Option<&Event> {
    history.binary_search_by_key(&version, |it| it.version).ok().map(|at| &history[at])
}

/// The events that hold and depend on this one, oldest first.
fn dependants<'a>(history: &'a [Event], voided: &BTreeSet<Version>, on: &Event) -> Vec<&'a Event> {
    let later = history.iter().filter(|it| it.version > on.version && !voided.contains(&it.version));
    match (&on.change, on.change.made()) {
        (_, Some(made)) => later.filter(|it| it.change.subject() == Some(made)).collect(),
        (Change::CourseCompleted { course, .. }, None) => {
            // What follows another completion depends on that one.
            let until_next = later.take_while(|it| !completes(it, course));
            until_next
                .filter(|it| matches!(&it.change, Change::CourseReopened { course: of } if of == course))
                .collect()
        }
        _ => vec![],
    }
}

fn completes(event: &Event, course: &Slug) -> bool {
    matches!(&event.change, Change::CourseCompleted { course: of, .. } if of == course)
}

/// Whether it takes away what it is about.
fn removes(event: &Event) -> bool {
    matches!(event.change, Change::ProjectRemoved { .. } | Change::EvidenceRetracted { .. })
}

/// Each event that holds and is about what is gone, behind the one that took it away.
fn clashes<'a>(history: &'a [Event], voided: &BTreeSet<Version>) -> Vec<(&'a Event, &'a Event)> {
    let (mut gone, mut clashes) = (BTreeMap::new(), vec![]);
    for event in history.iter().filter(|it| !voided.contains(&it.version)) {
        let Some(subject) = event.change.subject() else { continue };
        if let Some(removal) = gone.get(&subject) {
            clashes.push((*removal, event));
        } else if removes(event) {
            gone.insert(subject, event);
        }
    }
    clashes
}

/// What an event depends on that is undone.
fn needed<'a>(history: &'a [Event], voided: &BTreeSet<Version>, event: &Event) -> Vec<&'a Event> {
    let basis = basis(history, voided, event);
    basis.filter(|it| voided.contains(&it.version)).into_iter().collect()
}

/// The event that another depends on; of several completions the last that holds, or else the last.
fn basis<'a>(history: &'a [Event], voided: &BTreeSet<Version>, event: &Event) -> Option<&'a Event> {
    let earlier = || history.iter().rev().skip_while(|it| it.version >= event.version);
    match &event.change {
        Change::CourseReopened { course } => {
            let completions = || earlier().filter(|it| completes(it, course));
            completions().find(|it| !voided.contains(&it.version)).or_else(|| completions().next())
        }
        change => {
            let subject = change.subject()?;
            earlier().find(|it| it.change.made() == Some(subject))
        }
    }
}

/// What was undone together with an event when that was undone last, and has been since.
fn undone_with(history: &[Event], voided: &BTreeSet<Version>, event: Version) -> Vec<Version> {
    // In which batch each was undone last, if in any.
    let undone = history.iter().filter_map(|it| match it.change {
        Change::EventUndone { undone } => Some((undone, it.batch)),
        _ => None,
    });
    let batches: BTreeMap<Version, Option<BatchId>> = undone.collect();
    let Some(Some(batch)) = batches.get(&event) else { return vec![] };
    let together = batches.iter().filter(|(version, of)| **of == Some(*batch) && voided.contains(version));
    together.map(|(version, _)| *version).collect()
}

/// What was removed may come back only where there is still room for it, and not everything goes at once.
fn correct(context: &Context<'_>, learner: &Learner, changes: Vec<Change>) -> Result<Outcome, Refusal> {
    if changes.len() > MAX_TOGETHER {
        return Err(limit(Some("cascade"), MAX_TOGETHER, "events that are undone or redone together"));
    }
    let mut events = context.history.to_vec();
    if let Some(last) = context.history.last() {
        let next = (last.version + 1..).zip(&changes);
        events.extend(next.map(|(version, it)| Event { version, change: it.clone(), ..last.clone() }));
    }
    let after = fold(learner.id, &events);
    for (count, most, what) in COUNTS {
        if count(&after) > most && count(&after) > count(learner) {
            return Err(limit(Some("event"), most, what));
        }
    }
    Ok(Outcome { changes, subject: None })
}

fn needs(field: &'static str, message: &str, learner: &Learner, events: Vec<&Event>) -> Refusal {
    let events = events.into_iter().take(MAX_SHOWN).cloned().collect();
    let help = Some(Help::Events(Arc::new(learner.clone()), events));
    Refusal { help, ..not_applicable(field, message) }
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
