//! Voiding events, and letting voided ones hold again.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::{Answer, Common, Done, app, run};
use crate::{
    app::Target,
    domain::{
        command::Command,
        id::{LearnerId, Version},
    },
    graphql::{id::NodeId, object::Event},
};

/// Events are undone and redone.
#[derive(Default)]
pub(super) struct UndoMutation;

#[Object]
impl UndoMutation {
    /// Voids an event: the learner's state is as if it had never happened, and history shows both.
    /// A registration cannot be undone, nor an undo or redo: name the event that it was about.
    async fn undo_event(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which event.")] input: UndoEventInput,
    ) -> Option<Answer<UndoEventPayload>> {
        let (target, event) = decode(&input.event);
        let done = run(ctx, target, input.common, Ok(Command::UndoEvent { event })).await;
        Some(match done {
            Ok(done) => named(ctx, &done, event).await.map(|undone| UndoEventPayload { undone, done }),
            Err(error) => Err(error),
        })
    }

    /// Lets an undone event hold again.
    async fn redo_event(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which event.")] input: RedoEventInput,
    ) -> Option<Answer<RedoEventPayload>> {
        let (target, event) = decode(&input.event);
        let done = run(ctx, target, input.common, Ok(Command::RedoEvent { event })).await;
        Some(match done {
            Ok(done) => named(ctx, &done, event).await.map(|redone| RedoEventPayload { redone, done }),
            Err(error) => Err(error),
        })
    }
}

/// The learner whose event an id names, and its version.
fn decode(id: &ID) -> (Target, Version) {
    let found: Option<(LearnerId, Version)> = match NodeId::decode(id) {
        Some(NodeId::Event(learner, version)) => Some((learner, version)),
        _ => None,
    };
    (Target::Owner("event", found.map(|it| it.0)), found.map_or(0, |it| it.1))
}

async fn named(ctx: &Context<'_>, done: &Done, version: Version) -> Answer<Option<Event>> {
    let Some(learner) = &done.learner else { return Ok(None) };
    Event::load(app(ctx), learner, version).await
}

/// Which event is voided.
#[derive(InputObject, Debug)]
pub(super) struct UndoEventInput {
    /// The event's id.
    event: ID,
    #[graphql(flatten)]
    common: Common,
}

/// Which event holds again.
#[derive(InputObject, Debug)]
pub(super) struct RedoEventInput {
    /// The event's id.
    event: ID,
    #[graphql(flatten)]
    common: Common,
}

/// What `undoEvent` did.
#[derive(SimpleObject)]
pub(super) struct UndoEventPayload {
    /// The event that is voided; null: nothing was done.
    undone: Option<Event>,
    #[graphql(flatten)]
    done: Done,
}

/// What `redoEvent` did.
#[derive(SimpleObject)]
pub(super) struct RedoEventPayload {
    /// The event that holds again; null: nothing was done.
    redone: Option<Event>,
    #[graphql(flatten)]
    done: Done,
}
