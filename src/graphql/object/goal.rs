//! A learner's goals.

use std::sync::Arc;

use async_graphql::{Context, Description, Enum, ID};

use super::Stack;
use crate::{
    domain::{
        event::Closed,
        id::GoalId,
        learner::{self, Learner},
        readiness::on_track,
    },
    graphql::{
        at_once::{names, object},
        context::app,
        cost::{COST_OF_ASSESSING, cost},
        id::NodeId,
        scalar::{Date, DateTime},
    },
};

/// A learner's aim: a level, perhaps a stack, perhaps a day.
#[derive(Description)]
pub(in crate::graphql) struct Goal {
    pub(super) learner: Arc<Learner>,
    pub(super) goal: learner::Goal,
}

impl Goal {
    pub(in crate::graphql) fn find(learner: &Arc<Learner>, id: GoalId) -> Option<Self> {
        Some(Self { learner: learner.clone(), goal: learner.goal(id)?.clone() })
    }

    pub(super) fn current_status(&self) -> GoalStatus {
        match self.goal.closed.as_ref().map(|it| it.value) {
            None => GoalStatus::Active,
            Some(Closed::Achieved) => GoalStatus::Achieved,
            Some(Closed::Abandoned) => GoalStatus::Abandoned,
        }
    }
}

object! {
    impl Goal {
        /// The goal's global id.
        pub(super) async fn id(&self) -> ID {
            NodeId::Goal(self.learner.id, self.goal.id).encode()
        }

        /// What the learner calls it.
        fn title(&self) -> &str {
            &self.goal.title
        }

        /// Slug of the level aimed at, such as `junior`.
        fn level(&self) -> &str {
            self.goal.level.as_str()
        }

        /// The stack aimed at; null: whichever.
        fn stack(&self, ctx: &Context<'_>) -> Option<Stack> {
            Stack::find(&app(ctx).guide, self.goal.stack.as_ref()?.as_str())
        }

        /// The day by which it should be reached.
        fn target_date(&self) -> Option<Date> {
            self.goal.target_date.map(Into::into)
        }

        /// Hours a week that the learner means to spend, 1 to 168.
        fn hours_per_week(&self) -> Option<u8> {
            self.goal.hours_per_week
        }

        /// Whether it is still pursued.
        fn status(&self) -> GoalStatus {
            self.current_status()
        }

        /// When it was set.
        fn set_at(&self) -> DateTime {
            self.goal.set_at.into()
        }

        /// When it was closed; null: it is active.
        fn closed_at(&self) -> Option<DateTime> {
            self.goal.closed.as_ref().map(|it| it.at.into())
        }

        /// Whether the learner's own pace leads there in time; null: the goal is closed, has no target
        /// date, or too little is done to tell.
        #[graphql(directive = cost::apply(COST_OF_ASSESSING.to_string()))]
        fn on_track(&self, ctx: &Context<'_>) -> Option<bool> {
            let app = app(ctx);
            let now = app.env.now();
            on_track(&self.goal, &app.readiness_at(&self.learner, now), now)
        }
    }
}

/// Whether a goal is still pursued.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::graphql) enum GoalStatus {
    /// It is.
    Active,
    /// It was reached.
    Achieved,
    /// It was given up.
    Abandoned,
}

names!(GoalStatus);
