//! Answers a rule: when it was and is fulfilled, and by what.

use super::{project::Condition, span::Spans};
use crate::domain::{
    guide::{Aspect, Criterion, Guide, Rule},
    learner::{Evidence, Learner},
    time::Timestamp,
};

/// One criterion of one learner at one instant.
#[derive(Clone, Copy)]
pub(super) struct Case<'a> {
    pub(super) guide: &'a Guide,
    pub(super) learner: &'a Learner,
    pub(super) criterion: &'a Criterion,
    pub(super) now: Timestamp,
    /// Whether people are told why.
    pub(super) in_words: bool,
}

/// The answer to a rule.
#[derive(Default)]
pub(super) struct Answer<'a> {
    /// When it is fulfilled.
    pub(super) done: Spans,
    /// When it is fulfilled by what a reviewer accepted.
    pub(super) verified: Spans,
    /// When it would be fulfilled, had nothing lapsed.
    pub(super) unlapsed: Spans,
    /// The next instant at which a part of it lapses.
    pub(super) next_end: Option<Timestamp>,
    /// The evidence that speaks for it.
    pub(super) evidence: Vec<&'a Evidence>,
    /// Evidence whose acceptance, which nobody has decided on yet, is all that is missing.
    pub(super) awaiting: Vec<&'a Evidence>,
}

impl<'a> Case<'a> {
    /// The answer to a rule of the criterion.
    pub(super) fn answer(&self, rule: &Rule) -> Answer<'a> {
        match rule {
            Rule::StackChosen => Answer::fact(Spans::since_maybe(self.stack_since())),
            Rule::Projects(rule) => self.answer_by_projects(rule),
            Rule::Covered(aspects) => Answer::fact(self.covered(aspects)),
            Rule::Evidence(rule) => self.answer_by_evidence(rule),
            Rule::Any(rules) => self.any(rules),
            Rule::All(rules) => self.all(rules),
        }
    }

    fn stack_since(&self) -> Option<Timestamp> {
        self.learner.stack.as_ref().map(|it| it.at)
    }

    /// Each aspect by some project with a repository, not all by the same.
    fn covered(&self, aspects: &[Aspect]) -> Spans {
        let parts: Vec<_> = aspects.iter().map(|it| self.aspect_covered(*it)).collect();
        Spans::all(&parts)
    }

    /// When some project with a repository covers the aspect.
    pub(super) fn aspect_covered(&self, aspect: Aspect) -> Spans {
        let conditions = [Condition::Repository, Condition::Aspect(aspect)];
        let parts: Vec<_> =
            self.learner.projects.iter().map(|it| self.project_spans(it, &conditions)).collect();
        Spans::at_least(1, &parts)
    }

    fn any(&self, rules: &[Rule]) -> Answer<'a> {
        let parts: Vec<_> = rules.iter().map(|it| self.answer(it)).collect();
        let any = |part: fn(&Answer<'a>) -> Spans| Spans::at_least(1, &each(&parts, part));
        let done = any(|it| it.done.clone());
        let verified = any(|it| it.verified.clone());
        let unlapsed = any(|it| it.unlapsed.clone());
        Answer::joined(parts, done, verified, unlapsed)
    }

    /// Facts need no review, so all is verified when all that is evidence was accepted. And a
    /// review matters only where nothing else is missing.
    fn all(&self, rules: &[Rule]) -> Answer<'a> {
        let is_fact = |it: &Rule| it.evidence_rules().is_empty();
        let parts: Vec<_> = rules.iter().map(|it| self.answer(it)).collect();
        let done = Spans::all(&each(&parts, |it| it.done.clone()));
        let unlapsed = Spans::all(&each(&parts, |it| it.unlapsed.clone()));
        let verified =
            rules.iter().zip(&parts).map(|(rule, it)| if is_fact(rule) { &it.done } else { &it.verified });
        let verified: Vec<_> = verified.cloned().collect();
        let verified = if rules.iter().all(is_fact) { Spans::default() } else { Spans::all(&verified) };
        let review_is_all = parts.iter().all(|it| it.done.holds(self.now) || !it.awaiting.is_empty());
        let mut answer = Answer::joined(parts, done, verified, unlapsed);
        answer.awaiting.retain(|_| review_is_all);
        answer
    }
}

fn each<'a>(parts: &[Answer<'a>], part: fn(&Answer<'a>) -> Spans) -> Vec<Spans> {
    parts.iter().map(part).collect()
}

impl<'a> Answer<'a> {
    /// A fact that never lapses.
    fn fact(done: Spans) -> Self {
        Self { unlapsed: done.clone(), done, ..Self::default() }
    }

    fn joined(parts: Vec<Self>, done: Spans, verified: Spans, unlapsed: Spans) -> Self {
        let next_end = parts.iter().filter_map(|it| it.next_end).min();
        let (mut evidence, mut awaiting) = (vec![], vec![]);
        for part in parts {
            evidence.extend(part.evidence);
            awaiting.extend(part.awaiting);
        }
        Self {
            done,
            verified,
            unlapsed,
            next_end,
            evidence: in_order(evidence),
            awaiting: in_order(awaiting),
        }
    }
}

/// Oldest first, each once.
pub(super) fn in_order(mut evidence: Vec<&Evidence>) -> Vec<&Evidence> {
    evidence.sort_by_key(|it| (it.submitted_at, it.id));
    evidence.dedup_by_key(|it| it.id);
    evidence
}
