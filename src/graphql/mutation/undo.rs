//! Voiding events, and letting voided ones hold again.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::{Answer, Common, Done, app, run};
use crate::{
    app::Target,
    domain::{
        command::Command,
        id::{LearnerId, Version},
    },
    graphql::{cost::About, id::NodeId, object::Event},
};

/// How many of the events that went with another are shown.
const MAX_SHOWN: usize = 100;

/// Events are undone and redone.
#[derive(Default)]
pub(super) struct UndoMutation;

#[Object]
impl UndoMutation {
    /// Voids an event: the learner's state is as if it had never happened, and history shows both.
    /// A registration cannot be undone, nor an undo or redo: name the event that it was about. Later events depend
    /// on it where it made the goal, project or piece of evidence that they are about, or the completion of the
    /// course that they reopened. Then it is refused with `NOT_APPLICABLE` and those `events`, unless `cascade` says
    /// that they are undone with it, as one batch.
    async fn undo_event(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which event.")] input: UndoEventInput,
    ) -> Option<Answer<UndoEventPayload>> {
        let (target, event) = decode(&input.event);
        let command = Command::UndoEvent { event, cascade: input.cascade };
        let done = run(ctx, target, input.common, Ok(command)).await;
        Some(match done {
            Ok(done) => named(ctx, &done, event).await.map(|(undone, also_undone)| UndoEventPayload {
                undone,
                also_undone,
                done,
            }),
            Err(error) => Err(error),
        })
    }

    /// Lets an undone event hold again. Where it depends on others that are undone, it is refused with
    /// `NOT_APPLICABLE` and those `events`, unless `cascade` says that they are redone with it, and what was undone
    /// with it. It is refused likewise where it would take away the project or piece of evidence that later events
    /// are about, or is about one that was taken away before.
    async fn redo_event(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which event.")] input: RedoEventInput,
    ) -> Option<Answer<RedoEventPayload>> {
        let (target, event) = decode(&input.event);
        let command = Command::RedoEvent { event, cascade: input.cascade };
        let done = run(ctx, target, input.common, Ok(command)).await;
        Some(match done {
            Ok(done) => named(ctx, &done, event).await.map(|(redone, also_redone)| RedoEventPayload {
                redone,
                also_redone,
                done,
            }),
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

/// The event that was named, where something was or had been done, and those that went with it.
async fn named(ctx: &Context<'_>, done: &Done, version: Version) -> Answer<(Option<Event>, Vec<Event>)> {
    let Some(learner) = done.learner.as_ref().filter(|_| done.is_done()) else { return Ok((None, vec![])) };
    let (app, mut also) = (app(ctx), vec![]);
    for other in done.corrected.iter().filter(|it| **it != version).take(MAX_SHOWN) {
        also.extend(Event::load(app, learner, *other).await?);
    }
    Ok((Event::load(app, learner, version).await?, also))
}

/// Which event is voided.
#[derive(InputObject, Debug)]
pub(super) struct UndoEventInput {
    /// The event's id.
    event: ID,
    /// Whether the events that depend on it are undone with it.
    #[graphql(default)]
    cascade: bool,
    #[graphql(flatten)]
    common: Common,
}

/// Which event holds again.
#[derive(InputObject, Debug)]
pub(super) struct RedoEventInput {
    /// The event's id.
    event: ID,
    /// Whether the events on which it depends are redone with it, and those that were undone with it.
    #[graphql(default)]
    cascade: bool,
    #[graphql(flatten)]
    common: Common,
}

/// What `undoEvent` did.
#[derive(SimpleObject)]
pub(super) struct UndoEventPayload {
    /// The event that is voided; null: nothing was done.
    undone: Option<Event>,
    /// The events that depended on it and are voided with it, at most 100 of them; all are of the `batch` of `event`.
    #[graphql(directive = About::apply(10))]
    also_undone: Vec<Event>,
    #[graphql(flatten)]
    done: Done,
}

/// What `redoEvent` did.
#[derive(SimpleObject)]
pub(super) struct RedoEventPayload {
    /// The event that holds again; null: nothing was done.
    redone: Option<Event>,
    /// The events that hold again with it, at most 100 of them; all are of the `batch` of `event`.
    #[graphql(directive = About::apply(10))]
    also_redone: Vec<Event>,
    #[graphql(flatten)]
    done: Done,
}
