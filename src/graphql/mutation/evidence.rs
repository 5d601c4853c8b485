//! Handing in, reviewing and retracting evidence; waiving criteria.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};

use super::{Answer, Basics, Common, Done, app, run, viewer};
use crate::{
    app::Target,
    domain::{
        command::{Command, ReviewEvidence, SubmitEvidence, WaiveCriterion},
        event::{Ground, Verdict},
        id::{EvidenceId, LearnerId},
    },
    graphql::{
        id::NodeId,
        object::{CriterionReadiness, Evidence, EvidenceKind, LearnerRef, Readiness},
        scalar::{DateTime, Url},
    },
};

/// Evidence is handed in, reviewed and taken back; criteria are waived.
#[derive(Default)]
pub(super) struct EvidenceMutation;

#[Object]
impl EvidenceMutation {
    /// Hands in a piece of evidence for a criterion. `Criterion.acceptedEvidence` says which kinds
    /// it takes. A learner can have at most 1,000 pieces at a time; one that is equal in every
    /// respect is answered with `changed: false`.
    async fn submit_evidence(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was done.")] input: SubmitEvidenceInput,
    ) -> Option<Answer<SubmitEvidencePayload>> {
        let command = Command::SubmitEvidence(SubmitEvidence {
            criterion: input.criterion,
            kind: input.kind.into(),
            url: input.url.map(|it| it.0),
            text: input.text,
        });
        let done = run(ctx, Target::Learner(input.learner.into()), input.common, Ok(command)).await;
        Some(done.map(|done| SubmitEvidencePayload { evidence: evidence(ctx, &done), done }))
    }

    /// Decides on a piece of evidence. Accepted evidence makes its criterion VERIFIED, rejected
    /// evidence counts for nothing; the newest decision holds.
    async fn review_evidence(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the reviewer decided.")] input: ReviewEvidenceInput,
    ) -> Option<Answer<ReviewEvidencePayload>> {
        let command = Command::ReviewEvidence(ReviewEvidence {
            evidence: evidence_id(&input.evidence),
            verdict: input.verdict.into(),
            note: input.note,
            reviewer: viewer(ctx).actor,
        });
        let done = run(ctx, owner(&input.evidence), input.common, Ok(command)).await;
        Some(done.map(|done| ReviewEvidencePayload { evidence: evidence(ctx, &done), done }))
    }

    /// Takes a piece of evidence back: it counts no longer. History keeps it; undo brings it back.
    async fn retract_evidence(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which piece of evidence.")] input: RetractEvidenceInput,
    ) -> Option<Answer<RetractEvidencePayload>> {
        let command = Command::RetractEvidence { evidence: evidence_id(&input.evidence) };
        let done = run(ctx, owner(&input.evidence), input.common, Ok(command)).await;
        Some(done.map(|done| RetractEvidencePayload { evidence: evidence(ctx, &done), done }))
    }

    /// Waives a criterion for a learner, for a stated reason: it counts as done, and says why.
    async fn waive_criterion(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which criterion, and why.")] input: WaiveCriterionInput,
    ) -> Option<Answer<WaiveCriterionPayload>> {
        let slug = input.criterion.clone();
        let command = Command::WaiveCriterion(WaiveCriterion {
            criterion: input.criterion,
            ground: input.ground.into(),
            reason: input.reason.clone(),
        });
        let WaiveCriterionInput { reason, occurred_at, idempotency_key, expected_version, .. } = input;
        let basics = Basics { reason: Some(reason), occurred_at, idempotency_key };
        let common = Common { basics, expected_version };
        let done = run(ctx, Target::Learner(input.learner.into()), common, Ok(command)).await;
        Some(done.map(|done| WaiveCriterionPayload { criterion: criterion(ctx, &done, &slug), done }))
    }
}

fn evidence(ctx: &Context<'_>, done: &Done) -> Option<Evidence> {
    let app = app(ctx);
    done.subject(|learner, id| Evidence::find(&app.guide, &learner.0, EvidenceId(id), app.env.now()))
}

fn criterion(ctx: &Context<'_>, done: &Done, slug: &str) -> Option<CriterionReadiness> {
    let app = app(ctx);
    let learner = &done.learner.as_ref()?.0;
    Readiness::now(app, learner).criterion(slug)
}

