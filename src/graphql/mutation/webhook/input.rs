//! What is asked for of webhooks.

use async_graphql::{ID, InputObject, MaybeUndefined};

use crate::graphql::{object::EventKind, scalar::Url};

/// A receiver to register.
#[derive(InputObject, Debug)]
pub(in crate::graphql::mutation) struct RegisterWebhookInput {
    /// Where messages go. It has to be `https` and lead to a public address, unless the server is told to allow others.
    pub(super) url: Url,
    /// What it is for. At most 200 characters.
    pub(super) description: Option<String>,
    /// Of which kinds of events it is told; absent or null: of all.
    pub(super) kinds: Option<Vec<EventKind>>,
    /// After which place of the feed it begins: a cursor of `events`, of a message or of another webhook. Absent: at the
    /// present end.
    pub(super) after: Option<String>,
    /// Makes the call safe to repeat: the same key with the same input answers what the first call did, with
    /// `replayed: true` and the present secret, for as long as the webhook is there. 1 to 200 characters, unique among
    /// webhooks. Absent: that of the `Idempotency-Key` header, if there is one.
    pub(super) idempotency_key: Option<String>,
}

/// What to change about a receiver. What is absent stays.
#[derive(InputObject, Debug)]
pub(in crate::graphql::mutation) struct UpdateWebhookInput {
    /// Which receiver.
    pub(super) webhook: ID,
    /// Where messages go.
    pub(super) url: Option<Url>,
    /// What it is for; null: nothing is said.
    pub(super) description: MaybeUndefined<String>,
    /// Of which kinds of events it is told; null: of all. It holds for what was not sent yet.
    pub(super) kinds: MaybeUndefined<Vec<EventKind>>,
    /// Whether it is told of events. What happens while it is not waits. Where 1,000 events are parked, enabling it tries
    /// them again, before what would be parked as well.
    pub(super) enabled: Option<bool>,
    /// Makes the call safe to repeat: the same key with the same input answers what the first call did, with
    /// `replayed: true`. Keys are known for 7 days, 1,000 of a webhook. Absent: that of the `Idempotency-Key` header,
    /// if there is one.
    pub(super) idempotency_key: Option<String>,
}

/// Which receiver to remove.
#[derive(InputObject, Debug)]
pub(in crate::graphql::mutation) struct RemoveWebhookInput {
    /// Its id.
    pub(super) webhook: ID,
}

/// Whose secret to change.
#[derive(InputObject, Debug)]
pub(in crate::graphql::mutation) struct RotateWebhookSecretInput {
    /// The id of the receiver.
    pub(super) webhook: ID,
    /// Makes the call safe to repeat: the same key answers the present secret, with `replayed: true`. Keys are
    /// known for 7 days, 1,000 of a webhook. Absent: that of the `Idempotency-Key` header, if there is one.
    pub(super) idempotency_key: Option<String>,
}

/// Which receiver to test.
#[derive(InputObject, Debug)]
pub(in crate::graphql::mutation) struct TestWebhookInput {
    /// Its id.
    pub(super) webhook: ID,
    /// Makes the call safe to repeat: the same key with the same input answers what the first call did, with
    /// `replayed: true`. Keys are known for 7 days, 1,000 of a webhook. Absent: that of the `Idempotency-Key` header,
    /// if there is one.
    pub(super) idempotency_key: Option<String>,
}

/// From where a receiver is told again.
#[derive(InputObject, Debug)]
pub(in crate::graphql::mutation) struct ReplayWebhookInput {
    /// The id of the receiver.
    pub(super) webhook: ID,
    /// After which place of the feed: a cursor of `events`, of a message or of a webhook. Absent or null: from the
    /// first event on.
    pub(super) after: Option<String>,
    /// Makes the call safe to repeat: the same key with the same input does nothing more, with `replayed: true`. Keys are
    /// known for 7 days, 1,000 of a webhook. Absent: that of the `Idempotency-Key` header, if there is one.
    pub(super) idempotency_key: Option<String>,
}

/// What to try again.
#[derive(InputObject, Debug)]
pub(in crate::graphql::mutation) struct RetryDeliveriesInput {
    /// The id of the receiver.
    pub(super) webhook: ID,
    /// The id of one event; absent or null: all of them.
    pub(super) event: Option<ID>,
    /// Makes the call safe to repeat: the same key with the same input answers what the first call did, with
    /// `replayed: true`. Keys are known for 7 days, 1,000 of a webhook. Absent: that of the `Idempotency-Key` header,
    /// if there is one.
    pub(super) idempotency_key: Option<String>,
}

/// What to give up.
#[derive(InputObject, Debug)]
pub(in crate::graphql::mutation) struct DropParkedEventsInput {
    /// The id of the receiver.
    pub(super) webhook: ID,
    /// The id of one event; absent or null: all that are parked.
    pub(super) event: Option<ID>,
    /// Makes the call safe to repeat: the same key with the same input answers what the first call did, with
    /// `replayed: true`. Keys are known for 7 days, 1,000 of a webhook. Absent: that of the `Idempotency-Key` header,
    /// if there is one.
    pub(super) idempotency_key: Option<String>,
}
