//! What there is to learn, and from what: areas, skills, stacks, courses.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Citation, TradeOff};
use crate::domain::slug::Slug;

/// One of the areas that back-end work consists of.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Area {
    /// Stable name.
    pub slug: Slug,
    /// What people call it.
    pub name: String,
    /// What it is about.
    pub summary: String,
    /// The skills in it.
    pub skills: Vec<Skill>,
    /// Where this comes from.
    pub citation: Citation,
}

/// A skill, with what it means or is used for.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Skill {
    /// What people call it.
    pub name: String,
    /// What it means or is used for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Skills that the guide names together, such as the three behind "DevOps experience".
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SkillGroup {
    /// Stable name.
    pub slug: Slug,
    /// What people call it.
    pub name: String,
    /// What it is about.
    pub summary: String,
    /// The level from which it is asked for; absent: every level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_level: Option<Slug>,
    /// The stacks that it is about; empty: every stack.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stacks: Vec<Slug>,
    /// The skills in it.
    pub skills: Vec<Skill>,
    /// Where this comes from.
    pub citation: Citation,
}

/// A language with its frameworks and market.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Stack {
    /// Stable name.
    pub slug: Slug,
    /// What people call it.
    pub name: String,
    /// The languages that it is written in.
    pub languages: Vec<String>,
    /// The frameworks that the guide names; empty where it names none.
    pub frameworks: Vec<Framework>,
    /// What it is good for.
    pub summary: String,
    /// Where it is better or worse than the others.
    pub trade_offs: Vec<TradeOff>,
    /// Where this comes from.
    pub citation: Citation,
}

/// A framework of a stack.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Framework {
    /// What people call it.
    pub name: String,
    /// What sets it apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A course worth the time.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Course {
    /// Stable name.
    pub slug: Slug,
    /// The course's own title.
    pub title: String,
    /// Who offers it.
    pub provider: String,
    /// The rating as printed.
    #[schemars(range(min = 0))]
    pub rating: f64,
    /// The greatest rating possible; absent where the guide does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating_scale: Option<f64>,
    /// The stacks it is for; empty: every stack.
    pub stacks: Vec<Slug>,
    /// What it teaches.
    pub covers: Vec<String>,
    /// Plain advice on what should come before it.
    pub take_after: Vec<String>,
    /// Plain advice on what it should come before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub take_before: Vec<String>,
    /// The criteria that should be done before it is started; the reason for a warning, never a bar.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub take_after_criteria: Vec<Slug>,
    /// What its learners have in hand at the end, beside a certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yields: Option<String>,
    /// The criteria that completing it moves to "claimed".
    pub claims: Vec<Slug>,
    /// Where this comes from.
    pub citation: Citation,
}

impl Course {
    /// Whether the course is meant for learners of this stack (`None`: no stack chosen yet).
    pub fn suits(&self, stack: Option<&Slug>) -> bool {
        self.stacks.is_empty() || stack.is_some_and(|it| self.stacks.contains(it))
    }
}
