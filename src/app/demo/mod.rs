//! A small believable cohort, for whoever wants to look around before there is anybody.

mod cohort;

use uuid::Uuid;

use super::{App, Call, Failure, LearnerRef, Target, Written};
use crate::domain::{
    command::{
        AddProject, Command, RecordDeployment, RegisterLearner, ReportIncident, ReviewEvidence, SetGoal,
        SubmitEvidence, WaiveCriterion,
    },
    event::{Ground, Verdict},
    guide::{Aspect, EvidenceKind},
    id::{EvidenceId, LearnerId, ProjectId},
    summary::Filter,
    time::Timestamp,
};
use cohort::COHORT;

/// Somebody of the cohort.
struct Person {
    name: &'static str,
    external_id: &'static str,
    stack: Option<&'static str>,
    /// How long ago they came.
    days: i64,
    /// What they have done since, evenly spread until a few days ago.
    story: &'static [Step],
}

/// Something that somebody of the cohort did.
enum Step {
    Goal { title: &'static str, level: &'static str, in_days: i64 },
    Start(&'static str),
    Percent(&'static str, i32),
    Complete(&'static str),
    Project { name: &'static str, framework: Option<&'static str>, aspects: &'static [Aspect] },
    Deploy,
    Incident { title: &'static str, cause: &'static str, fix: &'static str },
    Evidence { criterion: &'static str, kind: EvidenceKind, content: &'static str },
    Review(Verdict),
    Waive { criterion: &'static str, ground: Ground, reason: &'static str },
}

/// Fills an empty store with the cohort and answers how many there are; leaves any other store alone.
pub async fn fill_with_demo(app: &App) -> Result<usize, Failure> {
    let now = app.env.now();
    if app.store.count(&Filter::default(), now).await? > 0 {
        return Ok(0);
    }
    for person in &COHORT {
        person.live(app, now).await?;
    }
    Ok(COHORT.len())
}

impl Person {
    async fn live(&self, app: &App, now: Timestamp) -> Result<(), Failure> {
        let start = now.plus_days(-self.days);
        let registration = Command::RegisterLearner(RegisterLearner {
            name: self.name.into(),
            external_id: Some(self.external_id.into()),
            email: Some(format!("{}@example.com", self.external_id)),
            stack: self.stack.map(Into::into),
        });
        let learner = write(app, Target::New, registration, start, None).await?.learner.id;
        let (mut project, mut evidence) = (Uuid::nil(), Uuid::nil());
        for (step, number) in self.story.iter().zip(1..) {
            let hours = self.days * 24 * number / (self.story.len() as i64 + 1);
            let at = start.plus_seconds(hours * 3_600);
            let command = self.command(step, now, project, evidence);
            let written = write(app, target(learner), command, at, step.reason()).await?;
            match step {
                Step::Project { .. } => project = written.subject.unwrap_or(project),
                Step::Evidence { .. } => evidence = written.subject.unwrap_or(evidence),
                _ => {}
            }
        }
        Ok(())
    }

    fn command(&self, step: &Step, now: Timestamp, project: Uuid, evidence: Uuid) -> Command {
        let (project, evidence) = (ProjectId(project), EvidenceId(evidence));
        match step {
            Step::Goal { title, level, in_days } => Command::SetGoal(SetGoal {
                title: (*title).into(),
                level: (*level).into(),
                stack: self.stack.map(Into::into),
                target_date: Some(now.plus_days(*in_days).day()),
                hours_per_week: Some(12),
            }),
            Step::Start(course) => Command::StartCourse { course: (*course).into() },
            Step::Percent(course, percent) => {
                Command::RecordCourseProgress { course: (*course).into(), percent: *percent }
            }
            Step::Complete(course) => {
                Command::CompleteCourse { course: (*course).into(), certificate_url: None }
            }
            Step::Project { name, framework, aspects } => Command::AddProject(AddProject {
                name: (*name).into(),
                stack: self.stack.map(Into::into),
                framework: framework.map(Into::into),
                repository_url: Some(format!("https://git.example.com/{}/{name}", self.external_id)),
                aspects: aspects.to_vec(),
            }),
            Step::Deploy => Command::RecordDeployment(RecordDeployment {
                project,
                url: format!("https://{}.example.com/health", self.external_id),
                ok: true,
                checked_at: None,
            }),
            Step::Incident { title, cause, fix } => Command::ReportIncident(ReportIncident {
                project,
                title: (*title).into(),
                cause: (*cause).into(),
                fix: (*fix).into(),
                url: None,
            }),
            Step::Evidence { criterion, kind, content } => {
                let is_text = matches!(kind, EvidenceKind::WriteUp | EvidenceKind::QueryPlan);
                let content = Some((*content).to_owned());
                let (url, text) = if is_text { (None, content) } else { (content, None) };
                Command::SubmitEvidence(SubmitEvidence {
                    criterion: (*criterion).into(),
                    kind: *kind,
                    url,
                    text,
                })
            }
            Step::Review(verdict) => Command::ReviewEvidence(ReviewEvidence {
                evidence,
                verdict: *verdict,
                note: None,
                reviewer: ACTOR.into(),
            }),
            Step::Waive { criterion, ground, reason } => Command::WaiveCriterion(WaiveCriterion {
                criterion: (*criterion).into(),
                ground: *ground,
                reason: (*reason).into(),
            }),
        }
    }
}

impl Step {
    fn reason(&self) -> Option<String> {
        match self {
            Step::Waive { reason, .. } => Some((*reason).into()),
            _ => None,
        }
    }
}

/// Under which name the cohort's events are recorded.
const ACTOR: &str = "demo";

fn target(learner: LearnerId) -> Target {
    Target::Learner(LearnerRef::Id(Some(learner)))
}

async fn write(
    app: &App,
    target: Target,
    command: Command,
    at: Timestamp,
    reason: Option<String>,
) -> Result<Written, Failure> {
    let (actor, occurred_at) = (ACTOR.to_owned(), Some(at));
    app.write(Call {
        target,
        command,
        actor,
        reason,
        occurred_at,
        idempotency_key: None,
        expected_version: None,
        batch: None,
        also: None,
    })
    .await
}
