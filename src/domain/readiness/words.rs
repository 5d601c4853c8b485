//! The words for things: kinds of evidence, aspects, conditions, lists, names.
//!
//! Most of the time that assessing takes goes into sentences. Where text alone is put together it is
//! concatenated, which is many times faster than formatting.

use std::borrow::Cow;

use super::project::Condition;
use crate::domain::{
    event::Ground,
    guide::{Aspect, EvidenceKind, EvidenceRule},
    learner::Project,
};

/// The longest name that a sentence holds, in characters.
const NAME_LENGTH: usize = 80;

/// How many names a sentence holds.
const MAX_NAMES: usize = 5;

/// A name in quotation marks, cut where it is long.
pub(super) fn quoted(name: &str) -> String {
    if name.len() <= NAME_LENGTH || name.chars().count() <= NAME_LENGTH {
        return ["“", name, "”"].concat();
    }
    let start: String = name.chars().take(NAME_LENGTH - 1).collect();
    ["“", &start, "…”"].concat()
}

/// The names of projects, the first few of many.
pub(super) fn names(projects: &[&Project]) -> String {
    let mut names: Vec<_> = projects.iter().take(MAX_NAMES).map(|it| quoted(&it.name)).collect();
    let n_more = projects.len().saturating_sub(MAX_NAMES);
    if 0 < n_more {
        names.push(format!("{n_more} more"));
    }
    listed(&names, "and")
}

/// `A`, `A and B`, `A, B and C`.
pub(super) fn listed<T: AsRef<str>>(items: &[T], conjunction: &str) -> String {
    let mut list = String::with_capacity(items.iter().map(|it| it.as_ref().len() + 5).sum());
    for (place, it) in items.iter().enumerate() {
        match place {
            0 => {}
            _ if place + 1 == items.len() => list.extend([" ", conjunction, " "]),
            _ => list.push_str(", "),
        }
        list.push_str(it.as_ref());
    }
    list
}

/// A sentence from a fragment: a capital letter and a full stop.
pub(super) fn sentence(fragment: &str) -> String {
    let mut chars = fragment.chars();
    let mut sentence = String::with_capacity(fragment.len() + 1);
    sentence.extend(chars.next().into_iter().flat_map(char::to_uppercase));
    sentence.push_str(chars.as_str());
    sentence.push('.');
    sentence
}

/// `1 project`, `2 projects`.
pub(super) fn counted(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

/// The kinds that a rule on evidence takes, each with its article before it, such as "a write-up of
/// at least 200 words" and "a recording".
pub(super) fn accepted_kinds(rule: &EvidenceRule, article: &str) -> Vec<String> {
    let name = |kind: &EvidenceKind| {
        let words = rule.min_words.filter(|_| *kind == EvidenceKind::WriteUp);
        let words = words.map(|it| format!(" of at least {}", counted(it as usize, "word")));
        [article, " ", kind_name(*kind), words.as_deref().unwrap_or_default()].concat()
    };
    rule.kinds.iter().map(name).collect()
}

/// What people call a kind of evidence, without an article.
pub(super) fn kind_name(kind: EvidenceKind) -> &'static str {
    match kind {
        EvidenceKind::Repository => "repository",
        EvidenceKind::Link => "link",
        EvidenceKind::WriteUp => "write-up",
        EvidenceKind::QueryPlan => "query plan",
        EvidenceKind::CiRun => "CI run",
        EvidenceKind::Image => "container image",
        EvidenceKind::Recording => "recording",
    }
}

/// What a project has that covers the aspect.
pub(super) fn aspect_name(aspect: Aspect) -> &'static str {
    match aspect {
        Aspect::Api => "an API",
        Aspect::Authentication => "authentication",
        Aspect::Database => "a database",
        Aspect::HandwrittenSql => "handwritten SQL",
        Aspect::Migration => "schema migrations",
        Aspect::Container => "a container image",
        Aspect::Pipeline => "a CI/CD pipeline",
        Aspect::AutomatedTests => "automated tests",
        Aspect::Logging => "logging",
        Aspect::Metrics => "metrics",
        Aspect::Tracing => "distributed tracing",
        Aspect::Alerting => "alerting",
        Aspect::Orchestration => "orchestration",
    }
}

/// What a project has that fulfils the condition.
pub(super) fn condition_name(condition: Condition) -> Cow<'static, str> {
    match condition {
        Condition::InStack => "the learner's stack".into(),
        Condition::Repository => "a repository".into(),
        Condition::Framework => "a named framework".into(),
        Condition::Aspect(aspect) => aspect_name(aspect).into(),
        Condition::Deployed => "a successful deployment check".into(),
        Condition::Live(days) => {
            format!("a successful deployment check from the last {}", counted(days as usize, "day")).into()
        }
        Condition::Incident => "an incident traced and fixed".into(),
    }
}

/// What a ground is called.
pub(super) fn ground_name(ground: Ground) -> &'static str {
    match ground {
        Ground::TestedOut => "shown in a test",
        Ground::Equivalent => "something equivalent was done",
        Ground::EquivalentOutside => "something equivalent was done elsewhere",
        Ground::Administrative => "decided by the administration",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_read_as_people_write_them() {
        let items: Vec<String> = ["a", "b", "c"].map(String::from).to_vec();
        let lists = [0, 1, 2, 3].map(|it| listed(&items[..it], "and"));
        assert_eq!(lists, ["", "a", "a and b", "a, b and c"]);
    }

    #[test]
    fn long_names_are_cut_between_characters() {
        assert_eq!(quoted("Shop"), "“Shop”");
        assert_eq!(quoted(&"ü".repeat(80)).chars().count(), 82);
        let cut = quoted(&"ü".repeat(81));
        assert!(cut.ends_with("ü…”"), "{cut}");
        assert_eq!(cut.chars().count(), 82);
    }
}
