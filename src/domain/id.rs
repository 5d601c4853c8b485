//! Identifiers: one newtype each, so that a project can never be mistaken for a goal.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[doc = $doc:literal])+ $name:ident;)+) => {$(
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

ids! {
    /// A learner: UUIDv7, or UUIDv8 derived from the idempotency key of the registration.
    LearnerId;
    /// One event of the ledger, UUIDv7.
    EventId;
    /// A goal of one learner, UUIDv7.
    GoalId;
    /// A project of one learner, UUIDv7.
    ProjectId;
    /// A piece of evidence of one learner, UUIDv7.
    EvidenceId;
    /// Several events that were written as one, UUIDv7.
    BatchId;
    /// Who is told of events over HTTP, UUIDv7.
    WebhookId;
}

/// How many events a learner has had: 0 before the first, then 1, 2, 3 without a gap.
pub type Version = u32;
