//! Readiness: how far somebody is, and why.

use std::sync::{Arc, OnceLock};

use async_graphql::{Description, Enum};

use super::{Citation, Criterion, Evidence, Milestone};
use crate::{
    app::{App, Standing},
    domain::{learner, readiness, time::Timestamp},
    graphql::{
        at_once::{names, object},
        cost::About,
        scalar::DateTime,
    },
};

/// How far a learner is from being hireable at an instant, and why. Derived from the learner's
/// events on every read, never stored.
#[derive(Clone, Description)]
pub(in crate::graphql) struct Readiness(Arc<Assessed>);

/// A readiness with what it is assessed from.
struct Assessed {
    app: Arc<App>,
    learner: Arc<learner::Learner>,
    at: Timestamp,
    /// The short of it, where it is remembered: who asks for no more does not need the whole.
    standing: Option<Standing>,
    whole: OnceLock<Arc<readiness::Readiness>>,
}

impl Readiness {
    /// At this instant.
    pub(in crate::graphql) fn now(app: &Arc<App>, learner: &Arc<learner::Learner>) -> Self {
        let at = app.env.now();
        let standing = app.known_standing(learner, at);
        let (app, learner) = (app.clone(), learner.clone());
        Self(Arc::new(Assessed { app, learner, at, standing, whole: OnceLock::new() }))
    }

    /// One that was assessed.
    pub(in crate::graphql) fn new(
        app: &Arc<App>,
        learner: &Arc<learner::Learner>,
        readiness: readiness::Readiness,
    ) -> Self {
        let at = readiness.as_of;
        let (app, learner, whole) = (app.clone(), learner.clone(), Arc::new(readiness).into());
        Self(Arc::new(Assessed { app, learner, at, standing: None, whole }))
    }

    fn whole(&self) -> &readiness::Readiness {
        let Assessed { app, learner, at, whole, .. } = &*self.0;
        whole.get_or_init(|| app.readiness_at(learner, *at))
    }

    fn standing(&self) -> Standing {
        self.0.standing.unwrap_or_else(|| Standing::of(self.whole()))
    }

    fn milestone_at(&self, place: usize) -> MilestoneReadiness {
        MilestoneReadiness { of: self.clone(), place }
    }

    /// The criterion of that name; null where it does not apply.
    pub(in crate::graphql) fn criterion(&self, slug: &str) -> Option<CriterionReadiness> {
        let mut milestones = self.whole().milestones.iter().enumerate();
        let (milestone, place) = milestones.find_map(|(milestone, it)| {
            Some((milestone, it.criteria.iter().position(|it| it.criterion == *slug)?))
        })?;
        Some(CriterionReadiness { of: self.clone(), milestone, place })
    }
}

object! {
    impl Readiness {
        /// Whether every milestone is met.
        fn ready(&self) -> bool {
            self.standing().ready
        }

        /// Over the MUST criteria that apply to the learner's stack.
        fn progress(&self) -> Progress {
            self.standing().progress.into()
        }

        /// Each milestone, in the order of the guide.
        #[graphql(directive = About::apply(4))]
        fn milestones(&self) -> Vec<MilestoneReadiness> {
            (0..self.whole().milestones.len()).map(|it| self.milestone_at(it)).collect()
        }

        /// One milestone; null: the guide has none of that slug.
        fn milestone(
            &self,
            #[graphql(desc = "The milestone's slug: `language`, `sql`, `deployment` or `projects`.")]
            slug: String,
        ) -> Option<MilestoneReadiness> {
            let place = self.whole().milestones.iter().position(|it| it.milestone == *slug)?;
            Some(self.milestone_at(place))
        }

        /// The SHOULD criteria: what sets a mid-level candidate apart. They are never mixed into progress.
        #[graphql(directive = About::apply(7))]
        fn signals(&self) -> Vec<CriterionReadiness> {
            self.whole().signals().filter_map(|it| self.criterion(it.criterion.as_str())).collect()
        }

        /// What deserves attention. Warnings never block anything.
        #[graphql(directive = About::apply(5))]
        fn warnings(&self) -> Vec<ReadinessWarning> {
            self.whole().warnings.iter().cloned().map(ReadinessWarning).collect()
        }

        /// The revision of the guide that this was assessed by.
        fn guide_revision(&self) -> u32 {
            self.0.app.guide.revision
        }

        /// The instant that this was assessed for.
        fn as_of(&self) -> DateTime {
            self.0.at.into()
        }
    }
}

