//! What tests start from: learners who tell what happens to them, with counted ids and a fixed
//! clock.

use std::sync::Arc;

use milepost::{
    domain::{
        event::{Change, Event, Moved, Patch},
        guide::EvidenceKind,
        id::{BatchId, EventId, EvidenceId, LearnerId, Version},
        learner::{Digest, Learner, fold},
        slug::Slug,
        summary::{Met, Summary},
        time::Timestamp,
    },
    store::{Commit, Erasure, Receipt, Store, Summarizer},
};
use uuid::Uuid;

/// The learner of that number.
pub fn learner_id(number: u128) -> LearnerId {
    LearnerId(Uuid::from_u128(number))
}

/// The instant that many seconds after the start of all tests.
pub fn second(seconds: i64) -> Timestamp {
    Timestamp::from_micros(1_767_225_600_000_000).plus_seconds(seconds)
}

/// The slug of that text.
pub fn slug(text: &str) -> Slug {
    Slug::parse(text).expect("a slug")
}

/// The receipt of a call with that key.
pub fn receipt(key: &str, fingerprint: u8) -> Receipt {
    let fingerprint: Digest = [fingerprint; 16];
    let (recorded_at, reached) = (second(0), vec![slug("sql")]);
    Receipt {
        key: key.into(),
        fingerprint,
        recorded_at,
        event: Some(1),
        subject: None,
        reached,
        lost: vec![],
    }
}

/// Sums up as much as these tests need: a course `language` meets a milestone for good, a course
/// `sql` for 90 days.
pub fn summarize(learner: &Learner) -> Summary {
    let completed = |it: &str| learner.courses.get(it).and_then(|it| it.completed_at);
    let met = |milestone, until| Met { milestone: slug(milestone), until };
    let language = completed("language").map(|_| met("language", None));
    let sql = completed("sql").map(|it| met("sql", Some(it.plus_days(90))));
    let n_done = learner.courses.values().filter(|it| it.completed_at.is_some()).count();
    let due_at = completed("sql").map(|it| it.plus_days(90));
    Summary {
        name: learner.name.clone(),
        stack: learner.stack_slug().cloned(),
        created_at: learner.created_at,
        updated_at: learner.updated_at,
        n_done: n_done as u16,
        n_total: 18,
        met: language.into_iter().chain(sql).collect(),
        due_at,
    }
}

/// [`summarize`], for an engine.
pub fn summarizer(revision: u64) -> Summarizer {
    Summarizer { revision, summarize: Arc::new(summarize) }
}

/// A learner as the application knows them: it turns what happens into the next commit.
#[derive(Clone)]
pub struct Person {
    pub id: LearnerId,
    pub events: Vec<Event>,
    pub state: Arc<Learner>,
    /// What their next events belong to.
    pub batch: Option<BatchId>,
}

impl Person {
    pub fn new(number: u128) -> Self {
        let id = learner_id(number);
        Self { id, events: vec![], state: Arc::new(Learner::new(id)), batch: None }
    }

    /// As a store has them now.
    pub async fn of(store: &dyn Store, id: LearnerId) -> Self {
        let events = store.history(id, 0, usize::MAX).await.expect("a history");
        Self { id, state: Arc::new(fold(id, &events)), events, batch: None }
    }

    pub fn version(&self) -> Version {
        self.state.version
    }

    /// The commit of these changes, as if it had been written.
    pub fn then(&mut self, changes: impl IntoIterator<Item = Change>) -> Commit {
        let base = self.version();
        let events: Vec<_> = (base + 1..).zip(changes).map(|(version, it)| self.event(version, it)).collect();
        self.events.extend(events.clone());
        self.state = Arc::new(fold(self.id, &self.events));
        Commit {
            learner: self.id,
            base,
            events,
            state: self.state.clone(),
            summary: summarize(&self.state),
            receipts: vec![],
        }
    }

    fn event(&self, version: Version, change: Change) -> Event {
        let at = second((self.id.0.as_u128() % 1_000) as i64 + i64::from(version) * 1_000);
        Event {
            id: EventId(Uuid::from_u128(self.id.0.as_u128() << 32 | u128::from(version))),
            learner: self.id,
            version,
            occurred_at: at,
            recorded_at: at,
            actor: "test".into(),
            reason: None,
            batch: self.batch,
            milestones: Moved::default(),
            change,
        }
    }

    /// Their next events belong to a batch of this number, or to none.
    pub fn is_in_batch(&mut self, number: Option<u128>) {
        self.batch = number.map(|it| BatchId(Uuid::from_u128(it)));
    }

    pub fn registers(&mut self, name: &str) -> Commit {
        self.then([registered(name, None, None)])
    }

    pub fn completes(&mut self, course: &str) -> Commit {
        self.then([completed(course)])
    }

    pub fn is_known_as(&mut self, external_id: Option<&str>) -> Commit {
        let external_id = external_id.map_or(Patch::Clear, |it| Patch::Set(it.to_owned()));
        self.then([Change::LearnerUpdated {
            name: None,
            external_id,
            email: Patch::Keep,
            stack: Patch::Keep,
        }])
    }

    /// A commit that only keeps a receipt.
    pub fn receives(&mut self, receipt: Receipt) -> Commit {
        self.then([]).with(receipt)
    }

    pub fn is_erased(&self) -> Erasure {
        Erasure { learner: self.id, base: self.version(), recorded_at: second(77) }
    }
}

/// Says more of a commit.
pub trait With {
    fn with(self, receipt: Receipt) -> Self;
}

impl With for Commit {
    fn with(mut self, receipt: Receipt) -> Self {
        self.receipts.push(receipt);
        self
    }
}

pub fn registered(name: &str, external_id: Option<&str>, email: Option<&str>) -> Change {
    Change::LearnerRegistered {
        name: name.into(),
        external_id: external_id.map(Into::into),
        email: email.map(Into::into),
        stack: Some(slug("nodejs")),
    }
}

pub fn renamed(name: &str) -> Change {
    Change::LearnerUpdated {
        name: Some(name.into()),
        external_id: Patch::Keep,
        email: Patch::Keep,
        stack: Patch::Keep,
    }
}

pub fn completed(course: &str) -> Change {
    Change::CourseCompleted { course: slug(course), certificate_url: None }
}

pub fn retracted(number: u128) -> Change {
    Change::EvidenceRetracted { evidence: EvidenceId(Uuid::from_u128(number)) }
}

pub fn evidence(number: u128) -> Change {
    Change::EvidenceSubmitted {
        evidence: EvidenceId(Uuid::from_u128(number)),
        criterion: slug("sql.query-plans"),
        evidence_kind: EvidenceKind::Link,
        url: Some(format!("https://example.com/evidence/{number}")),
        text: None,
    }
}
