//! A learner's standing in a course.

use std::sync::Arc;

use async_graphql::Enum;

use super::Course;
use crate::{
    domain::{guide::Guide, learner::Learner},
    graphql::{
        at_once::{names, object},
        scalar::{DateTime, Url},
    },
};

object! {
    /// A learner's standing in one course.
    pub(in crate::graphql) struct CourseProgress {
        /// The course.
        course: Course,
        /// Whether it was begun or completed.
        pub(super) status: CourseStatus,
        /// From 0 to 100, as last recorded; 100 once completed. 100 does not complete by itself.
        percent: u8,
        /// When it was begun; null: never, or it is not known.
        started_at: Option<DateTime>,
        /// When it was completed; null: it is not.
        completed_at: Option<DateTime>,
        /// Where the certificate can be seen. A certificate claims; it never proves.
        certificate_url: Option<Url>,
    }
}

impl CourseProgress {
    /// The standing in a course of the guide, touched or not; null: the guide has no such course.
    pub(in crate::graphql) fn find(guide: &Arc<Guide>, learner: &Learner, slug: &str) -> Option<Self> {
        let course = Course::find(guide, slug)?;
        let standing = learner.courses.get(slug).cloned().unwrap_or_default();
        let status = match (standing.completed_at, standing.started_at) {
            (Some(_), _) => CourseStatus::Completed,
            (None, Some(_)) => CourseStatus::InProgress,
            (None, None) => CourseStatus::NotStarted,
        };
        Some(Self {
            course,
            status,
            percent: if status == CourseStatus::Completed { 100 } else { standing.percent },
            started_at: standing.started_at.map(Into::into),
            completed_at: standing.completed_at.map(Into::into),
            certificate_url: standing.certificate_url.map(Url),
        })
    }
}

/// Whether a course was begun or completed.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::graphql) enum CourseStatus {
    /// Not begun.
    NotStarted,
    /// Begun and not completed, or reopened.
    InProgress,
    /// Completed.
    Completed,
}

names!(CourseStatus);
