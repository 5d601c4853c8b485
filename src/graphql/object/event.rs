//! Events: what happened to learners.

use std::sync::Arc;

use async_graphql::{Context, Description, Enum, ID};

use super::{Learner, Milestone, milestones};
use crate::{
    app::App,
    domain::{
        event::{self, Change},
        event_summary::event_summary,
        id::Version,
        learner,
    },
    graphql::{
        at_once::{names, object},
        context::app,
        cost::About,
        error::{Answer, fault},
        id::NodeId,
        page::{PageArguments, PageInfo, Slice, write_cursor},
        scalar::DateTime,
    },
};

/// One immutable fact about a learner. Nothing is ever edited: an undo is another event.
#[derive(Clone, Description)]
pub(in crate::graphql) struct Event(Arc<(event::Event, Option<Arc<learner::Learner>>)>);

impl Event {
    /// An event and its learner as they are now, unless they were erased.
    pub(in crate::graphql) fn new(event: event::Event, learner: Option<Arc<learner::Learner>>) -> Self {
        Self(Arc::new((event, learner)))
    }

    /// The event of a version; null: the learner has not come that far.
    pub(in crate::graphql) async fn load(
        app: &App,
        learner: &Learner,
        version: Version,
    ) -> Answer<Option<Self>> {
        let event = app.event_at(learner.0.id, version).await.map_err(fault)?;
        Ok(event.map(|it| Self::new(it, Some(learner.0.clone()))))
    }

    fn get(&self) -> &event::Event {
        &self.0.0
    }
}

object! {
    impl Event {
        /// The event's global id.
        pub(super) async fn id(&self) -> ID {
            NodeId::Event(self.get().learner, self.get().version).encode()
        }

        /// Whom it is about; null: they were erased since.
        fn learner(&self) -> Option<Learner> {
            self.0.1.clone().map(Learner)
        }

        /// Its place among the learner's events: 1, 2, 3 without a gap.
        fn version(&self) -> u32 {
            self.get().version
        }

        /// What kind of thing happened.
        fn kind(&self) -> EventKind {
            EventKind::of(&self.get().change)
        }

        /// What happened, as a sentence for people.
        fn summary(&self, ctx: &Context<'_>) -> String {
            event_summary(&app(ctx).guide, &self.get().change)
        }

        /// When it happened.
        fn occurred_at(&self) -> DateTime {
            self.get().occurred_at.into()
        }

        /// When it was recorded.
        fn recorded_at(&self) -> DateTime {
            self.get().recorded_at.into()
        }

        /// Who said so.
        fn actor(&self) -> &str {
            &self.get().actor
        }

        /// Why, in the actor's words.
        fn reason(&self) -> Option<&str> {
            self.get().reason.as_deref()
        }

        /// Events of the same batch were written by one call that is about several, or by one import.
        /// `undoBatch` takes them back.
        fn batch(&self) -> Option<ID> {
            self.get().batch.map(|it| ID(it.to_string()))
        }

        /// The milestones that it reached, with the rest of its batch, as the guide was when it was recorded.
        #[graphql(directive = About::apply(1))]
        fn milestones_reached(&self, ctx: &Context<'_>) -> Vec<Milestone> {
            milestones(&app(ctx).guide, &self.get().milestones.reached)
        }

        /// The milestones that it lost, likewise.
        #[graphql(directive = About::apply(1))]
        fn milestones_lost(&self, ctx: &Context<'_>) -> Vec<Milestone> {
            milestones(&app(ctx).guide, &self.get().milestones.lost)
        }

        /// Whether it is undone, and not redone.
        fn voided(&self) -> bool {
            self.0.1.as_ref().is_some_and(|it| it.voided.contains(&self.get().version))
        }
    }
}

object! {
    /// A part of a learner's events.
    pub(in crate::graphql) struct EventConnection {
        /// The events of this page with their cursors.
        edges: Vec<EventEdge>,
        /// The events of this page.
        nodes: Vec<Event>,
        /// Where the page begins and ends, and whether there is more.
        page_info: PageInfo,
        /// How many events the learner has had.
        total_count: u32,
    }
}

object! {
    /// An event's place among the events of a learner.
    pub(in crate::graphql) struct EventEdge {
        /// Where among the learner's events this is.
        cursor: String,
        /// The event.
        node: Event,
    }
}

/// The version of the form of cursors among events: the event's version.
const CURSOR_VERSION: u8 = 1;

impl EventConnection {
    pub(in crate::graphql) async fn load(
        app: &App,
        learner: &Arc<learner::Learner>,
        arguments: PageArguments,
    ) -> Answer<Self> {
        let decode = |bytes: &[u8]| Some(Version::from_be_bytes(bytes.try_into().ok()?));
        let (after, end) = range(learner.version, &arguments.slice(CURSOR_VERSION, decode)?);
        let n_events = usize::try_from(end.saturating_sub(after)).unwrap_or(usize::MAX);
        let events = match n_events {
            0 => vec![],
            _ => app.store.history(learner.id, after, n_events).await.map_err(fault)?,
        };
        let nodes: Vec<_> = events.into_iter().map(|it| Event::new(it, Some(learner.clone()))).collect();
        let cursor = |it: &Event| write_cursor(CURSOR_VERSION, &it.get().version.to_be_bytes());
        let page_info = PageInfo {
            has_next_page: !nodes.is_empty() && end < learner.version,
            has_previous_page: !nodes.is_empty() && after > 0,
            start_cursor: nodes.first().map(cursor),
            end_cursor: nodes.last().map(cursor),
        };
        let edges = nodes.iter().map(|it| EventEdge { cursor: cursor(it), node: it.clone() }).collect();
        Ok(Self { edges, nodes, page_info, total_count: learner.version })
    }
}

