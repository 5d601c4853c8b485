//! What the market pays and asks for: levels, pay, trade-offs, hiring criteria.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Citation, Guide};
use crate::domain::slug::Slug;

/// An experience level with its pay, as the guide gives it: bands have gaps, years overlap.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Level {
    /// Stable name.
    pub slug: Slug,
    /// What people call it.
    pub name: String,
    /// Where the figures hold, such as "United States".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Years of experience from which it is spoken of; absent where the guide gives none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub years_from: Option<u32>,
    /// Years of experience up to which it is spoken of, inclusive; absent: no end, or none given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub years_to: Option<u32>,
    /// Base pay a year.
    pub base: MoneyRange,
    /// Total compensation a year, where the guide gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<MoneyRange>,
    /// The condition under which the total holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_condition: Option<String>,
    /// How far apart base pay can lie at this level by the stack alone. Which stack pays more is
    /// not part of it: the guide does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack_spread: Option<MoneyRange>,
    /// What the guide remarks on this level's pay: what is already inside the band, what spreads it.
    pub notes: Vec<String>,
    /// Where this comes from.
    pub citation: Citation,
}

/// An amount of money a year, in whole units.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MoneyRange {
    /// The low end.
    pub low: u32,
    /// The high end; absent: "and more".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<u32>,
    /// ISO 4217, such as "USD".
    #[schemars(regex(pattern = r"^[A-Z]{3}$"))]
    pub currency: String,
}

impl MoneyRange {
    fn holds(&self, amount: u32) -> bool {
        self.low <= amount && self.high.is_none_or(|high| amount <= high)
    }
}

/// What moves pay up or down. Modifiers are never multiplied: their bases differ.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PayModifier {
    /// What it hangs on.
    pub kind: PayModifierKind,
    /// Stable name.
    pub slug: Slug,
    /// What people call it.
    pub name: String,
    /// Which way it moves pay.
    pub direction: Direction,
    /// The low end in percent; absent where the guide gives a direction only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low_percent: Option<i32>,
    /// The high end in percent; absent where the guide gives a direction only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high_percent: Option<i32>,
    /// What it is relative to, such as "the national median".
    pub relative_to: String,
    /// Levels whose band already includes it: adding it there counts it twice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub already_in_band_of: Vec<Slug>,
    /// Where this comes from.
    pub citation: Citation,
}

/// What a pay modifier hangs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PayModifierKind {
    /// Where the work is done.
    Location,
    /// The employer's industry or stage.
    Industry,
    /// The stack.
    Stack,
}

/// Which way something differs from the middle of the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Direction {
    /// Below.
    Lower,
    /// About the same.
    Average,
    /// Above.
    Higher,
}

/// Where a stack is better or worse than the others.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TradeOff {
    /// In which respect.
    pub dimension: TradeOffDimension,
    /// Which way.
    pub direction: Direction,
    /// In words.
    pub note: String,
    /// Where this comes from.
    pub citation: Citation,
}

/// A respect in which stacks differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TradeOffDimension {
    /// How many jobs there are.
    JobMarket,
    /// How hard it is to learn.
    Difficulty,
    /// What it pays.
    Pay,
    /// How far pay can go.
    PayCeiling,
    /// How predictable the working hours are.
    Hours,
    /// How safe the job is.
    JobSecurity,
    /// How much there is to learn from.
    LearningResources,
    /// How many jobs for beginners.
    EntryLevel,
    /// Pension, insurance and the like.
    Benefits,
    /// How many others want the same jobs.
    Competition,
}

/// What engineering teams look at beyond a job description.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HiringCriterion {
    /// Stable name.
    pub slug: Slug,
    /// The question that they ask themselves.
    pub question: String,
    /// What a good answer shows.
    pub expectation: String,
    /// The level from which it filters; absent: every level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_level: Option<Slug>,
    /// Where this comes from.
    pub citation: Citation,
}

/// The pay of a level beside what moves it, never multiplied: each figure keeps its own base.
#[derive(Debug, Clone)]
pub struct Pay<'a> {
    /// The level with its bands, which hold in its region.
    pub level: &'a Level,
    /// What moves it, each relative to a base of its own.
    pub modifiers: Vec<PayMove<'a>>,
}

/// A pay modifier, looked at from one level.
#[derive(Debug, Clone)]
pub struct PayMove<'a> {
    /// The modifier.
    pub modifier: &'a PayModifier,
    /// The level's band includes it already: adding it would count it twice.
    pub already_in_band: bool,
}

impl Guide {
    /// The pay of a level beside the modifiers of these names; `None` when a name is unknown.
    pub fn pay(&self, level: &str, modifiers: &[&str]) -> Option<Pay<'_>> {
        let level = self.level(level)?;
        let modifiers = modifiers.iter().map(|slug| {
            let modifier = self.pay_modifiers.iter().find(|it| it.slug == **slug)?;
            Some(PayMove { modifier, already_in_band: modifier.already_in_band_of.contains(&level.slug) })
        });
        Some(Pay { level, modifiers: modifiers.collect::<Option<_>>()? })
    }

    /// The levels that this many years of experience belong to: two at a boundary, none where the
    /// guide speaks of none. Levels without years are never guessed.
    pub fn levels_at(&self, years: u32) -> Vec<&Level> {
        let spans = |it: &&Level| {
            it.years_from.is_some_and(|from| from <= years) && it.years_to.is_none_or(|to| years <= to)
        };
        self.levels.iter().filter(spans).collect()
    }

    /// The levels whose base pay includes this amount; none in the gaps between bands.
    pub fn levels_paying(&self, base: u32) -> Vec<&Level> {
        self.levels.iter().filter(|it| it.base.holds(base)).collect()
    }
}
