//! When a learner may be ready: the guide's own range, and the learner's own pace. Two answers,
//! never mixed.

use jiff::{SignedDuration, Span};

use super::{CriterionReadiness, Readiness, words::counted};
use crate::domain::{
    guide::Guide,
    learner::{Goal, Learner},
    time::{Day, Timestamp},
};

/// How many done criteria a pace is taken from.
const MIN_DONE: usize = 3;

/// When a learner may be ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forecast {
    /// The earliest day by the guide's own word; `None`: beyond the calendar.
    pub guide_earliest: Option<Day>,
    /// The latest day by the guide's own word; `None`: beyond the calendar.
    pub guide_latest: Option<Day>,
    /// The day at the learner's own pace; the day when it came true where the learner is ready.
    pub pace_date: Option<Day>,
    /// What the pace rests on, or why there is none; for people.
    pub basis: String,
}

/// When the learner may be ready, as seen at that instant, by a readiness that holds then.
pub fn forecast(guide: &Guide, learner: &Learner, readiness: &Readiness, now: Timestamp) -> Forecast {
    let start = learner.goals.iter().map(|it| it.set_at).min().unwrap_or(learner.registered_at).day();
    let (pace_date, basis) = pace(readiness, now);
    Forecast {
        guide_earliest: plus_months(start, guide.forecast.months_from),
        guide_latest: plus_months(start, guide.forecast.months_to),
        pace_date,
        basis,
    }
}

/// Whether an active goal with a target date will be reached in time, at the learner's pace;
/// `None` where that cannot be said. Who is ready is on track. By a readiness that holds at that instant.
pub fn on_track(goal: &Goal, readiness: &Readiness, now: Timestamp) -> Option<bool> {
    let target = goal.target_date.filter(|_| goal.closed.is_none())?;
    if readiness.ready {
        return Some(true);
    }
    pace(readiness, now).0.map(|it| it <= target)
}

fn plus_months(day: Day, months: u32) -> Option<Day> {
    let span = Span::new().try_months(months).ok()?;
    day.checked_add(span).ok()
}

fn pace(readiness: &Readiness, now: Timestamp) -> (Option<Day>, String) {
    let (done, open): (Vec<&CriterionReadiness>, Vec<_>) = readiness.musts().partition(|it| it.is_done());
    let mut done_since: Vec<_> = done.iter().filter_map(|it| it.done_since).collect();
    done_since.sort();
    if readiness.ready {
        let last = done_since.last().map(|it| it.day());
        let since = last.map(|it| format!(" since {it}")).unwrap_or_default();
        return (last, format!("Ready{since}."));
    }
    let n_done = format!("{} of {} MUST criteria are done", done.len(), done.len() + open.len());
    let Some(median) = median_gap(&done_since) else {
        return (None, format!("{n_done}: a pace takes at least {MIN_DONE}."));
    };
    let n_open = i64::try_from(open.len()).unwrap_or(i64::MAX);
    let micros = now.as_micros().saturating_add(median.saturating_mul(n_open));
    let basis = format!("{n_done}, with a median of {} between them", days(median));
    // What is recorded at once was not done at once; such a pace is told, and told as what it is.
    let doubt =
        if whole_days(median) == 0 { " Several were done at once, so this pace says little." } else { "" };
    let pace = Timestamp::from_micros(micros);
    match pace < Timestamp::from_micros(i64::MAX) {
        true => (Some(pace.day()), format!("{basis}.{doubt}")),
        false => (None, format!("{basis}: that leads beyond the calendar.")),
    }
}

/// The middle one of the gaps between instants that are in order, or the mean of the middle two;
/// `None` where there are too few.
fn median_gap(instants: &[Timestamp]) -> Option<i64> {
    if instants.len() < MIN_DONE {
        return None;
    }
    let gap = |pair: &[Timestamp]| pair[1].as_micros().saturating_sub(pair[0].as_micros());
    let mut gaps: Vec<_> = instants.windows(2).map(gap).collect();
    gaps.sort_unstable();
    let (low, high) = (gaps[(gaps.len() - 1) / 2], gaps[gaps.len() / 2]);
    Some(low + (high - low) / 2)
}

fn whole_days(micros: i64) -> i64 {
    SignedDuration::from_micros(micros).as_hours() / 24
}

fn days(micros: i64) -> String {
    match whole_days(micros) {
        0 => "less than a day".into(),
        n => counted(usize::try_from(n).unwrap_or(usize::MAX), "day"),
    }
}
