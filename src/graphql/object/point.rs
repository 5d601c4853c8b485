//! How far somebody was at one of many instants.

use std::sync::Arc;

use super::{Milestone, milestones, readiness::Progress};
use crate::{
    app,
    domain::guide,
    graphql::{at_once::object, cost::About, scalar::DateTime},
};

object! {
    /// How far a learner was at an instant, in short. `readiness(asOf: …)` says all of it.
    pub(in crate::graphql) struct ReadinessPoint {
        /// The instant.
        as_of: DateTime,
        /// The version up to which the learner was known then; 0: not yet.
        version: u32,
        /// Whether every milestone was met.
        ready: bool,
        /// Over the MUST criteria that applied to the learner's stack.
        progress: Progress,
        /// The milestones that were met, in the order of the guide.
        #[graphql(directive = About::apply(4))]
        milestones_met: Vec<Milestone>,
    }
}

impl ReadinessPoint {
    pub(in crate::graphql) fn new(guide: &Arc<guide::Guide>, point: app::Point) -> Self {
        Self {
            as_of: point.at.into(),
            version: point.version,
            ready: point.standing.ready,
            progress: point.standing.progress.into(),
            milestones_met: milestones(guide, &point.met),
        }
    }
}
