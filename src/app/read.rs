//! Reading: learners, their events, their readiness at any instant and under any supposition.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{App, Failure, Standing};
use crate::{
    domain::{
        command::MAX_TOGETHER,
        event::Event,
        id::{LearnerId, Version},
        learner::{Learner, states_at},
        readiness::{MilestoneReadiness, MilestoneStatus, Readiness, Supposition, assess, judge, suppose},
        refusal::{Refusal, RefusalCode},
        slug::Slug,
        time::Timestamp,
    },
    store::{Claim, StoreError},
};

/// How a caller names a learner.
#[derive(Debug, Clone)]
pub enum LearnerRef {
    /// By our id; `None`: what the caller wrote cannot be one.
    Id(Option<LearnerId>),
    /// By the id that the calling application knows them by.
    ExternalId(String),
}

/// Which of an event's two instants counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// When it happened, as far as is known today.
    Occurred,
    /// When it was recorded: what was known then.
    Recorded,
}

/// How far apart the instants of a history are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Every {
    /// 24 hours.
    Day,
    /// 7 days.
    Week,
    /// The same day of each month in UTC, or the last day of a shorter month.
    Month,
}

/// Which instants a history is about, and on which clock.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// The first instant.
    pub from: Timestamp,
    /// No instant is later.
    pub to: Timestamp,
    /// How far apart they are.
    pub every: Every,
    /// Which of an event's two instants decides whether it was there.
    pub clock: Clock,
}

/// How far a learner was at an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// When.
    pub at: Timestamp,
    /// Up to which version the learner was known then.
    pub version: Version,
    /// How far.
    pub standing: Standing,
    /// The milestones that were met.
    pub met: Vec<Slug>,
}

/// How many instants a history can have: a day for each of more than a year.
pub const MAX_INSTANTS: usize = 400;

impl App {
    /// The id of the learner meant, whether or not they are still here.
    pub async fn resolve(&self, by: &LearnerRef) -> Result<LearnerId, Failure> {
        let found = match by {
            LearnerRef::Id(id) => *id,
            LearnerRef::ExternalId(external_id) => {
                self.store.find(&Claim::ExternalId(external_id.trim().into())).await?
            }
        };
        found.ok_or_else(|| Refusal::not_found("learner", "learner").into())
    }

    /// The learner meant; `None`: there is nobody.
    pub async fn learner(&self, by: &LearnerRef) -> Result<Option<Arc<Learner>>, StoreError> {
        match self.resolve(by).await {
            Ok(id) => self.store.load(id).await,
            Err(Failure::Refused(_)) => Ok(None),
            Err(Failure::Fault(error)) => Err(error),
        }
    }

    /// A learner as they would be had these things happened now, with their readiness.
    pub fn what_if(&self, learner: &Learner, steps: &[Supposition]) -> (Arc<Learner>, Readiness) {
        let now = self.env.now();
        let suppose = |state: Learner, step: &Supposition| suppose(&self.guide, &state, step, now);
        let supposed = steps.iter().fold(learner.clone(), suppose);
        let readiness = assess(&self.guide, &supposed, now);
        (Arc::new(supposed), readiness)
    }

    /// One event; `None`: the learner has not come that far.
    pub async fn event_at(&self, learner: LearnerId, version: Version) -> Result<Option<Event>, StoreError> {
        let Some(before) = version.checked_sub(1) else { return Ok(None) };
        Ok(self.store.history(learner, before, 1).await?.pop())
    }

    /// Those of a learner's events that have one of these versions.
    pub(super) async fn events_at(
        &self,
        learner: LearnerId,
        mut versions: BTreeSet<Version>,
    ) -> Result<BTreeMap<Version, Event>, StoreError> {
        let mut events = BTreeMap::new();
        while let Some(first) = versions.pop_first() {
            // Those that follow each other are read together.
            let mut n_events = 1;
            while versions.remove(&(first + n_events)) {
                n_events += 1;
            }
            let read = self.store.history(learner, first.saturating_sub(1), n_events as usize).await?;
            events.extend(read.into_iter().map(|it| (it.version, it)));
        }
        Ok(events)
    }

