//! What one batch did to many learners, taken back or done again.

use std::collections::BTreeSet;

use data_encoding::HEXLOWER;
use futures_util::{StreamExt as _, stream};
use uuid::Builder;

use super::{App, Call, Failure, Target, write::other_input};
use crate::{
    domain::{
        command::{Command, MAX_TOGETHER},
        id::{BatchId, LearnerId},
        learner::{Digest, digest},
        refusal::Refusal,
        text,
    },
    store::{Bucket, Receipt, StoreError},
};

/// What is to become of a batch.
#[derive(Debug, Clone)]
pub struct Correction {
    /// Which one.
    pub batch: BatchId,
    /// Whether it is to hold again; else it is taken back.
    pub redo: bool,
    /// Whether what depends on it goes with it.
    pub cascade: bool,
    /// Who asks.
    pub actor: String,
    /// Why, in the actor's words.
    pub reason: Option<String>,
    /// Makes the call safe to repeat.
    pub idempotency_key: Option<String>,
}

/// What became of it.
#[derive(Debug)]
pub struct Corrected {
    /// The batch that the events of the correction belong to.
    pub batch: BatchId,
    /// How many events were undone or redone.
    pub n_events: usize,
    /// Whose stayed as they were, and why: the first 100.
    pub refused: Vec<(LearnerId, Refusal)>,
    /// How many stayed as they were.
    pub n_refused: usize,
    /// Whether all was looked at; else another call goes on.
    pub is_whole: bool,
    /// Whether an earlier call with the same key answers.
    pub replayed: bool,
}

/// How many learners are corrected by one call.
const MAX_LEARNERS: usize = 1_000;
/// How many of them at a time.
const AT_A_TIME: usize = 64;
/// How many refusals are kept.
const MAX_REFUSED: usize = 100;
/// How many events of a feed are read at a time.
const READ: usize = 256;

impl App {
    /// Takes back what a batch did, or lets it hold again, learner by learner: each wholly or not at all. It looks
    /// through all events, since a batch may be about anybody.
    pub async fn correct_batch(&self, wish: &Correction) -> Result<Corrected, Failure> {
        let key = wish.idempotency_key.as_ref().map(|it| text::line("idempotencyKey", it)).transpose()?;
        let reason = wish.reason.as_ref().map(|it| text::text("reason", it)).transpose()?;
        let wish = &Correction { idempotency_key: key, reason, ..wish.clone() };
        let found = self.of_batch(wish.batch).await?;
        if found.is_empty() {
            return Err(Refusal::not_found("batch", "batch").into());
        }
        let replayed = match &wish.idempotency_key {
            Some(key) => self.once("correct batch", key, wish.fingerprint()).await?,
            None => false,
        };
        let batch = wish.own_batch().unwrap_or_else(|| BatchId(self.env.fresh_id()));
        let mut corrected =
            Corrected { batch, n_events: 0, refused: vec![], n_refused: 0, is_whole: true, replayed };
        let mut calls = stream::iter(found)
            .map(|it| async move { (it, self.write(wish_of(wish, batch, it)).await) })
            .buffered(AT_A_TIME);
        let mut n_changed = 0;
        while let Some((learner, written)) = calls.next().await {
            let n_events = match written {
                Ok(written) => written.events.len(),
                Err(Failure::Refused(refusal)) => {
                    corrected.n_refused += 1;
                    if corrected.refused.len() < MAX_REFUSED {
                        corrected.refused.push((learner, refusal));
                    }
                    0
                }
                Err(fault) => return Err(fault),
            };
            corrected.n_events += n_events;
            n_changed += usize::from(n_events > 0);
            // Very long parts are corrected in portions.
            corrected.is_whole &= n_events < MAX_TOGETHER;
            if n_changed == MAX_LEARNERS {
                corrected.is_whole = false;
                break;
            }
        }
        Ok(corrected)
    }

    /// Whom a batch is about.
    async fn of_batch(&self, batch: BatchId) -> Result<BTreeSet<LearnerId>, StoreError> {
        let heads = self.store.heads().await?;
        let mut found = BTreeSet::new();
        for bucket in Bucket::all().filter(|it| heads[it.index()] > 0) {
            let mut read = 0;
            while read < heads[bucket.index()] {
                let items = self.store.feed(bucket, read, READ).await?;
                let Some(last) = items.last() else { break };
                read = last.position;
                let events = items.into_iter().filter_map(|it| it.event);
                found.extend(events.filter(|it| it.batch == Some(batch)).map(|it| it.learner));
            }
        }
        Ok(found)
    }

    /// Spends a key of a call that is about no learner; whether it was spent before, on the same.
    pub(super) async fn once(&self, what: &str, key: &str, fingerprint: Digest) -> Result<bool, Failure> {
        let keeper = LearnerId(Builder::from_custom_bytes(digest(&[what, key])).into_uuid());
        let receipt = Receipt {
            key: what.to_owned(),
            fingerprint,
            recorded_at: self.env.now(),
            event: None,
            subject: None,
            reached: vec![],
            lost: vec![],
        };
        match self.store.replay(keeper, what).await? {
            Some(first) if first.fingerprint == fingerprint => Ok(true),
            Some(_) => Err(other_input().into()),
            None => self.keep(keeper, receipt).await.map(|()| false),
        }
    }
}

impl Correction {
    fn fingerprint(&self) -> Digest {
        let Self { batch, redo, cascade, reason, .. } = self;
        digest(&[&batch.to_string(), &format!("{redo} {cascade}"), reason.as_deref().unwrap_or_default()])
    }

    /// The same at each repetition with the same key.
    fn own_batch(&self) -> Option<BatchId> {
        let key = self.idempotency_key.as_ref()?;
        Some(BatchId(Builder::from_custom_bytes(digest(&["batch of a correction", key])).into_uuid()))
    }
}

fn wish_of(wish: &Correction, own: BatchId, learner: LearnerId) -> Call {
    let Correction { batch, redo, cascade, .. } = *wish;
    let command = match redo {
        true => Command::RedoBatch { batch, cascade },
        false => Command::UndoBatch { batch, cascade },
    };
    Call {
        target: Target::Owner("batch", Some(learner)),
        command,
        actor: wish.actor.clone(),
        reason: wish.reason.clone(),
        occurred_at: None,
        idempotency_key: wish.idempotency_key.as_ref().map(|it| HEXLOWER.encode(&digest(&["batch", it]))),
        expected_version: None,
        also: None,
        batch: Some(own),
    }
}
