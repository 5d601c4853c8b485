//! Webhooks: receivers over HTTP who are told of events, each from a place in the feed on, at least once, and in order
//! for each learner.
//!
//! A webhook is a note of the store: how it was registered, how far it is, what is tried again or parked, and a log.
//! `worker` follows the feed for each; `deliveries` is what becomes of that; a [`Courier`], which is given from
//! outside, brings the messages.

mod address;
mod deliveries;
mod endpoint;
mod hook;
mod managing;
mod schedule;
mod secret;
mod worker;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
};

use data_encoding::HEXLOWER;
use tokio::sync::{Mutex as Turn, Notify, OnceCell};

pub use address::{Allowed, Rule};
pub use deliveries::{Attempt, Delivery, EventPlace, MAX_LOG, MAX_PARKED, Outcome, Trouble, Waiting};
pub use endpoint::{Content, Courier, DisabledBecause, Parcel, RegisterWebhook, UpdateWebhook, Webhook};
pub use hook::Hook;
pub use managing::Managed;
pub use secret::Signature;

use super::{
    Env, Failure, FeedCursor,
    write::{other_input, read_only},
};
use crate::{
    domain::{
        id::{LearnerId, WebhookId},
        learner::digest,
        refusal::{Refusal, RefusalCode},
        text,
        time::Timestamp,
    },
    store::{Store, StoreError},
};
use hook::{Keyed, Note, PREFIX, name_of};

/// How many webhooks there may be.
pub const MAX_WEBHOOKS: usize = 32;

/// Who is told of events, and how far they are.
pub struct Webhooks {
    store: Arc<dyn Store>,
    env: Arc<dyn Env>,
    courier: RwLock<Option<Arc<dyn Courier>>>,
    /// What there is, once it was read.
    hooks: OnceCell<Mutex<BTreeMap<WebhookId, Arc<Hook>>>>,
    /// One is registered, changed or removed at a time.
    turn: Turn<()>,
    /// There is another one.
    added: Notify,
}

/// A webhook that is there now.
pub struct Registered {
    /// The webhook.
    pub hook: Arc<Hook>,
    /// Its secret, to be shown this once.
    pub secret: String,
    /// Whether an earlier call with the same key answers.
    pub replayed: bool,
}

impl Webhooks {
    /// Those in a store; nothing is read yet.
    pub(super) fn new(store: Arc<dyn Store>, env: Arc<dyn Env>) -> Self {
        let (courier, hooks) = (RwLock::default(), OnceCell::new());
        Self { store, env, courier, hooks, turn: Turn::default(), added: Notify::new() }
    }

    /// From now on messages go by this courier.
    pub fn send_by(&self, courier: Arc<dyn Courier>) {
        *self.courier.write().unwrap_or_else(PoisonError::into_inner) = Some(courier);
    }

    /// All of them, oldest first.
    pub async fn all(&self) -> Result<Vec<Arc<Hook>>, StoreError> {
        Ok(self.hooks().await?.values().cloned().collect())
    }

    /// One of them; `None`: there is none of this id.
    pub async fn find(&self, id: WebhookId) -> Result<Option<Arc<Hook>>, StoreError> {
        Ok(self.hooks().await?.get(&id).cloned())
    }

    /// Adds one.
    pub async fn register(&self, wish: RegisterWebhook) -> Result<Registered, Failure> {
        let wish = wish.checked(&self.courier()?)?;
        let _turn = self.turn.lock().await;
        let call =
            keyed("register webhook", wish.idempotency_key.clone(), &wish.fingerprint(), self.env.now())?;
        for hook in self.all().await? {
            match hook.read(|it| it.registration.clone()).zip(call.clone()) {
                Some((first, again)) if first.is_same(&again) => {
                    let secret = hook.read(|it| it.webhook.secret());
                    return Ok(Registered { hook, secret, replayed: true });
                }
                Some((first, again)) if first.key == again.key => return Err(other_input().into()),
                _ => {}
            }
        }
        if MAX_WEBHOOKS <= self.hooks().await?.len() {
            let message = format!("there can be at most {MAX_WEBHOOKS} webhooks; remove one first");
            return Err(Refusal::new(RefusalCode::LimitReached, message).into());
        }
        self.check_writable()?;
        let heads = self.store.heads().await?;
        let webhook =
            Webhook::new(WebhookId(self.env.fresh_id()), &wish, self.env.now(), self.env.fresh_secret());
        let secret = webhook.secret();
        let mut note = Note::new(webhook, wish.after.unwrap_or_else(|| FeedCursor(heads.clone())), call);
        note.deliveries.keep_within(&heads);
        let hook = Arc::new(Hook::new(note));
        if let Err(error) = hook.save(&self.store).await {
            // It may be there all the same, and nobody would know of it.
            let _ = hook.erase(&self.store).await;
            return Err(error.into());
        }
        self.hooks().await?.insert(hook.id, hook.clone());
        self.added.notify_one();
        Ok(Registered { hook, secret, replayed: false })
    }

