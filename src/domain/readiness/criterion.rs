//! The status of one criterion: from the answer to its rule, claims and waivers.

use super::{
    CriterionReadiness, CriterionStatus, NextActor,
    evaluate::{Answer, Case},
    span::Spans,
};
use crate::domain::{guide::Course, time::Timestamp};

/// A criterion's readiness, and when time alone may change it.
pub(super) struct Assessed {
    pub(super) readiness: CriterionReadiness,
    pub(super) next_end: Option<Timestamp>,
}

impl<'a> Case<'a> {
    pub(super) fn assess(&self) -> Assessed {
        let answer = self.answer(&self.criterion.done_when);
        let (status, since) = self.status(&answer);
        let done = self.done_spans(&answer);
        let done_since = done.held_since(self.now);
        let next_actor = match answer.awaiting.is_empty() {
            _ if status.is_done() => NextActor::Nobody,
            false => NextActor::Reviewer,
            true => NextActor::Learner,
        };
        let readiness = CriterionReadiness {
            criterion: self.criterion.slug.clone(),
            necessity: self.guide.necessity(self.criterion),
            status,
            evidence: answer.evidence.iter().map(|it| it.id).collect(),
            because: if self.in_words { self.because(status) } else { String::new() },
            missing: (self.in_words && !status.is_done()).then(|| self.missing()),
            next_actor,
            since,
            done_since,
            valid_until: done.end().filter(|_| done_since.is_some()),
            lapsed_at: done.end().filter(|_| done_since.is_none()),
        };
        Assessed { readiness, next_end: answer.next_end }
    }

    /// The strongest that is true, and since when.
    ///
    /// A waiver says that something is not asked; evidence that it is there all the same is the
    /// stronger truth, so it is shown in its place.
    fn status(&self, answer: &Answer) -> (CriterionStatus, Option<Timestamp>) {
        if let Some(since) = answer.verified.held_since(self.now) {
            return (CriterionStatus::Verified, Some(since));
        }
        if let Some(since) = answer.done.held_since(self.now) {
            return (CriterionStatus::Evidenced, Some(since));
        }
        if let Some(since) = self.waived_at() {
            return (CriterionStatus::Waived, Some(since));
        }
        if let Some(since) = answer.unlapsed.held_since(self.now) {
            return (CriterionStatus::ReviewDue, answer.done.end().or(Some(since)));
        }
        match self.claimed_since(answer) {
            Some(since) => (CriterionStatus::Claimed, Some(since)),
            None => (CriterionStatus::Unmet, None),
        }
    }

    /// When it was and is done, whichever way.
    fn done_spans(&self, answer: &Answer) -> Spans {
        match self.waived_at() {
            Some(at) => Spans::at_least(1, &[answer.done.clone(), Spans::since(at)]),
            None => answer.done.clone(),
        }
    }

    fn waived_at(&self) -> Option<Timestamp> {
        self.learner.waivers.get(&self.criterion.slug).map(|it| it.at)
    }

    fn claimed_since(&self, answer: &Answer) -> Option<Timestamp> {
        let courses = self.claiming_courses().into_iter().map(|it| it.1);
        courses.chain(answer.awaiting.iter().map(|it| it.submitted_at)).min()
    }

    /// The completed courses that claim the criterion and suit the learner, and when they were
    /// completed; in the order of the guide.
    pub(super) fn claiming_courses(&self) -> Vec<(&'a Course, Timestamp)> {
        let claims =
            |it: &&Course| it.claims.contains(&self.criterion.slug) && it.suits(self.learner.stack_slug());
        let completed = |it: &'a Course| Some((it, self.learner.courses.get(&it.slug)?.completed_at?));
        self.guide.courses.iter().filter(claims).filter_map(completed).collect()
    }
}
