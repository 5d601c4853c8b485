//! What somebody would write by hand: the body read, the learner loaded, the readiness assessed, the
//! answer serialized. It borrows whatever it can.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::header,
    response::{IntoResponse as _, Response},
    routing::post,
};
use data_encoding::BASE64URL_NOPAD;
use milepost::{
    app::App,
    domain::{
        guide::{Citation, EvidenceKind, Guide, Necessity},
        id::{LearnerId, Version},
        learner::{self, Learner},
        readiness::{
            CriterionReadiness, CriterionStatus, EvidenceStatus, MilestoneReadiness, MilestoneStatus,
            NextActor, Progress, Warning, evidence_status, valid_until,
        },
        time::Timestamp,
    },
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::hand_list;

/// Answers both queries, told apart by their variables.
pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new().route("/graphql", post(answer)).with_state(app)
}

#[derive(Deserialize)]
struct Body {
    /// A server that runs only its own queries would not even read it.
    #[serde(rename = "query")]
    _query: String,
    variables: Variables,
}

#[derive(Deserialize)]
struct Variables {
    id: Option<String>,
    after: Option<String>,
}

async fn answer(State(app): State<Arc<App>>, body: Bytes) -> Response {
    let body: Body = serde_json::from_slice(&body).expect("a body");
    let json = match body.variables.id {
        Some(id) => point(&app, &id).await,
        None => hand_list::list(&app, body.variables.after).await,
    };
    ([(header::CONTENT_TYPE, "application/json")], json).into_response()
}

/// An answer with one field.
#[derive(Serialize)]
pub(crate) struct Data<T> {
    pub(crate) data: T,
}

async fn point(app: &App, id: &str) -> Vec<u8> {
    let learner = app.store.load(decode(id)).await.expect("loaded");
    let data = learner.as_ref().map(|it| {
        let readiness = app.readiness(it);
        let now = readiness.as_of;
        let tree = Tree {
            ready: readiness.ready,
            progress: readiness.progress.into(),
            milestones: readiness
                .milestones
                .iter()
                .map(|m| MilestoneView::of(&app.guide, it, m, now))
                .collect(),
            warnings: readiness
                .warnings
                .iter()
                .map(|Warning { code, message, .. }| WarningView { code, message })
                .collect(),
            guide_revision: readiness.guide_revision,
        };
        let person = Person { id: encode(it.id), name: &it.name, version: it.version, readiness: tree };
        serde_json::to_vec(&Data { data: Point { learner: Some(person) } }).expect("plain data")
    });
    data.unwrap_or_else(|| br#"{"data":{"learner":null}}"#.to_vec())
}

fn decode(id: &str) -> LearnerId {
    let bytes = BASE64URL_NOPAD.decode(id.as_bytes()).expect("an id");
    LearnerId(Uuid::from_slice(&bytes[1..]).expect("an id"))
}

/// The global id of a learner.
pub(crate) fn encode(id: LearnerId) -> String {
    BASE64URL_NOPAD.encode(&[b"l", &id.0.as_bytes()[..]].concat())
}

#[derive(Serialize)]
struct Point<'a> {
    learner: Option<Person<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Person<'a> {
    id: String,
    name: &'a str,
    version: Version,
    readiness: Tree<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Tree<'a> {
    ready: bool,
    progress: ProgressView,
    milestones: Vec<MilestoneView<'a>>,
    warnings: Vec<WarningView<'a>>,
    guide_revision: u32,
}

/// A share.
#[derive(Serialize)]
pub(crate) struct ProgressView {
    done: u32,
    total: u32,
    percent: Option<u32>,
}

impl From<Progress> for ProgressView {
    fn from(it: Progress) -> Self {
        Self { done: it.n_done, total: it.n_total, percent: it.percent() }
    }
}

#[derive(Serialize)]
struct CitationView<'a> {
    section: &'a str,
    paraphrase: &'a str,
}

impl<'a> CitationView<'a> {
    fn of(it: &'a Citation) -> Self {
        Self { section: &it.section, paraphrase: &it.paraphrase }
    }
}

#[derive(Serialize)]
struct WarningView<'a> {
    code: &'a str,
    message: &'a str,
}

