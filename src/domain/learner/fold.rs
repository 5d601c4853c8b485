//! From events to state: pure and total. Any sequence of events folds, a senseless one too: an
//! event that speaks of something that is not there changes nothing.

use std::{borrow::Borrow, collections::BTreeSet};

use super::{
    CourseProgress, Deployment, Evidence, Goal, Incident, KEPT_DEPLOYMENTS, Learner, Project, Review, Since,
    TextFacts, Waiver, digest,
};
use crate::domain::{
    event::{Change, Event, Ground, Patch},
    guide::Aspect,
    id::{LearnerId, ProjectId, Version},
    slug::Slug,
    time::Timestamp,
};

/// The state after these events, which are in order of their versions.
pub fn fold(id: LearnerId, events: &[impl Borrow<Event>]) -> Learner {
    let mut learner = Learner::new(id);
    learner.voided = voided(events);
    for event in events {
        let event = event.borrow();
        learner.count(event);
        if !learner.voided.contains(&event.version) {
            learner.change(event);
        }
    }
    learner
}

/// The versions that are undone and not redone.
pub fn voided(events: &[impl Borrow<Event>]) -> BTreeSet<Version> {
    let mut voided = BTreeSet::new();
    for event in events {
        let event = event.borrow();
        match event.change {
            Change::EventUndone { undone } if can_be_voided(events, event, undone) => {
                voided.insert(undone);
            }
            Change::EventRedone { redone } => {
                voided.remove(&redone);
            }
            _ => {}
        }
    }
    voided
}

/// An undo can void what came before it, but for the registration and other undos and redos.
fn can_be_voided(events: &[impl Borrow<Event>], undo: &Event, target: Version) -> bool {
    let found = events.binary_search_by_key(&target, |it| it.borrow().version);
    target < undo.version && found.is_ok_and(|at| events[at].borrow().change.is_undoable())
}

impl Learner {
    /// The state after one more event; `None` when the event undoes or redoes another, which only
    /// a [`fold`] of the whole history can answer.
    pub fn after(&self, event: &Event) -> Option<Learner> {
        if matches!(event.change, Change::EventUndone { .. } | Change::EventRedone { .. }) {
            return None;
        }
        let mut next = self.clone();
        next.add(event);
        Some(next)
    }

    /// One more event, which undoes and redoes none.
    pub fn add(&mut self, event: &Event) {
        self.count(event);
        self.change(event);
    }

    fn count(&mut self, event: &Event) {
        if self.version == 0 {
            self.created_at = event.recorded_at;
            self.registered_at = event.occurred_at;
        }
        self.version = event.version;
        self.updated_at = event.recorded_at;
    }

    fn change(&mut self, event: &Event) {
        match &event.change {
            Change::LearnerRegistered { .. } | Change::LearnerUpdated { .. } => self.change_profile(event),
            Change::GoalSet { .. } | Change::GoalUpdated { .. } | Change::GoalClosed { .. } => {
                self.change_goals(event);
            }
            Change::CourseStarted { .. }
            | Change::CourseProgressed { .. }
            | Change::CourseCompleted { .. }
            | Change::CourseReopened { .. } => self.change_courses(event),
            Change::ProjectAdded { .. } | Change::ProjectUpdated { .. } | Change::ProjectRemoved { .. } => {
                self.change_projects(event);
            }
            Change::DeploymentChecked { .. } | Change::IncidentReported { .. } => {
                self.change_operation(event)
            }
            Change::EvidenceSubmitted { .. }
            | Change::EvidenceReviewed { .. }
            | Change::EvidenceRetracted { .. } => self.change_evidence(event),
            Change::CriterionWaived { criterion, ground } => self.waive(event, criterion, *ground),
            // What has lapsed is seen from what is there and what time it is.
            Change::CriterionLapsed { .. } | Change::EventUndone { .. } | Change::EventRedone { .. } => {}
        }
    }

