//! Events as sentences for people.

use super::{
    event::{Change, Closed, Verdict},
    guide::{Criterion, Guide},
};

/// What happened, as a sentence.
pub fn event_summary(guide: &Guide, change: &Change) -> String {
    let course = |slug| guide.course(slug).map_or(slug, |it| it.title.as_str());
    let criterion = |slug| guide.criterion(slug).map_or(slug, |it: &Criterion| it.title.as_str());
    match change {
        Change::LearnerRegistered { name, .. } => format!("Registered as {name}"),
        Change::LearnerUpdated { .. } => "Updated the profile".into(),
        Change::GoalSet { title, .. } => format!("Set the goal “{title}”"),
        Change::GoalUpdated { .. } => "Changed a goal".into(),
        Change::GoalClosed { status: Closed::Achieved, .. } => "Reached a goal".into(),
        Change::GoalClosed { status: Closed::Abandoned, .. } => "Gave up a goal".into(),
        Change::CourseStarted { course: slug } => format!("Began “{}”", course(slug.as_str())),
        Change::CourseProgressed { course: slug, percent } => {
            format!("Reached {percent} % of “{}”", course(slug.as_str()))
        }
        Change::CourseCompleted { course: slug, .. } => format!("Completed “{}”", course(slug.as_str())),
        Change::CourseReopened { course: slug } => format!("Took up “{}” again", course(slug.as_str())),
        Change::ProjectAdded { name, .. } => format!("Added the project “{name}”"),
        Change::ProjectUpdated { .. } => "Changed a project".into(),
        Change::ProjectRemoved { .. } => "Removed a project".into(),
        Change::DeploymentChecked { url, ok: true, .. } => format!("Found a project running at {url}"),
        Change::DeploymentChecked { url, ok: false, .. } => format!("Found no project running at {url}"),
        Change::IncidentReported { title, .. } => format!("Reported the incident “{title}”"),
        Change::EvidenceSubmitted { criterion: slug, .. } => {
            format!("Submitted evidence for “{}”", criterion(slug.as_str()))
        }
        Change::EvidenceReviewed { verdict: Verdict::Accepted, .. } => "Accepted a piece of evidence".into(),
        Change::EvidenceReviewed { verdict: Verdict::Rejected, .. } => "Rejected a piece of evidence".into(),
        Change::EvidenceRetracted { .. } => "Retracted a piece of evidence".into(),
        Change::CriterionWaived { criterion: slug, .. } => format!("Waived “{}”", criterion(slug.as_str())),
        Change::CriterionLapsed { criterion: slug } => {
            format!("“{}” lapsed: a review is due", criterion(slug.as_str()))
        }
        Change::EventUndone { undone } => format!("Voided event {undone}"),
        Change::EventRedone { redone } => format!("Restored event {redone}"),
    }
}
