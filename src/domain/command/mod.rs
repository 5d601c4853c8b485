//! What callers may ask for, and what becomes of it: a change, "already so", or a refusal.
//!
//! A command holds what the caller wrote, unchecked. [`decide`] is pure: it sees the learner, the
//! guide and the time, and answers. Nothing is written here.

mod course;
mod evidence;
mod goal;
mod learner;
mod project;
mod undo;

use std::ops::Not;

use serde::Serialize;
use uuid::Uuid;

use evidence::MAX_EVIDENCE;
use goal::MAX_GOALS;
use project::{MAX_INCIDENTS, MAX_PROJECTS};

pub use evidence::{ReviewEvidence, SubmitEvidence, WaiveCriterion};
pub use goal::{SetGoal, UpdateGoal};
pub use learner::{RegisterLearner, UpdateLearner, is_same};
pub use project::{AddProject, RecordDeployment, ReportIncident, UpdateProject};
pub use undo::{Effect, MAX_TOGETHER};

use super::{
    event::{Change, Closed, Event, Patch},
    guide::Guide,
    id::{BatchId, EvidenceId, GoalId, ProjectId, Version},
    learner::Learner,
    refusal::{Refusal, RefusalCode},
    slug::Slug,
    text,
    time::Timestamp,
};

/// What a caller asks for. Its JSON identifies the input of a call: fields that come later must be
/// left out where they are absent, so that a call repeated over an upgrade is still the same.
#[derive(Debug, Clone, Serialize)]
pub enum Command {
    /// Let the learner be known.
    RegisterLearner(RegisterLearner),
    /// Change what is known of the learner.
    UpdateLearner(UpdateLearner),
    /// Set a goal.
    SetGoal(SetGoal),
    /// Change a goal.
    UpdateGoal(UpdateGoal),
    /// Close a goal; `None`: the caller said that it should be active, which is no way to close it.
    CloseGoal { goal: GoalId, status: Option<Closed> },
    /// Begin a course.
    StartCourse { course: String },
    /// Say how far a course is.
    RecordCourseProgress { course: String, percent: i32 },
    /// Complete a course.
    CompleteCourse { course: String, certificate_url: Option<String> },
    /// Take a completed course up again.
    ReopenCourse { course: String },
    /// Add a project.
    AddProject(AddProject),
    /// Change a project.
    UpdateProject(UpdateProject),
    /// Take a project away.
    RemoveProject { project: ProjectId },
    /// Say whether a project answers at an address.
    RecordDeployment(RecordDeployment),
    /// Tell of something that broke and was mended.
    ReportIncident(ReportIncident),
    /// Hand in a piece of evidence.
    SubmitEvidence(SubmitEvidence),
    /// Decide on a piece of evidence.
    ReviewEvidence(ReviewEvidence),
    /// Take a piece of evidence back.
    RetractEvidence { evidence: EvidenceId },
    /// Waive a criterion.
    WaiveCriterion(WaiveCriterion),
    /// Void an earlier event, and with `cascade` what depends on it.
    UndoEvent {
        event: Version,
        #[serde(skip_serializing_if = "Not::not")]
        cascade: bool,
    },
    /// Take back what a batch did, and with `cascade` what depends on it.
    UndoBatch { batch: BatchId, cascade: bool },
    /// Let what a batch did hold again, and with `cascade` what that depends on.
    RedoBatch { batch: BatchId, cascade: bool },
    /// Let a voided event hold again, and with `cascade` what it depends on and what was undone with it.
    RedoEvent {
        event: Version,
        #[serde(skip_serializing_if = "Not::not")]
        cascade: bool,
    },
}

/// What a decision depends on besides the learner and the command.
pub struct Context<'a> {
    /// The guide in force.
    pub guide: &'a Guide,
    /// The present instant.
    pub now: Timestamp,
    /// When the caller says that it happened; `None`: now.
    pub occurred_at: Option<Timestamp>,
    /// An identifier that nothing has yet.
    pub fresh_id: Uuid,
    /// All events of the learner where [`Command::needs_history`], else none.
    pub history: &'a [Event],
}

/// What becomes of a command that was not refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What has to happen, as one; nothing: it was already so.
    pub changes: Vec<Change>,
    /// The goal, project or piece of evidence that the command was about.
    pub subject: Option<Uuid>,
}

impl Outcome {
    fn done(change: Change) -> Self {
        Self { changes: vec![change], subject: None }
    }

    fn already() -> Self {
        Self { changes: vec![], subject: None }
    }

    fn about(self, subject: Uuid) -> Self {
        Self { subject: Some(subject), ..self }
    }
}

/// The most events that one learner can have; it bounds whatever grows with each event.
pub const MAX_EVENTS: Version = 100_000;

