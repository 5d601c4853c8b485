//! What the market pays and asks for.

use std::sync::Arc;

use async_graphql::Enum;

use super::{Citation, Stack};
use crate::{
    domain::guide,
    graphql::{
        at_once::{names, object},
        cost::About,
        scalar::Date,
    },
};

object! {
    /// An experience level with its pay, as the guide gives it.
    pub(in crate::graphql) struct Level {
        /// Its stable name: `junior`, `mid`, `senior` or `staff`.
        slug: String,
        /// What people call it.
        name: String,
        /// Years of experience from which it is spoken of; null: the guide gives none.
        years_from: Option<u32>,
        /// Years of experience up to which it is spoken of, inclusive; null: no end, or none given.
        years_to: Option<u32>,
        /// Where its pay is paid; null: the guide does not say.
        region: Option<String>,
        /// Base pay a year.
        base: MoneyRange,
        /// Total compensation a year; null: the guide gives none.
        total: Option<MoneyRange>,
        /// The condition under which the total holds.
        total_condition: Option<String>,
        /// By how much the stack alone can move pay at this level, the guide does not say which way;
        /// null: it says nothing of it.
        stack_spread: Option<MoneyRange>,
        /// What the guide remarks on this level's pay: what is already inside the band, what spreads it.
        notes: Vec<String>,
        /// The day that the figures speak of.
        as_of: Date,
        /// Where in the guide this comes from.
        citation: Citation,
    }
}

impl Level {
    pub(super) fn new(guide: &guide::Guide, level: &guide::Level) -> Self {
        Self {
            slug: level.slug.to_string(),
            name: level.name.clone(),
            years_from: level.years_from,
            years_to: level.years_to,
            region: level.region.clone(),
            base: MoneyRange::new(&level.base),
            total: level.total.as_ref().map(MoneyRange::new),
            total_condition: level.total_condition.clone(),
            stack_spread: level.stack_spread.as_ref().map(MoneyRange::new),
            notes: level.notes.clone(),
            as_of: guide.as_of.into(),
            citation: level.citation.clone(),
        }
    }
}

object! {
    /// An amount of money a year, in whole units of its currency.
    pub(in crate::graphql) struct MoneyRange {
        /// The low end.
        low: u32,
        /// The high end; null: "and more".
        high: Option<u32>,
        /// The currency, by its ISO 4217 code.
        currency: String,
    }
}

impl MoneyRange {
    fn new(range: &guide::MoneyRange) -> Self {
        Self { low: range.low, high: range.high, currency: range.currency.clone() }
    }
}

object! {
    /// What moves pay up or down. Each has a base of its own, so they are not to be multiplied.
    pub(in crate::graphql) struct PayModifier {
        /// What it hangs on.
        kind: PayModifierKind,
        /// Its stable name.
        slug: String,
        /// What people call it.
        name: String,
        /// Which way it moves pay.
        direction: Direction,
        /// The low end in percent; null: the guide gives a direction only.
        low_percent: Option<i32>,
        /// The high end in percent; null: the guide gives a direction only.
        high_percent: Option<i32>,
        /// What it is relative to.
        relative_to: String,
        /// Slugs of levels whose band already includes it: adding it there counts it twice.
        already_in_band_of: Vec<String>,
        /// The day that the figures speak of.
        as_of: Date,
        /// Where in the guide this comes from.
        citation: Citation,
    }
}

impl PayModifier {
    pub(super) fn new(guide: &guide::Guide, modifier: &guide::PayModifier) -> Self {
        Self {
            kind: modifier.kind.into(),
            slug: modifier.slug.to_string(),
            name: modifier.name.clone(),
            direction: modifier.direction.into(),
            low_percent: modifier.low_percent,
            high_percent: modifier.high_percent,
            relative_to: modifier.relative_to.clone(),
            already_in_band_of: modifier.already_in_band_of.iter().map(ToString::to_string).collect(),
            as_of: guide.as_of.into(),
            citation: modifier.citation.clone(),
        }
    }
}

object! {
    /// The pay of a level beside what moves it.
    pub(in crate::graphql) struct Pay {
        /// The level with its bands.
        level: Level,
        /// What moves it, each relative to a base of its own.
        #[graphql(directive = About::apply(8))]
        modifiers: Vec<PayMove>,
    }
}

