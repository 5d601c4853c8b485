//! Calls about one learner that are decided, on top of each other, and not yet written: one commit writes them all.

use std::sync::Arc;

use super::{
    App, Call, Failure, Target, Written,
    write::{after, as_expected, taken},
};
use crate::{
    domain::{
        command::{self, Context, Outcome},
        event::{Change, Event, Moved},
        id::{BatchId, EventId, Version},
        learner::Learner,
        readiness::{Readiness, judge},
        refusal::Refusal,
        summary::Summary,
        time::Timestamp,
    },
    store::{Claim, Commit, Receipt},
};

/// What is to be written of a learner. All of it happens at the same instant.
pub(super) struct Draft {
    base: Version,
    now: Timestamp,
    learner: Arc<Learner>,
    /// How ready that is; `None`: it was not judged yet.
    readiness: Option<Readiness>,
    events: Vec<Event>,
    receipts: Vec<Receipt>,
}

impl Draft {
    /// Nothing is decided yet.
    pub(super) fn of(learner: Arc<Learner>, now: Timestamp) -> Self {
        let base = learner.version;
        Self { base, now, learner, readiness: None, events: vec![], receipts: vec![] }
    }

    /// Whether nothing is to be written.
    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty() && self.receipts.is_empty()
    }

    /// As they are after the calls so far.
    pub(super) fn learner(&self) -> &Arc<Learner> {
        &self.learner
    }

    /// What a call with the same key did before in this draft.
    fn replay(&self, call: &Call) -> Result<Option<Written>, Refusal> {
        let known = |it: &&Receipt| Some(&it.key) == call.idempotency_key.as_ref();
        let Some(receipt) = self.receipts.iter().find(known) else { return Ok(None) };
        let events = self.events.iter().filter(|it| Some(it.version) == receipt.event).cloned().collect();
        call.replayed(self.learner.clone(), receipt.clone(), events).map(Some)
    }
}

impl App {
    /// Decides one more call; one that is refused leaves the draft as it is. `None`: the draft is out of date.
    pub(super) async fn add(&self, draft: &mut Draft, call: &Call) -> Result<Option<Written>, Failure> {
        if let Some(written) = draft.replay(call)? {
            return Ok(Some(written));
        }
        as_expected(&draft.learner, call.expected_version)?;
        let mut history = vec![];
        if call.command.needs_history() {
            history = self.store.history(draft.learner.id, 0, usize::MAX).await?;
            history.extend(draft.events.iter().cloned());
        }
        let context = Context {
            guide: &self.guide,
            now: draft.now,
            occurred_at: call.occurred_at,
            fresh_id: self.env.fresh_id(),
            history: &history,
        };
        let Outcome { changes, subject } = command::decide(&context, &draft.learner, &call.command)?;
        let written = match self.already_registered(&changes).await? {
            Some(known) => {
                let subject = Some(known.id.0);
                Written::unchanged(known, subject)
            }
            None if changes.is_empty() => Written::unchanged(draft.learner.clone(), subject),
            None => {
                let before = match draft.readiness.take() {
                    Some(readiness) => readiness,
                    None => judge(&self.guide, &draft.learner, draft.now.max(draft.learner.updated_at)),
                };
                // What time took away is told first, so that this write is not said to have lost it.
                if self.tell_lapses_of(&draft.learner, &before).await?.is_some() {
                    return Ok(None);
                }
                let mut events = self.events(call, draft.now, &draft.learner, changes);
                let next = Arc::new(after(&draft.learner, history, &events));
                let after = judge(&self.guide, &next, before.as_of);
                let (reached, lost) = (after.newly_met_since(&before), before.newly_met_since(&after));
                let milestones = Moved { reached, lost };
                events[0].milestones = milestones.clone();
                draft.events.extend(events.iter().cloned());
                (draft.learner, draft.readiness) = (next.clone(), Some(after));
                Written { learner: next, events, subject, changed: true, replayed: None, milestones }
            }
        };
        draft.receipts.extend(call.receipt(draft.now, &written));
        Ok(Some(written))
    }

    /// Writes what was decided. `None`: somebody else was faster, and another try may succeed.
    pub(super) async fn commit(&self, target: &Target, draft: Draft) -> Result<Option<()>, Failure> {
        if draft.is_empty() {
            return Ok(Some(()));
        }
        let Draft { base, learner, readiness, events, receipts, .. } = draft;
        let summary = match readiness {
            Some(readiness) => Summary::from_readiness(&learner, &readiness),
            None => Summary::of(&self.guide, &learner, learner.updated_at),
        };
        let commit = Commit { learner: learner.id, base, events, summary, state: learner, receipts };
        self.store_commit(target, commit).await
    }

    /// Registering somebody who is already here as they are is no change; somebody else with the
    /// same external id or e-mail address is in the way.
    async fn already_registered(&self, changes: &[Change]) -> Result<Option<Arc<Learner>>, Failure> {
        let [change @ Change::LearnerRegistered { external_id, email, .. }] = changes else {
            return Ok(None);
        };
        let mut claims = vec![];
        claims.extend(external_id.clone().map(Claim::ExternalId));
        claims.extend(email.as_ref().map(|it| Claim::Email(it.to_lowercase())));
        for claim in claims {
            let Some(holder) = self.store.find(&claim).await? else { continue };
            let Some(known) = self.store.load(holder).await? else { continue };
            return if command::is_same(change, &known) {
                Ok(Some(known))
            } else {
                Err(taken(&Target::New, &claim).into())
            };
        }
        Ok(None)
    }

    /// The events that tell of changes; several are a batch, whose reason stands with the first.
    fn events(&self, call: &Call, now: Timestamp, learner: &Learner, changes: Vec<Change>) -> Vec<Event> {
        let batch = call.batch.or_else(|| (changes.len() > 1).then(|| BatchId(self.env.fresh_id())));
        let event = |(version, change): (Version, Change)| Event {
            id: EventId(self.env.fresh_id()),
            learner: learner.id,
            version,
            occurred_at: call.occurred_at.or(change.instant()).unwrap_or(now),
            // A clock that was set back must not make an event older than the one before.
            recorded_at: now.max(learner.updated_at),
            actor: call.actor.clone(),
            reason: call.reason.clone().filter(|_| version == learner.version + 1),
            batch,
            milestones: Moved::default(),
            change,
        };
        (learner.version + 1..).zip(changes).map(event).collect()
    }
}
