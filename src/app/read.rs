//! Reading: learners, their events, their readiness at any instant and under any supposition.

use std::sync::Arc;

use super::{App, Failure};
use crate::{
    domain::{
        event::{Change, Event},
        id::{LearnerId, Version},
        learner::{Learner, fold},
        readiness::{Readiness, Supposition, assess, suppose},
        refusal::Refusal,
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
        let mut events = self.store.history(learner.id, 0, usize::MAX).await?;
        events.retain(|it| match clock {
            Clock::Recorded => it.recorded_at <= at,
            Clock::Occurred => it.occurred_at <= at || is_correction(it),
        });
        let then = fold(learner.id, &events);
        let readiness = assess(&self.guide, &then, at);
        Ok((Arc::new(then), readiness))
    }
}

/// An undo or redo says what we know, not what happened.
fn is_correction(event: &Event) -> bool {
    matches!(event.change, Change::EventUndone { .. } | Change::EventRedone { .. })
}