fn decode(id: &ID) -> Option<(LearnerId, EvidenceId)> {
    match NodeId::decode(id)? {
        NodeId::Evidence(learner, evidence) => Some((learner, evidence)),
        _ => None,
    }
}

fn owner(id: &ID) -> Target {
    Target::Owner("evidence", decode(id).map(|it| it.0))
}

/// The evidence that an id names. One that names none never gets this far: it has no owner.
fn evidence_id(id: &ID) -> EvidenceId {
    decode(id).map_or(EvidenceId(Default::default()), |it| it.1)
}

/// What was done outside of courses.
#[derive(InputObject, Debug)]
pub(super) struct SubmitEvidenceInput {
    /// Whose.
    learner: LearnerRef,
    /// Slug of the criterion that it speaks for.
    criterion: String,
    /// What it is.
    kind: EvidenceKind,
    /// Where it can be seen.
    url: Option<Url>,
    /// Its text: at most 20,000 characters.
    text: Option<String>,
    #[graphql(flatten)]
    common: Common,
}

/// What a reviewer decided.
#[derive(InputObject, Debug)]
pub(super) struct ReviewEvidenceInput {
    /// The evidence's id.
    evidence: ID,
    /// The decision.
    verdict: ReviewVerdict,
    /// What the reviewer remarks: at most 20,000 characters.
    note: Option<String>,
    #[graphql(flatten)]
    common: Common,
}

/// Which piece of evidence is taken back.
#[derive(InputObject, Debug)]
pub(super) struct RetractEvidenceInput {
    /// The evidence's id.
    evidence: ID,
    #[graphql(flatten)]
    common: Common,
}

/// Which criterion is waived, and why.
#[derive(InputObject, Debug)]
pub(super) struct WaiveCriterionInput {
    /// Whose.
    learner: LearnerRef,
    /// Slug of the criterion.
    criterion: String,
    /// On what ground.
    ground: WaiverGround,
    /// Why, in the caller's words; kept with the event. At most 20,000 characters.
    reason: String,
    /// When it was decided, between 2000-01-01 and a day from now; absent: now.
    occurred_at: Option<DateTime>,
    /// Makes the call safe to repeat: the same key with the same input answers what the first call
    /// did, with `replayed: true`. 1 to 200 characters, unique for the learner. It is kept for as long as the learner.
    /// Absent: that of the `Idempotency-Key` header, if there is one.
    idempotency_key: Option<String>,
    /// The version that the learner has to be at, as in `Learner.version`; otherwise nothing is done and the answer is
    /// `CONFLICT`, with the version that they are at. Absent: whatever they are at. A call that is repeated with its
    /// key is answered as the first time, whatever version it expects.
    expected_version: Option<i32>,
}

/// What a reviewer decides.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "Verdict")]
pub(super) enum ReviewVerdict {
    /// It shows what it should.
    Accepted,
    /// It does not.
    Rejected,
}

/// Why a criterion is waived.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "Ground")]
pub(super) enum WaiverGround {
    /// It was shown in a test.
    TestedOut,
    /// Something equivalent was done here.
    Equivalent,
    /// Something equivalent was done elsewhere, such as in a job.
    EquivalentOutside,
    /// The administration decided so.
    Administrative,
}

/// What `submitEvidence` did.
#[derive(SimpleObject)]
pub(super) struct SubmitEvidencePayload {
    /// The evidence; null: nothing was done.
    evidence: Option<Evidence>,
    #[graphql(flatten)]
    done: Done,
}

/// What `reviewEvidence` did.
#[derive(SimpleObject)]
pub(super) struct ReviewEvidencePayload {
    /// The evidence; null: nothing was done.
    evidence: Option<Evidence>,
    #[graphql(flatten)]
    done: Done,
}

/// What `retractEvidence` did.
#[derive(SimpleObject)]
pub(super) struct RetractEvidencePayload {
    /// Always null after it was retracted: it is there no longer.
    evidence: Option<Evidence>,
    #[graphql(flatten)]
    done: Done,
}

/// What `waiveCriterion` did.
#[derive(SimpleObject)]
pub(super) struct WaiveCriterionPayload {
    /// How the learner stands with the criterion now; null: nothing was done, or it does not apply to
    /// the learner's stack.
    criterion: Option<CriterionReadiness>,
    #[graphql(flatten)]
    done: Done,
}
