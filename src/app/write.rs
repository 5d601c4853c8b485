//! The one way in which something happens to a learner: load, decide, commit, tell.

use std::sync::Arc;

use uuid::{Builder, Uuid};

use super::{App, Call, Failure, Target, Written};
use crate::{
    domain::{
        command::{self, Context, Outcome},
        event::{Change, Event, Moved},
        id::{BatchId, EventId, LearnerId, Version},
        learner::{Learner, digest, fold},
        readiness::judge,
        refusal::{Refusal, RefusalCode},
        summary::Summary,
        text,
        time::Timestamp,
    },
    store::{Bucket, Claim, Commit, CommitError},
};

/// How often a write is tried when other processes win the race for the same learner.
const MAX_TRIES: u32 = 100;

impl App {
    /// Carries a call out, once, whatever else happens at the same time.
    pub async fn write(&self, mut call: Call) -> Result<Written, Failure> {
        call.reason = call.reason.map(|it| text::text("reason", &it)).transpose()?;
        call.idempotency_key =
            call.idempotency_key.map(|it| text::line("idempotencyKey", &it)).transpose()?;
        let id = self.target_id(&call).await?;
        let _turn = self.lane(Bucket::of(id)).lock().await;
        self.write_in_turn(id, &call).await
    }

    /// For whoever has the lane of the learner.
    pub(super) async fn write_in_turn(&self, id: LearnerId, call: &Call) -> Result<Written, Failure> {
        for _ in 0..MAX_TRIES {
            if let Some(written) = self.try_write(id, call).await? {
                return Ok(written);
            }
        }
        Err(Refusal::new(RefusalCode::Conflict, "others keep writing to this learner; try again").into())
    }

    /// A registration with a key always leads to the same id, so that its repetition meets the same learner.
    async fn target_id(&self, call: &Call) -> Result<LearnerId, Failure> {
        match (&call.target, &call.idempotency_key) {
            (Target::New, None) => Ok(LearnerId(self.env.fresh_id())),
            (Target::New, Some(key)) => {
                let bytes = digest(&["register learner", key]);
                Ok(LearnerId(Builder::from_custom_bytes(bytes).into_uuid()))
            }
            (Target::Learner(by), _) => self.resolve(by).await,
            (Target::Owner(field, id), _) => id.ok_or_else(|| Refusal::not_found(field, field).into()),
        }
    }

    /// Whether a registration would be that of somebody who was erased.
    pub(super) async fn was_erased(&self, call: &Call) -> Result<bool, Failure> {
        let learner = self.target_id(call).await?;
        Ok(self.store.erased_at(learner).await?.is_some())
    }

    /// One try; `None`: somebody else was faster.
    async fn try_write(&self, id: LearnerId, call: &Call) -> Result<Option<Written>, Failure> {
        if let Some(written) = self.replay(id, call).await? {
            return Ok(Some(written));
        }
        let learner = self.load_target(id, call).await?;
        as_expected(&learner, call.expected_version)?;
        let history = match call.command.needs_history() {
            true => self.store.history(id, 0, usize::MAX).await?,
            false => vec![],
        };
        let now = self.env.now();
        let context = Context {
            guide: &self.guide,
            now,
            occurred_at: call.occurred_at,
            fresh_id: self.env.fresh_id(),
            history: &history,
        };
        let outcome = command::decide(&context, &learner, &call.command)?;
        if let Some(known) = self.already_registered(&outcome).await? {
            let outcome = Outcome { changes: vec![], subject: Some(known.id.0) };
            let written = self.commit(call, now, learner, history, outcome).await?;
            return Ok(written.map(|it| Written { learner: known, ..it }));
        }
        self.commit(call, now, learner, history, outcome).await
    }

    pub(super) async fn load_target(&self, id: LearnerId, call: &Call) -> Result<Arc<Learner>, Failure> {
        let known = self.store.load(id).await?;
        match (&call.target, known) {
            (Target::New, None) => Ok(Arc::new(Learner::new(id))),
            (Target::New, Some(_)) => {
                Err(key_reused("the key registered a learner before; use a new key").into())
            }
            (_, Some(learner)) => Ok(learner),
            (target, None) => Err(gone(target).into()),
        }
    }

