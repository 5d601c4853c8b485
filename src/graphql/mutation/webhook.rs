//! Webhooks: registering, changing and removing them, and what is done about what they were not told. For administrators.

use async_graphql::{
    Context, ID, InputObject, MaybeUndefined, Object, SimpleObject, resolver_utils::EnumType as _,
};

use super::{Answer, Done, app, fault, idempotency_key, patch};
use crate::{
    app::{Failure, FeedCursor, RegisterWebhook, Registered, UpdateWebhook},
    domain::{
        id::{LearnerId, Version, WebhookId},
        refusal::{Refusal, RefusalCode},
    },
    graphql::{
        id::{NodeId, webhook_of},
        object::{DeliveryTrouble, EventKind, Webhook},
        page::read_cursor,
        scalar::Url,
        subscription::CURSOR_VERSION,
    },
};

/// Webhooks are kept.
#[derive(Default)]
pub(super) struct WebhookMutation;

#[Object]
impl WebhookMutation {
    /// Registers a receiver who is told of every event from now on, over HTTP as Standard Webhooks has it. The answer
    /// has the secret by which the receiver knows that a message is from here. There can be 32. For administrators.
    async fn register_webhook(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which receiver.")] input: RegisterWebhookInput,
    ) -> Option<Answer<RegisterWebhookPayload>> {
        answer(register(ctx, input).await, |done| RegisterWebhookPayload { done, ..Default::default() })
    }

    /// Changes a receiver. What is under way to it may be sent again. For administrators.
    async fn update_webhook(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which receiver, and what changes.")] input: UpdateWebhookInput,
    ) -> Option<Answer<UpdateWebhookPayload>> {
        answer(update(ctx, input).await, |done| UpdateWebhookPayload { done, ..Default::default() })
    }

    /// Removes a receiver and all that is known of it. Where there is none any more, nothing changes. For
    /// administrators.
    async fn remove_webhook(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which receiver.")] input: RemoveWebhookInput,
    ) -> Option<Answer<RemoveWebhookPayload>> {
        answer(remove(ctx, &input).await, |done| RemoveWebhookPayload { done, ..Default::default() })
    }

    /// Gives a receiver another secret, which the answer has. For 24 hours messages are signed with the one before as
    /// well. For administrators.
    async fn rotate_webhook_secret(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose secret.")] input: RotateWebhookSecretInput,
    ) -> Option<Answer<RotateWebhookSecretPayload>> {
        answer(rotate(ctx, input).await, |done| RotateWebhookSecretPayload { done, ..Default::default() })
    }

    /// Sends a signed message of the type `milepost.test` now, once, and answers what came of it after 8 seconds at the
    /// latest. It is not in the log. For administrators.
    async fn test_webhook(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which receiver.")] input: TestWebhookInput,
    ) -> Option<Answer<TestWebhookPayload>> {
        answer(test(ctx, &input).await, |done| TestWebhookPayload { done, ..Default::default() })
    }

    /// Lets a receiver go on from another place in the feed: all that comes after it is sent again, with the same ids.
    /// What was to be tried again is forgotten, and so is what is parked and comes again. For administrators.
    async fn replay_webhook(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which receiver, and from where.")] input: ReplayWebhookInput,
    ) -> Option<Answer<ReplayWebhookPayload>> {
        answer(replay(ctx, input).await, |done| ReplayWebhookPayload { done, ..Default::default() })
    }

    /// Tries now what a receiver did not take: what is tried again anyway, and what is parked. A webhook that is
    /// disabled has to be enabled first. For administrators.
    async fn retry_deliveries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which receiver, and which events.")] input: RetryDeliveriesInput,
    ) -> Option<Answer<RetryDeliveriesPayload>> {
        answer(retry(ctx, &input).await, |done| RetryDeliveriesPayload { done, ..Default::default() })
    }

    /// Gives up for good what is parked of a receiver, who is told of it only if the webhook is replayed. The events
    /// stay. For administrators.
    async fn drop_parked_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which receiver, and which events.")] input: DropParkedEventsInput,
    ) -> Option<Answer<DropParkedEventsPayload>> {
        answer(drop_parked(ctx, &input).await, |done| DropParkedEventsPayload { done, ..Default::default() })
    }
}