object! {
    /// A pay modifier, looked at from one level.
    pub(in crate::graphql) struct PayMove {
        /// The modifier.
        modifier: PayModifier,
        /// Whether the level's band includes it already: adding it would count it twice.
        already_in_band: bool,
    }
}

impl Pay {
    pub(super) fn new(guide: &guide::Guide, pay: &guide::Pay<'_>) -> Self {
        let moves = pay.modifiers.iter().map(|it| PayMove {
            modifier: PayModifier::new(guide, it.modifier),
            already_in_band: it.already_in_band,
        });
        Self { level: Level::new(guide, pay.level), modifiers: moves.collect() }
    }
}

object! {
    /// What engineering teams look at beyond a job description.
    pub(in crate::graphql) struct HiringCriterion {
        /// Its stable name.
        slug: String,
        /// The question that a team asks itself.
        question: String,
        /// What a good answer shows.
        expectation: String,
        /// Slug of the level from which it filters; null: every level.
        from_level: Option<String>,
        /// Where in the guide this comes from.
        citation: Citation,
    }
}

impl HiringCriterion {
    pub(super) fn new(criterion: &guide::HiringCriterion) -> Self {
        Self {
            slug: criterion.slug.to_string(),
            question: criterion.question.clone(),
            expectation: criterion.expectation.clone(),
            from_level: criterion.from_level.as_ref().map(ToString::to_string),
            citation: criterion.citation.clone(),
        }
    }
}

object! {
    /// Where a stack is better or worse than the others.
    pub(in crate::graphql) struct TradeOff {
        /// In which respect.
        dimension: TradeOffDimension,
        /// Which way.
        direction: Direction,
        /// In words.
        note: String,
        /// Where in the guide this comes from.
        citation: Citation,
    }
}

impl TradeOff {
    pub(super) fn new(trade_off: &guide::TradeOff) -> Self {
        Self {
            dimension: trade_off.dimension.into(),
            direction: trade_off.direction.into(),
            note: trade_off.note.clone(),
            citation: trade_off.citation.clone(),
        }
    }
}

object! {
    /// What the guide advises in a situation.
    pub(in crate::graphql) struct StackAdvice {
        /// The situation that this answers.
        situation: StackSituation,
        /// The stacks that fit it.
        #[graphql(directive = About::apply(6))]
        stacks: Vec<Stack>,
        /// Why they do.
        reason: String,
        /// What to expect all the same.
        warnings: Vec<String>,
        /// Where in the guide this comes from.
        citation: Citation,
    }
}

impl StackAdvice {
    pub(super) fn new(guide: &Arc<guide::Guide>, advice: &guide::Advice) -> Self {
        Self {
            situation: advice.situation.into(),
            stacks: advice.stacks.iter().filter_map(|it| Stack::find(guide, it.as_str())).collect(),
            reason: advice.reason.clone(),
            warnings: advice.warnings.clone(),
            citation: advice.citation.clone(),
        }
    }
}

/// What a pay modifier hangs on.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "guide::PayModifierKind")]
pub(in crate::graphql) enum PayModifierKind {
    /// Where the work is done.
    Location,
    /// The employer's industry or stage.
    Industry,
    /// The stack.
    Stack,
}

/// Which way something differs from the middle of the field.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "guide::Direction")]
pub(in crate::graphql) enum Direction {
    /// Below.
    Lower,
    /// About the same.
    Average,
    /// Above.
    Higher,
}

/// A respect in which stacks differ.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "guide::TradeOffDimension")]
pub(in crate::graphql) enum TradeOffDimension {
    /// How many jobs there are.
    JobMarket,
    /// How hard it is to learn.
    Difficulty,
    /// What it pays.
    Pay,
    /// How far pay can go.
    PayCeiling,
    /// How many hours, and how predictable.
    Hours,
    /// How safe the job is.
    JobSecurity,
    /// How much there is to learn from.
    LearningResources,
    /// How many jobs there are for beginners.
    EntryLevel,
    /// Pension, insurance and the like.
    Benefits,
    /// How many others want the same jobs.
    Competition,
}

/// What somebody who asks for advice says about themselves.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "guide::Situation")]
pub(in crate::graphql) enum StackSituation {
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

names!(PayModifierKind, Direction, TradeOffDimension, StackSituation);
