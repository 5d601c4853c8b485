//! Readiness: how far somebody is, and why.

use std::sync::Arc;

use async_graphql::{Description, Enum, Object, SimpleObject};

use super::{Citation, Criterion, Evidence, Milestone};
use crate::{
    domain::{guide::Guide, learner, readiness},
    graphql::scalar::DateTime,
};

/// How far a learner is from being hireable at an instant, and why. Derived from the learner's
/// events on every read, never stored.
#[derive(Description)]
pub(in crate::graphql) struct Readiness(Arc<Assessed>);

/// A readiness with what it was assessed from.
struct Assessed {
    guide: Arc<Guide>,
    learner: Arc<learner::Learner>,
    readiness: readiness::Readiness,
}

impl Readiness {
    pub(in crate::graphql) fn new(
        guide: &Arc<Guide>,
        learner: &Arc<learner::Learner>,
        readiness: readiness::Readiness,
    ) -> Self {
        Self(Arc::new(Assessed { guide: guide.clone(), learner: learner.clone(), readiness }))
    }

    fn criterion(&self, criterion: &readiness::CriterionReadiness) -> Option<CriterionReadiness> {
        CriterionReadiness::new(&self.0.guide, &self.0.learner, criterion, self.0.readiness.as_of)
    }

    fn milestone_at(&self, milestone: &readiness::MilestoneReadiness) -> Option<MilestoneReadiness> {
        Some(MilestoneReadiness {
            milestone: Milestone::find(&self.0.guide, milestone.milestone.as_str())?,
            status: milestone.status.into(),
            progress: milestone.progress.into(),
            met_at: milestone.met_at.map(Into::into),
            met_until: milestone.met_until.map(Into::into),
            criteria: milestone.criteria.iter().filter_map(|it| self.criterion(it)).collect(),
        })
    }
}

#[Object(use_type_description)]
impl Readiness {
    /// Whether every milestone is met.
    async fn ready(&self) -> bool {
        self.0.readiness.ready
    }

    /// Over the MUST criteria that apply to the learner's stack.
    async fn progress(&self) -> Progress {
        self.0.readiness.progress.into()
    }

    /// Each milestone, in the order of the guide.
    async fn milestones(&self) -> Vec<MilestoneReadiness> {
        self.0.readiness.milestones.iter().filter_map(|it| self.milestone_at(it)).collect()
    }

    /// One milestone; null: the guide has none of that slug.
    async fn milestone(
        &self,
        #[graphql(desc = "The milestone's slug: `language`, `sql`, `deployment` or `projects`.")]
        slug: String,
    ) -> Option<MilestoneReadiness> {
        self.milestone_at(self.0.readiness.milestone(&slug)?)
    }

    /// The SHOULD criteria: what sets a mid-level candidate apart. They are never mixed into progress.
    async fn signals(&self) -> Vec<CriterionReadiness> {
        self.0.readiness.signals.iter().filter_map(|it| self.criterion(it)).collect()
    }

    /// What deserves attention. Warnings never block anything.
    async fn warnings(&self) -> Vec<ReadinessWarning> {
        self.0.readiness.warnings.iter().map(ReadinessWarning::new).collect()
    }

    /// The revision of the guide that this was assessed by.
    async fn guide_revision(&self) -> u32 {
        self.0.readiness.guide_revision
    }

    /// The instant that this was assessed for.
    async fn as_of(&self) -> DateTime {
        self.0.readiness.as_of.into()
    }
}

/// A share of MUST criteria. `percent` is `floor(100 * done / total)`.
#[derive(SimpleObject)]
pub(in crate::graphql) struct Progress {
    /// How many are done.
    done: u32,
    /// How many there are.
    total: u32,
    /// From 0 to 100, rounded down; 100 only when all are done; null when there are none.
    percent: Option<u32>,
}

impl From<readiness::Progress> for Progress {
    fn from(it: readiness::Progress) -> Self {
        Self { done: it.n_done, total: it.n_total, percent: it.percent() }
    }
}

