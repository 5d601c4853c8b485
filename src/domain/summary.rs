//! What lists of learners are filtered and ordered by: a digest of one learner's state.

use serde::{Deserialize, Serialize};

use super::{
    guide::Guide,
    learner::Learner,
    readiness::{MilestoneReadiness, MilestoneStatus, Readiness, judge},
    slug::Slug,
    time::Timestamp,
};

/// What a list needs to know of one learner, as of their newest event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The display name.
    pub name: String,
    /// The primary stack.
    pub stack: Option<Slug>,
    /// When the learner was first recorded.
    pub created_at: Timestamp,
    /// When an event was last recorded.
    pub updated_at: Timestamp,
    /// MUST criteria that are done.
    pub n_done: u16,
    /// MUST criteria that apply.
    pub n_total: u16,
    /// The milestones that are met.
    pub met: Vec<Met>,
    /// The instant at which time alone takes something away next; `None`: never.
    pub due_at: Option<Timestamp>,
}

/// A milestone that is met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Met {
    /// Which.
    pub milestone: Slug,
    /// The instant from which it no longer is, unless something happens before; `None`: for good.
    pub until: Option<Timestamp>,
}

/// Which learners a list shows. What is absent is not asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Whose primary stack this is.
    pub stack: Option<Slug>,
    /// Who has met this milestone.
    pub met: Option<Slug>,
    /// Who has not.
    pub open: Option<Slug>,
    /// Whose name contains this text, without regard to case.
    pub name_contains: Option<String>,
}

/// What a list is ordered by. Equal learners come in the order of their ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum OrderBy {
    /// The name, without regard to case.
    Name,
    /// When the learner was first recorded.
    CreatedAt,
    /// The share of MUST criteria that were done as of the newest event.
    Progress,
    /// When an event was last recorded.
    LastActivity,
    /// When time alone takes something away next; whoever loses nothing comes last.
    Due,
}

impl OrderBy {
    /// Every order that there is.
    pub const ALL: [OrderBy; 5] =
        [OrderBy::Name, OrderBy::CreatedAt, OrderBy::Progress, OrderBy::LastActivity, OrderBy::Due];
}

impl Summary {
    /// The digest of a state at that instant.
    pub fn of(guide: &Guide, learner: &Learner, now: Timestamp) -> Self {
        Self::from_readiness(learner, &judge(guide, learner, now))
    }

    /// The digest of a state that was assessed already.
    pub fn from_readiness(learner: &Learner, readiness: &Readiness) -> Self {
        let is_met = |it: &&MilestoneReadiness| it.status == MilestoneStatus::Met;
        let met = |it: &MilestoneReadiness| Met { milestone: it.milestone.clone(), until: it.met_until };
        Self {
            name: learner.name.clone(),
            stack: learner.stack_slug().cloned(),
            created_at: learner.created_at,
            updated_at: learner.updated_at,
            n_done: u16::try_from(readiness.progress.n_done).unwrap_or(u16::MAX),
            n_total: u16::try_from(readiness.progress.n_total).unwrap_or(u16::MAX),
            met: readiness.milestones.iter().filter(is_met).map(met).collect(),
            due_at: readiness.due_at(),
        }
    }
}

impl Filter {
    /// Whether it lets everybody pass.
    pub fn is_empty(&self) -> bool {
        *self == Filter::default()
    }

    /// Whether it lets this learner pass at that instant.
    pub fn passes(&self, summary: &Summary, now: Timestamp) -> bool {
        let met = |slug: &Slug| {
            let holds = |it: &Met| it.milestone == *slug && it.until.is_none_or(|until| now < until);
            summary.met.iter().any(holds)
        };
        self.stack.as_ref().is_none_or(|it| summary.stack.as_ref() == Some(it))
            && self.met.as_ref().is_none_or(&met)
            && self.open.as_ref().is_none_or(|it| !met(it))
            && self
                .name_contains
                .as_ref()
                .is_none_or(|it| summary.name.to_lowercase().contains(&it.to_lowercase()))
    }
}