#[derive(Serialize)]
struct NamedView<'a> {
    slug: &'a str,
    title: &'a str,
    citation: CitationView<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MilestoneView<'a> {
    milestone: NamedView<'a>,
    status: &'static str,
    progress: ProgressView,
    met_at: Option<Timestamp>,
    met_until: Option<Timestamp>,
    criteria: Vec<CriterionView<'a>>,
}

impl<'a> MilestoneView<'a> {
    fn of(guide: &'a Guide, learner: &'a Learner, it: &'a MilestoneReadiness, now: Timestamp) -> Self {
        let milestone = guide.milestone(it.milestone.as_str()).expect("of the guide");
        Self {
            milestone: NamedView {
                slug: milestone.slug.as_str(),
                title: &milestone.title,
                citation: CitationView::of(&milestone.citation),
            },
            status: match it.status {
                MilestoneStatus::NotStarted => "NOT_STARTED",
                MilestoneStatus::InProgress => "IN_PROGRESS",
                MilestoneStatus::Met => "MET",
            },
            progress: it.progress.into(),
            met_at: it.met_at,
            met_until: it.met_until,
            criteria: it.criteria.iter().map(|it| CriterionView::of(guide, learner, it, now)).collect(),
        }
    }
}

#[derive(Serialize)]
struct QuestionView<'a> {
    slug: &'a str,
    title: &'a str,
    necessity: &'static str,
    question: &'a str,
    citation: CitationView<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CriterionView<'a> {
    criterion: QuestionView<'a>,
    status: &'static str,
    because: &'a str,
    missing: Option<&'a str>,
    next_actor: &'static str,
    since: Option<Timestamp>,
    valid_until: Option<Timestamp>,
    evidence: Vec<EvidenceView<'a>>,
}

impl<'a> CriterionView<'a> {
    fn of(guide: &'a Guide, learner: &'a Learner, it: &'a CriterionReadiness, now: Timestamp) -> Self {
        let criterion = guide.criterion(it.criterion.as_str()).expect("of the guide");
        let evidence = it.evidence.iter().filter_map(|id| learner.evidence(*id));
        Self {
            criterion: QuestionView {
                slug: criterion.slug.as_str(),
                title: &criterion.title,
                necessity: match guide.necessity(criterion) {
                    Necessity::Must => "MUST",
                    Necessity::Should => "SHOULD",
                },
                question: &criterion.question,
                citation: CitationView::of(&criterion.citation),
            },
            status: match it.status {
                CriterionStatus::Unmet => "UNMET",
                CriterionStatus::Claimed => "CLAIMED",
                CriterionStatus::Evidenced => "EVIDENCED",
                CriterionStatus::Verified => "VERIFIED",
                CriterionStatus::ReviewDue => "REVIEW_DUE",
                CriterionStatus::Waived => "WAIVED",
            },
            because: &it.because,
            missing: it.missing.as_deref(),
            next_actor: match it.next_actor {
                NextActor::Learner => "LEARNER",
                NextActor::Reviewer => "REVIEWER",
                NextActor::Nobody => "NOBODY",
            },
            since: it.since,
            valid_until: it.valid_until,
            evidence: evidence.map(|it| EvidenceView::of(guide, learner, it, now)).collect(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EvidenceView<'a> {
    id: String,
    kind: EvidenceKind,
    url: Option<&'a str>,
    status: &'static str,
    submitted_at: Timestamp,
    reviewed_at: Option<Timestamp>,
    valid_until: Option<Timestamp>,
}

impl<'a> EvidenceView<'a> {
    fn of(guide: &Guide, learner: &Learner, it: &'a learner::Evidence, now: Timestamp) -> Self {
        let id = [b"d", &learner.id.0.as_bytes()[..], &it.id.0.as_bytes()[..]].concat();
        Self {
            id: BASE64URL_NOPAD.encode(&id),
            kind: it.kind,
            url: it.url.as_deref(),
            status: match evidence_status(guide, it, now) {
                EvidenceStatus::Submitted => "SUBMITTED",
                EvidenceStatus::Accepted => "ACCEPTED",
                EvidenceStatus::Rejected => "REJECTED",
                EvidenceStatus::Lapsed => "LAPSED",
            },
            submitted_at: it.submitted_at,
            reviewed_at: it.review.as_ref().map(|it| it.at),
            valid_until: valid_until(guide, it),
        }
    }
}
