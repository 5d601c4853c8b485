//! What can be asked for of a webhook that is there. With a key each of it happens once: what the call did is kept with
//! the webhook.

use std::sync::Arc;

use data_encoding::HEXLOWER;

use super::{Attempt, Content, Hook, Registered, UpdateWebhook, Webhooks, hook::Keyed, keyed};
use crate::{
    app::{Failure, FeedCursor, write::key_reused},
    domain::{
        id::{LearnerId, Version, WebhookId},
        refusal::{Refusal, RefusalCode},
    },
};

/// What came of a call about a webhook.
pub struct Managed {
    /// The webhook.
    pub hook: Arc<Hook>,
    /// How many events it was about, or changes of the webhook itself.
    pub n_changed: usize,
    /// What came of a message that was sent for it.
    pub attempt: Option<Attempt>,
    /// Whether an earlier call with the same key answers.
    pub replayed: bool,
}

impl Webhooks {
    /// Changes one, if that makes a difference.
    pub async fn update(
        &self,
        id: WebhookId,
        wish: UpdateWebhook,
        key: Option<String>,
    ) -> Result<Managed, Failure> {
        let wish = wish.checked(&self.courier()?)?;
        let call = keyed("update", key, &wish.fingerprint(), self.env.now())?;
        let _turn = self.turn.lock().await;
        let hook = self.known(id).await?;
        if let Some(managed) = self.earlier(&hook, call.as_ref()).await? {
            return Ok(managed);
        }
        let next = hook.webhook().updated(wish);
        let is_like = next.is_like(&hook.webhook());
        if is_like && call.is_none() {
            return Ok(Managed { hook, n_changed: 0, attempt: None, replayed: false });
        }
        self.check_writable()?;
        let now = self.env.now();
        if !is_like {
            hook.change_course(|it| {
                // What failed there, or before it was disabled, may do well now.
                if it.webhook.url != next.url || it.webhook.disabled.is_some() {
                    it.deliveries.resume(now);
                }
                it.webhook = next;
            });
        }
        self.carried_out(hook, call, usize::from(!is_like), None).await
    }

    /// Gives one another secret. For a day, messages are signed with the one before as well.
    pub async fn rotate(&self, id: WebhookId, key: Option<String>) -> Result<Registered, Failure> {
        let call = keyed("rotate", key, "", self.env.now())?;
        let _turn = self.turn.lock().await;
        let hook = self.known(id).await?;
        let managed = match self.earlier(&hook, call.as_ref()).await? {
            Some(managed) => managed,
            None => {
                self.check_writable()?;
                let (now, secret) = (self.env.now(), self.env.fresh_secret());
                hook.change(|it| it.webhook.rotate(secret, now));
                self.carried_out(hook, call, 1, None).await?
            }
        };
        let secret = managed.hook.read(|it| it.webhook.secret());
        Ok(Registered { hook: managed.hook, secret, replayed: managed.replayed })
    }

    /// Sends a message that says nothing, now and once.
    pub async fn test(&self, id: WebhookId, key: Option<String>) -> Result<Managed, Failure> {
        let (courier, call) = (self.courier()?, keyed("test", key, "", self.env.now())?);
        let hook = self.known(id).await?;
        let Ok(turn) = hook.testing.try_lock() else {
            return Err(Refusal::new(RefusalCode::Conflict, "a test is under way; wait for it").into());
        };
        if let Some(managed) = self.earlier(&hook, call.as_ref()).await? {
            return Ok(managed);
        }
        if call.is_some() {
            self.check_writable()?;
        }
        let content = Content::Test(self.env.fresh_id());
        let parcel = hook.webhook().parcel(content, self.env.now());
        let attempt = courier.carry(parcel).await;
        let managed = match call {
            Some(_) => self.carried_out(hook.clone(), call, 0, Some(attempt)).await,
            None => Ok(Managed { hook: hook.clone(), n_changed: 0, attempt: Some(attempt), replayed: false }),
        };
        drop(turn);
        managed
    }