    /// Registering somebody who is already here as they are is no change; somebody else with the
    /// same external id or e-mail address is in the way.
    async fn already_registered(&self, outcome: &Outcome) -> Result<Option<Arc<Learner>>, Failure> {
        let [change @ Change::LearnerRegistered { external_id, email, .. }] = &outcome.changes[..] else {
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

    async fn commit(
        &self,
        call: &Call,
        now: Timestamp,
        learner: Arc<Learner>,
        history: Vec<Event>,
        outcome: Outcome,
    ) -> Result<Option<Written>, Failure> {
        let subject = outcome.subject;
        if outcome.changes.is_empty() {
            return self.commit_unchanged(call, now, learner, subject).await;
        }
        // What time took away is told first, so that this write is not said to have lost it.
        let before = judge(&self.guide, &learner, now.max(learner.updated_at));
        if self.tell_lapses_of(&learner, &before).await?.is_some() {
            return Ok(None);
        }
        let mut events = self.events(call, now, &learner, outcome.changes);
        let next = Arc::new(after(&learner, history, &events));
        let after = judge(&self.guide, &next, before.as_of);
        let milestones =
            Moved { reached: after.newly_met_since(&before), lost: before.newly_met_since(&after) };
        events[0].milestones = milestones.clone();
        let written = Written {
            learner: next.clone(),
            events: events.clone(),
            subject,
            changed: true,
            replayed: false,
            milestones,
        };
        let commit = Commit {
            learner: learner.id,
            base: learner.version,
            events,
            summary: Summary::from_readiness(&next, &after),
            state: next,
            receipt: call.receipt(now, &written),
        };
        self.store_commit(&call.target, commit).await.map(|it| it.map(|()| written))
    }

    /// Nothing has to happen, but the key of the call is spent all the same.
    async fn commit_unchanged(
        &self,
        call: &Call,
        now: Timestamp,
        learner: Arc<Learner>,
        subject: Option<Uuid>,
    ) -> Result<Option<Written>, Failure> {
        let written = Written::unchanged(learner.clone(), subject);
        let Some(receipt) = call.receipt(now, &written) else { return Ok(Some(written)) };
        let commit = Commit {
            learner: learner.id,
            base: learner.version,
            events: vec![],
            summary: Summary::of(&self.guide, &learner, learner.updated_at),
            state: learner,
            receipt: Some(receipt),
        };
        self.store_commit(&call.target, commit).await.map(|it| it.map(|()| written))
    }

    /// The events that tell of changes; several are a batch, whose reason stands with the first.
    pub(super) fn events(
        &self,
        call: &Call,
        now: Timestamp,
        learner: &Learner,
        changes: Vec<Change>,
    ) -> Vec<Event> {
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

    /// `None`: somebody else was faster, and another try may succeed.
    pub(super) async fn store_commit(&self, target: &Target, commit: Commit) -> Result<Option<()>, Failure> {
        match self.store.commit(commit).await {
            Ok(()) => Ok(Some(())),
            Err(CommitError::Conflict { .. } | CommitError::Repeated(_)) => Ok(None),
            // The other one may be the same person: the next try meets them.
            Err(CommitError::Claimed(_)) if matches!(target, Target::New) => Ok(None),
            Err(CommitError::Claimed(claim)) => Err(taken(target, &claim).into()),
            Err(CommitError::Erased) => Err(gone(target).into()),
            Err(CommitError::ReadOnly(_)) => Err(read_only().into()),
            Err(CommitError::Fault(error)) => Err(error.into()),
        }
    }

    pub(super) async fn replay(&self, id: LearnerId, call: &Call) -> Result<Option<Written>, Failure> {
        let Some(key) = &call.idempotency_key else { return Ok(None) };
        let Some(receipt) = self.store.replay(id, key).await? else { return Ok(None) };
        // The key of a registration that met somebody who was here already leads to them.
        let registered = receipt.subject.filter(|_| matches!(call.target, Target::New)).map(LearnerId);
        let known = self.store.load(registered.unwrap_or(id)).await?;
        let learner = known.ok_or_else(|| gone(&call.target))?;
        if receipt.fingerprint != call.fingerprint() {
            return Err(other_input().into());
        }
        let events = match receipt.event {
            Some(first) if call.command.needs_history() => self.written_together(id, first).await?,
            Some(first) => self.event_at(id, first).await?.into_iter().collect(),
            None => vec![],
        };
        Ok(Some(Written {
            learner,
            changed: !events.is_empty(),
            events,
            subject: receipt.subject,
            replayed: true,
            milestones: Moved { reached: receipt.reached, lost: receipt.lost },
        }))
    }
}

/// A learner at another version than the caller expected is left alone.
pub(super) fn as_expected(learner: &Arc<Learner>, version: Option<Version>) -> Result<(), Refusal> {
    match version {
        Some(expected) if expected != learner.version => Err(Refusal::other_version(learner.clone())),
        _ => Ok(()),
    }
}

/// The learner after these events too. Whatever corrects others comes with the whole history.
pub(super) fn after(learner: &Learner, mut history: Vec<Event>, events: &[Event]) -> Learner {
    let (first, rest) = events.split_first().expect("there is an event");
    let added = learner.after(first).and_then(|it| rest.iter().try_fold(it, |it, event| it.after(event)));
    added.unwrap_or_else(|| {
        history.extend_from_slice(events);
        fold(learner.id, &history)
    })
}

pub(super) fn other_input() -> Refusal {
    key_reused("the key was used with other input; use a new key for a new call")
}

pub(super) fn key_reused(message: &str) -> Refusal {
    Refusal::of("idempotencyKey", RefusalCode::IdempotencyKeyReused, message)
}

/// Nobody is there, or nobody any more.
fn gone(target: &Target) -> Refusal {
    match target {
        Target::New => key_reused("the key registered a learner who was erased since; use a new key"),
        Target::Learner(_) => Refusal::not_found("learner", "learner"),
        Target::Owner(field, _) => Refusal::not_found(field, field),
    }
}

/// Somebody else has what the learner would claim; an undo and a redo have no field for it.
fn taken(target: &Target, claim: &Claim) -> Refusal {
    let (field, what) = match claim {
        Claim::ExternalId(_) => ("externalId", "external id"),
        Claim::Email(_) => ("email", "e-mail address"),
    };
    let field = if let Target::Owner(field, _) = target { field } else { field };
    Refusal::of(field, RefusalCode::AlreadyTaken, format!("another learner has this {what}"))
}

pub(super) fn read_only() -> Refusal {
    Refusal::new(RefusalCode::ReadOnly, "the server takes no writes at the moment; reading still works")
}
