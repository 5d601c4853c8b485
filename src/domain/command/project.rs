//! Projects, their deployments and their incidents.

use serde::Serialize;

use super::{
    Context, Outcome, cannot_be_cleared, check_instant, limit, not_applicable, required_line, stack,
};
use crate::domain::{
    event::{Change, Patch},
    guide::Aspect,
    id::ProjectId,
    learner::{Deployment, Incident, Learner, Project, digest},
    refusal::Refusal,
    slug::Slug,
    text,
    time::Timestamp,
};

/// What was built.
#[derive(Debug, Clone, Serialize)]
pub struct AddProject {
    pub name: String,
    pub stack: Option<String>,
    pub framework: Option<String>,
    pub repository_url: Option<String>,
    pub aspects: Vec<Aspect>,
}

/// What changes; what is kept is absent.
#[derive(Debug, Clone, Serialize)]
pub struct UpdateProject {
    pub project: ProjectId,
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub name: Patch<String>,
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub stack: Patch<String>,
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub framework: Patch<String>,
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub repository_url: Patch<String>,
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub aspects: Patch<Vec<Aspect>>,
}

/// Whether a project answers.
#[derive(Debug, Clone, Serialize)]
pub struct RecordDeployment {
    pub project: ProjectId,
    pub url: String,
    pub ok: bool,
    pub checked_at: Option<Timestamp>,
}

/// What broke, why, and what mended it.
#[derive(Debug, Clone, Serialize)]
pub struct ReportIncident {
    pub project: ProjectId,
    pub title: String,
    pub cause: String,
    pub fix: String,
    pub url: Option<String>,
}

/// The most projects that a learner can have at a time.
pub(super) const MAX_PROJECTS: usize = 200;
/// The most incidents that one project can have.
pub(super) const MAX_INCIDENTS: usize = 100;
/// A check without an instant of its own that is equal to the newest one, so many seconds ago, says
/// nothing new.
const SAME_CHECK_SECONDS: i64 = 60;

pub(super) fn add(context: &Context<'_>, learner: &Learner, input: &AddProject) -> Result<Outcome, Refusal> {
    let id = ProjectId(context.fresh_id);
    let name = text::line("name", &input.name)?;
    let stack = input.stack.as_deref().map(|it| stack(context, it)).transpose()?;
    let framework = input.framework.as_deref().map(|it| text::line("framework", it)).transpose()?;
    let repository_url =
        input.repository_url.as_deref().map(|it| text::url("repositoryUrl", it)).transpose()?;
    let aspects = distinct(input.aspects.clone());
    let is_same = |it: &&Project| {
        it.name == name
            && slug_of(it) == stack.as_ref()
            && framework_of(it) == framework.as_ref()
            && repository_of(it) == repository_url.as_ref()
            && it.aspects.keys().eq(aspects.iter())
    };
    if let Some(known) = learner.projects.iter().find(is_same) {
        return Ok(Outcome::already().about(known.id.0));
    }
    if learner.projects.len() >= MAX_PROJECTS {
        return Err(limit(None, MAX_PROJECTS, "projects per learner"));
    }
    let change = Change::ProjectAdded { project: id, name, stack, framework, repository_url, aspects };
    Ok(Outcome::done(change).about(id.0))
}

pub(super) fn update(
    context: &Context<'_>,
    learner: &Learner,
    input: &UpdateProject,
) -> Result<Outcome, Refusal> {
    let project = find(learner, input.project)?;
    let name = required_line("name", &input.name)?.filter(|it| *it != project.name);
    let stack = input.stack.clone().try_map(|it| stack(context, &it))?.against(slug_of(project));
    let framework = input.framework.clone().try_map(|it| text::line("framework", &it))?;
    let framework = framework.against(framework_of(project));
    let repository_url = input.repository_url.clone().try_map(|it| text::url("repositoryUrl", &it))?;
    let repository_url = repository_url.against(repository_of(project));
    let aspects = required_aspects(&input.aspects)?.filter(|it| !project.aspects.keys().eq(it.iter()));
    let optional_same = stack.is_keep() && framework.is_keep() && repository_url.is_keep();
    if name.is_none() && aspects.is_none() && optional_same {
        return Ok(Outcome::already().about(project.id.0));
    }
    let id = project.id;
    let change = Change::ProjectUpdated { project: id, name, stack, framework, repository_url, aspects };
    Ok(Outcome::done(change).about(id.0))
}