/// The versions of a page: above the first, up to the second. Versions have no gaps, so that the
/// page is known before anything is read.
fn range(newest: Version, slice: &Slice<Version>) -> (Version, Version) {
    let limit = Version::try_from(slice.limit).unwrap_or(Version::MAX);
    let after = slice.after.unwrap_or(0).min(newest);
    let end = slice.before.map_or(newest, |it| it.saturating_sub(1).min(newest)).max(after);
    match slice.from_end {
        true => (after.max(end.saturating_sub(limit)), end),
        false => (after, end.min(after.saturating_add(limit))),
    }
}

/// What kind of thing happened.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::graphql) enum EventKind {
    /// The learner came.
    LearnerRegistered,
    /// What is known of the learner changed.
    LearnerUpdated,
    /// A goal was set.
    GoalSet,
    /// A goal changed.
    GoalUpdated,
    /// A goal was reached or given up.
    GoalClosed,
    /// A course was begun.
    CourseStarted,
    /// A course went on.
    CourseProgressed,
    /// A course was completed.
    CourseCompleted,
    /// A completed course was taken up again.
    CourseReopened,
    /// A project came.
    ProjectAdded,
    /// A project changed.
    ProjectUpdated,
    /// A project was taken away.
    ProjectRemoved,
    /// Somebody looked whether a project answers.
    DeploymentChecked,
    /// Something broke, was understood and mended.
    IncidentReported,
    /// A piece of evidence was handed in.
    EvidenceSubmitted,
    /// A reviewer decided on a piece of evidence.
    EvidenceReviewed,
    /// A piece of evidence was taken back.
    EvidenceRetracted,
    /// A criterion was waived.
    CriterionWaived,
    /// A criterion was done and, by the passing of time alone, is no more: a review is due. It happened when it lapsed,
    /// and is recorded within a minute, or as soon as there is a server again. Nobody can undo it.
    CriterionLapsed,
    /// An earlier event was voided.
    EventUndone,
    /// A voided event holds again.
    EventRedone,
}

impl EventKind {
    fn of(change: &Change) -> Self {
        match change {
            Change::LearnerRegistered { .. } => Self::LearnerRegistered,
            Change::LearnerUpdated { .. } => Self::LearnerUpdated,
            Change::GoalSet { .. } => Self::GoalSet,
            Change::GoalUpdated { .. } => Self::GoalUpdated,
            Change::GoalClosed { .. } => Self::GoalClosed,
            Change::CourseStarted { .. } => Self::CourseStarted,
            Change::CourseProgressed { .. } => Self::CourseProgressed,
            Change::CourseCompleted { .. } => Self::CourseCompleted,
            Change::CourseReopened { .. } => Self::CourseReopened,
            Change::ProjectAdded { .. } => Self::ProjectAdded,
            Change::ProjectUpdated { .. } => Self::ProjectUpdated,
            Change::ProjectRemoved { .. } => Self::ProjectRemoved,
            Change::DeploymentChecked { .. } => Self::DeploymentChecked,
            Change::IncidentReported { .. } => Self::IncidentReported,
            Change::EvidenceSubmitted { .. } => Self::EvidenceSubmitted,
            Change::EvidenceReviewed { .. } => Self::EvidenceReviewed,
            Change::EvidenceRetracted { .. } => Self::EvidenceRetracted,
            Change::CriterionWaived { .. } => Self::CriterionWaived,
            Change::CriterionLapsed { .. } => Self::CriterionLapsed,
            Change::EventUndone { .. } => Self::EventUndone,
            Change::EventRedone { .. } => Self::EventRedone,
        }
    }
}

names!(EventKind);

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(after: Option<u32>, before: Option<u32>, limit: usize, from_end: bool, expect: (u32, u32)) {
        assert_eq!(range(10, &Slice { after, before, limit, from_end }), expect);
    }

    #[test]
    fn pages_of_versions() {
        check(None, None, 3, false, (0, 3));
        check(None, None, 3, true, (7, 10));
        check(Some(3), None, 3, false, (3, 6));
        check(Some(9), None, 3, false, (9, 10));
        check(None, Some(3), 5, true, (0, 2));
        check(Some(2), Some(9), 3, true, (5, 8));
        check(Some(8), Some(3), 3, false, (8, 8));
        check(Some(99), None, 3, false, (10, 10));
        check(None, Some(0), 3, true, (0, 0));
        check(None, None, 0, false, (0, 0));
    }
}
