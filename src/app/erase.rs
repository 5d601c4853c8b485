//! Forgetting a learner.

use std::sync::Arc;

use data_encoding::HEXLOWER;
use uuid::Builder;

use super::{
    App, Failure, LearnerRef,
    write::{as_expected, key_reused, other_input, read_only},
};
use crate::{
    domain::{
        command::check_instant,
        id::{LearnerId, Version},
        learner::{Learner, digest},
        refusal::Refusal,
        summary::Summary,
        text,
        time::Timestamp,
    },
    store::{Bucket, Commit, CommitError, Erasure, Receipt},
};

/// A wish to be forgotten.
#[derive(Debug, Clone)]
pub struct Erase {
    /// Who is to be forgotten.
    pub learner: LearnerRef,
    /// As in every call; kept nowhere, and refused where every call would refuse it.
    pub reason: Option<String>,
    /// As `reason`.
    pub occurred_at: Option<Timestamp>,
    /// Makes the call safe to repeat.
    pub idempotency_key: Option<String>,
    /// The version at which the learner has to be, as in every call.
    pub expected_version: Option<Version>,
}

/// What became of it.
#[derive(Debug, Clone, Copy)]
pub struct Erased {
    /// Who was forgotten.
    pub learner: LearnerId,
    /// Whether this call did it; else it was done before.
    pub changed: bool,
    /// Whether an earlier call with the same key answers.
    pub replayed: bool,
}

impl App {
    /// Forgets a learner: state, events, claims and keys.
    ///
    /// With a key the call can be repeated also under an external id that nobody has any more. What
    /// is kept for it names nobody: the erased id, and digests.
    pub async fn erase(&self, wish: Erase) -> Result<Erased, Failure> {
        wish.reason.as_ref().map(|it| text::text("reason", it)).transpose()?;
        let key = wish.idempotency_key.as_ref().map(|it| text::line("idempotencyKey", it)).transpose()?;
        check_instant("occurredAt", self.env.now(), wish.occurred_at)?;
        let Some(key) = key else {
            let learner = self.resolve(&wish.learner).await?;
            return self.erase_once(learner, wish.expected_version).await;
        };
        // Whoever erases with the same key at the same time is answered as the first.
        let _turn = self.erasing.lock().await;
        let receipt = wish.receipt(&key, self.env.now());
        let keeper = LearnerId(Builder::from_custom_bytes(digest(&["erase learner", &key])).into_uuid());
        if let Some(first) = self.store.replay(keeper, &receipt.key).await? {
            if first.fingerprint != receipt.fingerprint {
                return Err(other_input().into());
            }
            let learner = LearnerId(first.subject.unwrap_or_default());
            // A crash may have come between the receipt and the erasure, or somebody who wrote to the learner.
            let erased = self.erase_once(learner, wish.expected_version).await?;
            return Ok(Erased { learner, changed: true, replayed: !erased.changed });
        }
        let learner = self.resolve(&wish.learner).await?;
        let _turn = self.lane(Bucket::of(learner)).lock().await;
        if let Some(known) = self.store.load(learner).await? {
            as_expected(&known, wish.expected_version)?;
            self.keep(keeper, Receipt { subject: Some(learner.0), ..receipt }).await?;
        }
        self.erase_now(learner, wish.expected_version).await
    }

    async fn erase_once(&self, learner: LearnerId, expected: Option<Version>) -> Result<Erased, Failure> {
        let _turn = self.lane(Bucket::of(learner)).lock().await;
        self.erase_now(learner, expected).await
    }

    /// For whoever has the lane of the learner.
    async fn erase_now(&self, learner: LearnerId, expected: Option<Version>) -> Result<Erased, Failure> {
        loop {
            if self.store.erased_at(learner).await?.is_some() {
                return Ok(Erased { learner, changed: false, replayed: false });
            }
            let Some(known) = self.store.load(learner).await? else {
                return Err(Refusal::not_found("learner", "learner").into());
            };
            as_expected(&known, expected)?;
            let erasure = Erasure { learner, base: known.version, recorded_at: self.env.now() };
            match self.store.erase(erasure).await {
                Ok(()) => {
                    self.webhooks.forget(learner).await;
                    return Ok(Erased { learner, changed: true, replayed: false });
                }
                Err(CommitError::Fault(error)) => return Err(error.into()),
                Err(CommitError::ReadOnly(_)) => return Err(read_only().into()),
                Err(_) => {}
            }
        }
    }

    /// Keeps a receipt that belongs to nobody.
    pub(super) async fn keep(&self, keeper: LearnerId, receipt: Receipt) -> Result<(), Failure> {
        let nobody = Learner::new(keeper);
        let summary = Summary::of(&self.guide, &nobody, nobody.updated_at);
        let fingerprint = receipt.fingerprint;
        let (state, receipts) = (Arc::new(nobody), vec![receipt]);
        let commit = Commit { learner: keeper, base: 0, events: vec![], state, summary, receipts };
        match self.store.commit(commit).await {
            Ok(()) => Ok(()),
            // Somebody with the same key was faster, and may have meant somebody else.
            Err(CommitError::Repeated(first)) if first.fingerprint == fingerprint => Ok(()),
            Err(CommitError::Repeated(_)) => Err(other_input().into()),
            Err(CommitError::ReadOnly(_)) => Err(read_only().into()),
            Err(CommitError::Fault(error)) => Err(error.into()),
            Err(_) => Err(key_reused("the key cannot be used for this; use a new key").into()),
        }
    }
}

impl Erase {
    fn receipt(&self, key: &str, now: Timestamp) -> Receipt {
        let by = match &self.learner {
            LearnerRef::Id(id) => id.map(|it| it.to_string()).unwrap_or_default(),
            LearnerRef::ExternalId(external_id) => external_id.clone(),
        };
        let digest_of_key = digest(&["key", key]);
        Receipt {
            key: HEXLOWER.encode(&digest_of_key),
            fingerprint: digest(&[key, &by, self.reason.as_deref().unwrap_or_default()]),
            recorded_at: now,
            event: None,
            subject: None,
            reached: vec![],
            lost: vec![],
        }
    }
}
