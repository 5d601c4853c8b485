//! Readiness: how far a learner is by a guide, at an instant, and why.
//!
//! [`assess`] is a pure function of its three arguments, in integers only. What-if ([`suppose`]),
//! [`next_steps`] and [`forecast`] are the same function on other inputs; nothing of it is stored.
//! A state is believed as it is: `now` decides what has lapsed, never what has happened.

mod criterion;
mod evaluate;
mod evidence;
mod forecast;
mod lapse;
mod milestone;
mod next_step;
mod project;
mod project_missing;
mod project_wording;
mod span;
mod suppose;
#[cfg(test)]
mod tests;
mod warning;
mod wording;
mod words;

use super::{
    guide::{Citation, Guide, Necessity},
    id::EvidenceId,
    learner::Learner,
    slug::Slug,
    time::Timestamp,
};

pub use evidence::{EvidenceStatus, evidence_status, valid_until};
pub use forecast::{Forecast, forecast, on_track};
pub use lapse::Lapse;
pub use next_step::{NextStep, next_steps};
pub use project::is_live;
pub use suppose::{Supposition, suppose, takes_evidence};

/// How far a learner is at an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readiness {
    /// Whether every milestone is met.
    pub ready: bool,
    /// Over all MUST criteria that apply.
    pub progress: Progress,
    /// Each milestone, in the order of the guide.
    pub milestones: Vec<MilestoneReadiness>,
    /// What deserves attention; it never blocks.
    pub warnings: Vec<Warning>,
    /// The revision of the guide that this was assessed by.
    pub guide_revision: u32,
    /// The instant that this was assessed for.
    pub as_of: Timestamp,
    /// Until then nothing in here changes by time alone, so that a cache may keep it; `None`: never.
    pub lapses_at: Option<Timestamp>,
}

/// A share of MUST criteria.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// How many are done.
    pub n_done: u32,
    /// How many there are.
    pub n_total: u32,
}

/// How far a learner is with one milestone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MilestoneReadiness {
    /// Which.
    pub milestone: Slug,
    /// How far.
    pub status: MilestoneStatus,
    /// Over its MUST criteria that apply.
    pub progress: Progress,
    /// Since when it is met: the last of its MUST criteria was done then.
    pub met_at: Option<Timestamp>,
    /// The first instant at which it is no longer met by time alone; `None`: for good, or not met.
    pub met_until: Option<Timestamp>,
    /// Its criteria that apply, MUST and SHOULD, in the order of the guide.
    pub criteria: Vec<CriterionReadiness>,
}

/// How far a milestone is. SHOULD criteria have no say in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MilestoneStatus {
    /// Every MUST criterion that applies is unmet.
    NotStarted,
    /// Something in between.
    InProgress,
    /// Every MUST criterion that applies is done.
    Met,
}

/// How a learner stands with one criterion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CriterionReadiness {
    /// Which.
    pub criterion: Slug,
    /// Whether readiness needs it.
    pub necessity: Necessity,
    /// How.
    pub status: CriterionStatus,
    /// The evidence that speaks for it, lapsed and unreviewed pieces too; oldest first.
    pub evidence: Vec<EvidenceId>,
    /// Why it has this status, for people.
    pub because: String,
    /// What it takes to be done, for people; `None`: it is done.
    pub missing: Option<String>,
    /// Who must act next.
    pub next_actor: NextActor,
    /// Since when the status holds; `None`: since ever.
    pub since: Option<Timestamp>,
    /// Since when it is done without a break, under whichever status; `None`: it is not.
    pub done_since: Option<Timestamp>,
    /// The first instant at which it is no longer done by time alone; `None`: for good, or not done.
    pub valid_until: Option<Timestamp>,
    /// The first instant at which it was no longer done by time alone; `None`: it is done, or it never was.
    pub lapsed_at: Option<Timestamp>,
}

/// How a learner stands with a criterion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CriterionStatus {
    /// Nothing speaks for it.
    Unmet,
    /// Somebody says so: a course was completed, or evidence awaits the review without which it
    /// does not count.
    Claimed,
    /// A fact or an artifact is attached and passes its check.
    Evidenced,
    /// A reviewer accepted the evidence.
    Verified,
    /// It would be done, had its validity not lapsed.
    ReviewDue,
    /// It is not asked of this learner. Evidence is shown in its place where there is some.
    Waived,
}

/// Who must act next on a criterion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NextActor {
    /// Something is missing that only the learner can bring.
    Learner,
    /// It is not done, and evidence that would make it so awaits review.
    Reviewer,
    /// It is done.
    Nobody,
}

