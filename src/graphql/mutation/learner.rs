//! Registering, updating and erasing learners.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};

use super::{Answer, Basics, Common, Done, app, expected, fault, idempotency_key, patch, run};
use crate::{
    app::{Erase, Failure, Target},
    domain::{
        command::{Command, RegisterLearner, UpdateLearner},
        refusal::Refusal,
    },
    graphql::{id::NodeId, object::LearnerRef, scalar::DateTime},
};

/// Learners come, change and go.
#[derive(Default)]
pub(super) struct LearnerMutation;

#[Object]
impl LearnerMutation {
    /// Registers a learner. Somebody who is already here with the same external id or e-mail
    /// address and the same data is answered with `changed: false`.
    async fn register_learner(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who comes.")] input: RegisterLearnerInput,
    ) -> Option<Answer<RegisterLearnerPayload>> {
        let RegisterLearnerInput { name, external_id, email, stack, basics } = input;
        let common = Common { basics, expected_version: None };
        let command = Command::RegisterLearner(RegisterLearner { name, external_id, email, stack });
        let done = run(ctx, Target::New, common, Ok(command)).await;
        Some(done.map(|done| RegisterLearnerPayload { done }))
    }

    /// Changes what is known of a learner. What is left out stays as it is; null clears it.
    async fn update_learner(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What changes.")] input: UpdateLearnerInput,
    ) -> Option<Answer<UpdateLearnerPayload>> {
        let command = Command::UpdateLearner(UpdateLearner {
            name: patch(input.name),
            external_id: patch(input.external_id),
            email: patch(input.email),
            stack: patch(input.stack),
        });
        let done = run(ctx, Target::Learner(input.learner.into()), input.common, Ok(command)).await;
        Some(done.map(|done| UpdateLearnerPayload { done }))
    }

    /// Forgets a learner: state, events, evidence and keys. Their places in the feed stay, empty.
    /// It cannot be undone. Erasing again by id is answered with `changed: false`.
    async fn erase_learner(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who is to be forgotten.")] input: EraseLearnerInput,
    ) -> Option<Answer<EraseLearnerPayload>> {
        let refused = |refusal| Ok(EraseLearnerPayload { erased_id: None, done: Done::refused(refusal) });
        let idempotency_key = idempotency_key(ctx, input.idempotency_key.clone());
        let wish = match Erase::try_from(EraseLearnerInput { idempotency_key, ..input }) {
            Ok(wish) => wish,
            Err(refusal) => return Some(refused(refusal)),
        };
        Some(match app(ctx).erase(wish).await {
            Ok(erased) => Ok(EraseLearnerPayload {
                erased_id: Some(NodeId::Learner(erased.learner).encode()),
                done: Done::erased(erased),
            }),
            Err(Failure::Refused(refusal)) => refused(refusal),
            Err(Failure::Fault(error)) => Err(fault(error)),
        })
    }
}

/// Who comes.
#[derive(InputObject, Debug)]
pub(super) struct RegisterLearnerInput {
    /// The display name: one line of 1 to 200 characters.
    name: String,
    /// The id that the calling application knows the learner by: unique, at most 200 characters.
    external_id: Option<String>,
    /// The e-mail address: unique, at most 254 characters.
    email: Option<String>,
    /// Slug of the primary stack; it can be chosen later.
    stack: Option<String>,
    #[graphql(flatten)]
    basics: Basics,
}

/// What changes of a learner. What is left out stays as it is.
#[derive(InputObject, Debug)]
pub(super) struct UpdateLearnerInput {
    /// Who changes.
    learner: LearnerRef,
    /// The display name: one line of 1 to 200 characters. It cannot be cleared.
    name: MaybeUndefined<String>,
    /// The id that the calling application knows the learner by; null clears it.
    external_id: MaybeUndefined<String>,
    /// The e-mail address; null clears it.
    email: MaybeUndefined<String>,
    /// Slug of the primary stack; null clears it. History stays, readiness is derived anew.
    stack: MaybeUndefined<String>,
    #[graphql(flatten)]
    common: Common,
}

/// Who is to be forgotten.
#[derive(InputObject, Debug)]
pub(super) struct EraseLearnerInput {
    /// Who is to be forgotten.
    learner: LearnerRef,
    /// Why. It is not kept: nothing of an erased learner is.
    reason: Option<String>,
    /// Not kept either.
    occurred_at: Option<DateTime>,
    /// Makes the call safe to repeat, also under an external id that nobody has any more. Erasing by
    /// id is safe to repeat without one. Absent: that of the `Idempotency-Key` header, if there is one.
    idempotency_key: Option<String>,
    /// The version that the learner has to be at, as in `Learner.version`; otherwise nothing is done and the answer is
    /// `CONFLICT`, with the version that they are at. Absent: whatever they are at.
    expected_version: Option<i32>,
}

impl TryFrom<EraseLearnerInput> for Erase {
    type Error = Refusal;

    fn try_from(input: EraseLearnerInput) -> Result<Self, Refusal> {
        let EraseLearnerInput { learner, reason, occurred_at, idempotency_key, expected_version } = input;
        let occurred_at = occurred_at.map(|it| it.get("occurredAt")).transpose()?;
        let expected_version = expected_version.map(expected).transpose()?;
        Ok(Self { learner: learner.into(), reason, occurred_at, idempotency_key, expected_version })
    }
}

/// What `registerLearner` did.
#[derive(SimpleObject)]
pub(super) struct RegisterLearnerPayload {
    #[graphql(flatten)]
    done: Done,
}

/// What `updateLearner` did.
#[derive(SimpleObject)]
pub(super) struct UpdateLearnerPayload {
    #[graphql(flatten)]
    done: Done,
}

/// What `eraseLearner` did.
#[derive(SimpleObject)]
pub(super) struct EraseLearnerPayload {
    /// The id of the learner who is forgotten; null: nothing was done.
    erased_id: Option<ID>,
    #[graphql(flatten)]
    done: Done,
}
