//! How far a learner is with a milestone.

use super::{MilestoneReadiness, MilestoneStatus, Progress, evaluate::Case};
use crate::domain::{
    guide::{Guide, Milestone, Necessity},
    learner::Learner,
    readiness::{CriterionReadiness, CriterionStatus},
    time::Timestamp,
};

/// A milestone's readiness, and when time alone may change it.
pub(super) struct Assessed {
    pub(super) readiness: MilestoneReadiness,
    pub(super) next_end: Option<Timestamp>,
}

pub(super) fn assess(
    guide: &Guide,
    learner: &Learner,
    milestone: &Milestone,
    now: Timestamp,
    in_words: bool,
) -> Assessed {
    let applying = milestone.criteria.iter().filter(|it| it.applies.to(learner.stack_slug()));
    let assessed: Vec<_> =
        applying.map(|criterion| Case { guide, learner, criterion, now, in_words }.assess()).collect();
    let next_end = assessed.iter().filter_map(|it| it.next_end).min();
    let criteria: Vec<_> = assessed.into_iter().map(|it| it.readiness).collect();
    let musts: Vec<_> = criteria.iter().filter(|it| it.necessity == Necessity::Must).collect();
    let status = status(&musts);
    let is_met = status == MilestoneStatus::Met;
    let readiness = MilestoneReadiness {
        milestone: milestone.slug.clone(),
        status,
        progress: progress(&musts),
        met_at: if is_met { musts.iter().filter_map(|it| it.done_since).max() } else { None },
        met_until: if is_met { musts.iter().filter_map(|it| it.valid_until).min() } else { None },
        criteria,
    };
    Assessed { readiness, next_end }
}

fn status(musts: &[&CriterionReadiness]) -> MilestoneStatus {
    if musts.iter().all(|it| it.is_done()) {
        MilestoneStatus::Met
    } else if musts.iter().all(|it| it.status == CriterionStatus::Unmet) {
        MilestoneStatus::NotStarted
    } else {
        MilestoneStatus::InProgress
    }
}

fn progress(musts: &[&CriterionReadiness]) -> Progress {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let n_done = musts.iter().filter(|it| it.is_done()).count();
    Progress { n_done: count(n_done), n_total: count(musts.len()) }
}
