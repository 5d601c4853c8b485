//! What is written about whom: a script for each learner, so that what must be there is known
//! without asking anybody who could be wrong about it.

use std::collections::{BTreeSet, HashMap};

use milepost::{
    domain::{
        event::{Change, Event},
        guide::EvidenceKind,
        id::{EvidenceId, Version},
        learner::fold,
    },
    store::{Claim, Commit, Receipt, Store},
};
use uuid::Uuid;

use crate::given::{Person, With as _, completed, receipt, registered, slug};

/// A script is over when a learner has so many events.
const LENGTH: Version = 30;

/// The next commit of the script of a learner who has come so far; `None`: it is over.
pub fn next_commit(person: &mut Person) -> Option<Commit> {
    let (number, version) = (person.id.0.as_u128(), person.version());
    if LENGTH <= version {
        return None;
    }
    let changes = match version % 8 {
        0 if version == 0 => vec![registered("Somebody", Some(&external_id(number)), None)],
        3 => (0..3).map(|it| written_evidence(u128::from(version) * 10 + it)).collect(),
        7 => vec![Change::EventUndone { undone: version }],
        _ => vec![completed("sql")],
    };
    person.is_in_batch([None, Some(1), Some(2)][version as usize % 3]);
    Some(person.then(changes).with(told_at(version)))
}

/// Whether the script of that learner ends with their erasure.
pub fn is_erased_at_the_end(number: u128) -> bool {
    number.is_multiple_of(5)
}

fn external_id(number: u128) -> String {
    format!("id-{number}")
}

fn told_at(base: Version) -> Receipt {
    receipt(&format!("at-{base}"), base as u8)
}

/// Evidence with a text from nothing to 2,000 bytes.
fn written_evidence(number: u128) -> Change {
    Change::EvidenceSubmitted {
        evidence: EvidenceId(Uuid::from_u128(number)),
        criterion: slug("sql.query-plans"),
        evidence_kind: EvidenceKind::WriteUp,
        url: None,
        text: Some("evidence ".repeat((number * 37 % 223) as usize)),
    }
}

/// The whole script of a learner.
struct Script {
    whole: Person,
    /// The versions between two commits.
    ends: BTreeSet<Version>,
}

impl Script {
    fn of(number: u128) -> Self {
        let mut whole = Person::new(number);
        let mut ends = BTreeSet::from([0]);
        while next_commit(&mut whole).is_some() {
            ends.insert(whole.version());
        }
        Self { whole, ends }
    }
}

/// Compares what a store has with the scripts.
#[derive(Default)]
pub struct Scripts(HashMap<u128, Script>);

/// How far a store has come with a script.
#[derive(Debug, PartialEq, Eq)]
pub enum Progress {
    At(Version),
    Erased,
}

impl Scripts {
    /// All that a store has of a learner is right: an undivided number of the script's commits,
    /// or the erasure at its end. Answers how many.
    pub async fn check(&mut self, store: &dyn Store, number: u128) -> Progress {
        let Script { whole, ends } = self.0.entry(number).or_insert_with(|| Script::of(number));
        let events = store.history(whole.id, 0, usize::MAX).await.unwrap();
        let state = store.load(whole.id).await.unwrap();
        let holder = store.find(&Claim::ExternalId(external_id(number))).await.unwrap();
        if store.erased_at(whole.id).await.unwrap().is_some() {
            assert!(is_erased_at_the_end(number), "{number} was never erased");
            assert_eq!((state, events, holder), (None, vec![], None));
            assert_eq!(store.replay(whole.id, "at-0").await.unwrap(), None);
            return Progress::Erased;
        }
        let version = events.len() as Version;
        assert!(events == whole.events[..events.len()], "the history of {number} is not what was written");
        assert!(ends.contains(&version), "{number} has half a commit: {version} events");
        let expected = (!events.is_empty()).then(|| fold(whole.id, &events));
        assert_eq!(state.as_deref(), expected.as_ref());
        assert_eq!(holder, expected.map(|it| it.id));
        for end in ends.iter().filter(|it| **it < LENGTH) {
            let expected = (*end < version).then(|| told_at(*end));
            assert_eq!(store.replay(whole.id, &told_at(*end).key).await.unwrap(), expected);
        }
        Progress::At(version)
    }

    /// The events of that learner's script.
    pub fn events(&mut self, number: u128) -> &[Event] {
        &self.0.entry(number).or_insert_with(|| Script::of(number)).whole.events
    }
}
