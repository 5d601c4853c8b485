//! What if: the state as it would be had something happened now. Nothing is written.

use uuid::Uuid;

use crate::domain::{
    event::{Ground, Verdict},
    guide::{EvidenceRule, Guide},
    id::EvidenceId,
    learner::{Digest, Evidence, Learner, Review, TextFacts, Waiver},
    slug::Slug,
    time::Timestamp,
};

/// Something that might happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Supposition {
    /// A course is completed.
    CompleteCourse(Slug),
    /// Evidence of an accepted kind is handed in for a criterion, and a reviewer accepts it.
    SubmitEvidence(Slug),
    /// A criterion is waived.
    Waive(Slug),
}

/// The state as it would be. What the guide does not know, and evidence for a criterion that
/// [takes none](takes_evidence), makes no difference.
pub fn suppose(guide: &Guide, learner: &Learner, step: &Supposition, now: Timestamp) -> Learner {
    let mut learner = learner.clone();
    match step {
        Supposition::CompleteCourse(course) if guide.course(course.as_str()).is_some() => {
            learner.courses.entry(course.clone()).or_default().completed_at.get_or_insert(now);
        }
        Supposition::SubmitEvidence(criterion) => {
            for rule in evidence_rules(guide, criterion) {
                let evidence = accepted(&learner, criterion, rule, now);
                learner.evidence.extend(evidence);
            }
        }
        Supposition::Waive(criterion) if guide.criterion(criterion.as_str()).is_some() => {
            let waiver = Waiver {
                ground: Ground::Administrative,
                at: now,
                reason_digest: None,
                told_in: learner.version,
            };
            learner.waivers.entry(criterion.clone()).or_insert(waiver);
        }
        Supposition::CompleteCourse(_) | Supposition::Waive(_) => {}
    }
    learner
}

/// Whether evidence can answer the criterion: not where it asks for facts alone.
pub fn takes_evidence(guide: &Guide, criterion: &str) -> bool {
    guide.criterion(criterion).is_some_and(|it| !it.done_when.evidence_rules().is_empty())
}

fn evidence_rules<'a>(guide: &'a Guide, criterion: &Slug) -> Vec<&'a EvidenceRule> {
    guide.criterion(criterion.as_str()).map(|it| it.done_when.evidence_rules()).unwrap_or_default()
}

/// A piece that passes the rule's check.
fn accepted(learner: &Learner, criterion: &Slug, rule: &EvidenceRule, now: Timestamp) -> Option<Evidence> {
    let review = Review {
        verdict: Verdict::Accepted,
        reviewer: String::new(),
        at: now,
        note_in: None,
        note_digest: None,
    };
    Some(Evidence {
        id: unused_id(learner),
        criterion: criterion.clone(),
        kind: *rule.kinds.first()?,
        url: None,
        text: Some(TextFacts { n_words: u32::MAX, digest: Digest::default() }),
        submitted_at: now,
        submitted_in: 0,
        review: Some(review),
    })
}

/// An id that no piece of the learner has, and no UUIDv7 can be.
fn unused_id(learner: &Learner) -> EvidenceId {
    let ids = (0..=u128::MAX).map(|it| EvidenceId(Uuid::from_u128(it)));
    ids.into_iter().find(|it| learner.evidence(*it).is_none()).unwrap_or(EvidenceId(Uuid::nil()))
}