object! {
    /// A share of MUST criteria. `percent` is `floor(100 * done / total)`.
    pub(in crate::graphql) struct Progress {
        /// How many are done.
        done: u32,
        /// How many there are.
        total: u32,
        /// From 0 to 100, rounded down; 100 only when all are done; null when there are none.
        percent: Option<u32>,
    }
}

impl From<readiness::Progress> for Progress {
    fn from(it: readiness::Progress) -> Self {
        Self { done: it.n_done, total: it.n_total, percent: it.percent() }
    }
}

/// How far a learner is with one milestone.
#[derive(Description)]
pub(in crate::graphql) struct MilestoneReadiness {
    of: Readiness,
    place: usize,
}

impl MilestoneReadiness {
    fn get(&self) -> &readiness::MilestoneReadiness {
        &self.of.whole().milestones[self.place]
    }
}

object! {
    impl MilestoneReadiness {
        /// The milestone.
        fn milestone(&self) -> Milestone {
            // Readiness has all milestones, in the order of the guide.
            Milestone::at(&self.of.0.app.guide, self.place)
        }

        /// How far it is.
        fn status(&self) -> MilestoneStatus {
            self.get().status.into()
        }

        /// Over its MUST criteria that apply.
        fn progress(&self) -> Progress {
            self.get().progress.into()
        }

        /// Since when it is met: the last of its MUST criteria was done then. Null: it is not met.
        fn met_at(&self) -> Option<DateTime> {
            self.get().met_at.map(Into::into)
        }

        /// When it stops being met unless something happens before; null: it does not lapse, or is not met.
        fn met_until(&self) -> Option<DateTime> {
            self.get().met_until.map(Into::into)
        }

        /// Its criteria that apply to the learner's stack, MUST and SHOULD.
        #[graphql(directive = About::apply(7))]
        fn criteria(&self) -> Vec<CriterionReadiness> {
            let criterion = |place| CriterionReadiness { of: self.of.clone(), milestone: self.place, place };
            (0..self.get().criteria.len()).map(criterion).collect()
        }
    }
}

/// How a learner stands with one criterion, and why.
#[derive(Description)]
pub(in crate::graphql) struct CriterionReadiness {
    of: Readiness,
    milestone: usize,
    place: usize,
}

impl CriterionReadiness {
    fn get(&self) -> &readiness::CriterionReadiness {
        &self.of.whole().milestones[self.milestone].criteria[self.place]
    }
}

object! {
    impl CriterionReadiness {
        /// The criterion.
        fn criterion(&self) -> Criterion {
            let found = Criterion::of(&self.of.0.app.guide, self.milestone, self.get().criterion.as_str());
            found.expect("readiness is about the criteria of its guide")
        }

        /// How the learner stands.
        fn status(&self) -> CriterionStatus {
            self.get().status.into()
        }

        /// The evidence that speaks for it, oldest first.
        #[graphql(directive = About::apply(2))]
        fn evidence(&self) -> Vec<Evidence> {
            let Assessed { app, learner, at, .. } = &*self.of.0;
            self.get().evidence.iter().filter_map(|id| Evidence::find(&app.guide, learner, *id, *at)).collect()
        }

        /// Why it has this status, as a sentence for people.
        fn because(&self) -> &str {
            &self.get().because
        }

        /// What it takes to be done, as a sentence for people; null: it is done.
        fn missing(&self) -> Option<&str> {
            self.get().missing.as_deref()
        }

        /// Who must act next.
        fn next_actor(&self) -> NextActor {
            self.get().next_actor.into()
        }

        /// Since when the status holds; null: it always has.
        fn since(&self) -> Option<DateTime> {
            self.get().since.map(Into::into)
        }

        /// When it stops being done unless something happens before; null: it does not lapse, or is not done.
        fn valid_until(&self) -> Option<DateTime> {
            self.get().valid_until.map(Into::into)
        }
    }
}

/// Something that deserves attention. It never blocks.
#[derive(Description)]
pub(in crate::graphql) struct ReadinessWarning(readiness::Warning);

object! {
    impl ReadinessWarning {
        /// `TOO_EARLY`: a course was begun before what it builds on. `GAP`: the goal's date is near and
        /// deployment is open. `REVIEW_SOON`: something lapses within days.
        fn code(&self) -> &str {
            self.0.code
        }

        /// What and why, as a sentence for people.
        fn message(&self) -> &str {
            &self.0.message
        }

        /// Where in the guide this comes from.
        fn citation(&self) -> &Citation {
            &self.0.citation
        }
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

names!(MilestoneStatus, CriterionStatus, NextActor);