    /// Removes one. Answers whether it was there.
    pub async fn remove(&self, id: WebhookId) -> Result<bool, Failure> {
        let _turn = self.turn.lock().await;
        let Some(hook) = self.find(id).await? else { return Ok(false) };
        self.check_writable()?;
        hook.erase(&self.store).await?;
        hook.remove();
        self.hooks().await?.remove(&id);
        // Whoever was writing it when it was removed may have been later.
        hook.erase(&self.store).await?;
        Ok(true)
    }

    /// Leaves nothing of a learner who was erased. What cannot be written now is written later.
    pub(super) async fn forget(&self, learner: LearnerId) {
        let Ok(hooks) = self.all().await.inspect_err(report) else { return };
        for hook in hooks {
            hook.forget(learner);
            if hook.is_dirty() {
                let _ = hook.save(&self.store).await.inspect_err(report);
            }
        }
    }

    fn courier(&self) -> Result<Arc<dyn Courier>, Refusal> {
        let courier = self.courier.read().unwrap_or_else(PoisonError::into_inner).clone();
        courier.ok_or_else(|| Refusal::new(RefusalCode::NotApplicable, "this server sends no messages"))
    }

    async fn known(&self, id: WebhookId) -> Result<Arc<Hook>, Failure> {
        self.find(id).await?.ok_or_else(|| Refusal::not_found("webhook", "webhook").into())
    }

    fn check_writable(&self) -> Result<(), Refusal> {
        if self.store.read_only().is_some() { Err(read_only()) } else { Ok(()) }
    }

    async fn hooks(&self) -> Result<MutexGuard<'_, BTreeMap<WebhookId, Arc<Hook>>>, StoreError> {
        let hooks = self.hooks.get_or_try_init(|| self.load()).await?;
        Ok(hooks.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads what there is. What was erased, or is gone with a backup that was put back, is dropped. So is what nobody
    /// could remove: what cannot be understood, and the first of two that one call with a key made, because it was
    /// called again when nobody was told of that.
    async fn load(&self) -> Result<Mutex<BTreeMap<WebhookId, Arc<Hook>>>, StoreError> {
        let (mut hooks, heads) = (BTreeMap::new(), self.store.heads().await?);
        let mut registered = BTreeMap::<String, WebhookId>::new();
        for name in self.store.notes(PREFIX).await? {
            let Some(bytes) = self.store.note(&name).await? else { continue };
            let Some(note) = Note::from_bytes(&bytes).filter(|it| name == name_of(it.webhook.id)) else {
                tracing::error!(
                    note = name,
                    "a webhook cannot be understood and is removed; register it again"
                );
                self.drop_note(&name).await;
                continue;
            };
            let key = note.registration.as_ref().map(|it| it.key.clone());
            if let Some(twin) = key.and_then(|it| registered.insert(it, note.webhook.id)) {
                tracing::warn!(webhook = %twin, "a webhook was registered twice by one call; the first is removed");
                hooks.remove(&twin);
                self.drop_note(&name_of(twin)).await;
            }
            let hook = Hook::new(note);
            hook.change(|it| it.deliveries.keep_within(&heads));
            for learner in hook.read(|it| it.deliveries.learners()) {
                if self.store.erased_at(learner).await?.is_some() {
                    hook.forget(learner);
                }
            }
            hooks.insert(hook.id, Arc::new(hook));
        }
        Ok(Mutex::new(hooks))
    }

    /// Removes a note that is of no use. What cannot be removed now is removed at the next start.
    async fn drop_note(&self, name: &str) {
        let _ = self.store.keep_note(name, None).await.inspect_err(report);
    }
}

/// What is kept of a call with a key; `None`: it has none.
fn keyed(
    call: &str,
    key: Option<String>,
    fingerprint: &str,
    now: Timestamp,
) -> Result<Option<Keyed>, Refusal> {
    let Some(key) = key else { return Ok(None) };
    let key = HEXLOWER.encode(&digest(&[call, &text::line("idempotencyKey", &key)?]));
    let fingerprint = HEXLOWER.encode(&digest(&[fingerprint]));
    Ok(Some(Keyed { key, fingerprint, at: now, n_changed: 0, attempt: None }))
}

fn report(error: &StoreError) {
    tracing::error!(error = %error, "a webhook could not be kept");
}