/// How far a learner is with one milestone.
#[derive(SimpleObject)]
pub(in crate::graphql) struct MilestoneReadiness {
    /// The milestone.
    milestone: Milestone,
    /// How far it is.
    status: MilestoneStatus,
    /// Over its MUST criteria that apply.
    progress: Progress,
    /// Since when it is met: the last of its MUST criteria was done then. Null: it is not met.
    met_at: Option<DateTime>,
    /// When it stops being met unless something happens before; null: it does not lapse, or is not met.
    met_until: Option<DateTime>,
    /// Its criteria that apply to the learner's stack, MUST and SHOULD.
    criteria: Vec<CriterionReadiness>,
}

/// How a learner stands with one criterion, and why.
#[derive(SimpleObject)]
pub(in crate::graphql) struct CriterionReadiness {
    /// The criterion.
    criterion: Criterion,
    /// How the learner stands.
    status: CriterionStatus,
    /// The evidence that speaks for it, oldest first.
    evidence: Vec<Evidence>,
    /// Why it has this status, as a sentence for people.
    because: String,
    /// What it takes to be done, as a sentence for people; null: it is done.
    missing: Option<String>,
    /// Who must act next.
    next_actor: NextActor,
    /// Since when the status holds; null: it always has.
    since: Option<DateTime>,
    /// When it stops being done unless something happens before; null: it does not lapse, or is not done.
    valid_until: Option<DateTime>,
}

impl CriterionReadiness {
    pub(in crate::graphql) fn new(
        guide: &Arc<Guide>,
        learner: &Arc<learner::Learner>,
        it: &readiness::CriterionReadiness,
        as_of: crate::domain::time::Timestamp,
    ) -> Option<Self> {
        let evidence = it.evidence.iter().filter_map(|id| Evidence::find(guide, learner, *id, as_of));
        Some(Self {
            criterion: Criterion::find(guide, it.criterion.as_str())?,
            status: it.status.into(),
            evidence: evidence.collect(),
            because: it.because.clone(),
            missing: it.missing.clone(),
            next_actor: it.next_actor.into(),
            since: it.since.map(Into::into),
            valid_until: it.valid_until.map(Into::into),
        })
    }
}

/// Something that deserves attention. It never blocks.
#[derive(SimpleObject)]
pub(in crate::graphql) struct ReadinessWarning {
    /// `TOO_EARLY`: a course was begun before what it builds on. `GAP`: the goal's date is near and
    /// deployment is open. `REVIEW_SOON`: something lapses within days.
    code: String,
    /// What and why, as a sentence for people.
    message: String,
    /// Where in the guide this comes from.
    citation: Citation,
}

impl ReadinessWarning {
    fn new(it: &readiness::Warning) -> Self {
        Self { code: it.code.to_owned(), message: it.message.clone(), citation: Citation::new(&it.citation) }
    }
}

/// How far a milestone is.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "readiness::MilestoneStatus")]
pub(in crate::graphql) enum MilestoneStatus {
    /// Every MUST criterion that applies is unmet.
    NotStarted,
    /// Something in between.
    InProgress,
    /// Every MUST criterion that applies is done.
    Met,
}

/// How a learner stands with a criterion. EVIDENCED, VERIFIED and WAIVED count as done.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "readiness::CriterionStatus")]
pub(in crate::graphql) enum CriterionStatus {
    /// Nothing speaks for it.
    Unmet,
    /// Somebody says so: a course was completed, or evidence awaits the review without which it
    /// does not count. A claim is not enough.
    Claimed,
    /// A fact or an artifact is attached and passes its check.
    Evidenced,
    /// A reviewer accepted the evidence.
    Verified,
    /// It was done, and its validity has lapsed.
    ReviewDue,
    /// It is not asked of this learner, for a stated reason.
    Waived,
}

/// Who must act next.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "readiness::NextActor")]
pub(in crate::graphql) enum NextActor {
    /// Something is missing that only the learner can bring.
    Learner,
    /// Evidence awaits review.
    Reviewer,
    /// It is done.
    Nobody,
}
