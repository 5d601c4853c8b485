//! The one way in which something happens to a learner: load, decide, commit, tell.

use std::sync::Arc;

use uuid::Builder;

use super::{App, Call, Failure, LearnerRef, Target, Written, draft::Draft};
use crate::{
    domain::{
        event::Event,
        id::{LearnerId, Version},
        learner::{Learner, digest, fold},
        refusal::{Refusal, RefusalCode},
    },
    store::{Bucket, Claim, Commit, CommitError, Receipt, StoreError},
};

/// How often a write is tried when other processes win the race for the same learner.
pub(super) const MAX_TRIES: u32 = 100;

impl App {
    /// Carries a call out, once, whatever else happens at the same time.
    pub async fn write(&self, call: Call) -> Result<Written, Failure> {
        let call = call.checked()?;
        let id = self.target_id(&call).await?;
        let _turn = self.lane(Bucket::of(id)).lock().await;
        for _ in 0..MAX_TRIES {
            if let Some(written) = self.try_write(id, &call).await? {
                return Ok(written);
            }
        }
        Err(outrun().into())
    }

    /// Carries calls out that are all about the same learner, have keys and need no history: each as by
    /// [`App::write`], in their order, and in one commit. One that is refused keeps no other from being carried out.
    pub(super) async fn write_together(
        &self,
        learner: &LearnerRef,
        calls: Vec<Call>,
    ) -> Result<Vec<Result<Written, Refusal>>, StoreError> {
        let mut all = vec![];
        match self.try_together(learner, &calls).await {
            Ok(Some(written)) => return Ok(written),
            Err(Failure::Fault(error)) => return Err(error),
            // It is for each by itself to say why it cannot be.
            Ok(None) | Err(Failure::Refused(_)) => {}
        }
        for call in calls {
            all.push(or_refused(self.write(call).await)?);
        }
        Ok(all)
    }

    async fn try_together(
        &self,
        learner: &LearnerRef,
        calls: &[Call],
    ) -> Result<Option<Vec<Result<Written, Refusal>>>, Failure> {
        let target = Target::Learner(learner.clone());
        let id = self.resolve(learner).await?;
        let _turn = self.lane(Bucket::of(id)).lock().await;
        for _ in 0..MAX_TRIES {
            let mut draft = Draft::of(self.load(&target, id).await?, self.env.now());
            if let Some(written) = self.add_all(&mut draft, calls).await?
                && self.commit(&target, draft).await?.is_some()
            {
                return Ok(Some(written));
            }
        }
        Ok(None)
    }

    async fn add_all(
        &self,
        draft: &mut Draft,
        calls: &[Call],
    ) -> Result<Option<Vec<Result<Written, Refusal>>>, StoreError> {
        let known = self.known(draft.learner(), calls).await?;
        let mut all = vec![];
        for (call, known) in calls.iter().zip(known) {
            let written = match known {
                Some((receipt, events)) => call.replayed(draft.learner().clone(), receipt, events).map(Some),
                None => or_refused(self.add(draft, call).await)?,
            };
            match written.transpose() {
                Some(written) => all.push(written),
                None => return Ok(None),
            }
        }
        Ok(Some(all))
    }

    /// What calls with the same keys did before.
    async fn known(
        &self,
        learner: &Learner,
        calls: &[Call],
    ) -> Result<Vec<Option<(Receipt, Vec<Event>)>>, StoreError> {
        let keys: Vec<_> = calls.iter().map(|it| it.idempotency_key.clone().unwrap_or_default()).collect();
        let receipts = self.store.replay_all(learner.id, &keys).await?;
        let versions = receipts.iter().flatten().filter_map(|it| it.event).collect();
        let events = self.events_at(learner.id, versions).await?;
        let known = |it: Receipt| {
            let event = it.event.and_then(|it| events.get(&it)).cloned();
            (it, event.into_iter().collect())
        };
        Ok(receipts.into_iter().map(|it| it.map(known)).collect())
    }

    /// A registration with a key always leads to the same id, so that its repetition meets the same learner.
    pub(super) async fn target_id(&self, call: &Call) -> Result<LearnerId, Failure> {
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
        let mut draft = Draft::of(self.load(&call.target, id).await?, self.env.now());
        let Some(written) = self.add(&mut draft, call).await? else { return Ok(None) };
        Ok(self.commit(&call.target, draft).await?.map(|()| written))
    }

    /// The learner as they are before the call.
    pub(super) async fn load(&self, target: &Target, id: LearnerId) -> Result<Arc<Learner>, Failure> {
        match (target, self.store.load(id).await?) {
            (Target::New, None) => Ok(Arc::new(Learner::new(id))),
            (Target::New, Some(_)) => {
                Err(key_reused("the key registered a learner before; use a new key").into())
            }
            (_, Some(learner)) => Ok(learner),
            (target, None) => Err(gone(target).into()),
        }
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
        let events = match receipt.event {
            Some(first) if call.command.needs_history() => self.written_together(id, first).await?,
            Some(first) => self.event_at(id, first).await?.into_iter().collect(),
            None => vec![],
        };
        Ok(Some(call.replayed(learner, receipt, events)?))
    }
}

/// What was refused is told; a fault ends what is under way.
pub(super) fn or_refused<T>(done: Result<T, Failure>) -> Result<Result<T, Refusal>, StoreError> {
    match done {
        Ok(done) => Ok(Ok(done)),
        Err(Failure::Refused(refusal)) => Ok(Err(refusal)),
        Err(Failure::Fault(error)) => Err(error),
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

pub(super) fn outrun() -> Refusal {
    Refusal::new(RefusalCode::Conflict, "others keep writing to this learner; try again")
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
pub(super) fn taken(target: &Target, claim: &Claim) -> Refusal {
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
