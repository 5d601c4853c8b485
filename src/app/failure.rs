//! What can go wrong: the caller's doing, or ours.

use crate::{domain::refusal::Refusal, store::StoreError};

/// Why a use case did not do what was asked. It has no `Display` on purpose: async-graphql
/// publishes whatever can be displayed, and a fault must never reach a client.
#[derive(Debug)]
pub enum Failure {
    /// The caller broke a rule; the message is for them.
    Refused(Refusal),
    /// The store failed; the message is for the log.
    Fault(StoreError),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Failure::Refused(refusal)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Failure::Fault(error)
    }
}
