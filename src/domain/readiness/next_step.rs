//! What to do next, best first.

mod group;

use std::cmp::Reverse;

use self::group::Group;
use super::{
    MilestoneStatus, Readiness,
    words::{listed, quoted},
};
use crate::domain::{
    guide::{Citation, Course, Criterion, Guide},
    learner::Learner,
    slug::Slug,
};

/// One thing to do, and what it brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextStep {
    /// What to do, in short.
    pub title: String,
    /// The advice that it comes from, and what is missing; for people.
    pub because: String,
    /// The open MUST criteria that it serves.
    pub criteria: Vec<Slug>,
    /// The course that helps.
    pub course: Option<Slug>,
    /// The milestones that are met once these criteria are done. Completing the course alone meets
    /// none of them: it claims the criteria, and they still have to be shown.
    pub would_meet: Vec<Slug>,
    /// Where in the guide this comes from.
    pub citation: Citation,
}

/// What to do next, best first: what completes a milestone, then what the guide orders earlier,
/// then what meets most criteria, then the order of the guide. What only a chosen stack makes
/// possible waits behind the rest of its milestone. Empty for who is ready.
pub fn next_steps(guide: &Guide, learner: &Learner, readiness: &Readiness) -> Vec<NextStep> {
    let cx = Context { guide, learner, readiness };
    let mut ranked: Vec<_> = cx.groups().into_iter().map(|it| (cx.rank(&it), cx.step(it))).collect();
    ranked.sort_by_key(|it| it.0);
    ranked.into_iter().map(|it| it.1).collect()
}

/// What steps are made of.
#[derive(Clone, Copy)]
struct Context<'a> {
    guide: &'a Guide,
    learner: &'a Learner,
    readiness: &'a Readiness,
}

/// Completes no milestone, the milestone's order, waits for a stack, number of criteria, place in the guide.
type Rank = (bool, u32, bool, Reverse<usize>, usize);

impl<'a> Context<'a> {
    fn rank(&self, group: &Group) -> Rank {
        let places = || group.criteria.iter().filter_map(|it| self.place(&it.slug));
        let order = places().map(|it| it.0).min().unwrap_or(u32::MAX);
        let place = places().map(|it| it.1).min().unwrap_or(usize::MAX);
        let completes_none = self.would_meet(group).is_empty();
        (completes_none, order, self.waits_for_stack(group), Reverse(group.criteria.len()), place)
    }

    /// The order of the criterion's milestone, and the criterion's place in the guide.
    fn place(&self, criterion: &Slug) -> Option<(u32, usize)> {
        let all = self.guide.milestones.iter().flat_map(|it| it.criteria.iter().map(|c| (it.order, &c.slug)));
        all.enumerate().find(|it| it.1.1 == criterion).map(|(place, (order, _))| (order, place))
    }

    fn waits_for_stack(&self, group: &Group) -> bool {
        self.learner.stack.is_none() && group.criteria.iter().any(|it| group::is_in_stack(&it.done_when))
    }

    fn would_meet(&self, group: &Group) -> Vec<Slug> {
        let serves = |slug: &Slug| group.criteria.iter().any(|it| it.slug == *slug);
        let open = self.readiness.milestones.iter().filter(|it| it.status != MilestoneStatus::Met);
        let closed_by = open.filter(|it| it.musts().all(|it| it.is_done() || serves(&it.criterion)));
        closed_by.map(|it| it.milestone.clone()).collect()
    }

    fn step(&self, group: Group<'a>) -> NextStep {
        NextStep {
            title: group.title(),
            because: self.because(&group),
            would_meet: self.would_meet(&group),
            criteria: group.criteria.iter().map(|it| it.slug.clone()).collect(),
            course: group.course.map(|it| it.slug.clone()),
            citation: match (group.course, group.criteria.first()) {
                (Some(course), _) => course.citation.clone(),
                (None, Some(criterion)) => criterion.citation.clone(),
                (None, None) => self.guide.forecast.citation.clone(),
            },
        }
    }

    /// The advice for each criterion, what is missing of it, and how far the course helps.
    fn because(&self, group: &Group) -> String {
        let advice = group.criteria.iter().map(|it| self.advice(it));
        let course = group.course.into_iter().flat_map(|it| self.about(it, group.criteria.len()));
        advice.chain(course).collect::<Vec<_>>().join(" ")
    }

    fn about(&self, course: &Course, n_criteria: usize) -> Vec<String> {
        let is_started = self.learner.courses.contains_key(&course.slug);
        let started = is_started.then(|| "The course is under way.".to_owned());
        let after = if is_started { None } else { self.take_after(&course.take_after_criteria) };
        let claim = match n_criteria {
            1 => "Completing the course claims this; it still has to be shown.",
            _ => "Completing the course claims these; they still have to be shown.",
        };
        started.into_iter().chain(after).chain([claim.to_owned()]).collect()
    }

    fn advice(&self, criterion: &Criterion) -> String {
        let found = self.readiness.criterion(criterion.slug.as_str());
        let missing = found.and_then(|it| it.missing.as_deref()).unwrap_or_default();
        format!("{} {missing}", criterion.advice).trim_end().to_owned()
    }

    fn take_after(&self, criteria: &[Slug]) -> Option<String> {
        let open = self.readiness.criteria().filter(|it| !it.is_done() && criteria.contains(&it.criterion));
        let titles = open.filter_map(|it| self.guide.criterion(it.criterion.as_str()));
        let titles: Vec<_> = titles.map(|it| quoted(&it.title)).collect();
        (!titles.is_empty()).then(|| format!("Take the course after {}.", listed(&titles, "and")))
    }
}
