//! The guide: what the field asks for, as one document of data.
//!
//! Nothing in here knows about Node.js or SQL: stacks, courses, pay, criteria and milestones all
//! come from the document (`guides/backend-2026.json`), which `schema/guide.schema.json` describes
//! to editors and [`check`] holds to its own promises.

mod advice;
mod catalog;
mod check;
mod market;
mod milestone;
mod rule;
#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use advice::{Advice, Situation};
pub use catalog::{Area, Course, Framework, Skill, SkillGroup, Stack};
pub use check::{GuideError, check, json_schema};
pub use market::{
    Direction, HiringCriterion, Level, MoneyRange, Pay, PayModifier, PayModifierKind, PayMove, TradeOff,
    TradeOffDimension,
};
pub use milestone::{Criterion, Milestone, Necessity};
pub use rule::{
    Applies, Aspect, Count, EvidenceKind, EvidenceRule, ProjectRule, Reading, ReadingSwitch, Rule,
};

use super::{slug::Slug, time::Day};

/// A whole guide.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Guide {
    /// Where editors find the JSON Schema of this document.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Stable name of the guide.
    pub slug: Slug,
    /// What people call it.
    pub title: String,
    /// Counts the editions of this guide; raise it with every change that can move a verdict.
    #[schemars(range(min = 1))]
    pub revision: u32,
    /// The day that its figures speak of; every pay figure shows it.
    #[schemars(with = "String", extend("format" = "date"))]
    pub as_of: Day,
    /// Who wrote the text that this document renders, and how it is cited.
    pub source: String,
    /// How the guide's open questions are read.
    pub policy: Policy,
    /// What back-end work consists of.
    pub areas: Vec<Area>,
    /// What the guide names when it says what somebody should be able to do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skill_groups: Vec<SkillGroup>,
    /// Languages with their frameworks and market.
    pub stacks: Vec<Stack>,
    /// Courses worth the time.
    pub courses: Vec<Course>,
    /// The stages on the way, in the order in which they are shown.
    pub milestones: Vec<Milestone>,
    /// Experience levels with their pay.
    pub levels: Vec<Level>,
    /// What moves pay up or down, each with the base that it is relative to.
    pub pay_modifiers: Vec<PayModifier>,
    /// What engineering teams look at beyond a job description.
    pub hiring_criteria: Vec<HiringCriterion>,
    /// Which stack fits which situation.
    pub advice: Vec<Advice>,
    /// Questions that people ask, with the guide's answers.
    pub faq: Vec<FaqEntry>,
    /// When a learner is warned.
    pub warnings: Warnings,
    /// How long the way takes, by the guide's own word.
    pub forecast: ForecastRange,
    /// Statements that carry no rule but belong to a faithful rendering.
    pub facts: Vec<Fact>,
}

/// Where in the guide something comes from, in our words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Citation {
    /// The section of the guide.
    pub section: String,
    /// What it says there, in our words.
    pub paraphrase: String,
    /// Numbers of the guide's statements that this rests on, such as `G59`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<String>,
}

/// How the guide's open questions are read.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Policy {
    /// What makes submitted evidence count.
    pub evidence: EvidencePolicy,
    /// `true`: each counted project must have been deployed; `false`: one of them is enough.
    pub deploy_each: bool,
    /// `true`: each counted project must have had an incident; `false`: one of them is enough.
    pub debug_each: bool,
}

/// What makes submitted evidence count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EvidencePolicy {
    /// Evidence that passes its check counts at once.
    Submitted,
    /// Evidence counts when a reviewer has accepted it.
    Reviewed,
}

/// A question that people ask, with the guide's answer in our words.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FaqEntry {
    /// Stable name.
    pub slug: Slug,
    /// The question.
    pub question: String,
    /// The answer.
    pub answer: String,
    /// Where this comes from.
    pub citation: Citation,
}

/// A statement that carries no rule.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fact {
    /// Stable name.
    pub slug: Slug,
    /// What it says, in our words, and where.
    pub citation: Citation,
}

/// When a learner is warned. Warnings never block.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Warnings {
    /// A course was started before the criteria in its `takeAfterCriteria` are done.
    pub too_early: Citation,
    /// The active goal's target date is near or past while a milestone is not met.
    pub gap: GapWarning,
    /// Something lapses soon.
    pub review_soon: ReviewSoonWarning,
}

/// The active goal's target date is near or past while a milestone is not met.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GapWarning {
    /// The milestone that must not be missing by then.
    pub milestone: Slug,
    /// How many days before the target date the warning begins.
    #[schemars(range(min = 1))]
    pub within_days: u32,
    /// Where this comes from.
    pub citation: Citation,
}

/// Something lapses soon.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReviewSoonWarning {
    /// How many days before the lapse the warning begins.
    #[schemars(range(min = 1))]
    pub within_days: u32,
    /// Where this comes from.
    pub citation: Citation,
}

/// How long the way takes, by the guide's own word.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ForecastRange {
    /// Months from the start to the earliest finish.
    #[schemars(range(min = 1))]
    pub months_from: u32,
    /// Months from the start to the latest finish.
    #[schemars(range(min = 1))]
    pub months_to: u32,
    /// Where this comes from.
    pub citation: Citation,
}

const BACKEND_2026: &str = include_str!("../../../guides/backend-2026.json");

/// The guide that is built in. Reads the document anew each time: keep the answer.
pub fn backend_2026() -> Guide {
    check(BACKEND_2026).expect("a unit test checks the built-in document")
}

impl Guide {
    /// The stack of that name.
    pub fn stack(&self, slug: &str) -> Option<&Stack> {
        self.stacks.iter().find(|it| it.slug == *slug)
    }

    /// The course of that name.
    pub fn course(&self, slug: &str) -> Option<&Course> {
        self.courses.iter().find(|it| it.slug == *slug)
    }

    /// The courses that suit a stack and claim a criterion of a milestone, where these are named.
    pub fn courses_for(&self, stack: Option<&str>, milestone: Option<&str>) -> Vec<&Course> {
        let suits = |it: &Course, stack: &str| it.suits(self.stack(stack).map(|it| &it.slug));
        let criteria = milestone.map(|it| self.milestone(it).map_or(&[][..], |it| it.criteria.as_slice()));
        let helps =
            |it: &Course, criteria: &[Criterion]| criteria.iter().any(|of| it.claims.contains(&of.slug));
        let fits = |it: &&Course| {
            stack.is_none_or(|stack| suits(it, stack)) && criteria.is_none_or(|criteria| helps(it, criteria))
        };
        self.courses.iter().filter(fits).collect()
    }

    /// The milestone of that name.
    pub fn milestone(&self, slug: &str) -> Option<&Milestone> {
        self.milestones.iter().find(|it| it.slug == *slug)
    }

    /// How many whole months before that day its figures were taken; negative for a day before them.
    pub fn months_old(&self, on: Day) -> i32 {
        let months = |day: Day| i32::from(day.year()) * 12 + i32::from(day.month());
        months(on) - months(self.as_of) - i32::from(on.day() < self.as_of.day())
    }

    /// The level of that name.
    pub fn level(&self, slug: &str) -> Option<&Level> {
        self.levels.iter().find(|it| it.slug == *slug)
    }

    /// The criterion of that name.
    pub fn criterion(&self, slug: &str) -> Option<&Criterion> {
        self.criteria().find(|it| it.slug == *slug)
    }

    /// All criteria, in the order of their milestones.
    pub fn criteria(&self) -> impl Iterator<Item = &Criterion> {
        self.milestones.iter().flat_map(|it| &it.criteria)
    }
}
