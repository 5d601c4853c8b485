//! For tests: a learner's events, told one after another, each with the day on which it happened.
//!
//! Day 0 is 2026-01-01. Projects and evidence are known by small numbers.

use uuid::Uuid;

use super::{
    event::{Change, Closed, Event, Ground, Moved, Patch, Verdict},
    guide::{Aspect, EvidenceKind},
    id::{EventId, EvidenceId, GoalId, LearnerId, ProjectId, Version},
    learner::{Learner, fold},
    slug::Slug,
    time::{Day, Timestamp},
};

/// A learner's events so far.
#[derive(Debug, Clone)]
pub(crate) struct Story {
    pub(crate) events: Vec<Event>,
}

/// Midnight UTC at the start of a day; day 0 is 2026-01-01.
pub(crate) fn day(n: i64) -> Timestamp {
    Timestamp::parse("2026-01-01T00:00:00Z").expect("an instant").plus_days(n)
}

/// The slug with this text.
pub(crate) fn slug(text: &str) -> Slug {
    Slug::parse(text).expect("a slug")
}

/// The project of that number.
pub(crate) fn project_id(n: u128) -> ProjectId {
    ProjectId(Uuid::from_u128(1000 + n))
}

/// The piece of evidence of that number.
pub(crate) fn evidence_id(n: u128) -> EvidenceId {
    EvidenceId(Uuid::from_u128(2000 + n))
}

/// The goal of that number.
pub(crate) fn goal_id(n: u128) -> GoalId {
    GoalId(Uuid::from_u128(3000 + n))
}

/// The event that tells of a change; learnt of when it happened.
pub(crate) fn event(version: Version, occurred_at: Timestamp, change: Change) -> Event {
    Event {
        id: EventId(Uuid::from_u128(version.into())),
        learner: LearnerId(Uuid::nil()),
        version,
        occurred_at,
        recorded_at: occurred_at,
        actor: "coach".into(),
        reason: None,
        batch: None,
        milestones: Moved::default(),
        change,
    }
}

impl Story {
    /// Somebody who has registered on day 0 and has no stack.
    pub(crate) fn without_stack() -> Self {
        let change =
            Change::LearnerRegistered { name: "Ada".into(), external_id: None, email: None, stack: None };
        Self { events: vec![] }.then(0, change)
    }

    /// Somebody who has registered on day 0 with this stack.
    pub(crate) fn of(stack: &str) -> Self {
        let stack = Some(slug(stack));
        let change = Change::LearnerRegistered { name: "Ada".into(), external_id: None, email: None, stack };
        Self { events: vec![] }.then(0, change)
    }

    /// Then this happened on that day.
    pub(crate) fn then(mut self, on: i64, change: Change) -> Self {
        let version = Version::try_from(self.events.len() + 1).expect("a short story");
        self.events.push(event(version, day(on), change));
        self
    }

    /// The state at the end.
    pub(crate) fn learner(&self) -> Learner {
        fold(LearnerId(Uuid::nil()), &self.events)
    }

    pub(crate) fn stack(self, on: i64, stack: &str) -> Self {
        let stack = Patch::Set(slug(stack));
        let change =
            Change::LearnerUpdated { name: None, external_id: Patch::Keep, email: Patch::Keep, stack };
        self.then(on, change)
    }

    /// A project with a repository.
    pub(crate) fn project(self, on: i64, n: u128, stack: &str, aspects: &[Aspect]) -> Self {
        self.project_with(on, n, Some(stack), None, Some("https://git.example/p"), aspects)
    }

    /// A project as bare as that.
    pub(crate) fn project_with(
        self,
        on: i64,
        n: u128,
        stack: Option<&str>,
        framework: Option<&str>,
        repository: Option<&str>,
        aspects: &[Aspect],
    ) -> Self {
        let change = Change::ProjectAdded {
            project: project_id(n),
            name: format!("P{n}"),
            stack: stack.map(slug),
            framework: framework.map(Into::into),
            repository_url: repository.map(Into::into),
            aspects: aspects.to_vec(),
        };
        self.then(on, change)
    }

    pub(crate) fn aspects(self, on: i64, n: u128, aspects: &[Aspect]) -> Self {
        self.update(on, n, Patch::Keep, Patch::Keep, Some(aspects.to_vec()))
    }

    pub(crate) fn repository(self, on: i64, n: u128) -> Self {
        self.update(on, n, Patch::Keep, Patch::Set("https://git.example/p".into()), None)
    }

    pub(crate) fn framework(self, on: i64, n: u128, framework: &str) -> Self {
        self.update(on, n, Patch::Set(framework.into()), Patch::Keep, None)
    }

    fn update(
        self,
        on: i64,
        n: u128,
        framework: Patch<String>,
        repository_url: Patch<String>,
        aspects: Option<Vec<Aspect>>,
    ) -> Self {
        let (project, name, stack) = (project_id(n), None, Patch::Keep);
        self.then(on, Change::ProjectUpdated { project, name, stack, framework, repository_url, aspects })
    }

    pub(crate) fn checked(self, on: i64, n: u128, ok: bool) -> Self {
        let (project, url) = (project_id(n), "https://app.example".into());
        self.then(on, Change::DeploymentChecked { project, url, ok, checked_at: day(on) })
    }

    pub(crate) fn incident(self, on: i64, n: u128) -> Self {
        let (title, cause, fix) = ("Down".into(), "Pool exhausted".into(), "Pool sized".into());
        self.then(on, Change::IncidentReported { project: project_id(n), title, cause, fix, url: None })
    }

    /// A piece of evidence with a text of so many words.
    pub(crate) fn evidence(
        self,
        on: i64,
        n: u128,
        criterion: &str,
        kind: EvidenceKind,
        n_words: usize,
    ) -> Self {
        let (evidence, criterion) = (evidence_id(n), slug(criterion));
        let text = Some("word ".repeat(n_words));
        self.then(on, Change::EvidenceSubmitted { evidence, criterion, evidence_kind: kind, url: None, text })
    }

    pub(crate) fn reviewed(self, on: i64, n: u128, verdict: Verdict) -> Self {
        self.then(on, Change::EvidenceReviewed { evidence: evidence_id(n), verdict, note: None })
    }

    pub(crate) fn started(self, on: i64, course: &str) -> Self {
        self.then(on, Change::CourseStarted { course: slug(course) })
    }

    pub(crate) fn completed(self, on: i64, course: &str) -> Self {
        self.then(on, Change::CourseCompleted { course: slug(course), certificate_url: None })
    }

    pub(crate) fn waived(self, on: i64, criterion: &str) -> Self {
        self.then(on, Change::CriterionWaived { criterion: slug(criterion), ground: Ground::TestedOut })
    }

    /// A goal with a target date.
    pub(crate) fn goal(self, on: i64, n: u128, target_date: Option<Day>) -> Self {
        let change = Change::GoalSet {
            goal: goal_id(n),
            title: format!("Goal {n}"),
            level: slug("junior"),
            stack: None,
            target_date,
            hours_per_week: None,
        };
        self.then(on, change)
    }

    pub(crate) fn goal_closed(self, on: i64, n: u128) -> Self {
        self.then(on, Change::GoalClosed { goal: goal_id(n), status: Closed::Abandoned })
    }
}
