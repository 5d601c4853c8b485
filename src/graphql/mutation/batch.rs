//! Taking back what one import, or one call about several events, did; and doing it again.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use uuid::Uuid;

use super::{Answer, Done, app, fault, idempotency_key, payload::UserError, viewer};
use crate::{
    app::{Corrected, Correction, Failure},
    domain::{
        id::{BatchId, LearnerId},
        refusal::Refusal,
    },
    graphql::{cost::About, id::id_of},
};

/// Batches are undone and redone.
#[derive(Default)]
pub(super) struct BatchMutation;

#[Object]
impl BatchMutation {
    /// Takes back what a batch did, such as an import: its events are undone, and what it had undone is redone. Whoever
    /// was registered by it stays registered. It is done learner by learner, for each wholly or not at all: where later
    /// events depend on those of the batch, that learner's stay as they are and are named in `refused`, unless
    /// `cascade` says that what depends on them goes with them. A very large batch takes longer than an answer may: it
    /// goes on after `DEADLINE_EXCEEDED`, and the same call again waits for it.
    async fn undo_batch(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which batch.")] input: UndoBatchInput,
    ) -> Option<Answer<UndoBatchPayload>> {
        let UndoBatchInput { batch, cascade, reason, idempotency_key } = input;
        let done = correct(ctx, batch, false, cascade, reason, idempotency_key).await;
        Some(done.map(|(batch, counts, done)| UndoBatchPayload { batch, counts, done }))
    }

    /// Lets what a batch did hold again. Where it depends on other events that are undone, or contradicts what came
    /// since, that learner's stay as they are and are named in `refused`.
    async fn redo_batch(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which batch.")] input: RedoBatchInput,
    ) -> Option<Answer<RedoBatchPayload>> {
        let RedoBatchInput { batch, cascade, reason, idempotency_key } = input;
        let done = correct(ctx, batch, true, cascade, reason, idempotency_key).await;
        Some(done.map(|(batch, counts, done)| RedoBatchPayload { batch, counts, done }))
    }
}

async fn correct(
    ctx: &Context<'_>,
    batch: ID,
    redo: bool,
    cascade: bool,
    reason: Option<String>,
    key: Option<String>,
) -> Answer<(Option<ID>, Counts, Done)> {
    let correction = |batch| Correction {
        batch,
        redo,
        cascade,
        actor: viewer(ctx).actor,
        reason,
        idempotency_key: idempotency_key(ctx, key),
    };
    let corrected = match Uuid::try_parse(&batch) {
        Ok(batch) => app(ctx).correct_batch(&correction(BatchId(batch))).await,
        Err(_) => Err(Refusal::not_found("batch", "batch").into()),
    };
    match corrected {
        Ok(corrected) => {
            let done = Done::maintained(corrected.n_events > 0, corrected.replayed);
            let own = (corrected.n_events > 0).then(|| ID(corrected.batch.to_string()));
            Ok((own, Counts::new(corrected), done))
        }
        Err(Failure::Refused(refusal)) => Ok((None, Counts::default(), Done::refused(refusal))),
        Err(Failure::Fault(error)) => Err(fault(error)),
    }
}

/// Which batch is undone.
#[derive(InputObject, Debug)]
pub(super) struct UndoBatchInput {
    /// The batch, as in `Event.batch` and in the payload of `importProgress`.
    batch: ID,
    /// Whether the events that depend on those of the batch are undone with them.
    #[graphql(default)]
    cascade: bool,
    /// Why, in the caller's words; kept with the first event of each learner. At most 20,000 characters.
    reason: Option<String>,
    /// Makes the call safe to repeat: the same key with the same input answers what the first call did, with
    /// `replayed: true`. 1 to 200 characters, unique among corrections of batches.
    idempotency_key: Option<String>,
}

/// Which batch is redone.
#[derive(InputObject, Debug)]
pub(super) struct RedoBatchInput {
    /// The batch, as in `Event.batch` and in the payload of `importProgress`.
    batch: ID,
    /// Whether the events on which those of the batch depend are redone with them.
    #[graphql(default)]
    cascade: bool,
    /// Why, in the caller's words; kept with the first event of each learner. At most 20,000 characters.
    reason: Option<String>,
    /// As in `undoBatch`.
    idempotency_key: Option<String>,
}

/// What a correction of a batch did.
#[derive(SimpleObject, Default)]
pub(super) struct Counts {
    /// How many events were undone or redone.
    event_count: usize,
    /// How many learners' events stayed as they were.
    refused_count: usize,
    /// Whose events stayed as they were, and why; at most 100. A call that is repeated with its key does not say why.
    #[graphql(directive = About::apply(10))]
    refused: Vec<RefusedLearner>,
}

impl Counts {
    fn new(corrected: Corrected) -> Self {
        Self {
            event_count: corrected.n_events,
            refused_count: corrected.n_refused,
            refused: corrected.refused.into_iter().map(RefusedLearner::new).collect(),
        }
    }
}

/// A learner whose part of a batch stayed as it was.
#[derive(SimpleObject)]
pub(super) struct RefusedLearner {
    /// The learner's id.
    learner_id: ID,
    /// Why.
    error: UserError,
}

impl RefusedLearner {
    fn new((learner, refusal): (LearnerId, Refusal)) -> Self {
        Self { learner_id: ID(id_of(learner)), error: UserError::new(refusal) }
    }
}

/// What `undoBatch` did.
#[derive(SimpleObject)]
pub(super) struct UndoBatchPayload {
    /// The batch of the events that this wrote; null: nothing had to change.
    batch: Option<ID>,
    #[graphql(flatten)]
    counts: Counts,
    #[graphql(flatten)]
    done: Done,
}

/// What `redoBatch` did.
#[derive(SimpleObject)]
pub(super) struct RedoBatchPayload {
    /// The batch of the events that this wrote; null: nothing had to change.
    batch: Option<ID>,
    #[graphql(flatten)]
    counts: Counts,
    #[graphql(flatten)]
    done: Done,
}
