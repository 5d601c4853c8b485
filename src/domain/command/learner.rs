//! Registering a learner and changing what is known of them.

use serde::Serialize;

use super::{Context, Outcome, required_line, stack};
use crate::domain::{
    event::{Change, Patch},
    learner::Learner,
    refusal::Refusal,
    text,
};

/// Who comes.
#[derive(Debug, Clone, Serialize)]
pub struct RegisterLearner {
    pub name: String,
    pub external_id: Option<String>,
    pub email: Option<String>,
    pub stack: Option<String>,
}

/// What changes; what is kept is absent.
#[derive(Debug, Clone, Serialize)]
pub struct UpdateLearner {
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub name: Patch<String>,
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub external_id: Patch<String>,
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub email: Patch<String>,
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub stack: Patch<String>,
}

pub(super) fn register(context: &Context<'_>, input: &RegisterLearner) -> Result<Outcome, Refusal> {
    Ok(Outcome::done(Change::LearnerRegistered {
        name: text::line("name", &input.name)?,
        external_id: input.external_id.as_deref().map(|it| text::line("externalId", it)).transpose()?,
        email: input.email.as_deref().map(|it| text::email("email", it)).transpose()?,
        stack: input.stack.as_deref().map(|it| stack(context, it)).transpose()?,
    }))
}

/// Whether a registration would bring nobody but this learner, as they are.
pub fn is_same(registration: &Change, learner: &Learner) -> bool {
    let Change::LearnerRegistered { name, external_id, email, stack } = registration else { return false };
    learner.name == *name
        && learner.external_id == *external_id
        && learner.email == *email
        && learner.stack_slug() == stack.as_ref()
}

pub(super) fn update(
    context: &Context<'_>,
    learner: &Learner,
    input: &UpdateLearner,
) -> Result<Outcome, Refusal> {
    let name = required_line("name", &input.name)?.filter(|it| *it != learner.name);
    let external_id = input.external_id.clone().try_map(|it| text::line("externalId", &it))?;
    let external_id = external_id.against(learner.external_id.as_ref());
    let email = input.email.clone().try_map(|it| text::email("email", &it))?;
    let email = email.against(learner.email.as_ref());
    let stack = input.stack.clone().try_map(|it| stack(context, &it))?.against(learner.stack_slug());
    if name.is_none() && external_id.is_keep() && email.is_keep() && stack.is_keep() {
        return Ok(Outcome::already());
    }
    Ok(Outcome::done(Change::LearnerUpdated { name, external_id, email, stack }))
}
