//! A learner's projects.

use std::sync::Arc;

use async_graphql::{Context, Description, ID};

use super::{ProjectAspect, Stack};
use crate::{
    domain::{
        event::Change,
        id::{LearnerId, ProjectId},
        learner::{self, Learner},
        readiness::is_live,
    },
    graphql::{
        at_once::object,
        context::app,
        cost::About,
        error::{Answer, fault},
        id::NodeId,
        scalar::{DateTime, Url},
    },
};

/// Something that a learner built.
#[derive(Description)]
pub(in crate::graphql) struct Project {
    pub(super) learner: Arc<Learner>,
    pub(super) project: learner::Project,
}

impl Project {
    pub(in crate::graphql) fn find(learner: &Arc<Learner>, id: ProjectId) -> Option<Self> {
        Some(Self { learner: learner.clone(), project: learner.project(id)?.clone() })
    }
}

object! {
    impl Project {
        /// The project's global id.
        pub(super) async fn id(&self) -> ID {
            NodeId::Project(self.learner.id, self.project.id).encode()
        }

        /// What it is called.
        fn name(&self) -> &str {
            &self.project.name
        }

        /// The stack that it is built in.
        fn stack(&self, ctx: &Context<'_>) -> Option<Stack> {
            Stack::find(&app(ctx).guide, self.project.stack.as_ref()?.value.as_str())
        }

        /// The framework that it is built with.
        fn framework(&self) -> Option<&str> {
            self.project.framework.as_ref().map(|it| it.value.as_str())
        }

        /// Where its source is. Most criteria ask for projects with a repository.
        fn repository_url(&self) -> Option<Url> {
            self.project.repository_url.as_ref().map(|it| Url(it.value.clone()))
        }

        /// What it demonstrably covers.
        fn aspects(&self) -> Vec<ProjectAspect> {
            self.project.aspects.keys().map(|it| (*it).into()).collect()
        }

        /// The newest deployment checks, newest first, at most ten. The events have them all.
        #[graphql(directive = About::apply(10))]
        fn deployments(&self) -> Vec<Deployment> {
            self.project.deployments.iter().map(Deployment::new).collect()
        }

        /// What broke in it, was understood and mended; oldest first.
        #[graphql(directive = About::apply(10))]
        fn incidents(&self) -> Vec<Incident> {
            let learner = self.learner.id;
            self.project.incidents.iter().map(|it| Incident { learner, incident: it.clone() }).collect()
        }

        /// Whether a deployment check was ever ok.
        fn deployed(&self) -> bool {
            self.project.first_ok_at.is_some()
        }

        /// Whether the newest ok deployment check is young enough for the guide.
        fn live(&self, ctx: &Context<'_>) -> bool {
            let app = app(ctx);
            is_live(&app.guide, &self.project, app.env.now())
        }
    }
}

object! {
    /// Somebody looked whether the project answers. The server itself fetches nothing.
    pub(in crate::graphql) struct Deployment {
        /// The address that was looked at.
        url: Url,
        /// When.
        checked_at: DateTime,
        /// Whether it answered as it should.
        ok: bool,
    }
}

impl Deployment {
    fn new(it: &learner::Deployment) -> Self {
        Self { url: Url(it.url.clone()), checked_at: it.checked_at.into(), ok: it.ok }
    }
}

/// Something that broke, was understood and mended.
#[derive(Description)]
pub(in crate::graphql) struct Incident {
    learner: LearnerId,
    incident: learner::Incident,
}

impl Incident {
    /// Cause and fix stand in the ledger alone.
    async fn told(&self, ctx: &Context<'_>) -> Answer<(String, String)> {
        let event = app(ctx).event_at(self.learner, self.incident.told_in).await.map_err(fault)?;
        match event.map(|it| it.change) {
            Some(Change::IncidentReported { cause, fix, .. }) => Ok((cause, fix)),
            _ => Ok(Default::default()),
        }
    }
}

object! {
    impl Incident {
        /// What broke.
        fn title(&self) -> &str {
            &self.incident.title
        }

        /// Why.
        async fn cause(&self, ctx: &Context<'_>) -> Answer<String> {
            Ok(self.told(ctx).await?.0)
        }

        /// What mended it.
        async fn fix(&self, ctx: &Context<'_>) -> Answer<String> {
            Ok(self.told(ctx).await?.1)
        }

        /// When it broke.
        fn occurred_at(&self) -> DateTime {
            self.incident.occurred_at.into()
        }

        /// Where more about it can be read.
        fn url(&self) -> Option<Url> {
            self.incident.url.clone().map(Url)
        }
    }
}
