//! The language in which a guide says what answers a criterion with yes.
//!
//! A rule is a question about facts that the learner's events have established. Rules are data:
//! a new milestone made of these kinds needs no code. How they are answered: `readiness::evaluate`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Policy;
use crate::domain::slug::Slug;

/// What answers a criterion with yes.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Rule {
    /// The learner has chosen a stack.
    StackChosen,
    /// Enough projects fulfil all of these conditions, each project by itself.
    Projects(ProjectRule),
    /// Each of these aspects is covered by some project that has a repository.
    Covered(Vec<Aspect>),
    /// A piece of evidence of an accepted kind passes its check.
    Evidence(EvidenceRule),
    /// At least one of these rules holds.
    Any(Vec<Rule>),
    /// All of these rules hold.
    All(Vec<Rule>),
}

/// Conditions on projects. What is not named is not asked.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProjectRule {
    /// How many projects must fulfil the conditions.
    pub count: Count,
    /// The project is in the learner's one stack.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_stack: bool,
    /// The project has a repository.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub repository: bool,
    /// The project names a framework.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub framework: bool,
    /// The project covers all of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aspects: Vec<Aspect>,
    /// Worth a word where the project also covers these; never asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bonus: Vec<Aspect>,
    /// A deployment check of the project was ok.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deployed: bool,
    /// The newest ok deployment check is at most that many days old; older is "review due".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub live_within_days: Option<u32>,
    /// The project had an incident with its cause and fix.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub incident: bool,
}

/// How many projects a rule asks for.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "must be a whole number from 1 on, or an object with `reading` (`deployEach` or `debugEach`), `each` and `once`"
)]
pub enum Count {
    /// That many.
    Fixed(#[schemars(range(min = 1))] u32),
    /// As many as the guide's policy on an open question says.
    ByReading(Reading),
}

/// A number of projects that hangs on how an open question of the guide is read.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reading {
    /// The switch in the guide's policy.
    pub reading: ReadingSwitch,
    /// How many when the switch is on.
    #[schemars(range(min = 1))]
    pub each: u32,
    /// How many when it is off.
    #[schemars(range(min = 1))]
    pub once: u32,
}

/// A switch in the guide's policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ReadingSwitch {
    /// [`Policy::deploy_each`].
    DeployEach,
    /// [`Policy::debug_each`].
    DebugEach,
}

impl ReadingSwitch {
    fn is_on(self, policy: &Policy) -> bool {
        match self {
            ReadingSwitch::DeployEach => policy.deploy_each,
            ReadingSwitch::DebugEach => policy.debug_each,
        }
    }
}

impl Count {
    /// The number under this policy.
    pub fn under(&self, policy: &Policy) -> u32 {
        match self {
            Count::Fixed(count) => *count,
            Count::ByReading(it) if it.reading.is_on(policy) => it.each,
            Count::ByReading(it) => it.once,
        }
    }
}

/// Conditions on a piece of evidence.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EvidenceRule {
    /// The kinds that are accepted.
    #[schemars(length(min = 1))]
    pub kinds: Vec<EvidenceKind>,
    /// A write-up must have at least that many words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub min_words: Option<u32>,
    /// It counts for that many days after it was submitted, or accepted; then a review is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub valid_days: Option<u32>,
}

/// What a piece of evidence is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EvidenceKind {
    /// A source repository; a URL.
    Repository,
    /// A page that shows it; a URL.
    Link,
    /// A text in the learner's own words.
    WriteUp,
    /// The output of `EXPLAIN` of PostgreSQL, MySQL or SQLite; a text that parses as one.
    QueryPlan,
    /// A run of a pipeline; a URL.
    CiRun,
    /// A container image; a URL.
    Image,
    /// A recording; a URL.
    Recording,
}

impl EvidenceKind {
    /// Its name in the guide and in the API.
    pub fn name(self) -> &'static str {
        match self {
            EvidenceKind::Repository => "REPOSITORY",
            EvidenceKind::Link => "LINK",
            EvidenceKind::WriteUp => "WRITE_UP",
            EvidenceKind::QueryPlan => "QUERY_PLAN",
            EvidenceKind::CiRun => "CI_RUN",
            EvidenceKind::Image => "IMAGE",
            EvidenceKind::Recording => "RECORDING",
        }
    }
}

/// What a project demonstrably covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Aspect {
    /// An API that others call.
    Api,
    /// Signing in, sessions, tokens.
    Authentication,
    /// Data kept in a database.
    Database,
    /// SQL written by hand.
    HandwrittenSql,
    /// Schema changes as migrations.
    Migration,
    /// A container image.
    Container,
    /// A CI/CD pipeline.
    Pipeline,
    /// Tests that run by themselves.
    AutomatedTests,
    /// Logs that are of use in production.
    Logging,
    /// Metrics.
    Metrics,
    /// Distributed traces.
    Tracing,
    /// Alerts that reach somebody.
    Alerting,
    /// Kubernetes or a managed equivalent.
    Orchestration,
}

/// The stacks that a criterion applies to.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Applies {
    /// Every stack, and learners without one.
    #[default]
    Everywhere,
    /// These stacks alone; not learners without a stack.
    Only(Vec<Slug>),
    /// Every stack but these, and learners without one.
    Except(Vec<Slug>),
}

impl Applies {
    /// Whether it applies to a learner of this stack (`None`: no stack chosen yet).
    pub fn to(&self, stack: Option<&Slug>) -> bool {
        match self {
            Applies::Everywhere => true,
            Applies::Only(stacks) => stack.is_some_and(|it| stacks.contains(it)),
            Applies::Except(stacks) => stack.is_none_or(|it| !stacks.contains(it)),
        }
    }
}

impl Rule {
    /// The kinds of evidence that can answer it, in order, without repetition.
    pub fn evidence_kinds(&self) -> Vec<EvidenceKind> {
        let mut kinds: Vec<_> =
            self.evidence_rules().into_iter().flat_map(|it| it.kinds.iter().copied()).collect();
        kinds.sort();
        kinds.dedup();
        kinds
    }

    /// The rules on projects in it.
    pub fn project_rules(&self) -> Vec<&ProjectRule> {
        match self {
            Rule::Projects(rule) => vec![rule],
            Rule::Any(rules) | Rule::All(rules) => rules.iter().flat_map(Rule::project_rules).collect(),
            Rule::StackChosen | Rule::Evidence(_) | Rule::Covered(_) => vec![],
        }
    }

    /// The rules on evidence in it.
    pub fn evidence_rules(&self) -> Vec<&EvidenceRule> {
        match self {
            Rule::Evidence(rule) => vec![rule],
            Rule::Any(rules) | Rule::All(rules) => rules.iter().flat_map(Rule::evidence_rules).collect(),
            Rule::StackChosen | Rule::Projects(_) | Rule::Covered(_) => vec![],
        }
    }
}
