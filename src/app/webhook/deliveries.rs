//! How far a webhook is: what was sent, what is tried again, what was given up. It changes by pure steps, and is what a
//! note keeps. Of learners it has nothing but their ids.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::schedule;
use crate::{
    app::FeedCursor,
    domain::{
        id::{LearnerId, Version},
        time::Timestamp,
    },
    store::Position,
};

/// How many attempts the log has.
pub const MAX_LOG: usize = 500;
/// How many events are parked at the most.
pub const MAX_PARKED: usize = 1_000;

/// How far a webhook is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Deliveries {
    #[serde(serialize_with = "write_cursor", deserialize_with = "read_cursor")]
    pub(super) cursor: FeedCursor,
    /// What is tried again, by the number of its bucket, which waits for it.
    #[serde(default)]
    pub(super) failing: BTreeMap<u16, Waiting>,
    /// What was given up, in the order in which it was.
    #[serde(default)]
    pub(super) parked: Vec<Waiting>,
    /// What was tried, newest first.
    #[serde(default)]
    pub(super) log: VecDeque<Delivery>,
}

/// An event that was not delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// Which event.
    pub event: EventPlace,
    /// How often it was tried.
    pub attempts: u32,
    /// Since when.
    pub since: Timestamp,
    /// When it is tried again; `None`: it is parked.
    pub next_at: Option<Timestamp>,
    /// What came of the last attempt.
    pub last: Attempt,
}

/// An event, by where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventPlace {
    /// Whose it is.
    pub learner: LearnerId,
    /// Which of theirs.
    pub version: Version,
    /// Of what kind.
    pub kind: String,
    pub(super) bucket: u16,
    pub(super) position: Position,
}

/// What came of one attempt.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// How long it took, in milliseconds.
    pub millis: u32,
    /// The status that was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why nothing was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Trouble>,
    /// For how many seconds the receiver asked to be left alone.
    #[serde(skip)]
    pub retry_after: Option<u32>,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Trouble {
    /// The address is none that may be asked.
    AddressNotAllowed,
    /// The name leads nowhere.
    NameNotResolved,
    /// Nobody takes connections there.
    ConnectionFailed,
    /// The certificate is not good, or there is no TLS.
    TlsFailed,
    /// It took too long.
    TimedOut,
    /// What came back is no HTTP, or the connection was cut.
    BrokenAnswer,
}

/// An attempt, in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// What was sent.
    pub event: EventPlace,
    /// Which attempt it was: 1, 2, 3.
    pub number: u32,
    /// When it ended.
    pub at: Timestamp,
    /// What came of it.
    pub attempt: Attempt,
    /// What follows of that.
    pub outcome: Outcome,
}

/// What follows of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Outcome {
    /// It was taken.
    Delivered,
    /// It is tried again.
    Retrying,
    /// It is given up until somebody asks for it.
    Parked,
}

impl EventPlace {
    /// Whether it is this one; `None`: any is meant.
    fn is_meant(&self, event: Option<(LearnerId, Version)>) -> bool {
        event.is_none_or(|it| it == (self.learner, self.version))
    }
}

impl Attempt {
    /// Whether the receiver took it.
    pub fn is_delivered(&self) -> bool {
        self.status.is_some_and(|it| (200..300).contains(&it))
    }

    /// Whether the receiver never wants to hear of us again.
    pub(super) fn is_gone(&self) -> bool {
        self.status == Some(410)
    }
}

impl Deliveries {
    pub(super) fn after(cursor: FeedCursor) -> Self {
        Self { cursor, failing: BTreeMap::new(), parked: vec![], log: VecDeque::new() }
    }

    /// The buckets in which there is something to do now.
    pub(super) fn due(&self, heads: &[Position], now: Timestamp) -> impl Iterator<Item = u16> {
        let makes_room = self.makes_room();
        let is_early = move |it: &Waiting| Some(now) < it.next_at || makes_room && is_given_up(it);
        let waits = move |bucket: &u16| self.failing.get(bucket).is_some_and(is_early);
        let ahead = self.cursor.0.iter().zip(heads).zip(0..).filter(|((read, head), _)| read < head);
        ahead.map(|(_, bucket)| bucket).filter(move |it| !waits(it))
    }

    /// The next of what is parked and asked for again.
    pub(super) fn asked_for(&self) -> Option<&Waiting> {
        self.parked.iter().find(|it| it.next_at.is_some())
    }

    /// How many places of the feed it has not come to.
    pub(super) fn behind(&self, heads: &[Position]) -> u64 {
        self.cursor.0.iter().zip(heads).map(|(read, head)| head.saturating_sub(*read)).sum()
    }

    /// Nothing is to be sent up to this place.
    pub(super) fn pass(&mut self, bucket: u16, position: Position) {
        self.failing.remove(&bucket);
        self.cursor.0[usize::from(bucket)] = position;
    }

    /// An event was tried. Answers whether its bucket can go on; else it waits. Where no more can be parked it always
    /// waits, and `false` is answered for good: see [`Deliveries::is_full`].
    pub(super) fn tried(&mut self, event: EventPlace, at: Timestamp, attempt: Attempt) -> bool {
        let before = self.failing.remove(&event.bucket).filter(|it| it.event.position == event.position);
        let (attempts, since) = before.map_or((1, at), |it| (it.attempts + 1, it.since));
        let (bucket, position) = (event.bucket, event.position);
        if attempt.is_delivered() {
            self.log(event, attempts, at, attempt, Outcome::Delivered);
            self.pass(bucket, position);
            return true;
        }
        let delay = schedule::delay(attempts, seed(&event, attempts), attempt.retry_after);
        let waiting = Waiting {
            event: event.clone(),
            attempts,
            since,
            next_at: delay.map(|it| at.plus_seconds(it)),
            last: attempt.clone(),
        };
        if delay.is_none() && !self.is_full() {
            self.parked.push(waiting);
            self.pass(bucket, position);
            self.log(event, attempts, at, attempt, Outcome::Parked);
            return true;
        }
        let next_at = waiting.next_at.or(Some(at));
        self.failing.insert(bucket, Waiting { next_at, ..waiting });
        self.log(event, attempts, at, attempt, Outcome::Retrying);
        false
    }

