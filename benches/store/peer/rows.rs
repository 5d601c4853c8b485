//! What a commit is to a key-value engine. The peers store the same rows, so that the same queries
//! could be answered: states, events, the feed, receipts, lists and claims.

use std::collections::HashMap;

use milepost::{
    domain::{
        id::{LearnerId, Version},
        learner::digest,
        summary::{OrderBy, Summary},
    },
    store::{Bucket, Claim, Commit, N_BUCKETS, SortKey},
};
use serde::{Deserialize, Serialize};

/// A table of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// Learner: the state.
    State,
    /// Learner: what the next commit needs to know.
    Head,
    /// Learner and version: the event.
    Event,
    /// Bucket and position: learner and version.
    Feed,
    /// Learner and digest of the key: the receipt.
    Receipt,
    /// Order, place and learner: nothing.
    List,
    /// Digest of a claim: the learner.
    Claim,
}

impl Kind {
    /// All of them, in order.
    pub(crate) const ALL: [Kind; 7] =
        [Kind::State, Kind::Head, Kind::Event, Kind::Feed, Kind::Receipt, Kind::List, Kind::Claim];

    /// What an engine calls the table.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::State => "states",
            Kind::Head => "heads",
            Kind::Event => "events",
            Kind::Feed => "feed",
            Kind::Receipt => "receipts",
            Kind::List => "lists",
            Kind::Claim => "claims",
        }
    }
}

/// Tables that are about to be changed as one. Reads see the changes.
pub(crate) trait Tables {
    fn get(&self, kind: Kind, key: &[u8]) -> Option<Vec<u8>>;
    fn put(&mut self, kind: Kind, key: Vec<u8>, value: Vec<u8>);
    fn remove(&mut self, kind: Kind, key: Vec<u8>);
}

#[derive(Serialize, Deserialize)]
struct Head {
    version: Version,
    claims: Vec<[u8; 16]>,
    summary: Summary,
}

/// Turns commits into rows.
pub(crate) struct RowWriter {
    /// The last position of each bucket.
    positions: HashMap<Bucket, u64>,
}

impl RowWriter {
    /// For tables that are empty.
    pub(crate) fn new() -> Self {
        Self { positions: HashMap::with_capacity(usize::from(N_BUCKETS)) }
    }

    /// Writes the rows of a commit.
    pub(crate) fn write(&mut self, commit: &Commit, tables: &mut impl Tables) {
        let (learner, state) = (commit.learner, &*commit.state);
        for receipt in &commit.receipts {
            let key = [learner.0.as_bytes(), &digest(&[&receipt.key])[..]].concat();
            assert!(tables.get(Kind::Receipt, &key).is_none(), "a new key");
            tables.put(Kind::Receipt, key, serde_json::to_vec(receipt).expect("a receipt"));
        }
        let before = tables.get(Kind::Head, learner.0.as_bytes());
        let before: Option<Head> = before.map(|it| postcard::from_bytes(&it).expect("a head"));
        assert_eq!(before.as_ref().map_or(0, |it| it.version), commit.base, "the version before");
        let claims = claims(commit, before.as_ref(), tables);
        lists(learner, before.as_ref().map(|it| &it.summary), &commit.summary, tables);
        let position = self.positions.entry(Bucket::of(learner)).or_default();
        for event in &commit.events {
            *position += 1;
            let key = [learner.0.as_bytes(), &event.version.to_be_bytes()[..]].concat();
            let place = [&Bucket::of(learner).number().to_be_bytes()[..], &position.to_be_bytes()].concat();
            tables.put(Kind::Feed, place, key.clone());
            tables.put(Kind::Event, key, serde_json::to_vec(event).expect("an event"));
        }
        let id = learner.0.as_bytes().to_vec();
        tables.put(Kind::State, id.clone(), postcard::to_stdvec(state).expect("a state"));
        let head = Head { version: state.version, claims, summary: commit.summary.clone() };
        tables.put(Kind::Head, id, postcard::to_stdvec(&head).expect("a head"));
    }
}

fn claims(commit: &Commit, before: Option<&Head>, tables: &mut impl Tables) -> Vec<[u8; 16]> {
    let claims: Vec<_> = Claim::of(&commit.state).iter().map(key_of_claim).collect();
    let before = before.map_or(&[][..], |it| &it.claims);
    for claim in before.iter().filter(|it| !claims.contains(it)) {
        tables.remove(Kind::Claim, claim.to_vec());
    }
    for claim in claims.iter().filter(|it| !before.contains(it)) {
        assert!(tables.get(Kind::Claim, claim).is_none(), "nobody else has it");
        tables.put(Kind::Claim, claim.to_vec(), commit.learner.0.as_bytes().to_vec());
    }
    claims
}

fn key_of_claim(claim: &Claim) -> [u8; 16] {
    match claim {
        Claim::ExternalId(text) => digest(&["external id", text]),
        Claim::Email(text) => digest(&["email", text]),
    }
}

fn lists(learner: LearnerId, before: Option<&Summary>, after: &Summary, tables: &mut impl Tables) {
    for (number, order) in (0..).zip(OrderBy::ALL) {
        let key = |it| [&[number], SortKey::of(order, learner, it).as_bytes()].concat();
        let (before, after) = (before.map(key), key(after));
        if before.as_ref() == Some(&after) {
            continue;
        }
        before.into_iter().for_each(|it| tables.remove(Kind::List, it));
        tables.put(Kind::List, after, vec![]);
    }
}
