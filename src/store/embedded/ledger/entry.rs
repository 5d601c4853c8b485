//! What the records of the ledger say, as JSON, for ever: fields and variants may be added, with a
//! default; none is renamed, and none changes its meaning. The examples in the tests stay as they
//! are.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::record::Seq;
use crate::{
    domain::{
        event::Event,
        id::{BatchId, LearnerId, Version},
        time::Timestamp,
    },
    store::{Position, Receipt, StoreError},
};

/// What one record says.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Entry {
    /// Something happened to a learner, or a call did nothing that is to be remembered.
    Commit(Committed),
    /// A learner was forgotten.
    Erase(Erased),
    /// A record stood here and is gone: the ledger was damaged, and then repaired.
    Lost {},
    /// A commit about a learner who was erased stood here, until the ledger was compacted.
    Void(Voided),
}

/// One commit.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Committed {
    /// About whom.
    pub(crate) learner: LearnerId,
    /// The place of the first event in the feed of the learner's bucket; the next places are those
    /// of the other events. 0 without events.
    #[serde(default)]
    pub(crate) position: Position,
    /// What happened.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) events: Vec<Event>,
    /// What to answer when the same call comes again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    receipt: Option<Receipt>,
    /// The same of the other calls, if it carried out several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    more_receipts: Vec<Receipt>,
}

/// One erasure.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Erased {
    /// Whom to forget.
    pub(crate) learner: LearnerId,
    /// When this was asked for.
    pub(crate) recorded_at: Timestamp,
}

/// What is left of a commit about an erased learner: what others count by.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Voided {
    /// About whom.
    pub(crate) learner: LearnerId,
    /// The version of its first event; 0 without events.
    #[serde(default, skip_serializing_if = "is_0")]
    pub(crate) version: Version,
    /// The place of its first event in the feed of the learner's bucket; 0 without events.
    #[serde(default, skip_serializing_if = "is_0")]
    pub(crate) position: Position,
    /// How many events it had.
    #[serde(default, skip_serializing_if = "is_0")]
    pub(crate) n_events: u32,
}

/// A commit as it is written, but for its position: that is known only when its turn comes.
pub(crate) struct Unplaced(Vec<u8>);

/// How many bytes stand before the position.
const BEFORE_POSITION: usize =
    r#"{"commit":{"learner":"00000000-0000-0000-0000-000000000000","position":"#.len();

impl Unplaced {
    /// Appends it as it is written, with its position.
    pub(crate) fn write(&self, position: Position, bytes: &mut Vec<u8>) {
        let (before, rest) = self.0.split_at(BEFORE_POSITION);
        bytes.extend_from_slice(before);
        serde_json::to_writer(&mut *bytes, &position).expect("a number");
        // A zero stands in its place.
        bytes.extend_from_slice(&rest[1..]);
    }
}

impl Committed {
    /// A commit that has no position yet.
    pub(crate) fn of(learner: LearnerId, events: Vec<Event>, receipts: Vec<Receipt>) -> Self {
        let mut receipts = receipts.into_iter();
        Self { learner, position: 0, events, receipt: receipts.next(), more_receipts: receipts.collect() }
    }

    /// What to answer when one of its calls comes again.
    pub(crate) fn receipts(&self) -> impl Iterator<Item = &Receipt> {
        self.receipt.iter().chain(&self.more_receipts)
    }

    /// As [`Committed::receipts`].
    pub(crate) fn into_receipts(self) -> Vec<Receipt> {
        self.receipt.into_iter().chain(self.more_receipts).collect()
    }

    /// The batches that its events belong to.
    pub(crate) fn batches(&self) -> BTreeSet<BatchId> {
        self.events.iter().filter_map(|it| it.batch).collect()
    }

    /// As it is written, but for its position, which is 0.
    pub(crate) fn to_unplaced(&self) -> Unplaced {
        let mut bytes = Vec::with_capacity(1_024);
        serde_json::to_writer(&mut bytes, &Named { commit: self }).expect("plain data");
        Unplaced(bytes)
    }

    /// What is left of it when its learner was erased.
    pub(crate) fn to_voided(&self) -> Voided {
        Voided {
            learner: self.learner,
            version: self.events.first().map_or(0, |it| it.version),
            position: self.position,
            n_events: u32::try_from(self.events.len()).expect("versions are of 32 bits"),
        }
    }
}

/// An [`Entry::Commit`] of a borrowed commit.
#[derive(Serialize)]
struct Named<'a> {
    commit: &'a Committed,
}

fn is_0<T: Default + PartialEq>(number: &T) -> bool {
    *number == T::default()
}

impl Entry {
    /// As it is written.
    pub(crate) fn to_payload(&self) -> Vec<u8> {
        let mut bytes = vec![];
        self.write(&mut bytes);
        bytes
    }

    /// Appends it as it is written.
    pub(crate) fn write(&self, bytes: &mut Vec<u8>) {
        serde_json::to_writer(bytes, self).expect("an entry has no map with keys other than text");
    }