/// A receiver to register.
#[derive(InputObject, Debug)]
pub(super) struct RegisterWebhookInput {
    /// Where messages go. It has to be `https` and lead to a public address, unless the server is told to allow others.
    url: Url,
    /// What it is for. At most 200 characters.
    description: Option<String>,
    /// Of which kinds of events it is told; absent or null: of all.
    kinds: Option<Vec<EventKind>>,
    /// After which place of the feed it begins: a cursor of `events`, of a message or of another webhook. Absent: at the
    /// present end.
    after: Option<String>,
    /// Makes the call safe to repeat: the same key with the same input answers what the first call did, with
    /// `replayed: true` and the present secret, for as long as the webhook is there. 1 to 200 characters, unique among
    /// webhooks. Absent: that of the `Idempotency-Key` header, if there is one.
    idempotency_key: Option<String>,
}

/// What to change about a receiver. What is absent stays.
#[derive(InputObject, Debug)]
pub(super) struct UpdateWebhookInput {
    /// Which receiver.
    webhook: ID,
    /// Where messages go.
    url: Option<Url>,
    /// What it is for; null: nothing is said.
    description: MaybeUndefined<String>,
    /// Of which kinds of events it is told; null: of all. It holds for what was not sent yet.
    kinds: MaybeUndefined<Vec<EventKind>>,
    /// Whether it is told of events. What happens while it is not waits. Where 1,000 events are parked, enabling it tries
    /// them again, before what would be parked as well.
    enabled: Option<bool>,
}

/// Which receiver to remove.
#[derive(InputObject, Debug)]
pub(super) struct RemoveWebhookInput {
    /// Its id.
    webhook: ID,
}

/// Whose secret to change.
#[derive(InputObject, Debug)]
pub(super) struct RotateWebhookSecretInput {
    /// The id of the receiver.
    webhook: ID,
    /// Makes the call safe to repeat: the same key answers the present secret, with `replayed: true`. The last 100 keys
    /// of calls about a webhook are known. Absent: that of the `Idempotency-Key` header, if there is one.
    idempotency_key: Option<String>,
}

/// Which receiver to test.
#[derive(InputObject, Debug)]
pub(super) struct TestWebhookInput {
    /// Its id.
    webhook: ID,
}

/// From where a receiver is told again.
#[derive(InputObject, Debug)]
pub(super) struct ReplayWebhookInput {
    /// The id of the receiver.
    webhook: ID,
    /// After which place of the feed: a cursor of `events`, of a message or of a webhook. Absent or null: from the
    /// first event on.
    after: Option<String>,
    /// Makes the call safe to repeat: the same key with the same input does nothing more, with `replayed: true`. The
    /// last 100 keys of calls about a webhook are known. Absent: that of the `Idempotency-Key` header, if there is one.
    idempotency_key: Option<String>,
}

/// What to try again.
#[derive(InputObject, Debug)]
pub(super) struct RetryDeliveriesInput {
    /// The id of the receiver.
    webhook: ID,
    /// The id of one event; absent or null: all of them.
    event: Option<ID>,
}

/// What to give up.
#[derive(InputObject, Debug)]
pub(super) struct DropParkedEventsInput {
    /// The id of the receiver.
    webhook: ID,
    /// The id of one event; absent or null: all that are parked.
    event: Option<ID>,
}

/// What came of registering a receiver.
#[derive(SimpleObject, Default)]
pub(super) struct RegisterWebhookPayload {
    /// The receiver; null: none was registered.
    webhook: Option<Webhook>,
    /// The secret that messages are signed with, as `whsec_` and base64. It is shown here alone, and again to the same
    /// call with its key.
    secret: Option<String>,
    #[graphql(flatten)]
    done: Done,
}

