//! The stages on the way, and the yes-or-no questions that they consist of.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Applies, Citation, EvidencePolicy, Guide, Rule};
use crate::domain::slug::Slug;

/// A named stage on the way.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Milestone {
    /// Stable name.
    pub slug: Slug,
    /// What people call it.
    pub title: String,
    /// What it is about.
    pub summary: String,
    /// When the guide wants it: next steps of a lower number come first; equal numbers run side by side.
    #[schemars(range(min = 1))]
    pub order: u32,
    /// The yes-or-no questions that it consists of.
    #[schemars(length(min = 1))]
    pub criteria: Vec<Criterion>,
    /// Where this comes from.
    pub citation: Citation,
}

/// A yes-or-no question about one learner.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Criterion {
    /// Stable name; begins with the slug of its milestone.
    pub slug: Slug,
    /// What people call it.
    pub title: String,
    /// The question.
    pub question: String,
    /// Whether readiness needs it.
    pub necessity: Necessity,
    /// Overrides `necessity` where the guide's evidence policy is `reviewed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub necessity_when_reviewed: Option<Necessity>,
    /// The stacks that it applies to.
    #[serde(default)]
    pub applies: Applies,
    /// What answers the question with yes.
    pub done_when: Rule,
    /// What a learner should do to meet it, as a sentence.
    pub advice: String,
    /// Where this comes from.
    pub citation: Citation,
}

/// Whether readiness needs a criterion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Necessity {
    /// Readiness needs it.
    Must,
    /// A signal of strength, never mixed into progress.
    Should,
}

impl Guide {
    /// Whether readiness needs this criterion, under the guide's evidence policy.
    pub fn necessity(&self, criterion: &Criterion) -> Necessity {
        match self.policy.evidence {
            EvidencePolicy::Submitted => criterion.necessity,
            EvidencePolicy::Reviewed => criterion.necessity_when_reviewed.unwrap_or(criterion.necessity),
        }
    }
}
