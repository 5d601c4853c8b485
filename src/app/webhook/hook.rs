//! A webhook with how far it is, in memory and as a note.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex as Turn, Notify};

use super::{
    deliveries::{Attempt, Deliveries, Delivery, EventPlace, Waiting},
    endpoint::{DisabledBecause, Webhook},
};
use crate::{
    app::FeedCursor,
    domain::{
        id::{LearnerId, WebhookId},
        time::Timestamp,
    },
    store::{Position, Store, StoreError},
};

/// The names of notes about webhooks begin with this.
pub(super) const PREFIX: &str = "webhook.";
/// The form of such a note.
const FORMAT: u32 = 1;
/// How many days keys of calls about a webhook are known, and how many calls there may be in that time.
const KEY_DAYS: i64 = 7;
const MAX_KEYS: usize = 1_000;

/// A webhook with how far it is.
pub struct Hook {
    /// Its id.
    pub id: WebhookId,
    now: Mutex<Now>,
    /// Something is to be done that the feed does not tell of.
    pub(super) wake: Notify,
    /// One writes the note at a time.
    saving: Turn<()>,
    /// One test is under way at a time.
    pub(super) testing: Turn<()>,
}

struct Now {
    note: Note,
    /// Changes with whatever makes that what is under way does not count.
    generation: u64,
    is_dirty: bool,
    is_removed: bool,
}

/// What is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Note {
    format: u32,
    pub(super) webhook: Webhook,
    pub(super) deliveries: Deliveries,
    /// The call that registered it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) registration: Option<Keyed>,
    /// Later calls with keys, newest first.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    keys: VecDeque<Keyed>,
}

/// A call that had an idempotency key, by digests, and what it was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Keyed {
    pub(super) key: String,
    pub(super) fingerprint: String,
    /// When it was carried out.
    #[serde(default = "long_ago")]
    pub(super) at: Timestamp,
    #[serde(default)]
    pub(super) n_changed: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) attempt: Option<Attempt>,
}

fn long_ago() -> Timestamp {
    Timestamp::from_micros(0)
}

impl Keyed {
    /// Whether it is the same call.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        (&self.key, &self.fingerprint) == (&other.key, &other.fingerprint)
    }

    fn is_known(&self, now: Timestamp) -> bool {
        now < self.at.plus_days(KEY_DAYS)
    }
}

impl Note {
    pub(super) fn new(webhook: Webhook, after: FeedCursor, registration: Option<Keyed>) -> Self {
        let deliveries = Deliveries::after(after);
        Self { format: FORMAT, webhook, deliveries, registration, keys: VecDeque::new() }
    }

    /// From what is kept; `None`: it cannot be understood.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok().filter(|it: &Self| it.format == FORMAT)
    }

    fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a note is plain data")
    }
}

impl Hook {
    pub(super) fn new(note: Note) -> Self {
        let id = note.webhook.id;
        let now = Now { note, generation: 0, is_dirty: false, is_removed: false };
        Self {
            id,
            now: Mutex::new(now),
            wake: Notify::new(),
            saving: Turn::default(),
            testing: Turn::default(),
        }
    }

    /// The webhook as it is.
    pub fn webhook(&self) -> Webhook {
        self.now().note.webhook.clone()
    }

    /// Up to where in the feed it is done with everything.
    pub fn cursor(&self) -> FeedCursor {
        self.now().note.deliveries.cursor.clone()
    }

    /// How many places of the feed it has not come to.
    pub fn behind(&self, heads: &[Position]) -> u64 {
        self.now().note.deliveries.behind(heads)
    }

    /// What is tried again, what is next first; at most so many.
    pub fn failing(&self, limit: usize) -> Vec<Waiting> {
        let mut failing: Vec<_> = self.now().note.deliveries.failing.values().cloned().collect();
        failing.sort_by_key(|it| it.next_at);
        failing.truncate(limit);
        failing
    }

    /// What is parked, what was parked first first; at most so many.
    pub fn parked(&self, limit: usize) -> Vec<Waiting> {
        self.now().note.deliveries.parked.iter().take(limit).cloned().collect()
    }

    /// How many events are tried again, and how many are parked.
    pub fn counts(&self) -> (usize, usize) {
        let now = self.now();
        (now.note.deliveries.failing.len(), now.note.deliveries.parked.len())
    }

    /// What was tried, newest first; at most so many.
    pub fn log(&self, limit: usize) -> Vec<Delivery> {
        self.now().note.deliveries.log.iter().take(limit).cloned().collect()
    }

    /// Reads what is kept.
    pub(super) fn read<T>(&self, read: impl FnOnce(&Note) -> T) -> T {
        read(&self.now().note)
    }

