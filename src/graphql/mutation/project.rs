//! Projects, their deployments and their incidents.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};

use super::{Answer, Common, Done, patch, run};
use crate::{
    app::Target,
    domain::{
        command::{AddProject, Command, RecordDeployment, ReportIncident, UpdateProject},
        id::{LearnerId, ProjectId},
        refusal::Refusal,
    },
    graphql::{
        id::NodeId,
        object::{LearnerRef, Project, ProjectAspect},
        scalar::{DateTime, Url},
    },
};

/// Projects come, change, run, break and go.
#[derive(Default)]
pub(super) struct ProjectMutation;

#[Object]
impl ProjectMutation {
    /// Adds a project. A learner can have at most 200 at a time; one that is equal in every respect
    /// is answered with `changed: false`.
    async fn add_project(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was built.")] input: AddProjectInput,
    ) -> Option<Answer<AddProjectPayload>> {
        let command = Command::AddProject(AddProject {
            name: input.name,
            stack: input.stack,
            framework: input.framework,
            repository_url: input.repository_url.map(|it| it.0),
            aspects: input.aspects.into_iter().map(Into::into).collect(),
        });
        let done = run(ctx, Target::Learner(input.learner.into()), input.common, Ok(command)).await;
        Some(done.map(|done| AddProjectPayload { project: project(&done), done }))
    }

    /// Changes a project. What is left out stays as it is; null clears it.
    async fn update_project(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What changes.")] input: UpdateProjectInput,
    ) -> Option<Answer<UpdateProjectPayload>> {
        let aspects = |it: Vec<ProjectAspect>| it.into_iter().map(Into::into).collect();
        let command = Command::UpdateProject(UpdateProject {
            project: project_id(&input.project),
            name: patch(input.name),
            stack: patch(input.stack),
            framework: patch(input.framework),
            repository_url: patch(input.repository_url).map(|it| it.0),
            aspects: patch(input.aspects).map(aspects),
        });
        let done = run(ctx, owner(&input.project), input.common, Ok(command)).await;
        Some(done.map(|done| UpdateProjectPayload { project: project(&done), done }))
    }

    /// Takes a project away, with its deployments and incidents. History keeps it; undo brings it back.
    async fn remove_project(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which project.")] input: RemoveProjectInput,
    ) -> Option<Answer<RemoveProjectPayload>> {
        let command = Command::RemoveProject { project: project_id(&input.project) };
        let done = run(ctx, owner(&input.project), input.common, Ok(command)).await;
        Some(
            done.map(|done| RemoveProjectPayload {
                removed_id: done.subject(|_, _| Some(input.project)),
                done,
            }),
        )
    }

    /// Notes whether a project answers at an address. The server fetches nothing: whoever looked
    /// says what they saw. A check without `checkedAt` that is equal to one of the last minute is
    /// answered with `changed: false`.
    async fn record_deployment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was seen.")] input: RecordDeploymentInput,
    ) -> Option<Answer<RecordDeploymentPayload>> {
        let target = owner(&input.project);
        let (command, common) = input.split();
        let done = run(ctx, target, common, command).await;
        Some(done.map(|done| RecordDeploymentPayload { project: project(&done), done }))
    }

    /// Notes that something broke in a project, why, and what mended it. A project can have at most
    /// 100 incidents.
    async fn report_incident(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What happened.")] input: ReportIncidentInput,
    ) -> Option<Answer<ReportIncidentPayload>> {
        let command = Command::ReportIncident(ReportIncident {
            project: project_id(&input.project),
            title: input.title,
            cause: input.cause,
            fix: input.fix,
            url: input.url.map(|it| it.0),
        });
        let done = run(ctx, owner(&input.project), input.common, Ok(command)).await;
        Some(done.map(|done| ReportIncidentPayload { project: project(&done), done }))
    }
}

fn project(done: &Done) -> Option<Project> {
    done.subject(|learner, id| Project::find(&learner.0, ProjectId(id)))
}

fn decode(id: &ID) -> Option<(LearnerId, ProjectId)> {
    match NodeId::decode(id)? {
        NodeId::Project(learner, project) => Some((learner, project)),
        _ => None,
    }
}

fn owner(id: &ID) -> Target {
    Target::Owner("project", decode(id).map(|it| it.0))
}

