//! Evidence: what was done outside of courses.

use std::sync::Arc;

use async_graphql::{Context, Description, Enum, ID};

use super::{Criterion, EvidenceKind};
use crate::{
    domain::{
        event::Change,
        guide::Guide,
        id::{EvidenceId, Version},
        learner::{self, Learner},
        readiness::{self, evidence_status, valid_until},
        time::Timestamp,
    },
    graphql::{
        at_once::{names, object},
        context::app,
        error::{Answer, fault},
        id::NodeId,
        scalar::{DateTime, Url},
    },
};

/// Something done outside of courses that speaks for a criterion.
#[derive(Description)]
pub(in crate::graphql) struct Evidence {
    guide: Arc<Guide>,
    learner: Arc<Learner>,
    place: usize,
    as_of: Timestamp,
}

impl Evidence {
    /// A piece of a learner's evidence; null: it is not there, or its criterion is none of the guide.
    pub(in crate::graphql) fn find(
        guide: &Arc<Guide>,
        learner: &Arc<Learner>,
        id: EvidenceId,
        as_of: Timestamp,
    ) -> Option<Self> {
        let place = learner.evidence.iter().position(|it| it.id == id)?;
        guide.criterion(learner.evidence[place].criterion.as_str())?;
        Some(Self { guide: guide.clone(), learner: learner.clone(), place, as_of })
    }

    fn get(&self) -> &learner::Evidence {
        &self.learner.evidence[self.place]
    }

    /// What the event of that version has to say that the state does not hold.
    async fn told(&self, ctx: &Context<'_>, version: Version) -> Answer<Option<String>> {
        let event = app(ctx).event_at(self.learner.id, version).await.map_err(fault)?;
        Ok(match event.map(|it| it.change) {
            Some(Change::EvidenceSubmitted { text, .. }) => text,
            Some(Change::EvidenceReviewed { note, .. }) => note,
            _ => None,
        })
    }
}

object! {
    impl Evidence {
        /// The evidence's global id.
        pub(super) async fn id(&self) -> ID {
            NodeId::Evidence(self.learner.id, self.get().id).encode()
        }

        /// The criterion that it speaks for.
        fn criterion(&self) -> Criterion {
            let found = Criterion::find(&self.guide, self.get().criterion.as_str());
            found.expect("evidence for a criterion that the guide lacks is never shown")
        }

        /// What it is.
        fn kind(&self) -> EvidenceKind {
            self.get().kind.into()
        }

        /// Where it can be seen.
        fn url(&self) -> Option<Url> {
            self.get().url.clone().map(Url)
        }

        /// Its text.
        async fn text(&self, ctx: &Context<'_>) -> Option<Answer<String>> {
            self.get().text.as_ref()?;
            self.told(ctx, self.get().submitted_in).await.transpose()
        }

        /// Where it stands.
        fn status(&self) -> EvidenceStatus {
            evidence_status(&self.guide, self.get(), self.as_of).into()
        }

        /// When it was handed in.
        fn submitted_at(&self) -> DateTime {
            self.get().submitted_at.into()
        }

        /// When it was reviewed last; null: never.
        fn reviewed_at(&self) -> Option<DateTime> {
            self.get().review.as_ref().map(|it| it.at.into())
        }

        /// Who reviewed it last.
        fn reviewer(&self) -> Option<&str> {
            self.get().review.as_ref().map(|it| it.reviewer.as_str())
        }

        /// What the reviewer remarked.
        async fn note(&self, ctx: &Context<'_>) -> Option<Answer<String>> {
            let version = self.get().review.as_ref()?.note_in?;
            self.told(ctx, version).await.transpose()
        }

        /// When it lapses; null: it does not.
        fn valid_until(&self) -> Option<DateTime> {
            valid_until(&self.guide, self.get()).map(Into::into)
        }
    }
}

/// Where a piece of evidence stands.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "readiness::EvidenceStatus")]
pub(in crate::graphql) enum EvidenceStatus {
    /// Handed in, not reviewed.
    Submitted,
    /// A reviewer accepted it.
    Accepted,
    /// A reviewer rejected it; it counts for nothing.
    Rejected,
    /// Its validity has ended.
    Lapsed,
}

names!(EvidenceStatus);
