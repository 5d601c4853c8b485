//! Tests of readiness: the way of each stack, each row of the milestones, each rule of the
//! details, and what must hold of any history.

mod criteria;
mod generators;
mod golden;
mod history;
mod lapse;
mod outlook;
mod properties;
mod review;
mod warnings;

use std::sync::LazyLock;

use super::*;
use crate::domain::{
    guide::{EvidencePolicy, Rule, backend_2026},
    learner::Goal,
    story::Story,
};

pub(super) static GUIDE: LazyLock<Guide> = LazyLock::new(backend_2026);

/// The same guide, where evidence counts once it is accepted.
pub(super) static REVIEWED: LazyLock<Guide> = LazyLock::new(|| {
    let mut guide = backend_2026();
    guide.policy.evidence = EvidencePolicy::Reviewed;
    guide
});

/// The same guide, where evidence counts for so many days.
pub(super) fn with_validity(mut guide: Guide, days: u32) -> Guide {
    for milestone in &mut guide.milestones {
        milestone.criteria.iter_mut().for_each(|it| limit(&mut it.done_when, days));
    }
    guide
}

fn limit(rule: &mut Rule, days: u32) {
    match rule {
        Rule::Evidence(rule) => rule.valid_days = Some(days),
        Rule::Any(rules) | Rule::All(rules) => rules.iter_mut().for_each(|it| limit(it, days)),
        Rule::StackChosen | Rule::Projects(_) | Rule::Covered(_) => {}
    }
}

/// What to do next at an instant.
pub(super) fn next_steps(guide: &Guide, learner: &Learner, now: Timestamp) -> Vec<NextStep> {
    super::next_steps(guide, learner, &assess(guide, learner, now))
}

/// When a learner may be ready, as seen at an instant.
pub(super) fn forecast(guide: &Guide, learner: &Learner, now: Timestamp) -> Forecast {
    super::forecast(guide, learner, &assess(guide, learner, now), now)
}

/// Whether a goal will be reached in time, as seen at an instant.
pub(super) fn on_track(guide: &Guide, learner: &Learner, goal: &Goal, now: Timestamp) -> Option<bool> {
    super::on_track(goal, &assess(guide, learner, now), now)
}

/// A criterion in one line and two sentences.
pub(super) fn render(criterion: &CriterionReadiness) -> String {
    let day = |it: Option<Timestamp>| it.map(|it| it.day().to_string());
    let since = day(criterion.since).map(|it| format!(" since {it}")).unwrap_or_default();
    let until = day(criterion.valid_until).map(|it| format!(" until {it}")).unwrap_or_default();
    let missing = criterion.missing.as_deref().map(|it| format!("\n  -> {:?}: {it}", criterion.next_actor));
    format!("{:?}{since}{until}: {}{}\n", criterion.status, criterion.because, missing.unwrap_or_default())
}

/// A learner's way to a criterion: how it stands after each of the stories.
pub(super) fn way(guide: &Guide, criterion: &str, at: i64, stories: &[&Story]) -> String {
    let now = crate::domain::story::day(at);
    let show = |story: &&Story| {
        let readiness = assess(guide, &story.learner(), now);
        readiness.criterion(criterion).map_or("absent\n".into(), render)
    };
    stories.iter().map(show).collect()
}

/// A readiness in one line.
pub(super) fn line(readiness: &Readiness) -> String {
    let share = |it: Progress| format!("{}/{}", it.n_done, it.n_total);
    let milestone = |it: &MilestoneReadiness| {
        let met_at = it.met_at.map(|it| format!(" {}", it.day())).unwrap_or_default();
        format!("{} {:?}{met_at} {}", it.milestone, it.status, share(it.progress))
    };
    let milestones: Vec<_> = readiness.milestones.iter().map(milestone).collect();
    let percent = readiness.progress.percent().map(|it| format!("{it}%")).unwrap_or_default();
    let ready = if readiness.ready { " READY" } else { "" };
    format!("{} {percent}{ready} | {}", share(readiness.progress), milestones.join(", "))
}
