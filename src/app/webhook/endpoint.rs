//! A webhook as it was registered, and how one is asked for.

use std::sync::Arc;

use async_trait::async_trait;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

use super::{
    address::Allowed,
    deliveries::Attempt,
    secret::{Secret, Signature},
};
use crate::{
    app::FeedCursor,
    domain::{
        event::{Change, Event, Patch},
        id::WebhookId,
        learner::digest,
        refusal::{Refusal, RefusalCode},
        text,
        time::Timestamp,
    },
};

/// For how many days the secret before the newest goes on signing.
const DAYS_OF_OLD_SECRETS: i64 = 1;
/// How many secrets sign at the most, the newest included.
const MAX_SECRETS: usize = 3;
/// How many kinds of events may be named.
const MAX_KINDS: usize = 100;

/// Who is told of events.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// Where it leads.
    pub url: String,
    /// What it is for, in the words of who registered it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Of which kinds of events it is told; `None`: of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kinds: Option<Vec<String>>,
    /// Since when it is there.
    pub registered_at: Timestamp,
    /// Why it is told of nothing; `None`: it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<DisabledBecause>,
    /// The newest first.
    secrets: Vec<Signing>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Signing {
    secret: Secret,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
}

/// Why a webhook is told of nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DisabledBecause {
    /// Somebody said so.
    Asked,
    /// It answered 410.
    Gone,
    /// As many events are parked as can be.
    TooManyParked,
}

/// A wish for a webhook.
#[derive(Debug, Clone)]
pub struct RegisterWebhook {
    /// Where it leads.
    pub url: String,
    /// What it is for.
    pub description: Option<String>,
    /// Of which kinds of events it is told; `None`: of all.
    pub kinds: Option<Vec<String>>,
    /// After which place of the feed it begins; `None`: at its present end.
    pub after: Option<FeedCursor>,
    /// Makes the call safe to repeat.
    pub idempotency_key: Option<String>,
}

/// What is to change about a webhook.
#[derive(Debug, Clone)]
pub struct UpdateWebhook {
    /// Where it leads.
    pub url: Option<String>,
    /// What it is for.
    pub description: Patch<String>,
    /// Of which kinds of events it is told.
    pub kinds: Patch<Vec<String>>,
    /// Whether it is told at all.
    pub enabled: Option<bool>,
}

/// Brings messages to receivers. Whoever serves HTTP does it.
#[async_trait]
pub trait Courier: Send + Sync {
    /// Which addresses may be asked.
    fn allowed(&self) -> &Allowed;

    /// Brings a message, once, whatever comes of it, within the time that there is for it.
    async fn carry(&self, parcel: Parcel) -> Attempt;
}

/// A message and where it goes.
#[derive(Debug)]
pub struct Parcel {
    /// Where it goes.
    pub url: String,
    /// What it says.
    pub content: Content,
    /// What is now.
    pub now: Timestamp,
    secrets: Vec<Secret>,
}

/// What a message says.
#[derive(Debug)]
pub enum Content {
    /// An event, and how far its receiver is with it.
    Event(Box<Event>, FeedCursor),
    /// Nothing but that there is a way.
    Test(Uuid),
}

impl Parcel {
    /// What to put into `webhook-signature`, for the message with this id and body.
    pub fn signature(&self, id: &str, seconds: i64, body: &[u8]) -> Signature {
        let all: Vec<_> = self.secrets.iter().map(|it| it.sign(id, seconds, body).0).collect();
        Signature(all.join(" "))
    }
}

impl Webhook {
    pub(super) fn new(id: WebhookId, wish: &RegisterWebhook, now: Timestamp, secret: [u8; 32]) -> Self {
        Self {
            id,
            url: wish.url.clone(),
            description: wish.description.clone(),
            kinds: wish.kinds.clone(),
            registered_at: now,
            disabled: None,
            secrets: vec![Signing { secret: Secret::new(secret), until: None }],
        }
    }

    /// Whether it is to be told of this.
    pub(super) fn wants(&self, kind: &str) -> bool {
        self.kinds.as_ref().is_none_or(|it| it.iter().any(|it| it == kind))
    }

    pub(super) fn parcel(&self, content: Content, now: Timestamp) -> Parcel {
        let signing = self.secrets.iter().filter(|it| it.until.is_none_or(|it| now < it));
        let secrets = signing.map(|it| it.secret.clone()).collect();
        Parcel { url: self.url.clone(), content, now, secrets }
    }

