//! What time alone took away, so that it can be told.
//!
//! In one state time only takes away: whatever is done lapses once at most. So what was taken between two instants
//! can be read off the later of two assessments.

use super::{CriterionReadiness, MilestoneReadiness, Readiness};
use crate::domain::{slug::Slug, time::Timestamp};

/// A criterion that was done and, by time alone, is no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lapse {
    /// Which.
    pub criterion: Slug,
    /// The first instant at which it was not done any more.
    pub at: Timestamp,
    /// The milestone that was lost with it; where several of its criteria lapsed at once, with the first in the guide.
    pub lost: Option<Slug>,
}

impl Readiness {
    /// What was done in the same state at that instant and is not now; in the order in which it lapsed.
    pub fn lapses_since(&self, since: Timestamp) -> Vec<Lapse> {
        let mut lapses: Vec<_> = self.milestones.iter().flat_map(|it| it.lapses_since(since)).collect();
        lapses.sort_by_key(|it| it.at);
        lapses
    }

    /// The next instant at which time alone takes something away; `None`: never.
    pub fn due_at(&self) -> Option<Timestamp> {
        self.criteria().filter_map(|it| it.valid_until).min()
    }
}

impl MilestoneReadiness {
    fn lapses_since(&self, since: Timestamp) -> Vec<Lapse> {
        let was_done = |it: &CriterionReadiness| it.is_done() || it.lapse_since(since).is_some();
        let was_met = self.musts().all(was_done);
        let lost_at = self.musts().filter_map(|it| it.lapse_since(since)).min().filter(|_| was_met);
        let loser = self.musts().find(|it| lost_at.is_some() && it.lapsed_at == lost_at);
        let lapse = |it: &CriterionReadiness| {
            let lost = loser.filter(|loser| loser.criterion == it.criterion).map(|_| self.milestone.clone());
            Some(Lapse { criterion: it.criterion.clone(), at: it.lapse_since(since)?, lost })
        };
        self.criteria.iter().filter_map(lapse).collect()
    }
}

impl CriterionReadiness {
    /// When it lapsed, if that was after this instant.
    fn lapse_since(&self, since: Timestamp) -> Option<Timestamp> {
        self.lapsed_at.filter(|it| since < *it)
    }
}
