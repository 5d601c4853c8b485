//! Which stack fits which situation: a table, every matching row an answer, never one hidden score.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Citation, Guide};
use crate::domain::slug::Slug;

/// What the guide advises in a situation.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Advice {
    /// The situation.
    pub situation: Situation,
    /// The stacks that fit it.
    pub stacks: Vec<Slug>,
    /// Why.
    pub reason: String,
    /// What to expect all the same.
    pub warnings: Vec<String>,
    /// Where this comes from.
    pub citation: Citation,
}

/// What somebody who asks for advice says about themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Situation {
    /// Starts from zero and wants a job as soon as possible.
    FromZeroFastestJob,
    /// Knows Node.js or Python and wants more pay.
    KnowsOneWantsPay,
    /// Wants stability and does not mind a large organization.
    EnterpriseStability,
    /// Wants a startup's flexibility and a first job soon.
    StartupFlexibility,
    /// Works with data: inference, pipelines, analytics.
    DataWork,
    /// Comes from the web and wants to stay in JavaScript.
    StaysInJavascript,
    /// Is drawn to infrastructure and cloud-native tooling.
    Infrastructure,
    /// Is drawn to systems work where raw performance matters.
    RawPerformance,
}

impl Guide {
    /// Every row of the table that matches one of the situations, in the order of the guide.
    pub fn stack_advice(&self, situations: &[Situation]) -> Vec<&Advice> {
        self.advice.iter().filter(|it| situations.contains(&it.situation)).collect()
    }
}
