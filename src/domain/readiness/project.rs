//! Answers rules on projects: each counted project fulfils all of the conditions by itself.

use smallvec::{SmallVec, smallvec};

use super::{
    evaluate::{Answer, Case},
    span::{Span, Spans, end_of},
};
use crate::domain::{
    guide::{Aspect, Guide, ProjectRule},
    learner::Project,
    time::Timestamp,
};

/// Whether the newest ok check of a project is young enough for the guide; without a limit in the
/// guide, whether there is one.
pub fn is_live(guide: &Guide, project: &Project, now: Timestamp) -> bool {
    let days =
        guide.criteria().flat_map(|it| it.done_when.project_rules()).filter_map(|it| it.live_within_days);
    let limit = days.min().map_or(i64::MAX, i64::from);
    project.last_ok_at.is_some_and(|it| now <= it.plus_days(limit))
}

/// A condition on one project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Condition {
    /// It is in the learner's one stack.
    InStack,
    /// It has a repository.
    Repository,
    /// It names a framework.
    Framework,
    /// It covers this.
    Aspect(Aspect),
    /// It was found to answer, whenever.
    Deployed,
    /// It was found to answer at most so many days ago.
    Live(u32),
    /// It had an incident.
    Incident,
}

/// When each of the conditions holds.
type Parts = SmallVec<[Spans; 8]>;

/// What a rule asks of a project.
pub(super) fn conditions(rule: &ProjectRule) -> SmallVec<[Condition; 8]> {
    let mut conditions = smallvec![];
    conditions.extend(rule.in_stack.then_some(Condition::InStack));
    conditions.extend(rule.repository.then_some(Condition::Repository));
    conditions.extend(rule.framework.then_some(Condition::Framework));
    conditions.extend(rule.aspects.iter().copied().map(Condition::Aspect));
    conditions.extend(rule.deployed.then_some(Condition::Deployed));
    conditions.extend(rule.incident.then_some(Condition::Incident));
    conditions.extend(rule.live_within_days.map(Condition::Live));
    conditions
}

impl<'a> Case<'a> {
    pub(super) fn answer_by_projects(&self, rule: &ProjectRule) -> Answer<'a> {
        let conditions = conditions(rule);
        let count = rule.count.under(&self.guide.policy) as usize;
        let projects = &self.learner.projects;
        let done: Vec<_> = projects.iter().map(|it| self.project_spans(it, &conditions)).collect();
        let unlapsed: Vec<_> = projects.iter().map(|it| self.unlapsed_spans(it, &conditions)).collect();
        Answer {
            next_end: projects.iter().filter_map(|it| self.next_end(it, &conditions)).min(),
            done: Spans::at_least(count, &done),
            unlapsed: Spans::at_least(count, &unlapsed),
            ..Answer::default()
        }
    }

    /// When the project is there and fulfils all of the conditions.
    pub(super) fn project_spans(&self, project: &Project, conditions: &[Condition]) -> Spans {
        let mut parts: Parts = smallvec![Spans::since(project.added_at)];
        parts.extend(conditions.iter().map(|it| self.condition_spans(project, *it)));
        Spans::all(&parts)
    }

    /// The next end of any condition: what the project lacks changes then, whether it counts or not.
    fn next_end(&self, project: &Project, conditions: &[Condition]) -> Option<Timestamp> {
        let spans = conditions.iter().map(|it| self.condition_spans(project, *it));
        spans.filter_map(|it| it.next_end(self.now)).min()
    }

    fn unlapsed_spans(&self, project: &Project, conditions: &[Condition]) -> Spans {
        let mut parts: Parts = smallvec![Spans::since(project.added_at)];
        parts.extend(conditions.iter().map(|it| self.condition_spans(project, *it).without_ends()));
        Spans::all(&parts)
    }

    fn condition_spans(&self, project: &Project, condition: Condition) -> Spans {
        Spans::since_maybe(match condition {
            Condition::InStack => self.in_stack_since(project),
            Condition::Repository => project.repository_url.as_ref().map(|it| it.at),
            Condition::Framework => project.framework.as_ref().map(|it| it.at),
            Condition::Aspect(aspect) => project.aspects.get(&aspect).copied(),
            Condition::Deployed => project.first_ok_at,
            Condition::Incident => project.incidents.iter().map(|it| it.occurred_at).min(),
            Condition::Live(days) => return live(project, days),
        })
    }

    fn in_stack_since(&self, project: &Project) -> Option<Timestamp> {
        let (own, chosen) = (project.stack.as_ref()?, self.learner.stack.as_ref()?);
        (own.value == chosen.value).then(|| own.at.max(chosen.at))
    }

    /// The conditions that the project does not fulfil now.
    pub(super) fn lacks(&self, project: &Project, conditions: &[Condition]) -> Vec<Condition> {
        let open = |it: &Condition| !self.condition_spans(project, *it).holds(self.now);
        conditions.iter().copied().filter(open).collect()
    }
}

/// When the newest ok check was at most so many days old.
///
/// The state keeps the newest checks and the first ok one. Of those in between we know nothing,
/// and take it that they came often enough; that moves `since` alone, never an end.
fn live(project: &Project, days: u32) -> Spans {
    let kept = project.deployments.iter().filter(|it| it.ok).map(|it| it.checked_at);
    let ok = kept.chain(project.first_ok_at).chain(project.last_ok_at);
    Spans::union(ok.map(|it| Span::lasting(it, Some(days))).chain(unknown_between(project, days)))
}

fn unknown_between(project: &Project, days: u32) -> Option<Span> {
    let (first, last) = (project.first_ok_at?, project.last_ok_at?);
    let oldest_kept = project.deployments.last()?.checked_at;
    let last_unknown = oldest_kept.min(last);
    (first < last_unknown).then(|| Span { from: first, until: end_of(last_unknown, days) })
}
