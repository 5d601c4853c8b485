//! A learner, and lists of learners.

use std::sync::Arc;

use async_graphql::{Context, Description, Enum, ID, OneofObject};

use super::{
    CourseProgress, Evidence, Forecast, Goal, GoalStatus, NextStep, Project, Readiness, ReadinessPoint,
    Stack, course::CourseStatus, event::EventConnection,
};
use crate::{
    app,
    domain::{
        learner,
        readiness::{forecast, next_steps},
    },
    graphql::{
        at_once::{At, object},
        context::app,
        cost::{
            About, COST_OF_ASSESSING, COST_OF_EVENTS, COST_OF_HISTORY, COST_OF_READINESS, COST_OF_TIMELINE,
            Counted, Page, cost,
        },
        error::{Answer, fault, public},
        id::{NodeId, learner_of},
        page::{PageArguments, page_size},
        scalar::DateTime,
    },
};

/// How many of each a learner is taken to have when an operation is priced.
const TYPICAL_GOALS: i32 = 5;
const TYPICAL_PROJECTS: i32 = 10;
const TYPICAL_EVIDENCE: i32 = 50;

/// Somebody whose progress towards being hireable is followed.
#[derive(Clone, Description)]
pub(in crate::graphql) struct Learner(pub(in crate::graphql) Arc<learner::Learner>);

object! {
    impl Learner {
        /// The learner's global id.
        pub(super) async fn id(&self) -> ID {
            NodeId::Learner(self.0.id).encode()
        }

        /// The id that the calling application knows the learner by; unique.
        fn external_id(&self) -> Option<&str> {
            self.0.external_id.as_deref()
        }

        /// The display name.
        fn name(&self) -> &str {
            &self.0.name
        }

        /// The e-mail address; unique.
        fn email(&self) -> Option<&str> {
            self.0.email.as_deref()
        }

        /// The one primary stack; null: not chosen yet.
        fn stack(&self, ctx: &Context<'_>) -> Option<Stack> {
            Stack::find(&app(ctx).guide, self.0.stack_slug()?.as_str())
        }

        /// When the learner was first recorded.
        fn created_at(&self) -> DateTime {
            self.0.created_at.into()
        }

        /// When an event was last recorded.
        fn updated_at(&self) -> DateTime {
            self.0.updated_at.into()
        }

        /// How many events the learner has had.
        fn version(&self) -> u32 {
            self.0.version
        }

        /// The learner's goals, oldest first.
        #[graphql(directive = About::apply(TYPICAL_GOALS))]
        fn goals(
            &self,
            #[graphql(desc = "Only goals of this status.")] status: Option<GoalStatus>,
        ) -> At<Vec<Goal>> {
            let goals = self.0.goals.iter().map(|it| Goal { learner: self.0.clone(), goal: it.clone() });
            goals.filter(|it| status.is_none_or(|status| it.current_status() == status)).collect()
        }

