//! Answers rules on evidence, and tells how one piece stands.

use super::{
    evaluate::{Answer, Case, in_order},
    span::{Span, Spans, end_of},
};
use crate::domain::{
    event::Verdict,
    guide::{EvidenceKind, EvidencePolicy, EvidenceRule, Guide},
    learner::Evidence,
    time::Timestamp,
};

/// How a piece of evidence stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EvidenceStatus {
    /// Nobody has reviewed it.
    Submitted,
    /// A reviewer accepted it.
    Accepted,
    /// A reviewer rejected it; it counts for nothing.
    Rejected,
    /// Its validity has ended.
    Lapsed,
}

/// How a piece of evidence stands at that instant.
pub fn evidence_status(guide: &Guide, evidence: &Evidence, now: Timestamp) -> EvidenceStatus {
    if is_rejected(evidence) {
        return EvidenceStatus::Rejected;
    }
    if valid_until(guide, evidence).is_some_and(|until| until <= now) {
        return EvidenceStatus::Lapsed;
    }
    accepted_at(evidence).map_or(EvidenceStatus::Submitted, |_| EvidenceStatus::Accepted)
}

/// The first instant at which a piece of evidence no longer counts; `None`: it counts for good, or
/// it does not count and so cannot lapse. A criterion that takes its kind in several places lets
/// it count for the longest of them.
pub fn valid_until(guide: &Guide, evidence: &Evidence) -> Option<Timestamp> {
    let rules = guide.criterion(evidence.criterion.as_str())?.done_when.evidence_rules();
    let taking: Vec<_> = rules.into_iter().filter(|it| passes(evidence, it)).collect();
    let days = taking.iter().map(|it| it.valid_days).collect::<Option<Vec<_>>>()?.into_iter().max()?;
    let newest = counting_since(guide, evidence).into_iter().max()?;
    end_of(newest, days)
}

fn is_rejected(evidence: &Evidence) -> bool {
    evidence.review.as_ref().is_some_and(|it| it.verdict == Verdict::Rejected)
}

/// When a reviewer accepted it.
pub(super) fn accepted_at(evidence: &Evidence) -> Option<Timestamp> {
    evidence.review.as_ref().filter(|it| it.verdict == Verdict::Accepted).map(|it| it.at)
}

/// The instants at which the evidence came to count, or came to count anew.
fn counting_since(guide: &Guide, evidence: &Evidence) -> Vec<Timestamp> {
    let submitted = match guide.policy.evidence {
        EvidencePolicy::Submitted => Some(evidence.submitted_at),
        EvidencePolicy::Reviewed => None,
    };
    if is_rejected(evidence) { vec![] } else { submitted.into_iter().chain(accepted_at(evidence)).collect() }
}

impl<'a> Case<'a> {
    pub(super) fn answer_by_evidence(&self, rule: &EvidenceRule) -> Answer<'a> {
        let evidence = in_order(self.evidence_for(rule).collect());
        let done: Vec<_> = evidence.iter().map(|it| self.evidence_spans(it, rule)).collect();
        let accepted = evidence.iter().filter_map(|it| accepted_at(it));
        let verified = Spans::union(accepted.map(|it| Span::lasting(it, rule.valid_days)));
        let done_by_any = Spans::at_least(1, &done);
        Answer {
            next_end: done.iter().chain([&verified]).filter_map(|it| it.next_end(self.now)).min(),
            verified,
            unlapsed: done_by_any.without_ends(),
            done: done_by_any,
            awaiting: evidence.iter().copied().filter(|it| self.awaits_review(it)).collect(),
            evidence,
        }
    }

    /// The evidence for this criterion that passes the rule's check and was not rejected.
    fn evidence_for(&self, rule: &EvidenceRule) -> impl Iterator<Item = &'a Evidence> {
        let all = self.all_evidence();
        all.filter(|it| passes(it, rule) && !is_rejected(it))
    }

    /// All evidence that was handed in for this criterion.
    pub(super) fn all_evidence(&self) -> impl Iterator<Item = &'a Evidence> {
        let criterion = self.criterion;
        self.learner.evidence.iter().filter(move |it| it.criterion == criterion.slug)
    }

    /// When the piece counts.
    pub(super) fn evidence_spans(&self, evidence: &Evidence, rule: &EvidenceRule) -> Spans {
        let since = counting_since(self.guide, evidence);
        Spans::union(since.into_iter().map(|it| Span::lasting(it, rule.valid_days)))
    }

    fn awaits_review(&self, evidence: &Evidence) -> bool {
        self.guide.policy.evidence == EvidencePolicy::Reviewed && evidence.review.is_none()
    }
}

/// Whether the piece passes the rule's check.
fn passes(evidence: &Evidence, rule: &EvidenceRule) -> bool {
    rule.kinds.contains(&evidence.kind) && has_enough_words(evidence, rule)
}

/// A write-up needs words; what it is worth beyond their number is for reviewers.
fn has_enough_words(evidence: &Evidence, rule: &EvidenceRule) -> bool {
    let n_words = evidence.text.as_ref().map_or(0, |it| it.n_words);
    evidence.kind != EvidenceKind::WriteUp || rule.min_words.is_none_or(|it| it <= n_words)
}