    /// As it was written.
    pub(crate) fn from_payload(seq: Seq, payload: &[u8]) -> Result<Self, StoreError> {
        serde_json::from_slice(payload)
            .map_err(|error| StoreError::ledger_damaged(seq, &format!("it cannot be understood: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receipt() -> Receipt {
        Receipt {
            key: "k".into(),
            fingerprint: [1; 16],
            recorded_at: Timestamp::from_micros(0),
            event: None,
            subject: None,
            reached: vec![],
            lost: vec![],
        }
    }

    fn event(learner: LearnerId, version: Version) -> Event {
        Event {
            id: crate::domain::id::EventId(learner.0),
            learner,
            version,
            occurred_at: Timestamp::from_micros(0),
            recorded_at: Timestamp::from_micros(0),
            actor: String::new(),
            reason: None,
            batch: None,
            milestones: crate::domain::event::Moved::default(),
            change: crate::domain::event::Change::EventUndone { undone: 1 },
        }
    }

    /// Reads an entry of old and writes it again, the same.
    fn check(json: &str) {
        let entry = Entry::from_payload(1, json.as_bytes()).expect("an entry");
        assert_eq!(String::from_utf8(entry.to_payload()).expect("text"), json);
    }

    #[test]
    fn entries_of_old_are_readable() {
        check(concat!(
            r#"{"commit":{"learner":"00000000-0000-0000-0000-000000000001","position":3,"events":[{"#,
            r#""id":"00000000-0000-0000-0000-000000000002","#,
            r#""learner":"00000000-0000-0000-0000-000000000001","version":4,"#,
            r#""occurred_at":"2026-01-01T00:00:00Z","recorded_at":"2026-01-01T00:00:00Z","#,
            r#""actor":"self","kind":"COURSE_STARTED","course":"sql"}],"#,
            r#""receipt":{"key":"k","fingerprint":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"#,
            r#""recorded_at":"2026-01-01T00:00:00Z","event":4,"reached":["sql"]}}}"#,
        ));
        check(concat!(
            r#"{"commit":{"learner":"00000000-0000-0000-0000-000000000001","position":0,"#,
            r#""receipt":{"key":"k","fingerprint":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"#,
            r#""recorded_at":"2026-01-01T00:00:00Z"}}}"#,
        ));
        check(concat!(
            r#"{"commit":{"learner":"00000000-0000-0000-0000-000000000001","position":0,"#,
            r#""receipt":{"key":"k","fingerprint":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"#,
            r#""recorded_at":"2026-01-01T00:00:00Z"},"#,
            r#""more_receipts":[{"key":"l","fingerprint":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"#,
            r#""recorded_at":"2026-01-01T00:00:00Z"}]}}"#,
        ));
        check(
            r#"{"erase":{"learner":"00000000-0000-0000-0000-000000000001","recorded_at":"2026-01-01T00:00:00Z"}}"#,
        );
    }

    #[test]
    fn a_commit_is_written_the_same_when_its_position_comes_later() {
        let learner = LearnerId(uuid::Uuid::max());
        for position in [0, 7, u64::MAX] {
            let all = [
                Committed::of(learner, vec![], vec![]),
                Committed::of(learner, vec![event(learner, 7)], vec![receipt()]),
                Committed::of(
                    learner,
                    vec![event(learner, 7), event(learner, 8)],
                    vec![receipt(), receipt()],
                ),
            ];
            for committed in all {
                let mut bytes = b"before".to_vec();
                committed.to_unplaced().write(position, &mut bytes);
                let entry = Entry::Commit(Committed { position, ..committed });
                assert_eq!(bytes, [b"before", &*entry.to_payload()].concat());
            }
        }
    }

    #[test]
    fn what_tools_left_behind_is_readable() {
        check(r#"{"lost":{}}"#);
        check(concat!(
            r#"{"void":{"learner":"00000000-0000-0000-0000-000000000001","version":4,"position":3,"#,
            r#""n_events":2}}"#,
        ));
        check(r#"{"void":{"learner":"00000000-0000-0000-0000-000000000001"}}"#);
        let padded =
            Entry::from_payload(1, b"{\"lost\":{}}    ").expect("spaces behind an entry are nothing");
        assert_eq!(padded, Entry::Lost {});
    }

    #[test]
    fn a_void_is_never_longer_than_the_shortest_commit_that_it_takes_the_place_of() {
        let learner = LearnerId(uuid::Uuid::max());
        let committed =
            |position, events, receipts| Committed { position, ..Committed::of(learner, events, receipts) };
        for entry in [
            committed(0, vec![], vec![]),
            committed(0, vec![], vec![receipt()]),
            committed(u64::MAX, vec![event(learner, 1)], vec![]),
            committed(u64::MAX, vec![event(learner, u32::MAX)], vec![]),
        ] {
            let void = Entry::Void(entry.to_voided()).to_payload();
            let commit = Entry::Commit(entry).to_payload();
            assert!(void.len() <= commit.len(), "{} and {}", void.len(), commit.len());
        }
    }

    #[test]
    fn what_cannot_be_understood_is_named() {
        let error = Entry::from_payload(7, br#"{"forget":{}}"#).expect_err("unknown");
        assert!(error.to_string().contains("record 7"), "{error}");
    }
}