/// The project that an id names. One that names none never gets this far: it has no owner.
fn project_id(id: &ID) -> ProjectId {
    decode(id).map_or(ProjectId(Default::default()), |it| it.1)
}

/// What was built.
#[derive(InputObject, Debug)]
pub(super) struct AddProjectInput {
    /// Whose project.
    learner: LearnerRef,
    /// What it is called: one line of 1 to 200 characters.
    name: String,
    /// Slug of the stack that it is built in.
    stack: Option<String>,
    /// The framework that it is built with: at most 200 characters.
    framework: Option<String>,
    /// Where its source is. Most criteria ask for projects with a repository.
    repository_url: Option<Url>,
    /// What it demonstrably covers.
    #[graphql(default)]
    aspects: Vec<ProjectAspect>,
    #[graphql(flatten)]
    common: Common,
}

/// What changes of a project. What is left out stays as it is.
#[derive(InputObject, Debug)]
pub(super) struct UpdateProjectInput {
    /// The project's id.
    project: ID,
    /// What it is called. It cannot be cleared.
    name: MaybeUndefined<String>,
    /// Slug of the stack that it is built in; null clears it.
    stack: MaybeUndefined<String>,
    /// The framework that it is built with; null clears it.
    framework: MaybeUndefined<String>,
    /// Where its source is; null clears it.
    repository_url: MaybeUndefined<Url>,
    /// Everything that it demonstrably covers, in place of what it covered. An empty list, not null, for nothing.
    aspects: MaybeUndefined<Vec<ProjectAspect>>,
    #[graphql(flatten)]
    common: Common,
}

/// Which project is taken away.
#[derive(InputObject, Debug)]
pub(super) struct RemoveProjectInput {
    /// The project's id.
    project: ID,
    #[graphql(flatten)]
    common: Common,
}

/// What somebody saw who looked whether a project answers.
#[derive(InputObject, Debug)]
pub(super) struct RecordDeploymentInput {
    /// The project's id.
    project: ID,
    /// The address that was looked at.
    url: Url,
    /// Whether it answered as it should.
    ok: bool,
    /// When, between 2000-01-01 and a day from now; absent: `occurredAt`.
    checked_at: Option<DateTime>,
    #[graphql(flatten)]
    common: Common,
}

impl RecordDeploymentInput {
    fn split(self) -> (Result<Command, Refusal>, Common) {
        let project = project_id(&self.project);
        let checked_at = self.checked_at.map(|it| it.get("checkedAt")).transpose();
        let command = checked_at.map(|checked_at| {
            Command::RecordDeployment(RecordDeployment { project, url: self.url.0, ok: self.ok, checked_at })
        });
        (command, self.common)
    }
}

/// What broke, why, and what mended it. When it broke is `occurredAt`.
#[derive(InputObject, Debug)]
pub(super) struct ReportIncidentInput {
    /// The project's id.
    project: ID,
    /// What broke: one line of 1 to 200 characters.
    title: String,
    /// Why: at most 20,000 characters.
    cause: String,
    /// What mended it: at most 20,000 characters.
    fix: String,
    /// Where more about it can be read.
    url: Option<Url>,
    #[graphql(flatten)]
    common: Common,
}

/// What `addProject` did.
#[derive(SimpleObject)]
pub(super) struct AddProjectPayload {
    /// The project; null: nothing was done.
    project: Option<Project>,
    #[graphql(flatten)]
    done: Done,
}

/// What `updateProject` did.
#[derive(SimpleObject)]
pub(super) struct UpdateProjectPayload {
    /// The project; null: nothing was done.
    project: Option<Project>,
    #[graphql(flatten)]
    done: Done,
}

/// What `removeProject` did.
#[derive(SimpleObject)]
pub(super) struct RemoveProjectPayload {
    /// The id of the project that is gone; null: nothing was done.
    removed_id: Option<ID>,
    #[graphql(flatten)]
    done: Done,
}

/// What `recordDeployment` did.
#[derive(SimpleObject)]
pub(super) struct RecordDeploymentPayload {
    /// The project; null: nothing was done.
    project: Option<Project>,
    #[graphql(flatten)]
    done: Done,
}

/// What `reportIncident` did.
#[derive(SimpleObject)]
pub(super) struct ReportIncidentPayload {
    /// The project; null: nothing was done.
    project: Option<Project>,
    #[graphql(flatten)]
    done: Done,
}
