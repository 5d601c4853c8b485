//! A learner's state: the fold of their events, and nothing else.
//!
//! It holds what readiness and the decisions need, each fact with the instant at which it came
//! true. Long texts stay in the ledger: the state knows in which version of the learner they
//! stand, and what the rules need of them.

mod fold;
mod states;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    event::{Closed, Ground, Verdict},
    guide::{Aspect, EvidenceKind},
    id::{EvidenceId, GoalId, LearnerId, ProjectId, Version},
    slug::Slug,
    time::{Day, Timestamp},
};

pub use fold::{fold, voided};
pub use states::states_at;

/// A learner's state after `version` events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Learner {
    /// Who.
    pub id: LearnerId,
    /// How many events are in it.
    pub version: Version,
    /// The display name.
    pub name: String,
    /// The id that a calling application knows the learner by; unique.
    pub external_id: Option<String>,
    /// The e-mail address; unique.
    pub email: Option<String>,
    /// The one primary stack, and since when.
    pub stack: Option<Since<Slug>>,
    /// When the learner came, by when it happened.
    pub registered_at: Timestamp,
    /// When the learner was first recorded.
    pub created_at: Timestamp,
    /// When an event was last recorded.
    pub updated_at: Timestamp,
    /// All goals ever set, oldest first.
    pub goals: Vec<Goal>,
    /// One for each course ever touched.
    pub courses: BTreeMap<Slug, CourseProgress>,
    /// Projects that were not removed, oldest first.
    pub projects: Vec<Project>,
    /// Evidence that was not retracted, oldest first.
    pub evidence: Vec<Evidence>,
    /// Waived criteria.
    pub waivers: BTreeMap<Slug, Waiver>,
    /// Projects and evidence that were there once.
    pub removed: BTreeSet<Uuid>,
    /// The versions of the events that are undone and not redone.
    pub voided: BTreeSet<Version>,
}

/// A value, and since when it has been so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Since<T> {
    /// The value.
    pub value: T,
    /// Since when.
    pub at: Timestamp,
}

/// A learner's aim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goal {
    pub id: GoalId,
    pub title: String,
    pub level: Slug,
    pub stack: Option<Slug>,
    pub target_date: Option<Day>,
    pub hours_per_week: Option<u8>,
    pub set_at: Timestamp,
    /// How and when it ended; `None`: active.
    pub closed: Option<Since<Closed>>,
}

/// A learner's standing in one course.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CourseProgress {
    /// 0 to 100, as last recorded; 100 does not complete, and completing leaves it as it was.
    pub percent: u8,
    pub started_at: Option<Timestamp>,
    pub completed_at: Option<Timestamp>,
    pub certificate_url: Option<String>,
}

/// Something that the learner built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    pub id: ProjectId,
    pub name: String,
    pub stack: Option<Since<Slug>>,
    pub framework: Option<Since<String>>,
    pub repository_url: Option<Since<String>>,
    pub aspects: BTreeMap<Aspect, Timestamp>,
    pub added_at: Timestamp,
    /// The newest checks by when they were made, newest first; at most [`KEPT_DEPLOYMENTS`].
    pub deployments: Vec<Deployment>,
    /// The first check that was ok.
    pub first_ok_at: Option<Timestamp>,
    /// The last check that was ok.
    pub last_ok_at: Option<Timestamp>,
    /// Oldest first.
    pub incidents: Vec<Incident>,
}

/// How many deployment checks a state keeps of one project; the ledger keeps them all.
pub const KEPT_DEPLOYMENTS: usize = 10;

/// Somebody looked whether the project answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    pub url: String,
    pub ok: bool,
    pub checked_at: Timestamp,
}

/// Something that broke, was understood and mended. Its cause and fix stand in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    pub title: String,
    pub url: Option<String>,
    pub occurred_at: Timestamp,
    /// The version of the event that tells its cause and fix.
    pub told_in: Version,
    /// Identifies cause and fix without holding them.
    pub digest: Digest,
}

/// Something done outside of courses. Its text and the reviewer's note stand in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    pub id: EvidenceId,
    pub criterion: Slug,
    pub kind: EvidenceKind,
    pub url: Option<String>,
    /// What the rules need of its text.
    pub text: Option<TextFacts>,
    pub submitted_at: Timestamp,
    /// The version of the event that holds its text.
    pub submitted_in: Version,
    /// The newest review.
    pub review: Option<Review>,
}

/// What the rules need to know of a text that they do not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextFacts {
    /// Runs of characters between white space.
    pub n_words: u32,
    /// Identifies the text without holding it.
    pub digest: Digest,
}

impl TextFacts {
    /// What the rules need of this text.
    pub fn of(text: &str) -> Self {
        let n_words = text.split_whitespace().count();
        Self { n_words: u32::try_from(n_words).unwrap_or(u32::MAX), digest: digest(&[text]) }
    }
}

/// The first 16 bytes of a SHA-256.
pub type Digest = [u8; 16];

/// Identifies a sequence of texts; no two sequences are taken for each other.
pub fn digest(texts: &[&str]) -> Digest {
    let mut hasher = Sha256::new();
    for text in texts {
        hasher.update((text.len() as u64).to_le_bytes());
        hasher.update(text);
    }
    let mut digest = Digest::default();
    digest.copy_from_slice(&hasher.finalize()[..16]);
    digest
}

/// A reviewer's decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    pub verdict: Verdict,
    pub reviewer: String,
    pub at: Timestamp,
    /// The version of the event that holds the note; `None`: there is no note.
    pub note_in: Option<Version>,
    /// Identifies the note.
    pub note_digest: Option<Digest>,
}

/// Why and when a criterion was waived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiver {
    pub ground: Ground,
    /// Since when, whatever the ground was at first.
    pub at: Timestamp,
    /// Identifies the reason.
    pub reason_digest: Option<Digest>,
    /// The version of the event that holds the reason.
    pub told_in: Version,
}

impl Learner {
    /// A learner of whom nothing has happened yet.
    pub fn new(id: LearnerId) -> Self {
        let epoch = Timestamp::from_micros(0);
        Self {
            id,
            version: 0,
            name: String::new(),
            external_id: None,
            email: None,
            stack: None,
            registered_at: epoch,
            created_at: epoch,
            updated_at: epoch,
            goals: vec![],
            courses: BTreeMap::new(),
            projects: vec![],
            evidence: vec![],
            waivers: BTreeMap::new(),
            removed: BTreeSet::new(),
            voided: BTreeSet::new(),
        }
    }

    /// The slug of the one primary stack.
    pub fn stack_slug(&self) -> Option<&Slug> {
        self.stack.as_ref().map(|it| &it.value)
    }

    /// The goal of that id.
    pub fn goal(&self, id: GoalId) -> Option<&Goal> {
        self.goals.iter().find(|it| it.id == id)
    }

    /// The project of that id.
    pub fn project(&self, id: ProjectId) -> Option<&Project> {
        self.projects.iter().find(|it| it.id == id)
    }

    /// The piece of evidence of that id.
    pub fn evidence(&self, id: EvidenceId) -> Option<&Evidence> {
        self.evidence.iter().find(|it| it.id == id)
    }
}
