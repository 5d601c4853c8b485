//! Setting, changing and closing goals.

use serde::Serialize;

use super::{Context, Outcome, cannot_be_cleared, limit, not_applicable, required_line, stack};
use crate::domain::{
    event::{Change, Closed, Patch},
    id::GoalId,
    learner::{Goal, Learner},
    refusal::{Refusal, RefusalCode},
    slug::Slug,
    text,
    time::Day,
};

/// What the learner aims at.
#[derive(Debug, Clone, Serialize)]
pub struct SetGoal {
    pub title: String,
    pub level: String,
    pub stack: Option<String>,
    pub target_date: Option<Day>,
    pub hours_per_week: Option<i32>,
}

/// What changes; what is kept is absent.
#[derive(Debug, Clone, Serialize)]
pub struct UpdateGoal {
    pub goal: GoalId,
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub title: Patch<String>,
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub level: Patch<String>,
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub stack: Patch<String>,
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub target_date: Patch<Day>,
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub hours_per_week: Patch<i32>,
}

/// The most goals that a learner can have had.
pub(super) const MAX_GOALS: usize = 100;

pub(super) fn set(context: &Context<'_>, learner: &Learner, input: &SetGoal) -> Result<Outcome, Refusal> {
    let goal = Goal {
        id: GoalId(context.fresh_id),
        title: text::line("title", &input.title)?,
        level: level(context, &input.level)?,
        stack: input.stack.as_deref().map(|it| stack(context, it)).transpose()?,
        target_date: input.target_date.map(target_date).transpose()?,
        hours_per_week: input.hours_per_week.map(hours_per_week).transpose()?,
        set_at: context.at(),
        closed: None,
    };
    if let Some(known) = learner.goals.iter().find(|it| is_same(it, &goal)) {
        return Ok(Outcome::already().about(known.id.0));
    }
    if learner.goals.len() >= MAX_GOALS {
        return Err(limit(None, MAX_GOALS, "goals per learner"));
    }
    let Goal { id, title, level, stack, target_date, hours_per_week, .. } = goal;
    let change = Change::GoalSet { goal: id, title, level, stack, target_date, hours_per_week };
    Ok(Outcome::done(change).about(id.0))
}

fn is_same(known: &Goal, new: &Goal) -> bool {
    let new = Goal { id: known.id, set_at: known.set_at, ..new.clone() };
    *known == new
}

pub(super) fn update(
    context: &Context<'_>,
    learner: &Learner,
    input: &UpdateGoal,
) -> Result<Outcome, Refusal> {
    let goal = find(learner, input.goal)?;
    let title = required_line("title", &input.title)?.filter(|it| *it != goal.title);
    let level = required_level(context, &input.level)?.filter(|it| *it != goal.level);
    let stack = input.stack.clone().try_map(|it| stack(context, &it))?.against(goal.stack.as_ref());
    let target_date = input.target_date.clone().try_map(target_date)?.against(goal.target_date.as_ref());
    let hours_per_week = input.hours_per_week.clone().try_map(hours_per_week)?;
    let hours_per_week = hours_per_week.against(goal.hours_per_week.as_ref());
    let optional_same = stack.is_keep() && target_date.is_keep() && hours_per_week.is_keep();
    if title.is_none() && level.is_none() && optional_same {
        return Ok(Outcome::already().about(goal.id.0));
    }
    if goal.closed.is_some() {
        return Err(not_applicable("goal", "the goal is closed: undo its closing, or set a new one"));
    }
    let change = Change::GoalUpdated { goal: goal.id, title, level, stack, target_date, hours_per_week };
    Ok(Outcome::done(change).about(goal.id.0))
}

pub(super) fn close(learner: &Learner, id: GoalId, status: Option<Closed>) -> Result<Outcome, Refusal> {
    let goal = find(learner, id)?;
    let Some(status) = status else {
        let message = "a goal is closed as ACHIEVED or as ABANDONED";
        return Err(Refusal::of("status", RefusalCode::InvalidInput, message));
    };
    match &goal.closed {
        Some(closed) if closed.value == status => Ok(Outcome::already().about(id.0)),
        Some(_) => Err(not_applicable("goal", "the goal is closed otherwise: undo that first")),
        None => Ok(Outcome::done(Change::GoalClosed { goal: id, status }).about(id.0)),
    }
}

fn find(learner: &Learner, id: GoalId) -> Result<&Goal, Refusal> {
    learner.goal(id).ok_or_else(|| Refusal::not_found("goal", "goal"))
}

fn level(context: &Context<'_>, slug: &str) -> Result<Slug, Refusal> {
    let found = context.guide.level(slug).map(|it| it.slug.clone());
    found.ok_or_else(|| Refusal::not_found("level", "level in the guide"))
}

fn required_level(context: &Context<'_>, patch: &Patch<String>) -> Result<Option<Slug>, Refusal> {
    match patch {
        Patch::Keep => Ok(None),
        Patch::Clear => Err(cannot_be_cleared("level")),
        Patch::Set(slug) => level(context, slug).map(Some),
    }
}

fn target_date(day: Day) -> Result<Day, Refusal> {
    let message = "must be between 2000-01-01 and 2099-12-31";
    let known = (2000..2100).contains(&day.year());
    known.then_some(day).ok_or_else(|| Refusal::of("targetDate", RefusalCode::OutOfRange, message))
}

fn hours_per_week(hours: i32) -> Result<u8, Refusal> {
    let hours = u8::try_from(hours).ok().filter(|it| (1..=168).contains(it));
    hours.ok_or_else(|| Refusal::of("hoursPerWeek", RefusalCode::OutOfRange, "must be between 1 and 168"))
}