    /// What was parked was tried again.
    pub(super) fn tried_parked(&mut self, event: EventPlace, at: Timestamp, attempt: Attempt) {
        let Some(place) = self.parked.iter().position(|it| it.event == event) else { return };
        let number = self.parked[place].attempts + 1;
        if attempt.is_delivered() {
            self.parked.remove(place);
            return self.log(event, number, at, attempt, Outcome::Delivered);
        }
        let Waiting { attempts, next_at, last, .. } = &mut self.parked[place];
        (*attempts, *next_at, *last) = (number, None, attempt.clone());
        self.log(event, number, at, attempt, Outcome::Parked);
    }

    /// Drops from what is parked what is not there any more.
    pub(super) fn drop_lost(&mut self, event: &EventPlace) {
        self.parked.retain(|it| it.event != *event);
    }

    /// Drops what is parked: one event or all. Answers how many.
    pub(super) fn drop_parked(&mut self, event: Option<(LearnerId, Version)>) -> usize {
        let n_before = self.parked.len();
        self.parked.retain(|it| !it.event.is_meant(event));
        n_before - self.parked.len()
    }

    /// Whether nothing more can be parked.
    pub(super) fn is_full(&self) -> bool {
        MAX_PARKED <= self.parked.len()
    }

    /// Whether nothing more can be parked, and something that is parked is asked for: what cannot be given up waits
    /// for what comes of that.
    fn makes_room(&self) -> bool {
        self.is_full() && self.asked_for().is_some()
    }

    /// Whether something is to be given up and cannot be, nor is room being made.
    pub(super) fn is_stuck(&self) -> bool {
        self.is_full() && !self.makes_room() && self.failing.values().any(is_given_up)
    }

    /// What failed is tried now, and what was parked again: one event or all. Answers how many.
    pub(super) fn retry(&mut self, event: Option<(LearnerId, Version)>, now: Timestamp) -> usize {
        let waiting = self.failing.values_mut().chain(&mut self.parked);
        waiting.filter(|it| it.event.is_meant(event)).map(|it| it.next_at = Some(now)).count()
    }

    /// What failed is tried now. What is parked is as well where there is no more room, so that there may be.
    pub(super) fn resume(&mut self, now: Timestamp) {
        if self.is_full() {
            self.retry(None, now);
        } else {
            self.failing.values_mut().for_each(|it| it.next_at = Some(now));
        }
    }

    /// Goes on from another place. What comes again from there is not parked as well.
    pub(super) fn replay(&mut self, cursor: FeedCursor) {
        self.failing.clear();
        self.parked.retain(|it| it.event.position <= cursor.0[usize::from(it.event.bucket)]);
        self.cursor = cursor;
    }

    /// Where the feed does not reach as far as it did, as after a backup was put back, it goes on from its end.
    pub(super) fn keep_within(&mut self, heads: &[Position]) {
        let is_there =
            |it: &EventPlace| it.position <= heads.get(usize::from(it.bucket)).copied().unwrap_or(0);
        self.cursor.0.iter_mut().zip(heads).for_each(|(read, head)| *read = (*read).min(*head));
        self.failing.retain(|_, it| is_there(&it.event));
        self.parked.retain(|it| is_there(&it.event));
        self.log.retain(|it| is_there(&it.event));
    }

    /// Whose ids it has.
    pub(super) fn learners(&self) -> BTreeSet<LearnerId> {
        let waiting = self.failing.values().chain(&self.parked).map(|it| it.event.learner);
        waiting.chain(self.log.iter().map(|it| it.event.learner)).collect()
    }

    /// Leaves nothing of a learner. Answers whether there was anything.
    pub(super) fn forget(&mut self, learner: LearnerId) -> bool {
        let before = (self.failing.len(), self.parked.len(), self.log.len());
        self.failing.retain(|_, it| it.event.learner != learner);
        self.parked.retain(|it| it.event.learner != learner);
        self.log.retain(|it| it.event.learner != learner);
        before != (self.failing.len(), self.parked.len(), self.log.len())
    }

    fn log(&mut self, event: EventPlace, number: u32, at: Timestamp, attempt: Attempt, outcome: Outcome) {
        self.log.push_front(Delivery { event, number, at, attempt, outcome });
        self.log.truncate(MAX_LOG);
    }
}

/// Whether it was tried as often as anything is.
fn is_given_up(waiting: &Waiting) -> bool {
    schedule::delay(waiting.attempts, 0, None).is_none()
}

/// Differs from event to event and from attempt to attempt.
fn seed(event: &EventPlace, attempts: u32) -> u32 {
    crc32c::crc32c_append(attempts, &[&event.learner.0.as_bytes()[..], &event.version.to_le_bytes()].concat())
}

fn write_cursor<S: Serializer>(cursor: &FeedCursor, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&BASE64URL_NOPAD.encode(&cursor.to_bytes()))
}

fn read_cursor<'de, D: Deserializer<'de>>(deserializer: D) -> Result<FeedCursor, D::Error> {
    let bytes = BASE64URL_NOPAD.decode(String::deserialize(deserializer)?.as_bytes());
    let cursor = bytes.ok().and_then(|it| FeedCursor::from_bytes(&it));
    cursor.ok_or_else(|| D::Error::custom("not a cursor"))
}

#[cfg(test)]
mod tests;
