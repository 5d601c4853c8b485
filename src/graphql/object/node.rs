//! Anything that has a global id.

use async_graphql::{ID, Interface};

use super::{Course, Criterion, Event, Evidence, Goal, Guide, Learner, Milestone, Project, Stack};
use crate::{
    app::App,
    graphql::{
        error::{Answer, fault},
        id::NodeId,
    },
};

/// Anything that has a global id, by which `node` and `nodes` find it again.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "The global id: opaque, and for ever the same."))]
pub(in crate::graphql) enum Node {
    Guide(Guide),
    Stack(Stack),
    Course(Course),
    Milestone(Milestone),
    Criterion(Criterion),
    Learner(Learner),
    Goal(Goal),
    Project(Project),
    Evidence(Evidence),
    Event(Event),
}

impl Node {
    /// What an id names; null: nothing, or nothing any more.
    pub(in crate::graphql) async fn load(app: &App, id: &ID) -> Answer<Option<Self>> {
        let Some(id) = NodeId::decode(id) else { return Ok(None) };
        Ok(match id {
            NodeId::Guide(slug) => (slug == app.guide.slug).then(|| Guide(app.guide.clone()).into()),
            NodeId::Stack(slug) => Stack::find(&app.guide, slug.as_str()).map(Into::into),
            NodeId::Course(slug) => Course::find(&app.guide, slug.as_str()).map(Into::into),
            NodeId::Milestone(slug) => Milestone::find(&app.guide, slug.as_str()).map(Into::into),
            NodeId::Criterion(slug) => Criterion::find(&app.guide, slug.as_str()).map(Into::into),
            NodeId::Learner(learner)
            | NodeId::Goal(learner, _)
            | NodeId::Project(learner, _)
            | NodeId::Evidence(learner, _)
            | NodeId::Event(learner, _) => {
                let Some(learner) = app.store.load(learner).await.map_err(fault)? else { return Ok(None) };
                Self::of_learner(app, Learner(learner), id).await?
            }
        })
    }

    async fn of_learner(app: &App, learner: Learner, id: NodeId) -> Answer<Option<Self>> {
        Ok(match id {
            NodeId::Goal(_, id) => Goal::find(&learner.0, id).map(Into::into),
            NodeId::Project(_, id) => Project::find(&learner.0, id).map(Into::into),
            NodeId::Evidence(_, id) => {
                Evidence::find(&app.guide, &learner.0, id, app.env.now()).map(Into::into)
            }
            NodeId::Event(_, version) => Event::load(app, &learner, version).await?.map(Into::into),
            _ => Some(learner.into()),
        })
    }
}
