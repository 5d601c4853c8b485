//! Webhooks: registering, changing and removing them, and what is done about what they were not told. For administrators.

mod input;
mod payload;

use async_graphql::{Context, ID, Object, resolver_utils::EnumType as _};

use self::input::{
    DropParkedEventsInput, RegisterWebhookInput, RemoveWebhookInput, ReplayWebhookInput,
    RetryDeliveriesInput, RotateWebhookSecretInput, TestWebhookInput, UpdateWebhookInput,
};
pub(super) use self::payload::{
    DropParkedEventsPayload, RegisterWebhookPayload, RemoveWebhookPayload, ReplayWebhookPayload,
    RetryDeliveriesPayload, RotateWebhookSecretPayload, TestWebhookPayload, UpdateWebhookPayload,
};
use super::{Answer, Done, app, fault, idempotency_key, patch};
use crate::{
    app::{Attempt, Failure, FeedCursor, Managed, RegisterWebhook, Registered, UpdateWebhook},
    domain::{
        id::{LearnerId, Version, WebhookId},
        refusal::{Refusal, RefusalCode},
    },
    graphql::{
        id::{NodeId, webhook_of},
        object::{EventKind, Webhook},
        page::read_cursor,
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
        answer(test(ctx, input).await, |done| TestWebhookPayload { done, ..Default::default() })
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
        answer(retry(ctx, input).await, |done| RetryDeliveriesPayload { done, ..Default::default() })
    }

    /// Gives up for good what is parked of a receiver, who is told of it only if the webhook is replayed. The events
    /// stay. For administrators.
    async fn drop_parked_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which receiver, and which events.")] input: DropParkedEventsInput,
    ) -> Option<Answer<DropParkedEventsPayload>> {
        answer(drop_parked(ctx, input).await, |done| DropParkedEventsPayload { done, ..Default::default() })
    }
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
    let key = idempotency_key(ctx, input.idempotency_key);
    let it = app(ctx).webhooks.update(named(&input.webhook)?, wish, key).await?;
    let done = Done::maintained(it.n_changed != 0, it.replayed);
    Ok(UpdateWebhookPayload { webhook: Some(Webhook(it.hook)), done })
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

async fn test(ctx: &Context<'_>, input: TestWebhookInput) -> Result<TestWebhookPayload, Failure> {
    let (webhook, key) = (named(&input.webhook)?, idempotency_key(ctx, input.idempotency_key));
    let it = app(ctx).webhooks.test(webhook, key).await?;
    let attempt = it.attempt.as_ref();
    Ok(TestWebhookPayload {
        webhook: Some(Webhook(it.hook)),
        delivered: attempt.is_some_and(Attempt::is_delivered),
        status: attempt.and_then(|it| it.status).map(u32::from),
        error: attempt.and_then(|it| it.trouble).map(Into::into),
        duration_ms: attempt.map(|it| it.millis),
        done: Done::maintained(false, it.replayed),
    })
}

async fn replay(ctx: &Context<'_>, input: ReplayWebhookInput) -> Result<ReplayWebhookPayload, Failure> {
    let (webhook, key) = (named(&input.webhook)?, idempotency_key(ctx, input.idempotency_key));
    let after = input.after.map(|it| cursor(&it)).transpose()?;
    let it = app(ctx).webhooks.replay(webhook, after, key).await?;
    Ok(ReplayWebhookPayload { webhook: Some(Webhook(it.hook)), done: Done::maintained(true, it.replayed) })
}

async fn retry(ctx: &Context<'_>, input: RetryDeliveriesInput) -> Result<RetryDeliveriesPayload, Failure> {
    let (webhook, key) = (named(&input.webhook)?, idempotency_key(ctx, input.idempotency_key));
    let event = input.event.as_ref().map(event).transpose()?;
    let it = app(ctx).webhooks.retry(webhook, event, key).await?;
    let (count, done) = counted(&it);
    Ok(RetryDeliveriesPayload { webhook: Some(Webhook(it.hook)), count, done })
}

async fn drop_parked(
    ctx: &Context<'_>,
    input: DropParkedEventsInput,
) -> Result<DropParkedEventsPayload, Failure> {
    let (webhook, key) = (named(&input.webhook)?, idempotency_key(ctx, input.idempotency_key));
    let event = input.event.as_ref().map(event).transpose()?;
    let it = app(ctx).webhooks.drop_parked(webhook, event, key).await?;
    let (count, done) = counted(&it);
    Ok(DropParkedEventsPayload { webhook: Some(Webhook(it.hook)), count, done })
}

/// How many events it was about.
fn counted(it: &Managed) -> (u32, Done) {
    let count = u32::try_from(it.n_changed).unwrap_or(u32::MAX);
    (count, Done::maintained(count != 0, it.replayed))
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
