//! Starting, progressing, completing and reopening courses.

use super::{Context, Outcome, not_applicable};
use crate::domain::{
    event::Change,
    learner::{CourseProgress, Learner},
    refusal::{Refusal, RefusalCode},
    slug::Slug,
    text,
};

pub(super) fn start(context: &Context<'_>, learner: &Learner, course: &str) -> Result<Outcome, Refusal> {
    let course = find(context, course)?;
    if standing(learner, &course).is_some_and(|it| it.started_at.or(it.completed_at).is_some()) {
        return Ok(Outcome::already());
    }
    Ok(Outcome::done(Change::CourseStarted { course }))
}

pub(super) fn progress(
    context: &Context<'_>,
    learner: &Learner,
    course: &str,
    percent: i32,
) -> Result<Outcome, Refusal> {
    let course = find(context, course)?;
    let Some(percent) = u8::try_from(percent).ok().filter(|it| *it <= 100) else {
        return Err(Refusal::of("percent", RefusalCode::OutOfRange, "must be between 0 and 100"));
    };
    match standing(learner, &course) {
        Some(it) if it.completed_at.is_some() && percent == 100 => Ok(Outcome::already()),
        Some(it) if it.completed_at.is_some() => {
            Err(not_applicable("percent", "the course is completed: reopen it first"))
        }
        Some(it) if it.started_at.is_some() && it.percent == percent => Ok(Outcome::already()),
        _ => Ok(Outcome::done(Change::CourseProgressed { course, percent })),
    }
}

/// A completion that brings another certificate is a change, also of a completed course.
pub(super) fn complete(
    context: &Context<'_>,
    learner: &Learner,
    course: &str,
    certificate_url: Option<&str>,
) -> Result<Outcome, Refusal> {
    let course = find(context, course)?;
    let certificate_url = certificate_url.map(|it| text::url("certificateUrl", it)).transpose()?;
    let completed = standing(learner, &course).filter(|it| it.completed_at.is_some());
    let is_news =
        |known: &CourseProgress| certificate_url.is_some() && certificate_url != known.certificate_url;
    if completed.is_some_and(|it| !is_news(it)) {
        return Ok(Outcome::already());
    }
    Ok(Outcome::done(Change::CourseCompleted { course, certificate_url }))
}

pub(super) fn reopen(context: &Context<'_>, learner: &Learner, course: &str) -> Result<Outcome, Refusal> {
    let course = find(context, course)?;
    match standing(learner, &course) {
        Some(it) if it.completed_at.is_some() => Ok(Outcome::done(Change::CourseReopened { course })),
        Some(it) if it.started_at.is_some() => Ok(Outcome::already()),
        _ => Err(not_applicable("course", "the course was never completed")),
    }
}

fn find(context: &Context<'_>, course: &str) -> Result<Slug, Refusal> {
    let found = context.guide.course(course).map(|it| it.slug.clone());
    found.ok_or_else(|| Refusal::not_found("course", "course in the guide"))
}

fn standing<'a>(learner: &'a Learner, course: &Slug) -> Option<&'a CourseProgress> {
    learner.courses.get(course)
}
