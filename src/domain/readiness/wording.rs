//! Why a criterion has its status and what it takes to be done, in sentences for people.
//!
//! Fragments of what is missing are imperatives without a full stop, so that they can be joined.
//! Nothing here counts days from now: a sentence stays true until something lapses.

use super::{
    CriterionStatus,
    evaluate::{Answer, Case},
    evidence::accepted_at,
    words::{accepted_kinds, aspect_name, counted, ground_name, kind_name, listed, quoted, sentence},
};
use crate::domain::{
    event::Verdict,
    guide::{Aspect, EvidenceKind, EvidenceRule, Rule},
    learner::{Evidence, Waiver},
};

impl Case<'_> {
    /// Why the criterion has this status.
    pub(super) fn because(&self, status: CriterionStatus) -> String {
        let facts = self.facts(&self.criterion.done_when);
        match status {
            CriterionStatus::Waived => self.waived_because(),
            CriterionStatus::Claimed => self.claimed_because() + &facts,
            _ => facts,
        }
    }

    fn waived_because(&self) -> String {
        let waiver = self.learner.waivers.get(&self.criterion.slug);
        let told = |it: &Waiver| format!("Waived on {}: {}.", it.at.day(), ground_name(it.ground));
        waiver.map(told).unwrap_or_default()
    }

    fn claimed_because(&self) -> String {
        match self.claiming_courses().first() {
            Some((course, at)) => format!(
                "{} was completed on {}. That is a claim; it still has to be shown. ",
                quoted(&course.title),
                at.day()
            ),
            None => String::new(),
        }
    }

    /// What there is, for a rule.
    fn facts(&self, rule: &Rule) -> String {
        match rule {
            Rule::StackChosen => self.stack_facts(),
            Rule::Projects(rule) => self.project_facts(rule),
            Rule::Covered(aspects) => self.coverage_facts(aspects),
            Rule::Evidence(rule) => self.evidence_facts(rule),
            Rule::Any(rules) => self.facts_of_any(rules),
            Rule::All(rules) => joined(rules.iter().map(|it| self.facts(it))),
        }
    }

    /// Of alternatives, the one that says most: verified, done, lapsed, in review; else all of them.
    fn facts_of_any(&self, rules: &[Rule]) -> String {
        let answers: Vec<_> = rules.iter().map(|it| (it, self.answer(it))).collect();
        let first = |says: fn(&Answer, &Self) -> bool| {
            answers.iter().find(|it| says(&it.1, self)).map(|it| self.facts(it.0))
        };
        first(|it, case| it.verified.holds(case.now))
            .or_else(|| first(|it, case| it.done.holds(case.now)))
            .or_else(|| first(|it, case| it.unlapsed.holds(case.now)))
            .or_else(|| first(|it, _| !it.awaiting.is_empty()))
            .unwrap_or_else(|| self.facts_of_none(rules))
    }

    /// Evidence that was never handed in is not worth a word beside other facts.
    fn facts_of_none(&self, rules: &[Rule]) -> String {
        let is_told = |it: &&Rule| match it {
            Rule::Evidence(rule) => self.all_evidence().any(|it| rule.kinds.contains(&it.kind)),
            _ => true,
        };
        let told: Vec<_> = rules.iter().filter(is_told).collect();
        let told = if told.is_empty() { rules.iter().collect() } else { told };
        joined(told.into_iter().map(|it| self.facts(it)))
    }

    fn stack_facts(&self) -> String {
        match &self.learner.stack {
            Some(stack) => format!("The stack is {}, since {}.", self.stack_name(), stack.at.day()),
            None => "No stack has been chosen.".into(),
        }
    }

    /// What people call the learner's stack.
    pub(super) fn stack_name(&self) -> &str {
        let Some(slug) = self.learner.stack_slug() else { return "the chosen stack" };
        self.guide.stack(slug.as_str()).map_or(slug.as_str(), |it| &it.name)
    }

    fn coverage_facts(&self, aspects: &[Aspect]) -> String {
        let (covered, open) = self.coverage(aspects);
        let n = format!("{} of {}", covered.len(), aspects.len());
        match (covered.is_empty(), open.is_empty()) {
            (false, true) => format!("Projects with a repository cover {}: {n}.", listed(&covered, "and")),
            (false, false) => format!(
                "Projects with a repository cover {}, but not {}: {n}.",
                listed(&covered, "and"),
                listed(&open, "or")
            ),
            (true, _) => format!("No project with a repository covers {} yet: {n}.", listed(&open, "or")),
        }
    }

    /// The aspects that some project with a repository covers, and the others.
    fn coverage(&self, aspects: &[Aspect]) -> (Vec<&'static str>, Vec<&'static str>) {
        let is_covered = |it: &Aspect| self.aspect_covered(*it).holds(self.now);
        let (covered, open): (Vec<_>, Vec<_>) = aspects.iter().copied().partition(is_covered);
        let names = |it: Vec<Aspect>| it.into_iter().map(aspect_name).collect();
        (names(covered), names(open))
    }

    fn evidence_facts(&self, rule: &EvidenceRule) -> String {
        let answer = self.answer_by_evidence(rule);
        let holds = |it: &&&Evidence| self.evidence_spans(it, rule).holds(self.now);
        let accepted = answer.evidence.iter().filter(|it| accepted_at(it).is_some()).find(holds);
        let telling = accepted
            .or_else(|| answer.evidence.iter().find(holds))
            .or(answer.awaiting.last())
            .or(answer.evidence.last());
        match telling {
            Some(evidence) => self.told(evidence, rule),
            None => self.useless(rule),
        }
    }

    fn told(&self, evidence: &Evidence, rule: &EvidenceRule) -> String {
        let spans = self.evidence_spans(evidence, rule);
        let (kind, on) = (kind_name(evidence.kind), evidence.submitted_at.day());
        match (accepted_at(evidence), spans.end()) {
            (_, Some(end)) if end <= self.now => {
                format!("The {kind} of {on} counted until {}.", end.day())
            }
            (Some(at), _) => format!("A reviewer accepted the {kind} of {on} on {}.", at.day()),
            (None, _) if spans.holds(self.now) => format!("A {kind} was handed in on {on}."),
            (None, _) => format!("The {kind} of {on} awaits review."),
        }
    }

    /// What was handed in and does not count, or that there is nothing.
    fn useless(&self, rule: &EvidenceRule) -> String {
        let newest = self.all_evidence().filter(|it| rule.kinds.contains(&it.kind));
        let newest = newest.max_by_key(|it| (it.submitted_at, it.id));
        let Some(evidence) = newest else {
            return match accepted_kinds(rule, "a").as_slice() {
                [only] => {
                    ["There is no ", only.trim_start_matches("a "), &self.about(rule), " yet."].concat()
                }
                kinds => ["There is neither ", &listed(kinds, "nor"), &self.about(rule), " yet."].concat(),
            };
        };
        let (kind, on) = (kind_name(evidence.kind), evidence.submitted_at.day());
        match &evidence.review {
            Some(it) if it.verdict == Verdict::Rejected => {
                format!("A reviewer rejected the {kind} of {on} on {}.", it.at.day())
            }
            _ => {
                let n_words = evidence.text.as_ref().map_or(0, |it| it.n_words as usize);
                format!("The {kind} of {on} has {}, which is too short.", counted(n_words, "word"))
            }
        }
    }

    /// What evidence is about, where its kind does not say so.
    fn about(&self, rule: &EvidenceRule) -> String {
        let says_so = |it: &EvidenceKind| {
            matches!(it, EvidenceKind::QueryPlan | EvidenceKind::CiRun | EvidenceKind::Image)
        };
        match rule.kinds.iter().all(says_so) {
            true => String::new(),
            false => [" for ", &quoted(&self.criterion.title)].concat(),
        }
    }

    /// What it takes for the criterion to be done.
    pub(super) fn missing(&self) -> String {
        sentence(&self.fragment(&self.criterion.done_when))
    }

    fn fragment(&self, rule: &Rule) -> String {
        match rule {
            Rule::StackChosen => "choose one stack".into(),
            Rule::Projects(rule) => self.missing_projects(rule),
            Rule::Covered(aspects) => {
                let open = self.coverage(aspects).1;
                let place = if open.len() == 1 { "a project" } else { "projects" };
                ["cover ", &listed(&open, "and"), " in ", place, " with a repository"].concat()
            }
            Rule::Evidence(rule) => self.missing_evidence(rule, &self.about(rule)),
            Rule::Any(rules) => self.fragments_of_any(rules),
            Rule::All(rules) => self.fragments_of_all(rules),
        }
    }

    /// Of alternatives, those that only a review is missing of; else all of them.
    fn fragments_of_any(&self, rules: &[Rule]) -> String {
        let in_review: Vec<_> = rules.iter().filter(|it| !self.answer(it).awaiting.is_empty()).collect();
        let asked = if in_review.is_empty() { rules.iter().collect() } else { in_review };
        let fragment = |it: &Rule| match it {
            Rule::Evidence(rule) => self.missing_evidence(rule, that_shows_it(rule)),
            _ => self.fragment(it),
        };
        asked.into_iter().map(fragment).collect::<Vec<_>>().join(", or ")
    }

    /// What is open of all that is asked; where nothing is, all of it.
    fn fragments_of_all(&self, rules: &[Rule]) -> String {
        let (done, open): (Vec<_>, Vec<_>) =
            rules.iter().partition(|it| self.answer(it).done.holds(self.now));
        let open = if open.is_empty() { done } else { open };
        open.into_iter().map(|it| self.fragment(it)).collect::<Vec<_>>().join(", and ")
    }

    fn missing_evidence(&self, rule: &EvidenceRule, what_of: &str) -> String {
        let answer = self.answer_by_evidence(rule);
        if let Some(it) = answer.awaiting.last() {
            return format!(
                "have a reviewer look at the {} of {}",
                kind_name(it.kind),
                it.submitted_at.day()
            );
        }
        match (rule.kinds.as_slice(), answer.evidence.is_empty()) {
            ([EvidenceKind::Image], true) => "link to an image".into(),
            ([EvidenceKind::Image], false) => "link to a new image".into(),
            ([EvidenceKind::CiRun], true) => "link to a CI run".into(),
            ([EvidenceKind::CiRun], false) => "link to a new CI run".into(),
            (_, is_first) => {
                let article = if is_first { "a" } else { "a new" };
                ["hand in ", &listed(&accepted_kinds(rule, article), "or"), what_of].concat()
            }
        }
    }
}

/// What evidence is to do, beside other ways to the same.
fn that_shows_it(rule: &EvidenceRule) -> &'static str {
    match rule.kinds.as_slice() {
        [EvidenceKind::QueryPlan] => "",
        _ => " that shows it",
    }
}

fn joined(sentences: impl Iterator<Item = String>) -> String {
    sentences.filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" ")
}
