//! A learner, and lists of learners.

use std::sync::Arc;

use async_graphql::{Context, Description, Enum, ID, Object, OneofObject};

use super::{
    CourseProgress, Evidence, Forecast, Goal, GoalStatus, NextStep, Project, Readiness, Stack,
    course::CourseStatus, event::EventConnection,
};
use crate::{
    app,
    domain::{
        learner,
        readiness::{forecast, next_steps},
    },
    graphql::{
        context::app,
        error::{Answer, fault, public},
        id::NodeId,
        page::{PageArguments, list_cost, page_cost, page_size},
        scalar::DateTime,
    },
};

/// How many of each a learner is taken to have when an operation is priced.
const TYPICAL_GOALS: usize = 5;
const TYPICAL_PROJECTS: usize = 10;
const TYPICAL_EVIDENCE: usize = 50;
/// What it costs to fold a learner's events anew.
const COST_OF_HISTORY: usize = 200;

/// Somebody whose progress towards being hireable is followed.
#[derive(Clone, Description)]
pub(in crate::graphql) struct Learner(pub(in crate::graphql) Arc<learner::Learner>);

#[Object(use_type_description)]
impl Learner {
    /// The learner's global id.
    pub(super) async fn id(&self) -> ID {
        NodeId::Learner(self.0.id).encode()
    }

    /// The id that the calling application knows the learner by; unique.
    async fn external_id(&self) -> Option<&str> {
        self.0.external_id.as_deref()
    }

    /// The display name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The e-mail address; unique.
    async fn email(&self) -> Option<&str> {
        self.0.email.as_deref()
    }

    /// The one primary stack; null: not chosen yet.
    async fn stack(&self, ctx: &Context<'_>) -> Option<Stack> {
        Stack::find(&app(ctx).guide, self.0.stack_slug()?.as_str())
    }

    /// When the learner was first recorded.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When an event was last recorded.
    async fn updated_at(&self) -> DateTime {
        self.0.updated_at.into()
    }

    /// How many events the learner has had.
    async fn version(&self) -> u32 {
        self.0.version
    }

    /// The learner's goals, oldest first.
    #[graphql(complexity = "list_cost(TYPICAL_GOALS, child_complexity)")]
    async fn goals(
        &self,
        #[graphql(desc = "Only goals of this status.")] status: Option<GoalStatus>,
    ) -> Vec<Goal> {
        let goals = self.0.goals.iter().map(|it| Goal { learner: self.0.clone(), goal: it.clone() });
        goals.filter(|it| status.is_none_or(|status| it.current_status() == status)).collect()
    }

    /// The learner's standing in every course ever touched.
    async fn course_progress(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only courses of this status.")] status: Option<CourseStatus>,
    ) -> Vec<CourseProgress> {
        let slugs = self.0.courses.keys();
        let standings = slugs.filter_map(|it| CourseProgress::find(&app(ctx).guide, &self.0, it.as_str()));
        standings.filter(|it| status.is_none_or(|status| it.status == status)).collect()
    }

    /// The learner's projects, oldest first.
    #[graphql(complexity = "list_cost(TYPICAL_PROJECTS, child_complexity)")]
    async fn projects(&self) -> Vec<Project> {
        self.0.projects.iter().map(|it| Project { learner: self.0.clone(), project: it.clone() }).collect()
    }

    /// The learner's evidence, oldest first.
    #[graphql(complexity = "list_cost(TYPICAL_EVIDENCE, child_complexity)")]
    async fn evidence(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only evidence for the criterion of this slug.")] criterion: Option<String>,
    ) -> Vec<Evidence> {
        let app = app(ctx);
        let now = app.env.now();
        let asked = |it: &&learner::Evidence| criterion.as_deref().is_none_or(|slug| it.criterion == *slug);
        let evidence = self.0.evidence.iter().filter(asked);
        evidence.filter_map(|it| Evidence::find(&app.guide, &self.0, it.id, now)).collect()
    }

    /// How far the learner is from being hireable, and why.
    #[graphql(complexity = "child_complexity + if as_of.is_some() { COST_OF_HISTORY } else { 1 }")]
    async fn readiness(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "For this instant instead of now.")] as_of: Option<DateTime>,
        #[graphql(
            desc = "Which of an event's two instants decides whether it was there at `asOf`.",
            default_with = "Clock::Recorded"
        )]
        clock: Clock,
    ) -> Answer<Readiness> {
        let app = app(ctx);
        let Some(at) = as_of else {
            return Ok(Readiness::new(&app.guide, &self.0, app.readiness(&self.0)));
        };
        let at = at.get("asOf").map_err(|it| public(it.into()))?;
        let (then, readiness) = app.as_of(&self.0, at, clock.into()).await.map_err(fault)?;
        Ok(Readiness::new(&app.guide, &then, readiness))
    }

    /// What to do next, best first: what completes a milestone, then what the guide orders earlier,
    /// then what meets most criteria.
    async fn next_steps(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most that many, 0 to 100.", default = 3)] first: i32,
    ) -> Answer<Vec<NextStep>> {
        let app = app(ctx);
        let steps = next_steps(&app.guide, &self.0, app.env.now());
        let limit = page_size(first, "first")?;
        Ok(steps.iter().take(limit).map(|it| NextStep::new(&app.guide, it)).collect())
    }

    /// When the learner may be ready.
    async fn forecast(&self, ctx: &Context<'_>) -> Forecast {
        let app = app(ctx);
        Forecast::new(forecast(&app.guide, &self.0, app.env.now()))
    }

    /// Whatever happened to the learner, newest last. Without arguments: the first 20 events.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first that many of the part asked for, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last that many of the part asked for, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Answer<EventConnection> {
        EventConnection::load(app(ctx), &self.0, PageArguments { first, after, last, before }).await
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
            LearnerRef::Id(id) => Self::Id(match NodeId::decode(&id) {
                Some(NodeId::Learner(learner)) => Some(learner),
                _ => None,
            }),
            LearnerRef::ExternalId(external_id) => Self::ExternalId(external_id),
        }
    }
}

/// Which of an event's two instants counts.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "app::Clock")]
pub(in crate::graphql) enum Clock {
    /// When it happened: how things were then, as far as is known today.
    Occurred,
    /// When it was recorded: what was known then.
    Recorded,
}
