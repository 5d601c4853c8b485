//! What the records of the ledger say, as JSON, for ever: fields and variants may be added, with a
//! default; none is renamed, and none changes its meaning. The examples in the tests stay as they
//! are.

use serde::{Deserialize, Serialize};

use super::record::Seq;
use crate::{
    domain::{event::Event, id::LearnerId, time::Timestamp},
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
    pub(crate) receipt: Option<Receipt>,
}

/// One erasure.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Erased {
    /// Whom to forget.
    pub(crate) learner: LearnerId,
    /// When this was asked for.
    pub(crate) recorded_at: Timestamp,
}

impl Entry {
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

    /// Reads an entry of old and writes it again, the same.
    fn check(json: &str) {
        let entry = Entry::from_payload(1, json.as_bytes()).expect("an entry");
        let mut bytes = vec![];
        entry.write(&mut bytes);
        assert_eq!(String::from_utf8(bytes).expect("text"), json);
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
        check(
            r#"{"erase":{"learner":"00000000-0000-0000-0000-000000000001","recorded_at":"2026-01-01T00:00:00Z"}}"#,
        );
    }

    #[test]
    fn what_cannot_be_understood_is_named() {
        let error = Entry::from_payload(7, br#"{"forget":{}}"#).expect_err("unknown");
        assert!(error.to_string().contains("record 7"), "{error}");
    }
}