pub(super) fn remove(learner: &Learner, id: ProjectId) -> Result<Outcome, Refusal> {
    if learner.removed.contains(&id.0) {
        return Ok(Outcome::already().about(id.0));
    }
    find(learner, id)?;
    Ok(Outcome::done(Change::ProjectRemoved { project: id }).about(id.0))
}

pub(super) fn record_deployment(
    context: &Context<'_>,
    learner: &Learner,
    input: &RecordDeployment,
) -> Result<Outcome, Refusal> {
    let project = find(learner, input.project)?;
    let url = text::url("url", &input.url)?;
    check_instant("checkedAt", context.now, input.checked_at)?;
    let given = input.checked_at.or(context.occurred_at);
    let checked_at = given.unwrap_or(context.now);
    let equal = |it: &&Deployment| it.url == url && it.ok == input.ok;
    let known = match given {
        Some(at) => project.deployments.iter().filter(equal).any(|it| it.checked_at == at),
        None => {
            let newest = project.deployments.first().filter(equal);
            newest.is_some_and(|it| checked_at <= it.checked_at.plus_seconds(SAME_CHECK_SECONDS))
        }
    };
    if known {
        return Ok(Outcome::already().about(project.id.0));
    }
    let change = Change::DeploymentChecked { project: project.id, url, ok: input.ok, checked_at };
    Ok(Outcome::done(change).about(project.id.0))
}

pub(super) fn report_incident(
    context: &Context<'_>,
    learner: &Learner,
    input: &ReportIncident,
) -> Result<Outcome, Refusal> {
    let project = find(learner, input.project)?;
    let title = text::line("title", &input.title)?;
    let cause = text::text("cause", &input.cause)?;
    let fix = text::text("fix", &input.fix)?;
    let url = input.url.as_deref().map(|it| text::url("url", it)).transpose()?;
    let is_same = |it: &Incident| {
        it.title == title
            && it.url == url
            && it.digest == digest(&[&cause, &fix])
            && context.occurred_at.is_none_or(|at| at == it.occurred_at)
    };
    if project.incidents.iter().any(is_same) {
        return Ok(Outcome::already().about(project.id.0));
    }
    if project.incidents.len() >= MAX_INCIDENTS {
        return Err(limit(None, MAX_INCIDENTS, "incidents per project"));
    }
    let change = Change::IncidentReported { project: project.id, title, cause, fix, url };
    Ok(Outcome::done(change).about(project.id.0))
}

fn find(learner: &Learner, id: ProjectId) -> Result<&Project, Refusal> {
    if learner.removed.contains(&id.0) {
        return Err(not_applicable("project", "the project was removed: undo that first"));
    }
    learner.project(id).ok_or_else(|| Refusal::not_found("project", "project"))
}

fn required_aspects(patch: &Patch<Vec<Aspect>>) -> Result<Option<Vec<Aspect>>, Refusal> {
    match patch {
        Patch::Keep => Ok(None),
        Patch::Clear => Err(cannot_be_cleared("aspects")),
        Patch::Set(aspects) => Ok(Some(distinct(aspects.clone()))),
    }
}

fn distinct(mut aspects: Vec<Aspect>) -> Vec<Aspect> {
    aspects.sort();
    aspects.dedup();
    aspects
}

fn slug_of(project: &Project) -> Option<&Slug> {
    project.stack.as_ref().map(|it| &it.value)
}

fn framework_of(project: &Project) -> Option<&String> {
    project.framework.as_ref().map(|it| &it.value)
}

fn repository_of(project: &Project) -> Option<&String> {
    project.repository_url.as_ref().map(|it| &it.value)
}
