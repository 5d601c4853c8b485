//! What deserves attention: courses taken too early, a gap before a target date, a review due soon.
//! Warnings never block.

use super::{
    CriterionReadiness, MilestoneReadiness, MilestoneStatus, Warning,
    words::{listed, quoted},
};
use crate::domain::{
    guide::{Course, Guide},
    learner::{Goal, Learner},
    time::{Day, Timestamp},
};

/// All warnings, and when time alone may change them.
pub(super) fn warnings(
    guide: &Guide,
    learner: &Learner,
    milestones: &[MilestoneReadiness],
    now: Timestamp,
) -> (Vec<Warning>, Option<Timestamp>) {
    let cx = Context { guide, learner, milestones, now };
    let too_early = guide.courses.iter().filter_map(|it| cx.too_early(it));
    let gaps = cx.goals_with_target();
    let gap = gaps.iter().filter_map(|(day, goal)| cx.gap(*day, goal));
    let review_soon = cx.criteria().filter_map(|it| cx.review_soon(it));
    (too_early.chain(gap).chain(review_soon).collect(), cx.next_change())
}

struct Context<'a> {
    guide: &'a Guide,
    learner: &'a Learner,
    milestones: &'a [MilestoneReadiness],
    now: Timestamp,
}

impl<'a> Context<'a> {
    fn criteria(&self) -> impl Iterator<Item = &'a CriterionReadiness> {
        self.milestones.iter().flat_map(|it| &it.criteria)
    }

    /// Said for as long as what should come first is open: once it is done, nothing can be changed
    /// about the order any more, and nothing need be. It may have been done before the course was
    /// started and be open again, by another stack or a project less; the state does not tell, so the
    /// sentence says what is open and not what was.
    fn too_early(&self, course: &Course) -> Option<Warning> {
        let progress = self.learner.courses.get(&course.slug)?;
        let started_at = progress.started_at.into_iter().chain(progress.completed_at).min()?;
        let open =
            self.criteria().filter(|it| !it.is_done() && course.take_after_criteria.contains(&it.criterion));
        let open: Vec<_> = open.map(|it| title(self.guide, it)).collect();
        if open.is_empty() || !course.suits(self.learner.stack_slug()) {
            return None;
        }
        let message = format!(
            "{} was started on {}; what should come before it is open: {}.",
            quoted(&course.title),
            started_at.day(),
            listed(&open, "and")
        );
        Some(Warning { code: "TOO_EARLY", message, citation: self.guide.warnings.too_early.clone() })
    }

    /// Active goals with a target date; the nearest first.
    fn goals_with_target(&self) -> Vec<(Day, &'a Goal)> {
        let active = self.learner.goals.iter().filter(|it| it.closed.is_none());
        let mut goals: Vec<_> = active.filter_map(|it| Some((it.target_date?, it))).collect();
        goals.sort_by_key(|it| (it.0, it.1.set_at, it.1.id));
        goals
    }

    fn gap(&self, target: Day, goal: &Goal) -> Option<Warning> {
        let warning = &self.guide.warnings.gap;
        let is_met = |it: &MilestoneReadiness| it.status == MilestoneStatus::Met;
        let milestone = self.milestones.iter().find(|it| it.milestone == warning.milestone)?;
        if is_met(milestone) || self.now < self.gap_from(target) {
            return None;
        }
        let title = &self.guide.milestone(warning.milestone.as_str())?.title;
        let (goal, title) = (quoted(&goal.title), quoted(title));
        let message = if self.now < end_of_day(target) {
            format!("The goal {goal} is to be reached by {target}, and {title} is not met yet.")
        } else {
            format!("The goal {goal} was to be reached by {target}, and {title} is still not met.")
        };
        Some(Warning { code: "GAP", message, citation: warning.citation.clone() })
    }

    fn gap_from(&self, target: Day) -> Timestamp {
        Timestamp::start_of(target).plus_days(-i64::from(self.guide.warnings.gap.within_days))
    }

    fn review_soon(&self, criterion: &CriterionReadiness) -> Option<Warning> {
        let until = criterion.valid_until.filter(|it| self.review_soon_from(*it) <= self.now)?;
        let message = format!(
            "{} counts only until {}: renew it by then. {}",
            title(self.guide, criterion),
            until.day(),
            criterion.because
        );
        let citation = self.guide.warnings.review_soon.citation.clone();
        Some(Warning { code: "REVIEW_SOON", message, citation })
    }

    fn review_soon_from(&self, until: Timestamp) -> Timestamp {
        until.plus_days(-i64::from(self.guide.warnings.review_soon.within_days))
    }

    fn next_change(&self) -> Option<Timestamp> {
        let goals = self.goals_with_target();
        let gaps = goals.iter().flat_map(|it| [self.gap_from(it.0), end_of_day(it.0)]);
        let reviews = self.criteria().filter_map(|it| it.valid_until).map(|it| self.review_soon_from(it));
        gaps.chain(reviews).filter(|it| self.now < *it).min()
    }
}

/// The first instant after the day.
fn end_of_day(day: Day) -> Timestamp {
    Timestamp::start_of(day).plus_days(1)
}

fn title(guide: &Guide, criterion: &CriterionReadiness) -> String {
    let found = guide.criterion(criterion.criterion.as_str());
    found.map_or_else(|| quoted(criterion.criterion.as_str()), |it| quoted(&it.title))
}
