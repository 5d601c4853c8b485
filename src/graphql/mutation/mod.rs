//! Everything that can be done. Each mutation is a call of the one use case that writes; what the
//! caller got wrong is a `userErrors` entry of the payload, never an error of the request.

mod batch;
mod course;
mod evidence;
mod goal;
mod import;
mod learner;
mod maintenance;
mod payload;
mod project;
mod undo;
mod webhook;

use async_graphql::{Context, InputObject, MergedObject};

pub(super) use payload::MutationPayload;
pub use payload::code_of;

use super::{
    context::{app, idempotency_key, viewer},
    error::{Answer, fault},
    scalar::DateTime,
};
use crate::{
    app::{Call, Failure, Target, Written},
    domain::{
        command::Command,
        event::Patch,
        id::Version,
        refusal::{Refusal, RefusalCode},
    },
};
use payload::Done;

/// Everything that can be done. Saying twice what is already true is a success with
/// `changed: false`; a call with an `idempotencyKey` can be repeated without a second effect.
#[derive(MergedObject, Default)]
pub struct Mutation(
    learner::LearnerMutation,
    goal::GoalMutation,
    course::CourseMutation,
    project::ProjectMutation,
    evidence::EvidenceMutation,
    undo::UndoMutation,
    batch::BatchMutation,
    import::ImportMutation,
    maintenance::MaintenanceMutation,
    webhook::WebhookMutation,
);

/// What every input about a learner who is there may carry.
#[derive(InputObject, Debug, Default)]
pub(super) struct Common {
    #[graphql(flatten)]
    basics: Basics,
    /// The version that the learner has to be at, as in `Learner.version`; otherwise nothing is done and the answer is
    /// `CONFLICT`, with the version that they are at. Absent: whatever they are at. A call that is repeated with its
    /// key is answered as the first time, whatever version it expects.
    expected_version: Option<i32>,
}

/// What every input may carry.
#[derive(InputObject, Debug, Default)]
pub(super) struct Basics {
    /// Why, in the caller's words; kept with the event. At most 20,000 characters.
    reason: Option<String>,
    /// When it happened, between 2000-01-01 and a day from now; absent: now.
    occurred_at: Option<DateTime>,
    /// Makes the call safe to repeat: the same key with the same input answers what the first call
    /// did, with `replayed: true`. 1 to 200 characters, unique for the learner. It is kept for as long as the learner.
    /// Absent: that of the `Idempotency-Key` header, if there is one.
    idempotency_key: Option<String>,
}

/// Carries a call out and shapes the common part of its payload. The command is read from the
/// input here so that what is malformed in it becomes a user error too.
async fn run(
    ctx: &Context<'_>,
    target: Target,
    common: Common,
    command: Result<Command, Refusal>,
) -> Answer<Done> {
    match write(ctx, target, common, command).await {
        Ok(written) => Ok(Done::written(&app(ctx).guide, written)),
        Err(Failure::Refused(refusal)) => Ok(Done::refused(refusal)),
        Err(Failure::Fault(error)) => Err(fault(error)),
    }
}

async fn write(
    ctx: &Context<'_>,
    target: Target,
    common: Common,
    command: Result<Command, Refusal>,
) -> Result<Written, Failure> {
    let Common { basics: Basics { reason, occurred_at, idempotency_key: key }, expected_version } = common;
    let call = Call {
        target,
        command: command?,
        actor: viewer(ctx).actor,
        reason,
        occurred_at: occurred_at.map(|it| it.get("occurredAt")).transpose()?,
        idempotency_key: idempotency_key(ctx, key),
        expected_version: expected_version.map(expected).transpose()?,
        batch: None,
        also: None,
    };
    app(ctx).write(call).await
}

/// A version that a learner can be at.
fn expected(version: i32) -> Result<Version, Refusal> {
    let found = Version::try_from(version).ok().filter(|it| *it > 0);
    let message = "must be at least 1";
    found.ok_or_else(|| Refusal::of("expectedVersion", RefusalCode::OutOfRange, message))
}

/// Absent, null or a value: leave, clear or set.
fn patch<T>(value: async_graphql::MaybeUndefined<T>) -> Patch<T> {
    match value {
        async_graphql::MaybeUndefined::Undefined => Patch::Keep,
        async_graphql::MaybeUndefined::Null => Patch::Clear,
        async_graphql::MaybeUndefined::Value(value) => Patch::Set(value),
    }
}
