//! What time alone takes away is told as events, once each.
//!
//! Nothing remembers what was told: each event of a learner speaks for all that was so when it was recorded. So what
//! is to be told is what was done then and is not now, and telling it is an event, which speaks for now. Whoever writes
//! to the learner tells it first, and of two who tell it at once the store lets one be the first.

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt as _, stream};

use super::{App, Failure, LearnerRef, Target, write::after};
use crate::{
    domain::{
        event::{Change, Event, Moved},
        id::{EventId, LearnerId, Version},
        learner::Learner,
        readiness::{Lapse, Readiness, judge},
        summary::{Filter, OrderBy, Summary},
        time::Timestamp,
    },
    store::{Bucket, Commit, PageQuery, SortKey, StoreError},
};

/// Who tells it.
const ACTOR: &str = "milepost";
/// How long after one round of telling the next begins.
const PAUSE: Duration = Duration::from_secs(5);
/// Of how many learners one portion of a round is.
const PORTION: usize = 128;
/// To how many of them is written at a time, so that a store can sync them together.
const AT_A_TIME: usize = 32;

impl App {
    /// Tells what time takes away, of everybody, for as long as it is polled.
    pub async fn keep_telling_lapses(&self) {
        let mut was_well = true;
        loop {
            let told = self.tell_lapses().await;
            match &told {
                Ok(0) => {}
                Ok(n_events) => tracing::info!(n_events, "told what has lapsed"),
                Err(error) if was_well => tracing::error!(%error, "what has lapsed cannot be told for now"),
                Err(_) => {}
            }
            was_well = told.is_ok();
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Tells what time has taken away by now, of everybody, and answers how many events that took. While the store
    /// takes no writes, it is left for later.
    pub async fn tell_lapses(&self) -> Result<usize, StoreError> {
        let (mut n_events, mut after, mut failed) = (0, None, None);
        let before = SortKey::due_by(self.env.now());
        while self.store.read_only().is_none() {
            let page = self.store.page(due(after, before.clone())).await?;
            after = page.rows.last().map(|it| it.0.clone());
            let telling = stream::iter(page.rows).map(|(_, learner)| self.tell_lapses_to(learner));
            let told: Vec<_> = telling.buffer_unordered(AT_A_TIME).collect().await;
            for told in told {
                // Others do not wait for one of whom it cannot be told.
                told.map_or_else(|error| failed = Some(error), |it| n_events += it);
            }
            if !page.more {
                break;
            }
        }
        failed.map_or(Ok(n_events), Err)
    }

    async fn tell_lapses_to(&self, learner: LearnerId) -> Result<usize, StoreError> {
        let _turn = self.lane(Bucket::of(learner)).lock().await;
        let Some(learner) = self.store.load(learner).await? else { return Ok(0) };
        let readiness = judge(&self.guide, &learner, self.env.now().max(learner.updated_at));
        match self.tell_lapses_of(&learner, &readiness).await {
            Ok(told) => Ok(told.unwrap_or(0)),
            Err(Failure::Fault(error)) => Err(error),
            // They were erased since, or there are no writes for now.
            Err(Failure::Refused(_)) => Ok(0),
        }
    }

    /// Tells what has lapsed by the instant of this readiness, for whoever has the lane of the learner. Answers how many
    /// events that took, none where others were faster; `None`: there was nothing to tell.
    pub(super) async fn tell_lapses_of(
        &self,
        learner: &Arc<Learner>,
        readiness: &Readiness,
    ) -> Result<Option<usize>, Failure> {
        let lapses = readiness.lapses_since(learner.updated_at);
        if lapses.is_empty() {
            return Ok(None);
        }
        let versions = learner.version + 1..;
        let event = |(version, lapse)| self.lapsed(learner.id, version, lapse, readiness.as_of);
        let events: Vec<_> = versions.zip(lapses).map(event).collect();
        let n_events = events.len();
        let state = Arc::new(after(learner, vec![], &events));
        let commit = Commit {
            learner: learner.id,
            base: learner.version,
            events,
            // Telling it takes nothing away.
            summary: Summary::from_readiness(&state, readiness),
            state,
            receipts: vec![],
        };
        let target = Target::Learner(LearnerRef::Id(Some(learner.id)));
        let committed = self.store_commit(&target, commit).await?;
        Ok(Some(committed.map_or(0, |()| n_events)))
    }

    fn lapsed(&self, learner: LearnerId, version: Version, lapse: Lapse, now: Timestamp) -> Event {
        Event {
            id: EventId(self.env.fresh_id()),
            learner,
            version,
            occurred_at: lapse.at,
            recorded_at: now,
            actor: ACTOR.into(),
            reason: None,
            batch: None,
            milestones: Moved { reached: vec![], lost: lapse.lost.into_iter().collect() },
            change: Change::CriterionLapsed { criterion: lapse.criterion },
        }
    }
}

/// A portion of those to whom something is due.
fn due(after: Option<SortKey>, before: SortKey) -> PageQuery {
    PageQuery {
        filter: Filter::default(),
        now: Timestamp::from_micros(0),
        order: OrderBy::Due,
        descending: false,
        after,
        before: Some(before),
        limit: PORTION,
        from_end: false,
    }
}
