//! Why a command is turned down: the caller's doing, never ours.

use std::sync::Arc;

use thiserror::Error;

use super::{event::Event, learner::Learner};

/// A rule that the caller broke. The message is public; the code is stable.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct Refusal {
    /// What programs branch on.
    pub code: RefusalCode,
    /// What people read: what is wrong and what would be right.
    pub message: String,
    /// The input field at fault, by its name in the input; `None`: the command as a whole.
    pub field: Option<&'static str>,
    /// What helps the caller to go on.
    pub help: Option<Help>,
}

/// What a caller needs to know who is to do better.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Help {
    /// How the learner is whose version was another than expected.
    Current(Arc<Learner>),
    /// The events that have to be undone or redone first, and whose they are; not all when there are many.
    Events(Arc<Learner>, Vec<Event>),
}

/// The stable codes of refusals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefusalCode {
    /// No such learner, course, criterion … or it may not be seen.
    NotFound,
    /// The value does not have the form that it should.
    InvalidInput,
    /// The text is longer than allowed.
    TooLong,
    /// The number or instant is outside its range.
    OutOfRange,
    /// The instant lies too far ahead.
    InTheFuture,
    /// Somebody or something else has it.
    AlreadyTaken,
    /// Somebody else wrote at the same time; trying again helps.
    Conflict,
    /// The idempotency key was used with other input.
    IdempotencyKeyReused,
    /// The caller may not do this.
    NotAllowed,
    /// It makes no sense in the state that things are in.
    NotApplicable,
    /// As many as allowed are there already.
    LimitReached,
    /// The store takes no writes at the moment.
    ReadOnly,
}

impl Refusal {
    /// A refusal of the command as a whole.
    pub fn new(code: RefusalCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), field: None, help: None }
    }

    /// A refusal for what is in one input field.
    pub fn of(field: &'static str, code: RefusalCode, message: impl Into<String>) -> Self {
        Self { field: Some(field), ..Self::new(code, message) }
    }

    /// The learner is at another version than the caller expected.
    pub fn other_version(learner: Arc<Learner>) -> Self {
        let message = format!(
            "the learner is at version {}: look at what came since, and try again with that version",
            learner.version
        );
        let help = Some(Help::Current(learner));
        Self { help, ..Self::of("expectedVersion", RefusalCode::Conflict, message) }
    }

    /// How the learner is whose version was another than expected; `None`: it is not about that.
    pub fn current(&self) -> Option<&Arc<Learner>> {
        match &self.help {
            Some(Help::Current(learner)) => Some(learner),
            _ => None,
        }
    }

    /// The events that have to be undone or redone first, and whose they are; `None`: it is not about that.
    pub fn events(&self) -> Option<(&Arc<Learner>, &[Event])> {
        match &self.help {
            Some(Help::Events(learner, events)) => Some((learner, events)),
            _ => None,
        }
    }

    /// There is no such thing as this field names.
    pub fn not_found(field: &'static str, what: &str) -> Self {
        Self::of(field, RefusalCode::NotFound, format!("there is no such {what}"))
    }
}
