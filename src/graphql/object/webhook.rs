//! Webhooks: who is told of events over HTTP, and how that goes.

use std::sync::Arc;

use async_graphql::{Context, Description, Enum, ID, Object, SimpleObject, resolver_utils::EnumType as _};

use super::EventKind;
use crate::{
    app::{self, EventPlace, Hook},
    graphql::{
        context::app,
        cost::{About, Counted},
        error::{Answer, caller_error, code, fault},
        id::{NodeId, id_of, id_of_webhook},
        page::{DEFAULT_PAGE, write_cursor},
        scalar::{DateTime, Url},
        subscription::CURSOR_VERSION,
    },
};

/// How many deliveries are answered at the most.
const MAX_FIRST: usize = app::MAX_LOG;

/// A receiver who is told of events over HTTP, as Standard Webhooks has it: at least once, and in order for each learner.
#[derive(Description)]
pub(in crate::graphql) struct Webhook(pub(in crate::graphql) Arc<Hook>);

#[Object(use_type_description)]
impl Webhook {
    /// Its id.
    async fn id(&self) -> ID {
        id_of_webhook(self.0.id)
    }

    /// Where it leads.
    async fn url(&self) -> Url {
        Url(self.0.webhook().url)
    }

    /// What it is for, in the words of whoever registered it.
    async fn description(&self) -> Option<String> {
        self.0.webhook().description
    }

    /// Of which kinds of events it is told; null: of all.
    #[graphql(directive = About::apply(4))]
    async fn kinds(&self) -> Option<Vec<EventKind>> {
        Some(self.0.webhook().kinds?.iter().filter_map(|it| kind_named(it)).collect())
    }

    /// Whether it is told at all.
    async fn state(&self) -> WebhookState {
        match self.0.webhook().disabled {
            None => WebhookState::Enabled,
            Some(_) => WebhookState::Disabled,
        }
    }

    /// Why it is disabled; null: it is not.
    async fn disabled_because(&self) -> Option<DisabledBecause> {
        self.0.webhook().disabled.map(Into::into)
    }

    /// Since when it is there.
    async fn registered_at(&self) -> DateTime {
        self.0.webhook().registered_at.into()
    }

    /// Up to where in the feed it is done with everything, as the argument `after` of `events`.
    async fn cursor(&self) -> String {
        write_cursor(CURSOR_VERSION, &self.0.cursor().to_bytes())
    }

    /// How many events it has not come to, whatever their kind; a whole number.
    async fn behind(&self, ctx: &Context<'_>) -> Answer<f64> {
        let heads = app(ctx).store.heads().await.map_err(fault)?;
        Ok(self.0.behind(&heads) as f64)
    }

    /// How many events were not taken and are tried again.
    async fn failing_count(&self) -> u32 {
        count(self.0.counts().0)
    }

    /// How many events were given up after more than a day, until `retryDeliveries`.
    async fn parked_count(&self) -> u32 {
        count(self.0.counts().1)
    }

    /// What was not taken and is tried again, what is next first. Later events of the same learner wait for it.
    #[graphql(directive = Counted::apply("first", 20))]
    async fn failing(
        &self,
        #[graphql(desc = "At most so many, up to 500; absent: 20.")] first: Option<i32>,
    ) -> Answer<Vec<UndeliveredEvent>> {
        Ok(self.0.failing(size(first)?).into_iter().map(Into::into).collect())
    }

    /// What was given up after more than a day, until `retryDeliveries`; oldest first, at most 1,000 in all.
    #[graphql(directive = Counted::apply("first", 20))]
    async fn parked(
        &self,
        #[graphql(desc = "At most so many, up to 500; absent: 20.")] first: Option<i32>,
    ) -> Answer<Vec<UndeliveredEvent>> {
        Ok(self.0.parked(size(first)?).into_iter().map(Into::into).collect())
    }

    /// What was sent, newest first: the last 500 attempts are known.
    #[graphql(directive = Counted::apply("first", 20))]
    async fn deliveries(
        &self,
        #[graphql(desc = "At most so many, up to 500; absent: 20.")] first: Option<i32>,
    ) -> Answer<Vec<Delivery>> {
        Ok(self.0.log(size(first)?).into_iter().map(Into::into).collect())
    }
}

/// Whether a webhook is told of events.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::graphql) enum WebhookState {
    /// It is.
    Enabled,
    /// It is not; what happens meanwhile waits.
    Disabled,
}

