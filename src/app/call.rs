//! A call of a mutation, and what became of it.

use std::sync::Arc;

use data_encoding::HEXLOWER;
use uuid::Uuid;

use super::{LearnerRef, write::other_input};
use crate::{
    domain::{
        command::Command,
        event::{Event, Moved},
        id::{BatchId, LearnerId, Version},
        learner::{Digest, Learner, digest},
        refusal::Refusal,
        text,
        time::Timestamp,
    },
    store::Receipt,
};

/// A call of a mutation.
#[derive(Debug, Clone)]
pub struct Call {
    /// Whom it is about.
    pub target: Target,
    /// What is asked for.
    pub command: Command,
    /// Who asks.
    pub actor: String,
    /// Why, in the actor's words.
    pub reason: Option<String>,
    /// When it happened; `None`: now.
    pub occurred_at: Option<Timestamp>,
    /// Makes the call safe to repeat.
    pub idempotency_key: Option<String>,
    /// The version at which the learner has to be for the call to be carried out. It is no part of what is asked: a
    /// call that was carried out is answered again whatever version is expected by then.
    pub expected_version: Option<Version>,
    /// Which batch its events belong to; `None`: a fresh one where there are several.
    pub batch: Option<BatchId>,
    /// Identifies what else the caller said, where that is more than what is carried out.
    pub also: Option<Digest>,
}

/// Whom a call is about.
#[derive(Debug, Clone)]
pub enum Target {
    /// Somebody who is to be registered.
    New,
    /// A learner, as the caller names them.
    Learner(LearnerRef),
    /// The learner to whom the thing in this input field belongs; `None`: the caller named none.
    Owner(&'static str, Option<LearnerId>),
}

/// What became of a call.
#[derive(Debug, Clone)]
pub struct Written {
    /// The learner afterwards.
    pub learner: Arc<Learner>,
    /// The events that this call, or the first call with the same key, wrote; the first is what was asked for.
    pub events: Vec<Event>,
    /// The goal, project or piece of evidence that it was about.
    pub subject: Option<Uuid>,
    /// Whether this call changed something.
    pub changed: bool,
    /// When the earlier call with the same key was recorded that answers; `None`: this one does.
    pub replayed: Option<Timestamp>,
    /// Which milestones that moved.
    pub milestones: Moved,
}

impl Call {
    /// Its texts as they are kept.
    pub(super) fn checked(mut self) -> Result<Self, Refusal> {
        self.reason = self.reason.map(|it| text::text("reason", &it)).transpose()?;
        self.idempotency_key =
            self.idempotency_key.map(|it| text::line("idempotencyKey", &it)).transpose()?;
        Ok(self)
    }

    /// What is kept with the write so that the same call can be answered again; `None`: it has no key.
    pub(super) fn receipt(&self, now: Timestamp, written: &Written) -> Option<Receipt> {
        Some(Receipt {
            key: self.idempotency_key.clone()?,
            fingerprint: self.fingerprint(),
            recorded_at: now,
            event: written.events.first().map(|it| it.version),
            subject: written.subject,
            reached: written.milestones.reached.clone(),
            lost: written.milestones.lost.clone(),
        })
    }

    /// The answer of a call that was made before, with the events that it wrote then.
    pub(super) fn replayed(
        &self,
        learner: Arc<Learner>,
        receipt: Receipt,
        events: Vec<Event>,
    ) -> Result<Written, Refusal> {
        if receipt.fingerprint != self.fingerprint() {
            return Err(other_input());
        }
        Ok(Written {
            learner,
            changed: !events.is_empty(),
            events,
            subject: receipt.subject,
            replayed: Some(receipt.recorded_at),
            milestones: Moved { reached: receipt.reached, lost: receipt.lost },
        })
    }

    /// Identifies what the caller wrote. Who is meant is not in it: a learner may be named by either id.
    pub(super) fn fingerprint(&self) -> Digest {
        let command = serde_json::to_string(&self.command).expect("a command is plain data");
        let occurred_at = self.occurred_at.map(|it| it.to_string()).unwrap_or_default();
        let also = self.also.map(|it| HEXLOWER.encode(&it));
        let known = [&command, self.reason.as_deref().unwrap_or_default(), &occurred_at];
        digest(&known.into_iter().chain(also.as_deref()).collect::<Vec<_>>())
    }
}

impl Written {
    /// Nothing had to happen.
    pub(super) fn unchanged(learner: Arc<Learner>, subject: Option<Uuid>) -> Self {
        Self {
            learner,
            events: vec![],
            subject,
            changed: false,
            replayed: None,
            milestones: Moved::default(),
        }
    }
}