    fn change_profile(&mut self, event: &Event) {
        let at = event.occurred_at;
        match event.change.clone() {
            Change::LearnerRegistered { name, external_id, email, stack } => {
                self.name = name;
                self.external_id = external_id;
                self.email = email;
                self.stack = stack.map(|value| Since { value, at });
                self.registered_at = at;
            }
            Change::LearnerUpdated { name, external_id, email, stack } => {
                self.name = name.unwrap_or_else(|| std::mem::take(&mut self.name));
                external_id.apply(&mut self.external_id);
                email.apply(&mut self.email);
                set_since(stack, &mut self.stack, at);
            }
            _ => {}
        }
    }

    fn change_goals(&mut self, event: &Event) {
        let at = event.occurred_at;
        match event.change.clone() {
            Change::GoalSet { goal, title, level, stack, target_date, hours_per_week } => {
                let (id, set_at, closed) = (goal, at, None);
                self.goals.push(Goal {
                    id,
                    title,
                    level,
                    stack,
                    target_date,
                    hours_per_week,
                    set_at,
                    closed,
                });
            }
            Change::GoalUpdated { goal, title, level, stack, target_date, hours_per_week } => {
                let Some(goal) = self.goals.iter_mut().find(|it| it.id == goal) else { return };
                goal.title = title.unwrap_or_else(|| std::mem::take(&mut goal.title));
                goal.level = level.unwrap_or_else(|| goal.level.clone());
                stack.apply(&mut goal.stack);
                target_date.apply(&mut goal.target_date);
                hours_per_week.apply(&mut goal.hours_per_week);
            }
            Change::GoalClosed { goal, status } => {
                if let Some(goal) = self.goals.iter_mut().find(|it| it.id == goal) {
                    goal.closed = Some(Since { value: status, at });
                }
            }
            _ => {}
        }
    }

    fn change_courses(&mut self, event: &Event) {
        let at = event.occurred_at;
        match event.change.clone() {
            Change::CourseStarted { course } => {
                self.course_mut(course).started_at.get_or_insert(at);
            }
            Change::CourseProgressed { course, percent } => {
                let progress = self.course_mut(course);
                progress.percent = percent.min(100);
                progress.started_at.get_or_insert(at);
            }
            Change::CourseCompleted { course, certificate_url } => {
                let progress = self.course_mut(course);
                progress.completed_at.get_or_insert(at);
                progress.certificate_url = certificate_url.or_else(|| progress.certificate_url.take());
            }
            Change::CourseReopened { course } => {
                let progress = self.course_mut(course);
                progress.completed_at = None;
                progress.started_at.get_or_insert(at);
            }
            _ => {}
        }
    }

    fn change_projects(&mut self, event: &Event) {
        let at = event.occurred_at;
        match event.change.clone() {
            Change::ProjectAdded { project, name, stack, framework, repository_url, aspects } => {
                self.projects.push(Project {
                    id: project,
                    name,
                    stack: stack.map(|value| Since { value, at }),
                    framework: framework.map(|value| Since { value, at }),
                    repository_url: repository_url.map(|value| Since { value, at }),
                    aspects: aspects.into_iter().map(|it| (it, at)).collect(),
                    added_at: at,
                    deployments: vec![],
                    first_ok_at: None,
                    last_ok_at: None,
                    incidents: vec![],
                });
            }
            Change::ProjectUpdated { project, name, stack, framework, repository_url, aspects } => {
                let Some(project) = self.project_mut(project) else { return };
                project.name = name.unwrap_or_else(|| std::mem::take(&mut project.name));
                set_since(stack, &mut project.stack, at);
                set_since(framework, &mut project.framework, at);
                set_since(repository_url, &mut project.repository_url, at);
                project.set_aspects(aspects, at);
            }
            Change::ProjectRemoved { project } => {
                self.projects.retain(|it| it.id != project);
                self.removed.insert(project.0);
            }
            _ => {}
        }
    }