    /// The newest secret, to be shown.
    pub(super) fn secret(&self) -> String {
        self.secrets.first().map_or(String::new(), |it| it.secret.reveal())
    }

    /// From now on there is another secret; the last one signs a while longer.
    pub(super) fn rotate(&mut self, secret: [u8; 32], now: Timestamp) {
        self.secrets.retain(|it| it.until.is_none_or(|it| now < it));
        self.secrets.iter_mut().for_each(|it| {
            it.until.get_or_insert(now.plus_days(DAYS_OF_OLD_SECRETS));
        });
        self.secrets.insert(0, Signing { secret: Secret::new(secret), until: None });
        self.secrets.truncate(MAX_SECRETS);
    }

    /// This webhook with the changes.
    pub(super) fn updated(&self, wish: UpdateWebhook) -> Self {
        let mut next = self.clone();
        next.url = wish.url.unwrap_or(next.url);
        wish.description.apply(&mut next.description);
        wish.kinds.apply(&mut next.kinds);
        next.disabled = match wish.enabled {
            Some(true) => None,
            Some(false) => next.disabled.or(Some(DisabledBecause::Asked)),
            None => next.disabled,
        };
        next
    }

    /// Whether everything that can be asked for is the same.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let parts = |it: &Self| (it.url.clone(), it.description.clone(), it.kinds.clone(), it.disabled);
        parts(self) == parts(other)
    }
}

impl RegisterWebhook {
    /// The wish as it is carried out.
    pub(super) fn checked(self, courier: &Arc<dyn Courier>) -> Result<Self, Refusal> {
        Ok(Self {
            url: url(courier, &self.url)?,
            description: self.description.map(|it| text::line("description", &it)).transpose()?,
            kinds: self.kinds.map(kinds).transpose()?,
            after: self.after,
            idempotency_key: self.idempotency_key.map(|it| text::line("idempotencyKey", &it)).transpose()?,
        })
    }

    /// Identifies what is asked for.
    pub(super) fn fingerprint(&self) -> String {
        let after = self.after.as_ref().map(FeedCursor::to_bytes);
        let all =
            serde_json::to_string(&(&self.url, &self.description, &self.kinds, after)).expect("plain data");
        HEXLOWER.encode(&digest(&[&all]))
    }
}

impl UpdateWebhook {
    pub(super) fn checked(self, courier: &Arc<dyn Courier>) -> Result<Self, Refusal> {
        Ok(Self {
            url: self.url.map(|it| url(courier, &it)).transpose()?,
            description: self.description.try_map(|it| text::line("description", &it))?,
            kinds: self.kinds.try_map(kinds)?,
            enabled: self.enabled,
        })
    }

    /// Identifies what is asked for.
    pub(super) fn fingerprint(&self) -> String {
        let all = (&self.url, told(&self.description), told(&self.kinds), self.enabled);
        HEXLOWER.encode(&digest(&[&serde_json::to_string(&all).expect("plain data")]))
    }
}

/// A change as JSON tells it apart: `[]`, `[null]` or `[value]`.
fn told<T>(patch: &Patch<T>) -> Vec<Option<&T>> {
    match patch {
        Patch::Keep => vec![],
        Patch::Clear => vec![None],
        Patch::Set(value) => vec![Some(value)],
    }
}

/// The kind of an event, as it is kept and as the API names it.
pub(super) fn kind_of(change: &Change) -> String {
    let json = serde_json::to_value(change).expect("an event is plain data");
    json["kind"].as_str().unwrap_or_default().to_owned()
}

fn url(courier: &Arc<dyn Courier>, text: &str) -> Result<String, Refusal> {
    let text = text::url("url", text)?;
    let refuse = |how| Refusal::of("url", RefusalCode::InvalidInput, how);
    let url = Url::parse(&text).map_err(|_| refuse("must be a complete address"))?;
    courier.allowed().check(&url).map_err(|how| Refusal::of("url", RefusalCode::NotAllowed, how))?;
    Ok(text)
}

fn kinds(mut kinds: Vec<String>) -> Result<Vec<String>, Refusal> {
    kinds.sort();
    kinds.dedup();
    match kinds.len() {
        0 => Err(Refusal::of("kinds", RefusalCode::InvalidInput, "must name a kind, or be null for all")),
        1..=MAX_KINDS => Ok(kinds),
        _ => Err(Refusal::of("kinds", RefusalCode::TooLong, "must not name as many kinds")),
    }
}