        /// The learner's standing in every course ever touched.
        #[graphql(directive = About::apply(4))]
        fn course_progress(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "Only courses of this status.")] status: Option<CourseStatus>,
        ) -> At<Vec<CourseProgress>> {
            let slugs = self.0.courses.keys();
            let standings = slugs.filter_map(|it| CourseProgress::find(&app(ctx).guide, &self.0, it.as_str()));
            standings.filter(|it| status.is_none_or(|status| it.status == status)).collect()
        }

        /// The learner's projects, oldest first.
        #[graphql(directive = About::apply(TYPICAL_PROJECTS))]
        fn projects(&self) -> At<Vec<Project>> {
            self.0.projects.iter().map(|it| Project { learner: self.0.clone(), project: it.clone() }).collect()
        }

        /// The learner's evidence, oldest first.
        #[graphql(directive = About::apply(TYPICAL_EVIDENCE))]
        fn evidence(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "Only evidence for the criterion of this slug.")] criterion: Option<String>,
        ) -> At<Vec<Evidence>> {
            let app = app(ctx);
            let now = app.env.now();
            let asked = |it: &&learner::Evidence| criterion.as_deref().is_none_or(|slug| it.criterion == *slug);
            let evidence = self.0.evidence.iter().filter(asked);
            evidence.filter_map(|it| Evidence::find(&app.guide, &self.0, it.id, now)).collect()
        }

        /// How far the learner is from being hireable, and why.
        #[graphql(directive = cost::apply(COST_OF_READINESS.to_string()))]
        unless(as_of) async fn readiness(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "For this instant instead of now.", directive = cost::apply(COST_OF_HISTORY.to_string()))]
            as_of: Option<DateTime>,
            #[graphql(
                desc = "Which of an event's two instants decides whether it was there at `asOf`.",
                default
            )]
            clock: Clock,
        ) -> Answer<At<Readiness>> {
            let app = app(ctx);
            let Some(at) = as_of else {
                return Ok(At(Readiness::now(app, &self.0)));
            };
            let at = at.get("asOf").map_err(|it| public(it.into()))?;
            let (then, readiness) = app.as_of(&self.0, at, clock.into()).await.map_err(fault)?;
            Ok(At(Readiness::new(app, &then, readiness)))
        }

        /// How far the learner was at `from` and then again and again until `to`, such as for a chart. At most 400
        /// instants; those in the future are as if nothing happened any more.
        #[graphql(directive = About::apply(50), directive = cost::apply(COST_OF_TIMELINE.to_string()))]
        async fn readiness_history(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "The first instant.")] from: DateTime,
            #[graphql(desc = "No instant is later than this.")] to: DateTime,
            #[graphql(desc = "How far apart the instants are.", default)] every: Every,
            #[graphql(desc = "Which of an event's two instants decides whether it was there.", default)]
            clock: Clock,
        ) -> Answer<At<Vec<ReadinessPoint>>> {
            let app = app(ctx);
            let from = from.get("from").map_err(|it| public(it.into()))?;
            let to = to.get("to").map_err(|it| public(it.into()))?;
            let span = app::Span { from, to, every: every.into(), clock: clock.into() };
            let points = app.progress_over(self.0.id, span).await.map_err(public)?;
            Ok(points.into_iter().map(|it| ReadinessPoint::new(&app.guide, it)).collect())
        }

        /// What to do next, best first: what completes a milestone, then what the guide orders earlier,
        /// then what meets most criteria.
        #[graphql(directive = Counted::apply("first", 3), directive = cost::apply(COST_OF_ASSESSING.to_string()))]
        fn next_steps(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "At most that many, 0 to 100.", default = 3)] first: i32,
        ) -> Answer<At<Vec<NextStep>>> {
            let app = app(ctx);
            let steps = next_steps(&app.guide, &self.0, &app.readiness(&self.0));
            let limit = page_size(first, "first")?;
            let step = |step| NextStep { guide: app.guide.clone(), step };
            Ok(steps.into_iter().take(limit).map(step).collect())
        }

        /// When the learner may be ready.
        #[graphql(directive = cost::apply(COST_OF_ASSESSING.to_string()))]
        fn forecast(&self, ctx: &Context<'_>) -> Forecast {
            let app = app(ctx);
            let now = app.env.now();
            Forecast::new(forecast(&app.guide, &self.0, &app.readiness_at(&self.0, now), now))
        }

        /// Whatever happened to the learner, newest last. Without arguments: the first 20 events.
        #[graphql(directive = Page::apply(), directive = cost::apply(COST_OF_EVENTS.to_string()))]
        async fn events(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "The first that many of the part asked for, at most 100.")] first: Option<i32>,
            #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
            #[graphql(desc = "The last that many of the part asked for, at most 100.")] last: Option<i32>,
            #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
        ) -> Answer<At<EventConnection>> {
            EventConnection::load(app(ctx), &self.0, PageArguments { first, after, last, before }).await.map(At)
        }
    }
}

/// Names a learner by exactly one of two ids.
#[derive(OneofObject, Debug, Clone)]
pub(in crate::graphql) enum LearnerRef {
    /// Our global id.
    Id(ID),
    /// The id that the calling application knows the learner by.
    ExternalId(String),
}

impl From<LearnerRef> for app::LearnerRef {
    fn from(by: LearnerRef) -> Self {
        match by {
            LearnerRef::Id(id) => Self::Id(learner_of(&id)),
            LearnerRef::ExternalId(external_id) => Self::ExternalId(external_id),
        }
    }
}

/// How far apart the instants of a history are.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq, Default)]
#[graphql(remote = "app::Every", name = "HistoryInterval")]
pub(in crate::graphql) enum Every {
    /// 24 hours.
    Day,
    /// 7 days.
    #[default]
    Week,
    /// The same day of each month in UTC, or the last day of a shorter month.
    Month,
}

/// Which of an event's two instants counts.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq, Default)]
#[graphql(remote = "app::Clock")]
pub(in crate::graphql) enum Clock {
    /// When it happened: how things were then, as far as is known today.
    Occurred,
    /// When it was recorded: what was known then.
    #[default]
    Recorded,
}
