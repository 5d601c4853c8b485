//! Handing in, reviewing and retracting evidence; waiving criteria.

use serde::Serialize;

use super::{Context, Outcome, limit, not_applicable};
use crate::domain::{
    event::{Change, Ground, Verdict},
    guide::{Criterion, EvidenceKind},
    id::EvidenceId,
    learner::{Evidence, Learner, Waiver, digest},
    query_plan,
    readiness::{EvidenceStatus, evidence_status},
    refusal::{Refusal, RefusalCode},
    text,
};

/// What was done outside of courses.
#[derive(Debug, Clone, Serialize)]
pub struct SubmitEvidence {
    pub criterion: String,
    pub kind: EvidenceKind,
    pub url: Option<String>,
    pub text: Option<String>,
}

/// What a reviewer decided.
#[derive(Debug, Clone, Serialize)]
pub struct ReviewEvidence {
    pub evidence: EvidenceId,
    pub verdict: Verdict,
    pub note: Option<String>,
    /// Who reviews.
    pub reviewer: String,
}

/// Which criterion is waived, and why.
#[derive(Debug, Clone, Serialize)]
pub struct WaiveCriterion {
    pub criterion: String,
    pub ground: Ground,
    /// The reason; kept with the event.
    pub reason: String,
}

/// The most pieces of evidence that a learner can have at a time.
pub(super) const MAX_EVIDENCE: usize = 1_000;

pub(super) fn submit(
    context: &Context<'_>,
    learner: &Learner,
    input: &SubmitEvidence,
) -> Result<Outcome, Refusal> {
    let criterion = find_criterion(context, &input.criterion)?;
    check_kind(criterion, input.kind)?;
    let url = input.url.as_deref().map(|it| text::url("url", it)).transpose()?;
    let text = input.text.as_deref().map(|it| text::text("text", it)).transpose()?;
    check_content(input.kind, url.as_deref(), text.as_deref())?;
    let text_digest = text.as_deref().map(|it| digest(&[it]));
    // What was rejected or has lapsed may be handed in anew: it may have been mended since.
    let counts = |it: &Evidence| {
        let status = evidence_status(context.guide, it, context.now);
        matches!(status, EvidenceStatus::Submitted | EvidenceStatus::Accepted)
    };
    let is_same = |it: &&Evidence| {
        it.criterion == criterion.slug
            && counts(it)
            && it.kind == input.kind
            && it.url == url
            && it.text.as_ref().map(|it| it.digest) == text_digest
    };
    if let Some(known) = learner.evidence.iter().find(is_same) {
        return Ok(Outcome::already().about(known.id.0));
    }
    if learner.evidence.len() >= MAX_EVIDENCE {
        return Err(limit(None, MAX_EVIDENCE, "pieces of evidence per learner"));
    }
    let id = EvidenceId(context.fresh_id);
    let (criterion, evidence_kind) = (criterion.slug.clone(), input.kind);
    let change = Change::EvidenceSubmitted { evidence: id, criterion, evidence_kind, url, text };
    Ok(Outcome::done(change).about(id.0))
}

fn check_kind(criterion: &Criterion, kind: EvidenceKind) -> Result<(), Refusal> {
    let kinds = criterion.done_when.evidence_kinds();
    if kinds.is_empty() {
        let message =
            "evidence does not answer this criterion: its facts come from the stack and the projects";
        return Err(not_applicable("criterion", message));
    }
    if !kinds.contains(&kind) {
        let names: Vec<_> = kinds.iter().map(|it| it.name()).collect();
        let message = format!("this criterion accepts {}", names.join(" or "));
        return Err(Refusal::of("kind", RefusalCode::InvalidInput, message));
    }
    Ok(())
}

fn check_content(kind: EvidenceKind, url: Option<&str>, text: Option<&str>) -> Result<(), Refusal> {
    let refuse = |field, message: &str| Err(Refusal::of(field, RefusalCode::InvalidInput, message));
    match (kind, url, text) {
        (EvidenceKind::WriteUp | EvidenceKind::QueryPlan, _, None) => {
            refuse("text", "evidence of this kind needs a text")
        }
        (EvidenceKind::QueryPlan, _, Some(text)) if query_plan::access_nodes(text).is_empty() => refuse(
            "text",
            "must be the output of EXPLAIN of PostgreSQL, MySQL or SQLite, with at least one scan or search in it",
        ),
        (EvidenceKind::WriteUp | EvidenceKind::QueryPlan, ..) | (_, Some(_), _) => Ok(()),
        (_, None, _) => refuse("url", "evidence of this kind needs an address"),
    }
}

pub(super) fn review(learner: &Learner, input: &ReviewEvidence) -> Result<Outcome, Refusal> {
    let evidence = find(learner, input.evidence)?;
    let note = input.note.as_deref().map(|it| text::text("note", it)).transpose()?;
    let note_digest = note.as_deref().map(|it| digest(&[it]));
    let is_same = evidence.review.as_ref().is_some_and(|it| {
        it.verdict == input.verdict && it.reviewer == input.reviewer && it.note_digest == note_digest
    });
    if is_same {
        return Ok(Outcome::already().about(evidence.id.0));
    }
    let change = Change::EvidenceReviewed { evidence: evidence.id, verdict: input.verdict, note };
    Ok(Outcome::done(change).about(evidence.id.0))
}

pub(super) fn retract(learner: &Learner, id: EvidenceId) -> Result<Outcome, Refusal> {
    if learner.removed.contains(&id.0) {
        return Ok(Outcome::already().about(id.0));
    }
    find(learner, id)?;
    Ok(Outcome::done(Change::EvidenceRetracted { evidence: id }).about(id.0))
}

fn find(learner: &Learner, id: EvidenceId) -> Result<&Evidence, Refusal> {
    if learner.removed.contains(&id.0) {
        return Err(not_applicable("evidence", "the evidence was retracted: undo that first"));
    }
    learner.evidence(id).ok_or_else(|| Refusal::not_found("evidence", "evidence"))
}

pub(super) fn waive(
    context: &Context<'_>,
    learner: &Learner,
    input: &WaiveCriterion,
) -> Result<Outcome, Refusal> {
    let criterion = find_criterion(context, &input.criterion)?;
    let reason = digest(&[&text::text("reason", &input.reason)?]);
    if !criterion.applies.to(learner.stack_slug()) {
        let message = "this criterion is not asked of the learner's stack, so there is nothing to waive";
        return Err(not_applicable("criterion", message));
    }
    let is_same = |it: &Waiver| it.ground == input.ground && it.reason_digest == Some(reason);
    if learner.waivers.get(&criterion.slug).is_some_and(is_same) {
        return Ok(Outcome::already());
    }
    let criterion = criterion.slug.clone();
    Ok(Outcome::done(Change::CriterionWaived { criterion, ground: input.ground }))
}

fn find_criterion<'a>(context: &Context<'a>, slug: &str) -> Result<&'a Criterion, Refusal> {
    context.guide.criterion(slug).ok_or_else(|| Refusal::not_found("criterion", "criterion in the guide"))
}