/// Something that deserves attention; it never blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// `TOO_EARLY`, `GAP` or `REVIEW_SOON`.
    pub code: &'static str,
    /// What and why, for people.
    pub message: String,
    /// Where in the guide this comes from.
    pub citation: Citation,
}

/// How far the learner is by the guide at that instant.
pub fn assess(guide: &Guide, learner: &Learner, now: Timestamp) -> Readiness {
    assess_with(guide, learner, now, true)
}

/// As [`assess`], but for what is said to people: reasons, what is missing and warnings are left out, and `lapses_at`
/// is about criteria alone. It is what a write needs, which is no reader.
pub fn judge(guide: &Guide, learner: &Learner, now: Timestamp) -> Readiness {
    assess_with(guide, learner, now, false)
}

fn assess_with(guide: &Guide, learner: &Learner, now: Timestamp, in_words: bool) -> Readiness {
    let assessed: Vec<_> =
        guide.milestones.iter().map(|it| milestone::assess(guide, learner, it, now, in_words)).collect();
    let next_end = assessed.iter().filter_map(|it| it.next_end).min();
    let milestones: Vec<_> = assessed.into_iter().map(|it| it.readiness).collect();
    let (warnings, next_warning) = match in_words {
        true => warning::warnings(guide, learner, &milestones, now),
        false => (vec![], None),
    };
    Readiness {
        ready: milestones.iter().all(|it| it.status == MilestoneStatus::Met),
        progress: milestones.iter().map(|it| it.progress).fold(Progress::default(), Progress::plus),
        warnings,
        guide_revision: guide.revision,
        as_of: now,
        lapses_at: [next_end, next_warning].into_iter().flatten().min(),
        milestones,
    }
}

impl Readiness {
    /// The milestone of that name.
    pub fn milestone(&self, slug: &str) -> Option<&MilestoneReadiness> {
        self.milestones.iter().find(|it| it.milestone == *slug)
    }

    /// The criterion of that name; `None` where it does not apply.
    pub fn criterion(&self, slug: &str) -> Option<&CriterionReadiness> {
        self.criteria().find(|it| it.criterion == *slug)
    }

    /// The milestones that are met here and were not before.
    pub fn newly_met_since(&self, before: &Readiness) -> Vec<Slug> {
        let was_met = |it: &Slug| before.met().any(|other| other == it);
        self.met().filter(|it| !was_met(it)).cloned().collect()
    }

    fn met(&self) -> impl Iterator<Item = &Slug> {
        let is_met = |it: &&MilestoneReadiness| it.status == MilestoneStatus::Met;
        self.milestones.iter().filter(is_met).map(|it| &it.milestone)
    }

    /// All criteria that apply, in the order of the guide.
    pub fn criteria(&self) -> impl Iterator<Item = &CriterionReadiness> {
        self.milestones.iter().flat_map(|it| &it.criteria)
    }

    /// MUST criteria that apply, in the order of the guide.
    pub fn musts(&self) -> impl Iterator<Item = &CriterionReadiness> {
        self.criteria().filter(|it| it.necessity == Necessity::Must)
    }

    /// SHOULD criteria that apply, in the order of the guide.
    pub fn signals(&self) -> impl Iterator<Item = &CriterionReadiness> {
        self.criteria().filter(|it| it.necessity == Necessity::Should)
    }
}

impl MilestoneReadiness {
    /// Its MUST criteria that apply, in the order of the guide.
    pub fn musts(&self) -> impl Iterator<Item = &CriterionReadiness> {
        self.criteria.iter().filter(|it| it.necessity == Necessity::Must)
    }
}

impl CriterionReadiness {
    /// Whether the criterion is done.
    pub fn is_done(&self) -> bool {
        self.status.is_done()
    }
}

impl CriterionStatus {
    /// Whether it counts as done.
    pub fn is_done(self) -> bool {
        matches!(self, Self::Evidenced | Self::Verified | Self::Waived)
    }
}

impl Progress {
    /// The share in percent, rounded down, so that 100 means all; `None` where there are none.
    pub fn percent(self) -> Option<u32> {
        let percent = (u64::from(self.n_done) * 100).checked_div(self.n_total.into())?;
        u32::try_from(percent).ok()
    }

    fn plus(self, other: Self) -> Self {
        Self { n_done: self.n_done + other.n_done, n_total: self.n_total + other.n_total }
    }
}
