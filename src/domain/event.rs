//! Events: what happened to a learner, one immutable fact each.
//!
//! The JSON form of an [`Event`] is what the ledger keeps for ever. Fields and variants may be
//! added, with a default; none is renamed, and none changes its meaning.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    guide::{Aspect, EvidenceKind},
    id::{BatchId, EventId, EvidenceId, GoalId, LearnerId, ProjectId, Version},
    slug::Slug,
    time::{Day, Timestamp},
};

/// One immutable fact about a learner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its name, unique everywhere.
    pub id: EventId,
    /// Whom it is about.
    pub learner: LearnerId,
    /// Its place among the learner's events: 1, 2, 3 without a gap.
    pub version: Version,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// When we learnt of it.
    pub recorded_at: Timestamp,
    /// Who said so.
    pub actor: String,
    /// Why, in the actor's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What it was written together with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<BatchId>,
    /// Which milestones it moved, with what was written together with it, as the guide was when it was recorded.
    #[serde(default, skip_serializing_if = "Moved::is_nothing")]
    pub milestones: Moved,
    /// What happened.
    #[serde(flatten)]
    pub change: Change,
}

/// Milestones that were reached and lost.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Moved {
    /// Met afterwards and not before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reached: Vec<Slug>,
    /// Met before and not afterwards.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<Slug>,
}

impl Moved {
    /// Whether none moved.
    pub fn is_nothing(&self) -> bool {
        self.reached.is_empty() && self.lost.is_empty()
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Change {
    /// The learner came.
    LearnerRegistered {
        name: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        external_id: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        email: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stack: Option<Slug>,
    },
    /// What we know of the learner changed.
    LearnerUpdated {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        #[serde(default, skip_serializing_if = "Patch::is_keep")]
        external_id: Patch<String>,
        #[serde(default, skip_serializing_if = "Patch::is_keep")]
        email: Patch<String>,
        #[serde(default, skip_serializing_if = "Patch::is_keep")]
        stack: Patch<Slug>,
    },
    /// The learner set a goal.
    GoalSet {
        goal: GoalId,
        title: String,
        level: Slug,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stack: Option<Slug>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        target_date: Option<Day>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hours_per_week: Option<u8>,
    },
    /// A goal changed.
    GoalUpdated {
        goal: GoalId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        level: Option<Slug>,
        #[serde(default, skip_serializing_if = "Patch::is_keep")]
        stack: Patch<Slug>,
        #[serde(default, skip_serializing_if = "Patch::is_keep")]
        target_date: Patch<Day>,
        #[serde(default, skip_serializing_if = "Patch::is_keep")]
        hours_per_week: Patch<u8>,
    },
    /// A goal was reached or given up.
    GoalClosed { goal: GoalId, status: Closed },
    /// A course was begun.
    CourseStarted { course: Slug },
    /// A course went on.
    CourseProgressed { course: Slug, percent: u8 },
    /// A course was completed.
    CourseCompleted {
        course: Slug,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        certificate_url: Option<String>,
    },
    /// A completed course was taken up again.
    CourseReopened { course: Slug },
    /// A project came.
    ProjectAdded {
        project: ProjectId,
        name: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stack: Option<Slug>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        framework: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        repository_url: Option<String>,
        aspects: Vec<Aspect>,
    },
    /// A project changed.
    ProjectUpdated {
        project: ProjectId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        #[serde(default, skip_serializing_if = "Patch::is_keep")]
        stack: Patch<Slug>,
        #[serde(default, skip_serializing_if = "Patch::is_keep")]
        framework: Patch<String>,
        #[serde(default, skip_serializing_if = "Patch::is_keep")]
        repository_url: Patch<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        aspects: Option<Vec<Aspect>>,
    },
    /// A project was taken away.
    ProjectRemoved { project: ProjectId },
    /// Somebody looked whether a project answers at an address.
    DeploymentChecked { project: ProjectId, url: String, ok: bool, checked_at: Timestamp },
    /// Something broke in a project, was understood and mended.
    IncidentReported {
        project: ProjectId,
        title: String,
        cause: String,
        fix: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        url: Option<String>,
    },
    /// A piece of evidence was handed in.
    EvidenceSubmitted {
        evidence: EvidenceId,
        criterion: Slug,
        evidence_kind: EvidenceKind,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        url: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    },
    /// A reviewer looked at a piece of evidence.
    EvidenceReviewed {
        evidence: EvidenceId,
        verdict: Verdict,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// A piece of evidence was taken back.
    EvidenceRetracted { evidence: EvidenceId },
    /// A criterion was waived.
    CriterionWaived { criterion: Slug, ground: Ground },
    /// A criterion was done and, by time alone, is no more.
    CriterionLapsed { criterion: Slug },
    /// An earlier event was voided.
    EventUndone { undone: Version },
    /// A voided event holds again.
    EventRedone { redone: Version },
}

impl Change {
    /// The instant that it speaks of itself, which is when it happened unless somebody says otherwise.
    pub fn instant(&self) -> Option<Timestamp> {
        match self {
            Change::DeploymentChecked { checked_at, .. } => Some(*checked_at),
            _ => None,
        }
    }

    /// The goal, project or piece of evidence that it makes.
    pub fn made(&self) -> Option<Uuid> {
        match self {
            Change::GoalSet { goal, .. } => Some(goal.0),
            Change::ProjectAdded { project, .. } => Some(project.0),
            Change::EvidenceSubmitted { evidence, .. } => Some(evidence.0),
            _ => None,
        }
    }

    /// The goal, project or piece of evidence, made before, that it is about.
    pub fn subject(&self) -> Option<Uuid> {
        match self {
            Change::GoalUpdated { goal, .. } | Change::GoalClosed { goal, .. } => Some(goal.0),
            Change::ProjectUpdated { project, .. }
            | Change::ProjectRemoved { project }
            | Change::DeploymentChecked { project, .. }
            | Change::IncidentReported { project, .. } => Some(project.0),
            Change::EvidenceReviewed { evidence, .. } | Change::EvidenceRetracted { evidence } => {
                Some(evidence.0)
            }
            _ => None,
        }
    }

    /// The version of the event that it undoes or redoes.
    pub fn corrected(&self) -> Option<Version> {
        match self {
            Change::EventUndone { undone: corrected } | Change::EventRedone { redone: corrected } => {
                Some(*corrected)
            }
            _ => None,
        }
    }

    /// Whether an undo can void it: not the registration, without which there is nobody; not what time took away; and
    /// not another undo or redo, for which there is the opposite.
    pub fn is_undoable(&self) -> bool {
        !matches!(
            self,
            Change::LearnerRegistered { .. }
                | Change::CriterionLapsed { .. }
                | Change::EventUndone { .. }
                | Change::EventRedone { .. }
        )
    }
}

/// How a goal ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Closed {
    /// Reached.
    Achieved,
    /// Given up.
    Abandoned,
}

/// What a reviewer decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Verdict {
    /// It shows what it should.
    Accepted,
    /// It does not.
    Rejected,
}

/// Why a criterion was waived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Ground {
    /// Shown in a test.
    TestedOut,
    /// Something equivalent was done here.
    Equivalent,
    /// Something equivalent was done elsewhere, such as in a job.
    EquivalentOutside,
    /// Decided by the administration.
    Administrative,
}