/// Why a webhook is told of nothing.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "app::DisabledBecause")]
pub(in crate::graphql) enum DisabledBecause {
    /// Somebody said so, by `updateWebhook`.
    Asked,
    /// The receiver answered 410: it wants nothing any more.
    Gone,
    /// 1,000 events are parked: no more are given up. To enable it tries them again;
    /// `dropParkedEvents` drops them.
    TooManyParked,
}

/// Why a receiver answered nothing.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "app::Trouble")]
pub(in crate::graphql) enum DeliveryTrouble {
    /// The address is not public, nor one that the server is told to allow.
    AddressNotAllowed,
    /// The name leads nowhere.
    NameNotResolved,
    /// Nobody takes connections there.
    ConnectionFailed,
    /// There is no TLS, or its certificate is not good.
    TlsFailed,
    /// It took too long.
    TimedOut,
    /// What came back is no HTTP, or the connection was cut.
    BrokenAnswer,
}

/// What follows of an attempt.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "app::Outcome")]
pub(in crate::graphql) enum DeliveryOutcome {
    /// It was taken: the status is 200 to 299.
    Delivered,
    /// It is tried again; by a webhook that is disabled, once that is enabled.
    Retrying,
    /// It is given up, until `retryDeliveries`.
    Parked,
}

/// An event that was not taken.
#[derive(SimpleObject)]
pub(in crate::graphql) struct UndeliveredEvent {
    /// The id of the event, as `Event.id`.
    event_id: ID,
    /// Whose it is, as `Learner.id`.
    learner_id: ID,
    /// What kind of thing happened.
    kind: Option<EventKind>,
    /// How often it was sent.
    attempts: u32,
    /// When it was sent first.
    since: DateTime,
    /// When it is sent again; null: it is parked.
    next_attempt_at: Option<DateTime>,
    /// The status of the last answer; null: there was none.
    status: Option<u32>,
    /// Why there was none; null: there was one.
    error: Option<DeliveryTrouble>,
}

/// An attempt to deliver an event.
#[derive(SimpleObject)]
pub(in crate::graphql) struct Delivery {
    /// The id of the event, as `Event.id`; also the header `webhook-id`.
    event_id: ID,
    /// Whose it is, as `Learner.id`.
    learner_id: ID,
    /// What kind of thing happened.
    kind: Option<EventKind>,
    /// Which attempt it was: 1, 2, 3.
    attempt: u32,
    /// When it ended.
    at: DateTime,
    /// How long it took, in milliseconds.
    duration_ms: u32,
    /// The status of the answer; null: there was none.
    status: Option<u32>,
    /// Why there was none; null: there was one.
    error: Option<DeliveryTrouble>,
    /// What follows of it.
    outcome: DeliveryOutcome,
}

impl From<app::Waiting> for UndeliveredEvent {
    fn from(it: app::Waiting) -> Self {
        Self {
            event_id: event_id(&it.event),
            learner_id: ID(id_of(it.event.learner)),
            kind: kind_named(&it.event.kind),
            attempts: it.attempts,
            since: it.since.into(),
            next_attempt_at: it.next_at.map(Into::into),
            status: it.last.status.map(u32::from),
            error: it.last.trouble.map(Into::into),
        }
    }
}

impl From<app::Delivery> for Delivery {
    fn from(it: app::Delivery) -> Self {
        Self {
            event_id: event_id(&it.event),
            learner_id: ID(id_of(it.event.learner)),
            kind: kind_named(&it.event.kind),
            attempt: it.number,
            at: it.at.into(),
            duration_ms: it.attempt.millis,
            status: it.attempt.status.map(u32::from),
            error: it.attempt.trouble.map(Into::into),
            outcome: it.outcome.into(),
        }
    }
}

fn event_id(event: &EventPlace) -> ID {
    NodeId::Event(event.learner, event.version).encode()
}

/// The kind of that name. What is kept has the names of the API.
fn kind_named(name: &str) -> Option<EventKind> {
    EventKind::items().iter().find(|it| it.name == name).map(|it| it.value)
}

fn count(n_items: usize) -> u32 {
    u32::try_from(n_items).unwrap_or(u32::MAX)
}

fn size(first: Option<i32>) -> Answer<usize> {
    let Some(first) = first else { return Ok(DEFAULT_PAGE) };
    let size = usize::try_from(first).ok().filter(|it| *it <= MAX_FIRST);
    let message = || format!("`first` must be between 0 and {MAX_FIRST}");
    size.ok_or_else(|| caller_error(code::BAD_USER_INPUT, message()))
}
