//! Starting, progressing, completing and reopening courses.

use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::{Answer, Common, Done, app, run};
use crate::{
    app::Target,
    domain::command::Command,
    graphql::{
        object::{CourseProgress, LearnerRef},
        scalar::Url,
    },
};

/// Courses are begun, go on, are completed and taken up again.
#[derive(Default)]
pub(super) struct CourseMutation;

#[Object]
impl CourseMutation {
    /// Notes that a course was begun.
    async fn start_course(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which course.")] input: StartCourseInput,
    ) -> Option<Answer<StartCoursePayload>> {
        let course = input.course.clone();
        let command = Command::StartCourse { course: input.course };
        let done = run(ctx, Target::Learner(input.learner.into()), input.common, Ok(command)).await;
        Some(done.map(|done| StartCoursePayload { course_progress: standing(ctx, &done, &course), done }))
    }

    /// Notes how far a course is. 100 % does not complete it.
    async fn record_course_progress(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which course, and how far it is.")] input: RecordCourseProgressInput,
    ) -> Option<Answer<RecordCourseProgressPayload>> {
        let course = input.course.clone();
        let command = Command::RecordCourseProgress { course: input.course, percent: input.percent };
        let done = run(ctx, Target::Learner(input.learner.into()), input.common, Ok(command)).await;
        Some(
            done.map(|done| RecordCourseProgressPayload {
                course_progress: standing(ctx, &done, &course),
                done,
            }),
        )
    }

    /// Marks a course as completed, which moves the criteria that it claims to CLAIMED. A completed
    /// course that comes with another certificate is changed.
    async fn complete_course(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which course.")] input: CompleteCourseInput,
    ) -> Option<Answer<CompleteCoursePayload>> {
        let course = input.course.clone();
        let command = Command::CompleteCourse {
            course: input.course,
            certificate_url: input.certificate_url.map(|it| it.0),
        };
        let done = run(ctx, Target::Learner(input.learner.into()), input.common, Ok(command)).await;
        Some(done.map(|done| CompleteCoursePayload { course_progress: standing(ctx, &done, &course), done }))
    }

    /// Takes a completed course up again: what it claimed is no longer claimed.
    async fn reopen_course(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which course.")] input: ReopenCourseInput,
    ) -> Option<Answer<ReopenCoursePayload>> {
        let course = input.course.clone();
        let command = Command::ReopenCourse { course: input.course };
        let done = run(ctx, Target::Learner(input.learner.into()), input.common, Ok(command)).await;
        Some(done.map(|done| ReopenCoursePayload { course_progress: standing(ctx, &done, &course), done }))
    }
}

fn standing(ctx: &Context<'_>, done: &Done, course: &str) -> Option<CourseProgress> {
    CourseProgress::find(&app(ctx).guide, &done.learner.as_ref()?.0, course)
}

/// Which course was begun.
#[derive(InputObject, Debug)]
pub(super) struct StartCourseInput {
    /// Whose.
    learner: LearnerRef,
    /// The course's slug, such as `cicd-automation`.
    course: String,
    #[graphql(flatten)]
    common: Common,
}

/// Which course, and how far it is.
#[derive(InputObject, Debug)]
pub(super) struct RecordCourseProgressInput {
    /// Whose.
    learner: LearnerRef,
    /// The course's slug, such as `cicd-automation`.
    course: String,
    /// From 0 to 100.
    percent: i32,
    #[graphql(flatten)]
    common: Common,
}

/// Which course was completed.
#[derive(InputObject, Debug)]
pub(super) struct CompleteCourseInput {
    /// Whose.
    learner: LearnerRef,
    /// The course's slug, such as `cicd-automation`.
    course: String,
    /// Where the certificate can be seen.
    certificate_url: Option<Url>,
    #[graphql(flatten)]
    common: Common,
}

/// Which course is taken up again.
#[derive(InputObject, Debug)]
pub(super) struct ReopenCourseInput {
    /// Whose.
    learner: LearnerRef,
    /// The course's slug, such as `cicd-automation`.
    course: String,
    #[graphql(flatten)]
    common: Common,
}

/// What `startCourse` did.
#[derive(SimpleObject)]
pub(super) struct StartCoursePayload {
    /// The learner's standing in the course; null: nothing was done.
    course_progress: Option<CourseProgress>,
    #[graphql(flatten)]
    done: Done,
}

/// What `recordCourseProgress` did.
#[derive(SimpleObject)]
pub(super) struct RecordCourseProgressPayload {
    /// The learner's standing in the course; null: nothing was done.
    course_progress: Option<CourseProgress>,
    #[graphql(flatten)]
    done: Done,
}

/// What `completeCourse` did.
#[derive(SimpleObject)]
pub(super) struct CompleteCoursePayload {
    /// The learner's standing in the course; null: nothing was done.
    course_progress: Option<CourseProgress>,
    #[graphql(flatten)]
    done: Done,
}

/// What `reopenCourse` did.
#[derive(SimpleObject)]
pub(super) struct ReopenCoursePayload {
    /// The learner's standing in the course; null: nothing was done.
    course_progress: Option<CourseProgress>,
    #[graphql(flatten)]
    done: Done,
}
