//! Which open criteria one action serves.

use super::Context;
use crate::domain::{
    guide::{Course, Criterion, Milestone, Necessity, Rule},
    readiness::{CriterionStatus, NextActor, words::quoted},
};

/// Criteria that one action serves, in the order of the guide.
pub(super) struct Group<'a> {
    kind: Kind,
    pub(super) criteria: Vec<&'a Criterion>,
    pub(super) course: Option<&'a Course>,
}

/// What the action is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Look again at something that has lapsed.
    CheckAgain,
    /// Ask for the review that is missing.
    Review,
    /// Do what is asked.
    Do,
}

impl<'a> Context<'a> {
    /// Every open MUST criterion in exactly one group.
    pub(super) fn groups(&self) -> Vec<Group<'a>> {
        let (in_review, open): (Vec<_>, Vec<_>) =
            self.open().into_iter().partition(|it| self.is_in_review(it));
        let (lapsed, mut open): (Vec<_>, Vec<_>) =
            open.into_iter().partition(|it| self.status(it) == CriterionStatus::ReviewDue);
        let single = |kind, criterion| Group { kind, criteria: vec![criterion], course: None };
        let mut groups: Vec<_> = lapsed.into_iter().map(|it| single(Kind::CheckAgain, it)).collect();
        groups.extend(in_review.into_iter().map(|it| single(Kind::Review, it)));
        groups.extend(self.by_course(&mut open));
        groups.extend(self.by_project(&mut open));
        groups.extend(open.into_iter().map(|it| single(Kind::Do, it)));
        groups
    }

    /// MUST criteria that apply and are not done.
    fn open(&self) -> Vec<&'a Criterion> {
        let musts = self.guide.criteria().filter(|it| self.guide.necessity(it) == Necessity::Must);
        let is_open =
            |it: &&Criterion| self.readiness.criterion(it.slug.as_str()).is_some_and(|it| !it.is_done());
        musts.filter(is_open).collect()
    }

    fn status(&self, criterion: &Criterion) -> CriterionStatus {
        let found = self.readiness.criterion(criterion.slug.as_str());
        found.map_or(CriterionStatus::Unmet, |it| it.status)
    }

    fn is_in_review(&self, criterion: &Criterion) -> bool {
        let found = self.readiness.criterion(criterion.slug.as_str());
        found.is_some_and(|it| it.next_actor == NextActor::Reviewer)
    }

    /// One for each course that suits, is not completed, and claims what nothing speaks for yet.
    fn by_course(&self, open: &mut Vec<&'a Criterion>) -> Vec<Group<'a>> {
        let stack = self.learner.stack_slug();
        let helpful = self.guide.courses.iter().filter(|it| it.suits(stack) && !self.is_completed(it));
        let group = |course: &'a Course| {
            let helps = |it: &&Criterion| {
                course.claims.contains(&it.slug) && self.status(it) == CriterionStatus::Unmet
            };
            let criteria = take(open, helps);
            (!criteria.is_empty()).then_some(Group { kind: Kind::Do, criteria, course: Some(course) })
        };
        helpful.filter_map(group).collect()
    }

    fn is_completed(&self, course: &Course) -> bool {
        self.learner.courses.get(&course.slug).is_some_and(|it| it.completed_at.is_some())
    }

    /// One for each milestone where a single project can bring several criteria at once.
    fn by_project(&self, open: &mut Vec<&'a Criterion>) -> Vec<Group<'a>> {
        let group = |milestone: &'a Milestone| {
            let of_milestone = |it: &Criterion| milestone.criteria.iter().any(|other| other.slug == it.slug);
            let criteria = take(open, |it| of_milestone(it) && is_project_work(&it.done_when));
            (!criteria.is_empty()).then_some(Group { kind: Kind::Do, criteria, course: None })
        };
        self.guide.milestones.iter().filter_map(group).collect()
    }
}

/// Takes what matches out of a list.
fn take<'a>(open: &mut Vec<&'a Criterion>, matches: impl Fn(&&'a Criterion) -> bool) -> Vec<&'a Criterion> {
    let (taken, left) = std::mem::take(open).into_iter().partition(matches);
    *open = left;
    taken
}

/// Whether building on one project can fulfil the rule, without waiting for it to run or to break.
fn is_project_work(rule: &Rule) -> bool {
    match rule {
        Rule::Projects(it) => {
            !it.deployed && !it.incident && it.live_within_days.is_none() && !it.aspects.is_empty()
        }
        Rule::Any(rules) => rules.iter().any(is_project_work),
        Rule::StackChosen | Rule::Covered(_) | Rule::Evidence(_) | Rule::All(_) => false,
    }
}

/// Whether the rule asks for a project in the learner's stack.
pub(super) fn is_in_stack(rule: &Rule) -> bool {
    match rule {
        Rule::Projects(it) => it.in_stack,
        Rule::Any(rules) | Rule::All(rules) => rules.iter().any(is_in_stack),
        Rule::StackChosen | Rule::Covered(_) | Rule::Evidence(_) => false,
    }
}

impl Group<'_> {
    /// What to do, in short. A course is a help and not the thing to do: completing it shows nothing.
    pub(super) fn title(&self) -> String {
        let titles = self.criteria.iter().map(|it| it.title.as_str()).collect::<Vec<_>>().join("; ");
        match (self.course, self.kind) {
            (Some(course), _) => format!("{titles}, with the help of {}", quoted(&course.title)),
            (None, Kind::CheckAgain) => format!("Check again: {titles}"),
            (None, Kind::Review) => format!("Have it reviewed: {titles}"),
            (None, Kind::Do) => titles,
        }
    }
}
