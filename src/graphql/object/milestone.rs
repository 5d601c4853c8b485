//! Milestones and the criteria that they consist of.

use std::sync::Arc;

use async_graphql::{Description, Enum, ID};

use super::Citation;
use crate::{
    domain::{guide, slug::Slug},
    graphql::{
        at_once::{names, object},
        cost::About,
        id::NodeId,
    },
};

/// How many criteria a milestone is taken to have when an operation is priced. They lead back to
/// their milestone, so that a small query could ask for them again and again.
const TYPICAL_CRITERIA: i32 = 7;

/// A named stage on the way to being hireable. It is met when every MUST criterion that applies to
/// the learner's stack is done.
#[derive(Description)]
pub(in crate::graphql) struct Milestone(Arc<guide::Guide>, usize);

impl Milestone {
    pub(in crate::graphql) fn find(guide: &Arc<guide::Guide>, slug: &str) -> Option<Self> {
        let at = guide.milestones.iter().position(|it| it.slug == *slug)?;
        Some(Self(guide.clone(), at))
    }

    /// The one at that place of the guide.
    pub(super) fn at(guide: &Arc<guide::Guide>, place: usize) -> Self {
        Self(guide.clone(), place)
    }

    fn get(&self) -> &guide::Milestone {
        &self.0.milestones[self.1]
    }
}

/// The milestones of these slugs.
pub(in crate::graphql) fn milestones(guide: &Arc<guide::Guide>, slugs: &[Slug]) -> Vec<Milestone> {
    slugs.iter().filter_map(|it| Milestone::find(guide, it.as_str())).collect()
}

object! {
    impl Milestone {
        /// The milestone's global id.
        pub(super) async fn id(&self) -> ID {
            NodeId::Milestone(self.get().slug.clone()).encode()
        }

        /// Its stable name: `language`, `sql`, `deployment` or `projects`.
        fn slug(&self) -> &str {
            self.get().slug.as_str()
        }

        /// What people call it.
        fn title(&self) -> &str {
            &self.get().title
        }

        /// What it is about.
        fn summary(&self) -> &str {
            &self.get().summary
        }

        /// The yes-or-no questions that it consists of, for every stack.
        #[graphql(directive = About::apply(TYPICAL_CRITERIA))]
        fn criteria(&self) -> Vec<Criterion> {
            let slugs: Vec<_> = self.get().criteria.iter().map(|it| it.slug.clone()).collect();
            criteria(&self.0, &slugs)
        }

        /// Where in the guide this comes from.
        fn citation(&self) -> &Citation {
            &self.get().citation
        }
    }
}

/// A yes-or-no question about one learner.
#[derive(Description)]
pub(in crate::graphql) struct Criterion(Arc<guide::Guide>, usize, usize);

impl Criterion {
    pub(in crate::graphql) fn find(guide: &Arc<guide::Guide>, slug: &str) -> Option<Self> {
        let mut milestones = guide.milestones.iter().enumerate();
        milestones.find_map(|(milestone, it)| {
            let at = it.criteria.iter().position(|it| it.slug == *slug)?;
            Some(Self(guide.clone(), milestone, at))
        })
    }

    /// The one of that name in the milestone at that place of the guide.
    pub(super) fn of(guide: &Arc<guide::Guide>, milestone: usize, slug: &str) -> Option<Self> {
        let place = guide.milestones[milestone].criteria.iter().position(|it| it.slug == *slug)?;
        Some(Self(guide.clone(), milestone, place))
    }

    fn get(&self) -> &guide::Criterion {
        &self.0.milestones[self.1].criteria[self.2]
    }
}

/// The criteria of these slugs.
pub(super) fn criteria(guide: &Arc<guide::Guide>, slugs: &[Slug]) -> Vec<Criterion> {
    slugs.iter().filter_map(|it| Criterion::find(guide, it.as_str())).collect()
}

object! {
    impl Criterion {
        /// The criterion's global id.
        pub(super) async fn id(&self) -> ID {
            NodeId::Criterion(self.get().slug.clone()).encode()
        }

        /// Its stable name, such as `sql.query-plans`; it begins with the slug of its milestone.
        fn slug(&self) -> &str {
            self.get().slug.as_str()
        }

        /// What people call it.
        fn title(&self) -> &str {
            &self.get().title
        }

        /// Whether readiness needs it.
        fn necessity(&self) -> Necessity {
            self.0.necessity(self.get()).into()
        }

        /// The question.
        fn question(&self) -> &str {
            &self.get().question
        }

        /// What a learner should do to meet it.
        fn advice(&self) -> &str {
            &self.get().advice
        }

        /// The milestone that it belongs to.
        fn milestone(&self) -> Milestone {
            Milestone(self.0.clone(), self.1)
        }

        /// The kinds of evidence that `submitEvidence` takes for it; empty: it is answered by the
        /// learner's stack and projects alone.
        fn accepted_evidence(&self) -> Vec<EvidenceKind> {
            self.get().done_when.evidence_kinds().into_iter().map(Into::into).collect()
        }

        /// Where in the guide this comes from.
        fn citation(&self) -> &Citation {
            &self.get().citation
        }
    }
}

/// Whether readiness needs a criterion.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "guide::Necessity")]
pub(in crate::graphql) enum Necessity {
    /// Readiness needs it.
    Must,
    /// A signal of strength, shown apart and never mixed into progress.
    Should,
}

/// What a piece of evidence is.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "guide::EvidenceKind")]
pub(in crate::graphql) enum EvidenceKind {
    /// A source repository; needs a URL.
    Repository,
    /// A page that shows it; needs a URL.
    Link,
    /// A text in the learner's own words; needs a text.
    WriteUp,
    /// The output of EXPLAIN of PostgreSQL, MySQL or SQLite; needs a text that is one, with at
    /// least one scan or search in it.
    QueryPlan,
    /// A run of a CI/CD pipeline; needs a URL.
    CiRun,
    /// A container image; needs a URL.
    Image,
    /// A recording of a talk or a demonstration; needs a URL.
    Recording,
}

/// What a project demonstrably covers.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "guide::Aspect")]
pub(in crate::graphql) enum ProjectAspect {
    /// An API that others call.
    Api,
    /// Signing in, sessions, tokens.
    Authentication,
    /// Data kept in a database.
    Database,
    /// SQL written by hand.
    HandwrittenSql,
    /// Schema changes as migrations.
    Migration,
    /// A container image.
    Container,
    /// A CI/CD pipeline.
    Pipeline,
    /// Tests that run by themselves.
    AutomatedTests,
    /// Logs that are of use in production.
    Logging,
    /// Metrics.
    Metrics,
    /// Distributed traces.
    Tracing,
    /// Alerts that reach somebody.
    Alerting,
    /// Kubernetes or a managed equivalent.
    Orchestration,
}

names!(Necessity, EvidenceKind, ProjectAspect);
