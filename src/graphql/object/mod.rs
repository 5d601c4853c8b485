//! What the API shows: one file a noun.

mod catalog;
mod course;
mod event;
mod evidence;
mod goal;
mod guide;
mod learner;
mod learners;
mod market;
mod milestone;
mod node;
mod point;
mod project;
mod readiness;
mod skill;
mod step;
mod webhook;

pub(super) use catalog::{Course, Stack};
pub(super) use course::CourseProgress;
pub(super) use event::{Event, EventKind};
pub(super) use evidence::Evidence;
pub(super) use goal::{Goal, GoalStatus};
pub(super) use guide::{Citation, Guide};
pub(super) use learner::{Learner, LearnerRef};
pub(super) use learners::{LearnerConnection, LearnerFilter, LearnerOrder};
pub(super) use milestone::{Criterion, EvidenceKind, Milestone, ProjectAspect, milestones};
pub(super) use node::Node;
pub(super) use point::ReadinessPoint;
pub(super) use project::Project;
pub(super) use readiness::{CriterionReadiness, Readiness};
pub(super) use step::{Forecast, NextStep, WhatIfStep};
pub(super) use webhook::{DeliveryTrouble, Webhook};
