//! What can be asked.

use async_graphql::{Context, Description, ID, Object};

use super::{
    at_once::At,
    context::app,
    cost::{About, COST_OF_ASSESSING, COST_OF_SEARCH, COST_OF_SUPPOSING, Counted, Page, cost},
    error::{Answer, caller_error, code, fault, public},
    id::webhook_of,
    object::{
        Guide, Learner, LearnerConnection, LearnerFilter, LearnerOrder, LearnerRef, Node, Readiness, Webhook,
        WhatIfStep,
    },
    page::PageArguments,
};
use crate::domain::readiness::Supposition;

/// How many ids `nodes` takes, and how many steps `whatIf`.
const MAX_LIST: usize = 100;

/// What can be asked.
#[derive(Description)]
pub struct Query;

#[Object(use_type_description)]
impl Query {
    /// Anything by its global id; null: there is nothing of that id.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The global id.")] id: ID,
    ) -> Option<Answer<Node>> {
        Node::load(app(ctx), &id).await.transpose()
    }

    /// Several things by their global ids, in the order asked for; null where there is nothing.
    #[graphql(directive = Counted::apply("ids", 1))]
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most 100 global ids.")] ids: Vec<ID>,
    ) -> Answer<Vec<Option<Answer<Node>>>> {
        check_list("ids", ids.len())?;
        let mut nodes = Vec::with_capacity(ids.len());
        for id in &ids {
            nodes.push(Node::load(app(ctx), id).await.transpose());
        }
        Ok(nodes)
    }

    /// The guide by which readiness is assessed.
    async fn guide(&self, ctx: &Context<'_>) -> At<Guide> {
        At(Guide(app(ctx).guide.clone()))
    }

    /// One learner; null: there is nobody of that id.
    async fn learner(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who.")] by: LearnerRef,
    ) -> Option<Answer<At<Learner>>> {
        let found = app(ctx).learner(&by.into()).await.map_err(fault).transpose()?;
        Some(found.map(|it| At(Learner(it))))
    }

    /// A list of learners. Without arguments: the first 20, oldest registration first.
    #[graphql(directive = Page::apply())]
    #[expect(clippy::too_many_arguments, reason = "these are the arguments of a connection")]
    async fn learners(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first that many of the part asked for, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last that many of the part asked for, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which learners.", directive = cost::apply(COST_OF_SEARCH.to_string()))]
        filter: Option<LearnerFilter>,
        #[graphql(desc = "In which order; absent: by registration, oldest first.")] order_by: Option<
            LearnerOrder,
        >,
    ) -> Answer<At<LearnerConnection>> {
        let arguments = PageArguments { first, after, last, before };
        LearnerConnection::load(app(ctx), filter, order_by, arguments).await.map(At)
    }

    /// A learner's readiness as it would be if these things had happened now. It writes nothing.
    /// Null: there is no such learner.
    #[graphql(directive = cost::apply(COST_OF_ASSESSING.to_string()))]
    async fn what_if(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who.")] learner: LearnerRef,
        #[graphql(desc = "What is supposed to have happened, in this order; at most 100.", directive = cost::apply(COST_OF_SUPPOSING.to_string()))]
        steps: Vec<WhatIfStep>,
    ) -> Option<Answer<At<Readiness>>> {
        what_if(ctx, learner, steps).await.map(|it| it.map(At)).transpose()
    }

    /// The receivers who are told of events over HTTP, oldest first; at most 32. For administrators.
    #[graphql(directive = About::apply(8))]
    async fn webhooks(&self, ctx: &Context<'_>) -> Answer<Vec<Webhook>> {
        let hooks = app(ctx).webhooks.all().await.map_err(fault)?;
        Ok(hooks.into_iter().map(Webhook).collect())
    }

    /// One of them; null: there is none of this id. For administrators.
    async fn webhook(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id.")] id: ID,
    ) -> Option<Answer<Webhook>> {
        let found = app(ctx).webhooks.find(webhook_of(&id)?).await.map_err(fault).transpose()?;
        Some(found.map(Webhook))
    }
}

async fn what_if(ctx: &Context<'_>, by: LearnerRef, steps: Vec<WhatIfStep>) -> Answer<Option<Readiness>> {
    check_list("steps", steps.len())?;
    let app = app(ctx);
    let steps: Result<Vec<Supposition>, _> = steps.into_iter().map(|it| it.read(&app.guide)).collect();
    let steps = steps.map_err(|it| public(it.into()))?;
    let Some(learner) = app.learner(&by.into()).await.map_err(fault)? else { return Ok(None) };
    let (supposed, readiness) = app.what_if(&learner, &steps);
    Ok(Some(Readiness::new(app, &supposed, readiness)))
}

fn check_list(argument: &str, n_items: usize) -> Answer<()> {
    let message = || format!("`{argument}` must have at most {MAX_LIST} items");
    match n_items <= MAX_LIST {
        true => Ok(()),
        false => Err(caller_error(code::BAD_USER_INPUT, message())),
    }
}