    /// Goes on from another place in the feed; `None`: from its start.
    pub async fn replay(
        &self,
        id: WebhookId,
        after: Option<FeedCursor>,
        key: Option<String>,
    ) -> Result<Managed, Failure> {
        let after = after.unwrap_or_else(FeedCursor::start);
        let call = keyed("replay", key, &HEXLOWER.encode(&after.to_bytes()), self.env.now())?;
        let _turn = self.turn.lock().await;
        let hook = self.known(id).await?;
        if let Some(managed) = self.earlier(&hook, call.as_ref()).await? {
            return Ok(managed);
        }
        self.check_writable()?;
        let heads = self.store.heads().await?;
        hook.change_course(|it| {
            it.deliveries.replay(after);
            it.deliveries.keep_within(&heads);
        });
        self.carried_out(hook, call, 1, None).await
    }

    /// Tries now what failed and what is parked: one event or all.
    pub async fn retry(
        &self,
        id: WebhookId,
        event: Option<(LearnerId, Version)>,
        key: Option<String>,
    ) -> Result<Managed, Failure> {
        let call = keyed("retry", key, &named(event), self.env.now())?;
        let _turn = self.turn.lock().await;
        let hook = self.known(id).await?;
        if let Some(managed) = self.earlier(&hook, call.as_ref()).await? {
            return Ok(managed);
        }
        if hook.webhook().disabled.is_some() {
            let message = "the webhook is disabled; enable it first";
            return Err(Refusal::of("webhook", RefusalCode::NotApplicable, message).into());
        }
        self.check_writable()?;
        let now = self.env.now();
        let n_events = hook.change(|it| it.deliveries.retry(event, now));
        hook.wake.notify_one();
        self.carried_out(hook, call, n_events, None).await
    }

    /// Gives up for good what is parked: one event or all.
    pub async fn drop_parked(
        &self,
        id: WebhookId,
        event: Option<(LearnerId, Version)>,
        key: Option<String>,
    ) -> Result<Managed, Failure> {
        let call = keyed("drop parked", key, &named(event), self.env.now())?;
        let _turn = self.turn.lock().await;
        let hook = self.known(id).await?;
        if let Some(managed) = self.earlier(&hook, call.as_ref()).await? {
            return Ok(managed);
        }
        self.check_writable()?;
        let n_events = hook.change(|it| it.deliveries.drop_parked(event));
        hook.wake.notify_one();
        self.carried_out(hook, call, n_events, None).await
    }

    /// What came of the call that was carried out with the same key.
    async fn earlier(&self, hook: &Arc<Hook>, call: Option<&Keyed>) -> Result<Option<Managed>, Failure> {
        let Some(call) = call else { return Ok(None) };
        let reused = |()| key_reused("the key was used for something else; use a new key for a new call");
        let Some(known) = hook.earlier(call).map_err(reused)? else {
            let message =
                "there were as many calls with keys about this webhook in the last 7 days as there may be";
            let full = || Refusal::of("idempotencyKey", RefusalCode::LimitReached, message);
            return if hook.has_room(call.at) { Ok(None) } else { Err(full().into()) };
        };
        // What it did may not have been kept when it was done.
        if hook.is_dirty() {
            hook.save(&self.store).await?;
        }
        let Keyed { n_changed, attempt, .. } = known;
        Ok(Some(Managed { hook: hook.clone(), n_changed, attempt, replayed: true }))
    }

    /// Keeps what a call did, and with its key what it was answered.
    async fn carried_out(
        &self,
        hook: Arc<Hook>,
        call: Option<Keyed>,
        n_changed: usize,
        attempt: Option<Attempt>,
    ) -> Result<Managed, Failure> {
        if let Some(call) = call {
            hook.remember(Keyed { n_changed, attempt: attempt.clone(), ..call });
        }
        hook.save(&self.store).await?;
        Ok(Managed { hook, n_changed, attempt, replayed: false })
    }
}

/// An event, or all.
fn named(event: Option<(LearnerId, Version)>) -> String {
    event.map_or("all".into(), |(learner, version)| format!("{learner} {version}"))
}