/// Decides what becomes of a command.
pub fn decide(context: &Context<'_>, learner: &Learner, command: &Command) -> Result<Outcome, Refusal> {
    check_instant("occurredAt", context.now, context.occurred_at)?;
    let outcome = match command {
        Command::RegisterLearner(input) => learner::register(context, input),
        Command::UpdateLearner(input) => learner::update(context, learner, input),
        Command::SetGoal(input) => goal::set(context, learner, input),
        Command::UpdateGoal(input) => goal::update(context, learner, input),
        Command::CloseGoal { goal, status } => goal::close(learner, *goal, *status),
        Command::StartCourse { course } => course::start(context, learner, course),
        Command::RecordCourseProgress { course, percent } => {
            course::progress(context, learner, course, *percent)
        }
        Command::CompleteCourse { course, certificate_url } => {
            course::complete(context, learner, course, certificate_url.as_deref())
        }
        Command::ReopenCourse { course } => course::reopen(context, learner, course),
        Command::AddProject(input) => project::add(context, learner, input),
        Command::UpdateProject(input) => project::update(context, learner, input),
        Command::RemoveProject { project } => project::remove(learner, *project),
        Command::RecordDeployment(input) => project::record_deployment(context, learner, input),
        Command::ReportIncident(input) => project::report_incident(context, learner, input),
        Command::SubmitEvidence(input) => evidence::submit(context, learner, input),
        Command::ReviewEvidence(input) => evidence::review(learner, input),
        Command::RetractEvidence { evidence } => evidence::retract(learner, *evidence),
        Command::WaiveCriterion(input) => evidence::waive(context, learner, input),
        Command::UndoEvent { event, cascade } => undo::undo(context, learner, *event, *cascade),
        Command::UndoBatch { batch, cascade } => undo::undo_batch(context, learner, *batch, *cascade),
        Command::RedoBatch { batch, cascade } => undo::redo_batch(context, learner, *batch, *cascade),
        Command::RedoEvent { event, cascade } => undo::redo(context, learner, *event, *cascade),
    }?;
    let n_events = u32::try_from(outcome.changes.len()).unwrap_or(MAX_EVENTS);
    if n_events > 0 && learner.version.saturating_add(n_events) > MAX_EVENTS {
        return Err(limit(None, MAX_EVENTS as usize, "events per learner"));
    }
    Ok(outcome)
}

impl Command {
    /// Whether the decision needs every event of the learner.
    pub fn needs_history(&self) -> bool {
        matches!(
            self,
            Command::UndoEvent { .. }
                | Command::RedoEvent { .. }
                | Command::UndoBatch { .. }
                | Command::RedoBatch { .. }
        )
    }
}

impl Context<'_> {
    /// When it happened.
    pub fn at(&self) -> Timestamp {
        self.occurred_at.unwrap_or(self.now)
    }
}

/// An instant that a caller gives lies between 2000 and a day from now.
pub fn check_instant(field: &'static str, now: Timestamp, instant: Option<Timestamp>) -> Result<(), Refusal> {
    const YEAR_2000: i64 = 946_684_800_000_000;
    match instant {
        Some(it) if it.as_micros() < YEAR_2000 => {
            Err(Refusal::of(field, RefusalCode::OutOfRange, "must not be before 2000-01-01T00:00:00Z"))
        }
        Some(it) if it > now.plus_days(1) => Err(Refusal::of(
            field,
            RefusalCode::InTheFuture,
            "must not be more than 24 hours ahead of the server's clock",
        )),
        _ => Ok(()),
    }
}

fn limit(field: Option<&'static str>, most: usize, what: &str) -> Refusal {
    let message = format!("there can be at most {most} {what}");
    Refusal { field, ..Refusal::new(RefusalCode::LimitReached, message) }
}

fn not_applicable(field: &'static str, message: &str) -> Refusal {
    Refusal::of(field, RefusalCode::NotApplicable, message)
}

/// The slug of a stack that the guide has.
fn stack(context: &Context<'_>, slug: &str) -> Result<Slug, Refusal> {
    let found = context.guide.stack(slug).map(|it| it.slug.clone());
    found.ok_or_else(|| Refusal::not_found("stack", "stack in the guide"))
}

/// A name cannot be cleared: an explicit `null` is refused, an absent one changes nothing.
fn required_line(field: &'static str, patch: &Patch<String>) -> Result<Option<String>, Refusal> {
    match patch {
        Patch::Keep => Ok(None),
        Patch::Clear => Err(cannot_be_cleared(field)),
        Patch::Set(value) => text::line(field, value).map(Some),
    }
}

fn cannot_be_cleared(field: &'static str) -> Refusal {
    Refusal::of(field, RefusalCode::InvalidInput, "must not be null: leave it out to keep it as it is")
}