/// What came of changing a receiver.
#[derive(SimpleObject, Default)]
pub(super) struct UpdateWebhookPayload {
    /// The receiver afterwards; null: nothing was done.
    webhook: Option<Webhook>,
    #[graphql(flatten)]
    done: Done,
}

/// What came of removing a receiver.
#[derive(SimpleObject, Default)]
pub(super) struct RemoveWebhookPayload {
    /// The id of the receiver that is not there any more; null: nothing was done.
    removed_id: Option<ID>,
    #[graphql(flatten)]
    done: Done,
}

/// What came of changing a secret.
#[derive(SimpleObject, Default)]
pub(super) struct RotateWebhookSecretPayload {
    /// The receiver; null: nothing was done.
    webhook: Option<Webhook>,
    /// The secret that messages are signed with from now on. It is shown here alone, and again to the same call with its
    /// key.
    secret: Option<String>,
    #[graphql(flatten)]
    done: Done,
}

/// What came of a test.
#[derive(SimpleObject, Default)]
pub(super) struct TestWebhookPayload {
    /// The receiver; null: nothing was done.
    webhook: Option<Webhook>,
    /// Whether the message was taken: the status is 200 to 299.
    delivered: bool,
    /// The status of the answer; null: there was none.
    status: Option<u32>,
    /// Why there was none; null: there was one, or nothing was done.
    error: Option<DeliveryTrouble>,
    /// How long it took, in milliseconds; null: nothing was done.
    duration_ms: Option<u32>,
    #[graphql(flatten)]
    done: Done,
}

/// What came of going back.
#[derive(SimpleObject, Default)]
pub(super) struct ReplayWebhookPayload {
    /// The receiver afterwards; null: nothing was done.
    webhook: Option<Webhook>,
    #[graphql(flatten)]
    done: Done,
}

/// What came of trying again.
#[derive(SimpleObject, Default)]
pub(super) struct RetryDeliveriesPayload {
    /// The receiver afterwards; null: nothing was done.
    webhook: Option<Webhook>,
    /// How many events are tried now.
    count: u32,
    #[graphql(flatten)]
    done: Done,
}

/// What came of giving up.
#[derive(SimpleObject, Default)]
pub(super) struct DropParkedEventsPayload {
    /// The receiver afterwards; null: nothing was done.
    webhook: Option<Webhook>,
    /// How many events were given up.
    count: u32,
    #[graphql(flatten)]
    done: Done,
}

async fn register(ctx: &Context<'_>, input: RegisterWebhookInput) -> Result<RegisterWebhookPayload, Failure> {
    let wish = RegisterWebhook {
        url: input.url.0,
        description: input.description,
        kinds: input.kinds.map(|it| names(&it)),
        after: input.after.map(|it| cursor(&it)).transpose()?,
        idempotency_key: idempotency_key(ctx, input.idempotency_key),
    };
    let Registered { hook, secret, replayed } = app(ctx).webhooks.register(wish).await?;
    let done = Done::maintained(true, replayed);
    Ok(RegisterWebhookPayload { webhook: Some(Webhook(hook)), secret: Some(secret), done })
}

async fn update(ctx: &Context<'_>, input: UpdateWebhookInput) -> Result<UpdateWebhookPayload, Failure> {
    let wish = UpdateWebhook {
        url: input.url.map(|it| it.0),
        description: patch(input.description),
        kinds: patch(input.kinds).map(|it| names(&it)),
        enabled: input.enabled,
    };
    let (hook, changed) = app(ctx).webhooks.update(named(&input.webhook)?, wish).await?;
    Ok(UpdateWebhookPayload { webhook: Some(Webhook(hook)), done: Done::maintained(changed, false) })
}

async fn remove(ctx: &Context<'_>, input: &RemoveWebhookInput) -> Result<RemoveWebhookPayload, Failure> {
    let changed = app(ctx).webhooks.remove(named(&input.webhook)?).await?;
    Ok(RemoveWebhookPayload {
        removed_id: Some(input.webhook.clone()),
        done: Done::maintained(changed, false),
    })
}