/// A change of a value that may be absent. In JSON: no key, `null`, or the value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Patch<T> {
    /// Leave it as it is.
    #[default]
    Keep,
    /// Take it away.
    Clear,
    /// Put this in its place.
    Set(T),
}

impl<T> Patch<T> {
    /// Whether it changes nothing.
    pub fn is_keep(&self) -> bool {
        matches!(self, Patch::Keep)
    }

    /// Changes the value.
    pub fn apply(self, value: &mut Option<T>) {
        match self {
            Patch::Keep => {}
            Patch::Clear => *value = None,
            Patch::Set(new) => *value = Some(new),
        }
    }

    /// The same change of something derived from the value.
    pub fn map<U>(self, map: impl FnOnce(T) -> U) -> Patch<U> {
        match self {
            Patch::Keep => Patch::Keep,
            Patch::Clear => Patch::Clear,
            Patch::Set(value) => Patch::Set(map(value)),
        }
    }

    /// The same change of something derived from the value; the first failure wins.
    pub fn try_map<U, E>(self, map: impl FnOnce(T) -> Result<U, E>) -> Result<Patch<U>, E> {
        Ok(match self {
            Patch::Keep => Patch::Keep,
            Patch::Clear => Patch::Clear,
            Patch::Set(value) => Patch::Set(map(value)?),
        })
    }

    /// The same change where it makes a difference to `current`, else none.
    #[must_use]
    pub fn against(self, current: Option<&T>) -> Self
    where
        T: PartialEq,
    {
        match &self {
            Patch::Clear if current.is_none() => Patch::Keep,
            Patch::Set(new) if current == Some(new) => Patch::Keep,
            _ => self,
        }
    }
}

impl<T: Serialize> Serialize for Patch<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Patch::Keep | Patch::Clear => serializer.serialize_none(),
            Patch::Set(value) => serializer.serialize_some(value),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Patch::Clear, Patch::Set))
    }
}