    /// The event of a version, and those that were written together with it and come after it.
    pub(super) async fn written_together(
        &self,
        learner: LearnerId,
        first: Version,
    ) -> Result<Vec<Event>, StoreError> {
        let Some(event) = self.event_at(learner, first).await? else { return Ok(vec![]) };
        let Some(batch) = event.batch else { return Ok(vec![event]) };
        let later = self.store.history(learner, first, MAX_TOGETHER).await?;
        let together = later.into_iter().take_while(|it| it.batch == Some(batch));
        Ok([event].into_iter().chain(together).collect())
    }

    /// A learner as they were at an instant, with their readiness then.
    pub async fn as_of(
        &self,
        learner: &Arc<Learner>,
        at: Timestamp,
        clock: Clock,
    ) -> Result<(Arc<Learner>, Readiness), StoreError> {
        if clock == Clock::Recorded && at >= learner.updated_at {
            return Ok((learner.clone(), assess(&self.guide, learner, at)));
        }
        let events = self.store.history(learner.id, 0, usize::MAX).await?;
        let then = states_at(learner.id, &events, &[at], |it| clock.of(it)).next();
        let then = then.unwrap_or_else(|| learner.clone());
        let readiness = assess(&self.guide, &then, at);
        Ok((then, readiness))
    }

    /// How far a learner was at `from` and then again and again until `to`.
    pub async fn progress_over(&self, learner: LearnerId, span: Span) -> Result<Vec<Point>, Failure> {
        let instants = span.instants()?;
        let events = self.store.history(learner, 0, usize::MAX).await?;
        let mut points = vec![];
        for (at, state) in instants.iter().zip(states_at(learner, &events, &instants, |it| span.clock.of(it)))
        {
            points.push(Point::of(&judge(&self.guide, &state, *at), state.version));
            // It takes a while where there are many events, and others wait.
            tokio::task::yield_now().await;
        }
        Ok(points)
    }
}

impl Span {
    /// The instants, in order.
    fn instants(&self) -> Result<Vec<Timestamp>, Refusal> {
        if self.to < self.from {
            return Err(Refusal::of("from", RefusalCode::OutOfRange, "`from` must not be later than `to`"));
        }
        let instants = (0..).map(|n| self.every.after(self.from, n)).take_while(|it| *it <= self.to);
        let instants: Vec<_> = instants.take(MAX_INSTANTS + 1).collect();
        if MAX_INSTANTS < instants.len() {
            let message =
                format!("a history can have at most {MAX_INSTANTS} instants: let them be further apart");
            return Err(Refusal::of("every", RefusalCode::LimitReached, message));
        }
        Ok(instants)
    }
}

impl Point {
    fn of(readiness: &Readiness, version: Version) -> Self {
        let is_met = |it: &&MilestoneReadiness| it.status == MilestoneStatus::Met;
        let met = readiness.milestones.iter().filter(is_met).map(|it| it.milestone.clone()).collect();
        Self { at: readiness.as_of, version, standing: Standing::of(readiness), met }
    }
}

impl Every {
    /// The instant that is `n` times as far from `start`.
    fn after(self, start: Timestamp, n: i32) -> Timestamp {
        match self {
            Every::Day => start.plus_days(n.into()),
            Every::Week => start.plus_days(i64::from(n) * 7),
            Every::Month => start.plus_months(n),
        }
    }
}

impl Clock {
    /// From when on an event is there; `None`: always, for an undo or redo says what we know, not what happened.
    fn of(self, event: &Event) -> Option<Timestamp> {
        match self {
            Clock::Recorded => Some(event.recorded_at),
            Clock::Occurred if event.change.corrected().is_some() => None,
            Clock::Occurred => Some(event.occurred_at),
        }
    }
}