async fn rotate(
    ctx: &Context<'_>,
    input: RotateWebhookSecretInput,
) -> Result<RotateWebhookSecretPayload, Failure> {
    let (webhook, key) = (named(&input.webhook)?, idempotency_key(ctx, input.idempotency_key));
    let Registered { hook, secret, replayed } = app(ctx).webhooks.rotate(webhook, key).await?;
    let done = Done::maintained(true, replayed);
    Ok(RotateWebhookSecretPayload { webhook: Some(Webhook(hook)), secret: Some(secret), done })
}

async fn test(ctx: &Context<'_>, input: &TestWebhookInput) -> Result<TestWebhookPayload, Failure> {
    let (hook, attempt) = app(ctx).webhooks.test(named(&input.webhook)?).await?;
    Ok(TestWebhookPayload {
        webhook: Some(Webhook(hook)),
        delivered: attempt.is_delivered(),
        status: attempt.status.map(u32::from),
        error: attempt.trouble.map(Into::into),
        duration_ms: Some(attempt.millis),
        done: Done::maintained(false, false),
    })
}

async fn replay(ctx: &Context<'_>, input: ReplayWebhookInput) -> Result<ReplayWebhookPayload, Failure> {
    let (webhook, key) = (named(&input.webhook)?, idempotency_key(ctx, input.idempotency_key));
    let after = input.after.map(|it| cursor(&it)).transpose()?;
    let (hook, replayed) = app(ctx).webhooks.replay(webhook, after, key).await?;
    Ok(ReplayWebhookPayload { webhook: Some(Webhook(hook)), done: Done::maintained(true, replayed) })
}

async fn retry(ctx: &Context<'_>, input: &RetryDeliveriesInput) -> Result<RetryDeliveriesPayload, Failure> {
    let event = input.event.as_ref().map(event).transpose()?;
    let (hook, n_events) = app(ctx).webhooks.retry(named(&input.webhook)?, event).await?;
    let count = u32::try_from(n_events).unwrap_or(u32::MAX);
    let done = Done::maintained(count != 0, false);
    Ok(RetryDeliveriesPayload { webhook: Some(Webhook(hook)), count, done })
}

async fn drop_parked(
    ctx: &Context<'_>,
    input: &DropParkedEventsInput,
) -> Result<DropParkedEventsPayload, Failure> {
    let event = input.event.as_ref().map(event).transpose()?;
    let (hook, n_events) = app(ctx).webhooks.drop_parked(named(&input.webhook)?, event).await?;
    let count = u32::try_from(n_events).unwrap_or(u32::MAX);
    let done = Done::maintained(count != 0, false);
    Ok(DropParkedEventsPayload { webhook: Some(Webhook(hook)), count, done })
}

/// The payload, or what it is when nothing was done.
fn answer<T>(done: Result<T, Failure>, refused: impl FnOnce(Done) -> T) -> Option<Answer<T>> {
    Some(match done {
        Ok(payload) => Ok(payload),
        Err(Failure::Refused(refusal)) => Ok(refused(Done::refused(refusal))),
        Err(Failure::Fault(error)) => Err(fault(error)),
    })
}

fn named(id: &ID) -> Result<WebhookId, Refusal> {
    webhook_of(id).ok_or_else(|| Refusal::not_found("webhook", "webhook"))
}

fn event(id: &ID) -> Result<(LearnerId, Version), Refusal> {
    match NodeId::decode(id) {
        Some(NodeId::Event(learner, version)) => Ok((learner, version)),
        _ => Err(Refusal::not_found("event", "event")),
    }
}

fn cursor(text: &str) -> Result<FeedCursor, Refusal> {
    let cursor = read_cursor(CURSOR_VERSION, text, FeedCursor::from_bytes);
    cursor.map_err(|_| Refusal::of("after", RefusalCode::InvalidInput, "must be a cursor of the feed"))
}

/// Kinds as the API names them, which is how they are kept.
fn names(kinds: &[EventKind]) -> Vec<String> {
    let items = EventKind::items().iter().filter(|it| kinds.contains(&it.value));
    items.map(|it| it.name.to_owned()).collect()
}
