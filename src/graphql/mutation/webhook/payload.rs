//! What came of what was asked for of webhooks.

use async_graphql::{ID, SimpleObject};

use crate::graphql::{
    mutation::Done,
    object::{DeliveryTrouble, Webhook},
};

/// What came of registering a receiver.
#[derive(SimpleObject, Default)]
pub(in crate::graphql::mutation) struct RegisterWebhookPayload {
    /// The receiver; null: none was registered.
    pub(super) webhook: Option<Webhook>,
    /// The secret that messages are signed with, as `whsec_` and base64. It is shown here alone, and again to the same
    /// call with its key.
    pub(super) secret: Option<String>,
    #[graphql(flatten)]
    pub(super) done: Done,
}

/// What came of changing a receiver.
#[derive(SimpleObject, Default)]
pub(in crate::graphql::mutation) struct UpdateWebhookPayload {
    /// The receiver afterwards; null: nothing was done.
    pub(super) webhook: Option<Webhook>,
    #[graphql(flatten)]
    pub(super) done: Done,
}

/// What came of removing a receiver.
#[derive(SimpleObject, Default)]
pub(in crate::graphql::mutation) struct RemoveWebhookPayload {
    /// The id of the receiver that is not there any more; null: nothing was done.
    pub(super) removed_id: Option<ID>,
    #[graphql(flatten)]
    pub(super) done: Done,
}

/// What came of changing a secret.
#[derive(SimpleObject, Default)]
pub(in crate::graphql::mutation) struct RotateWebhookSecretPayload {
    /// The receiver; null: nothing was done.
    pub(super) webhook: Option<Webhook>,
    /// The secret that messages are signed with from now on. It is shown here alone, and again to the same call with its
    /// key.
    pub(super) secret: Option<String>,
    #[graphql(flatten)]
    pub(super) done: Done,
}

/// What came of a test.
#[derive(SimpleObject, Default)]
pub(in crate::graphql::mutation) struct TestWebhookPayload {
    /// The receiver; null: nothing was done.
    pub(super) webhook: Option<Webhook>,
    /// Whether the message was taken: the status is 200 to 299.
    pub(super) delivered: bool,
    /// The status of the answer; null: there was none.
    pub(super) status: Option<u32>,
    /// Why there was none; null: there was one, or nothing was done.
    pub(super) error: Option<DeliveryTrouble>,
    /// How long it took, in milliseconds; null: nothing was done.
    pub(super) duration_ms: Option<u32>,
    #[graphql(flatten)]
    pub(super) done: Done,
}

/// What came of going back.
#[derive(SimpleObject, Default)]
pub(in crate::graphql::mutation) struct ReplayWebhookPayload {
    /// The receiver afterwards; null: nothing was done.
    pub(super) webhook: Option<Webhook>,
    #[graphql(flatten)]
    pub(super) done: Done,
}

/// What came of trying again.
#[derive(SimpleObject, Default)]
pub(in crate::graphql::mutation) struct RetryDeliveriesPayload {
    /// The receiver afterwards; null: nothing was done.
    pub(super) webhook: Option<Webhook>,
    /// How many events are tried now.
    pub(super) count: u32,
    #[graphql(flatten)]
    pub(super) done: Done,
}

/// What came of giving up.
#[derive(SimpleObject, Default)]
pub(in crate::graphql::mutation) struct DropParkedEventsPayload {
    /// The receiver afterwards; null: nothing was done.
    pub(super) webhook: Option<Webhook>,
    /// How many events were given up.
    pub(super) count: u32,
    #[graphql(flatten)]
    pub(super) done: Done,
}
