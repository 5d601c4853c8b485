//! Reading: learners, their events, their readiness at any instant and under any supposition.

use std::sync::Arc;

use super::{App, Failure};
use crate::{
    domain::{
        event::Event,
        id::{LearnerId, Version},
        learner::{Learner, states_at},
        readiness::{Readiness, Supposition, assess, suppose},
        refusal::{Refusal, RefusalCode},
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

    /// The event of a version, and those that were written together with it and come after it.
    pub(super) async fn written_together(
        &self,
        learner: LearnerId,
        first: Version,
    ) -> Result<Vec<Event>, StoreError> {
        let Some(event) = self.event_at(learner, first).await? else { return Ok(vec![]) };
        let Some(batch) = event.batch else { return Ok(vec![event]) };
        let later = self.store.history(learner, first, usize::MAX).await?;
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
        let mut then = self.as_of_all(learner.id, &[at], clock).await?;
        Ok(then.remove(0))
    }

    /// A learner as they were at `from` and then again and again until `to`, with their readiness each time.
    pub async fn history(
        &self,
        learner: LearnerId,
        from: Timestamp,
        to: Timestamp,
        every: Every,
        clock: Clock,
    ) -> Result<Vec<(Arc<Learner>, Readiness)>, Failure> {
        if to < from {
            let message = "`from` must not be later than `to`";
            return Err(Refusal::of("from", RefusalCode::OutOfRange, message).into());
        }
        let instants = (0..).map(|n| every.after(from, n)).take_while(|it| *it <= to);
        let instants: Vec<_> = instants.take(MAX_INSTANTS + 1).collect();
        if MAX_INSTANTS < instants.len() {
            let message =
                format!("a history can have at most {MAX_INSTANTS} instants: let them be further apart");
            return Err(Refusal::of("every", RefusalCode::LimitReached, message).into());
        }
        Ok(self.as_of_all(learner, &instants, clock).await?)
    }

    /// A learner as they were at each of these instants, which are in order, with their readiness then.
    pub async fn as_of_all(
        &self,
        learner: LearnerId,
        instants: &[Timestamp],
        clock: Clock,
    ) -> Result<Vec<(Arc<Learner>, Readiness)>, StoreError> {
        let events = self.store.history(learner, 0, usize::MAX).await?;
        let states = states_at(learner, &events, instants, |it| clock.of(it));
        let assessed = states.into_iter().zip(instants).map(|(state, at)| {
            let readiness = assess(&self.guide, &state, *at);
            (state, readiness)
        });
        Ok(assessed.collect())
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