    /// Changes what is kept; it has to be saved.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut Note) -> T) -> T {
        let mut now = self.now();
        now.is_dirty = true;
        change(&mut now.note)
    }

    /// As [`Hook::change`], and what is under way does not count any more.
    pub(super) fn change_course<T>(&self, change: impl FnOnce(&mut Note) -> T) -> T {
        let mut now = self.now();
        (now.is_dirty, now.generation) = (true, now.generation + 1);
        let changed = change(&mut now.note);
        drop(now);
        self.wake.notify_one();
        changed
    }

    /// The call that was carried out with the same key. `Err`: it was another one.
    pub(super) fn earlier(&self, call: &Keyed) -> Result<Option<Keyed>, ()> {
        let is_it = |it: &&Keyed| it.key == call.key && it.is_known(call.at);
        match self.now().note.keys.iter().find(is_it) {
            Some(known) if known.fingerprint != call.fingerprint => Err(()),
            known => Ok(known.cloned()),
        }
    }

    /// Whether there is room for one more call with a key at that time.
    pub(super) fn has_room(&self, now: Timestamp) -> bool {
        self.read(|it| it.keys.iter().take_while(|it| it.is_known(now)).count() < MAX_KEYS)
    }

    /// A call was carried out. It has to be saved.
    pub(super) fn remember(&self, call: Keyed) {
        self.change(|it| {
            it.keys.retain(|it| it.is_known(call.at));
            it.keys.push_front(call);
        });
    }

    /// It is gone: nothing of it is sent or kept any more.
    pub(super) fn remove(&self) {
        let mut now = self.now();
        (now.is_removed, now.generation) = (true, now.generation + 1);
        drop(now);
        self.wake.notify_one();
    }

    pub(super) fn is_removed(&self) -> bool {
        self.now().is_removed
    }

    pub(super) fn is_dirty(&self) -> bool {
        self.now().is_dirty
    }

    /// How far a bucket is, and in which generation.
    pub(super) fn place(&self, bucket: u16) -> (u64, Position) {
        let now = self.now();
        (now.generation, now.note.deliveries.cursor.0[usize::from(bucket)])
    }

    /// Whether what was begun in this generation is still asked for.
    pub(super) fn goes_on(&self, generation: u64) -> bool {
        let now = self.now();
        now.generation == generation && now.note.webhook.disabled.is_none()
    }

    /// Nothing is to be sent up to this place. Answers whether the bucket goes on.
    pub(super) fn pass(&self, generation: u64, bucket: u16, position: Position) -> bool {
        let mut now = self.now();
        if now.generation != generation {
            return false;
        }
        now.is_dirty = true;
        now.note.deliveries.pass(bucket, position);
        true
    }

    /// An event was tried. Answers whether its bucket goes on.
    pub(super) fn tried(&self, generation: u64, event: EventPlace, at: Timestamp, attempt: Attempt) -> bool {
        let mut now = self.now();
        if now.generation != generation {
            return false;
        }
        now.is_dirty = true;
        let is_gone = attempt.is_gone();
        let goes_on = now.note.deliveries.tried(event, at, attempt);
        if is_gone {
            now.note.webhook.disabled = Some(DisabledBecause::Gone);
        } else if now.note.deliveries.is_stuck() {
            now.note.webhook.disabled = Some(DisabledBecause::TooManyParked);
        }
        goes_on && now.note.webhook.disabled.is_none()
    }

    /// What was parked was tried again.
    pub(super) fn tried_parked(&self, event: EventPlace, at: Timestamp, attempt: Attempt) {
        let is_gone = attempt.is_gone();
        self.change(|it| {
            it.deliveries.tried_parked(event, at, attempt);
            if is_gone {
                it.webhook.disabled = Some(DisabledBecause::Gone);
            }
        });
    }

    /// Leaves nothing of a learner.
    pub(super) fn forget(&self, learner: LearnerId) {
        let mut now = self.now();
        now.is_dirty |= now.note.deliveries.forget(learner);
    }

    /// Writes the note as it is now, unless it is removed.
    pub(super) async fn save(self: &Arc<Self>, store: &Arc<dyn Store>) -> Result<(), StoreError> {
        let (hook, store) = (self.clone(), store.clone());
        to_its_end(async move {
            let _turn = hook.saving.lock().await;
            let bytes = {
                let mut now = hook.now();
                if now.is_removed {
                    return Ok(());
                }
                now.is_dirty = false;
                now.note.to_bytes()
            };
            let kept = store.keep_note(&name_of(hook.id), Some(&bytes)).await;
            kept.inspect_err(|_| hook.now().is_dirty = true)
        })
        .await
    }

    /// Removes the note.
    pub(super) async fn erase(self: &Arc<Self>, store: &Arc<dyn Store>) -> Result<(), StoreError> {
        let (hook, store) = (self.clone(), store.clone());
        to_its_end(async move {
            let _turn = hook.saving.lock().await;
            store.keep_note(&name_of(hook.id), None).await
        })
        .await
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        // A panic cannot leave it half changed: each change is whole or has not begun.
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Goes on though nobody waits any more: a store writes on as well, and who is next has to come after that.
async fn to_its_end(
    work: impl Future<Output = Result<(), StoreError>> + Send + 'static,
) -> Result<(), StoreError> {
    let done = tokio::spawn(work).await;
    done.map_err(|error| StoreError::Damaged(format!("keeping a webhook failed: {error}")))?
}

/// The name of its note.
pub(super) fn name_of(id: WebhookId) -> String {
    format!("{PREFIX}{id}")
}