    /// What happens to a project in production.
    fn change_operation(&mut self, event: &Event) {
        match event.change.clone() {
            Change::DeploymentChecked { project, url, ok, checked_at } => {
                if let Some(project) = self.project_mut(project) {
                    project.check(Deployment { url, ok, checked_at });
                }
            }
            Change::IncidentReported { project, title, cause, fix, url } => {
                let (told_in, digest) = (event.version, digest(&[&cause, &fix]));
                let occurred_at = event.occurred_at;
                if let Some(project) = self.project_mut(project) {
                    project.incidents.push(Incident { title, url, occurred_at, told_in, digest });
                }
            }
            _ => {}
        }
    }

    fn change_evidence(&mut self, event: &Event) {
        let at = event.occurred_at;
        match event.change.clone() {
            Change::EvidenceSubmitted { evidence, criterion, evidence_kind, url, text } => {
                self.evidence.push(Evidence {
                    id: evidence,
                    criterion,
                    kind: evidence_kind,
                    url,
                    text: text.map(|it| TextFacts::of(&it)),
                    submitted_at: at,
                    submitted_in: event.version,
                    review: None,
                });
            }
            Change::EvidenceReviewed { evidence, verdict, note } => {
                let review = Review {
                    verdict,
                    reviewer: event.actor.clone(),
                    at,
                    note_in: note.is_some().then_some(event.version),
                    note_digest: note.map(|it| digest(&[&it])),
                };
                if let Some(evidence) = self.evidence.iter_mut().find(|it| it.id == evidence) {
                    evidence.review = Some(review);
                }
            }
            Change::EvidenceRetracted { evidence } => {
                self.evidence.retain(|it| it.id != evidence);
                self.removed.insert(evidence.0);
            }
            _ => {}
        }
    }

    /// A criterion that is waived on another ground has been waived all the while.
    fn waive(&mut self, event: &Event, criterion: &Slug, ground: Ground) {
        let since = self.waivers.get(criterion).map_or(event.occurred_at, |it| it.at.min(event.occurred_at));
        let reason_digest = event.reason.as_deref().map(|it| digest(&[it]));
        let waiver = Waiver { ground, at: since, reason_digest, told_in: event.version };
        self.waivers.insert(criterion.clone(), waiver);
    }

    fn course_mut(&mut self, course: Slug) -> &mut CourseProgress {
        self.courses.entry(course).or_default()
    }

    fn project_mut(&mut self, id: ProjectId) -> Option<&mut Project> {
        self.projects.iter_mut().find(|it| it.id == id)
    }
}

impl Project {
    fn set_aspects(&mut self, aspects: Option<Vec<Aspect>>, at: Timestamp) {
        let Some(aspects) = aspects else { return };
        let since = |it: &Aspect| self.aspects.get(it).copied().unwrap_or(at);
        self.aspects = aspects.iter().map(|it| (*it, since(it))).collect();
    }

    fn check(&mut self, deployment: Deployment) {
        let at = deployment.checked_at;
        if deployment.ok {
            self.first_ok_at = Some(self.first_ok_at.map_or(at, |it| it.min(at)));
            self.last_ok_at = Some(self.last_ok_at.map_or(at, |it| it.max(at)));
        }
        let place = self.deployments.partition_point(|it| it.checked_at > at);
        self.deployments.insert(place, deployment);
        self.deployments.truncate(KEPT_DEPLOYMENTS);
    }
}

/// Changes a value; an equal one keeps the instant from which it held.
fn set_since<T: PartialEq>(patch: Patch<T>, value: &mut Option<Since<T>>, at: Timestamp) {
    match patch {
        Patch::Keep => {}
        Patch::Clear => *value = None,
        Patch::Set(new) if value.as_ref().is_some_and(|it| it.value == new) => {}
        Patch::Set(new) => *value = Some(Since { value: new, at }),
    }
}
