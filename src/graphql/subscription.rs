//! What can be followed.

use async_graphql::{Context, Description, Error, SimpleObject, Subscription as GraphQLSubscription};
use futures_util::{StreamExt, stream::BoxStream};

use super::{
    context::app,
    cost::About,
    error::{Answer, caller_error, code, fault, unopened},
    object::{Event, Learner, LearnerRef, Milestone, milestones},
    page::{read_cursor, write_cursor},
};
use crate::{
    app::{Announcement, FeedCursor},
    domain,
    store::StoreError,
};

/// The version of the form of cursors in the feed of everyone.
pub(super) const CURSOR_VERSION: u8 = 1;

/// What can be followed. Every subscription says what was there, then what comes, and can be
/// resumed where it was left: none is missed, none comes twice.
#[derive(Description)]
pub struct Subscription;

#[GraphQLSubscription(use_type_description)]
impl Subscription {
    /// Every event of one learner: first those after `afterVersion`, then each as it happens.
    async fn learner_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who.")] learner: LearnerRef,
        #[graphql(desc = "Only events of later versions; absent: from the first on.")] after_version: Option<
            i32,
        >,
    ) -> Result<BoxStream<'static, Answer<LearnerEventMessage>>, Error> {
        let app = app(ctx).clone();
        let Ok(after) = u32::try_from(after_version.unwrap_or(0)) else {
            let error = caller_error(code::BAD_USER_INPUT, "`afterVersion` must not be negative");
            return Err(unopened(error));
        };
        let found = app.learner(&learner.into()).await.map_err(|it| unopened(fault(it)))?;
        let Some(learner) = found else {
            return Err(unopened(caller_error(code::NOT_FOUND, "there is no such learner")));
        };
        let guide = app.guide.clone();
        let stream = app.follow_learner(learner.id, after);
        let message = move |it: Result<Announcement, StoreError>| {
            let (event, learner) = it.map_err(fault)?;
            Ok(LearnerEventMessage {
                milestones_reached: milestones(&guide, &event.milestones.reached),
                milestones_lost: milestones(&guide, &event.milestones.lost),
                event: Event::new(event, Some(learner.clone())),
                learner: Learner(learner),
            })
        };
        Ok(stream.map(message).boxed())
    }

    /// Every event of everyone: first those after the cursor, then each as it happens. The events
    /// of one learner come in their order.
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The cursor of the last message seen; absent: from the first event on.")]
        after: Option<String>,
    ) -> Result<BoxStream<'static, Answer<EventMessage>>, Error> {
        let app = app(ctx).clone();
        let after = match after {
            Some(cursor) => read_cursor(CURSOR_VERSION, &cursor, FeedCursor::from_bytes).map_err(unopened)?,
            None => FeedCursor::start(),
        };
        let store = app.store.clone();
        let message = move |it: Result<(FeedCursor, domain::event::Event), StoreError>| {
            let store = store.clone();
            async move {
                let (cursor, event) = it.map_err(fault)?;
                let learner = store.load(event.learner).await.map_err(fault)?;
                let cursor = write_cursor(CURSOR_VERSION, &cursor.to_bytes());
                Ok(EventMessage { cursor, event: Event::new(event, learner) })
            }
        };
        Ok(app.follow_all(after).then(message).boxed())
    }
}

/// An event of a learner, with what it did to them.
#[derive(SimpleObject)]
pub(super) struct LearnerEventMessage {
    /// What happened.
    event: Event,
    /// The learner right after it.
    learner: Learner,
    /// The milestones that it reached.
    #[graphql(directive = About::apply(1))]
    milestones_reached: Vec<Milestone>,
    /// The milestones that it lost.
    #[graphql(directive = About::apply(1))]
    milestones_lost: Vec<Milestone>,
}

/// An event of somebody.
#[derive(SimpleObject)]
pub(super) struct EventMessage {
    /// Where in the feed this is: give it as `after` to go on from here.
    cursor: String,
    /// What happened.
    event: Event,
}
