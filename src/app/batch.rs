//! What one batch did to many learners, taken back or done again.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt as _, stream};
use uuid::Builder;

use super::{App, Call, Clock, Failure, Target, write::other_input};
use crate::{
    domain::{
        command::{Command, Effect},
        event::Event,
        id::{BatchId, LearnerId},
        learner::{Digest, digest},
        refusal::{Refusal, RefusalCode},
        text,
        time::Timestamp,
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
    /// Whose stayed as they were, and why: the first 100. A call that is repeated does not say why.
    pub refused: Vec<(LearnerId, Refusal)>,
    /// How many learners' stayed as they were.
    pub n_refused: usize,
    /// Whether an earlier call with the same key answers.
    pub replayed: bool,
}

/// How often learners have their turn in one correction, at most.
const MAX_ROUNDS: usize = 100;
/// How many learners are corrected at a time.
const AT_A_TIME: usize = 64;
/// How many refusals are kept.
const MAX_REFUSED: usize = 100;
/// How many events of a batch are read at a time.
const READ: usize = 256;

impl App {
    /// Takes back what a batch did, or lets it hold again, learner by learner: each wholly or not at all. One
    /// correction waits for the other.
    pub async fn correct_batch(&self, wish: &Correction) -> Result<Corrected, Failure> {
        let key = wish.idempotency_key.as_ref().map(|it| text::line("idempotencyKey", it)).transpose()?;
        let reason = wish.reason.as_ref().map(|it| text::text("reason", it)).transpose()?;
        let wish = &Correction { idempotency_key: key, reason, ..wish.clone() };
        let _turn = self.batches.lock().await;
        let mut effects = BTreeMap::<LearnerId, Effect>::new();
        self.of_batch(wish.batch, |it| effects.entry(it.learner).or_default().add(it)).await?;
        if effects.is_empty() {
            return Err(Refusal::not_found("batch", "batch").into());
        }
        let batch = wish.own_batch().unwrap_or_else(|| BatchId(self.env.fresh_id()));
        let once =
            wish.idempotency_key.as_deref().map(|it| Once::of("correct batch", it, wish.fingerprint()));
        let begun = match &once {
            Some(once) => self.begin(once).await?,
            None => Begun::default(),
        };
        let mut corrected =
            Corrected { batch, n_events: 0, refused: vec![], n_refused: 0, replayed: begun.is_done() };
        // What an earlier call with the same key has written.
        let mut done_before = BTreeSet::new();
        if begun.begun_at.is_some() {
            self.of_batch(batch, |it| {
                corrected.n_events += 1;
                done_before.insert(it.learner);
            })
            .await?;
        }
        self.correct_all(wish, effects, begun, &done_before, &mut corrected).await?;
        if let Some(once) = once.filter(|_| !begun.is_done()) {
            self.finish(&once).await?;
        }
        Ok(corrected)
    }

    /// Corrects learner by learner. Others of the batch may have what somebody is to get back, such as an e-mail
    /// address: who was refused for that is tried again, as long as anybody makes room.
    async fn correct_all(
        &self,
        wish: &Correction,
        effects: BTreeMap<LearnerId, Effect>,
        begun: Begun,
        done_before: &BTreeSet<LearnerId>,
        corrected: &mut Corrected,
    ) -> Result<(), StoreError> {
        let (own, mut left) = (corrected.batch, effects.into_iter().collect::<Vec<_>>());
        for round in 1.. {
            let mut correcting = stream::iter(left)
                .map(|(learner, effect)| {
                    let done_at = begun.done_at.map(|it| (it, done_before.contains(&learner)));
                    self.correct(wish, own, learner, effect, done_at)
                })
                .buffered(AT_A_TIME);
            let (n_before, mut waiting) = (corrected.n_events, vec![]);
            while let Some(done) = correcting.next().await {
                let Done { learner, effect, n_events, refused } = done?;
                corrected.n_events += n_events;
                match refused {
                    Some(Some(it)) if it.code == RefusalCode::AlreadyTaken => {
                        waiting.push((learner, effect, it));
                    }
                    Some(refusal) => corrected.refuse(learner, refusal),
                    None => {}
                }
            }
            if corrected.n_events == n_before || round == MAX_ROUNDS {
                waiting.into_iter().for_each(|(learner, _, it)| corrected.refuse(learner, Some(it)));
                break;
            }
            left = waiting.into_iter().map(|(learner, effect, _)| (learner, effect)).collect();
        }
        Ok(())
    }

    /// Corrects what is left to correct of one learner, in portions where it is very much. Where an earlier call was
    /// done, at that time and perhaps with this learner, nothing is: refused without a reason is what it did not.
    async fn correct(
        &self,
        wish: &Correction,
        own: BatchId,
        learner: LearnerId,
        effect: Effect,
        done: Option<(Timestamp, bool)>,
    ) -> Result<Done, StoreError> {
        let (mut n_events, mut refused) = (0, None);
        while let Some(state) = self.store.load(learner).await?.filter(|it| effect.is_left(it, wish.redo)) {
            if let Some((done_at, was_corrected)) = done {
                // It may be so again since: refused was what was so when the first call ended.
                let (then, _) = self.as_of(&state, done_at, Clock::Recorded).await?;
                refused = (!was_corrected && effect.is_left(&then, wish.redo)).then_some(None);
                break;
            }
            match self.write(wish.call(own, state.id)).await {
                Ok(written) if written.events.is_empty() => break,
                Ok(written) => n_events += written.events.len(),
                Err(Failure::Refused(refusal)) => {
                    refused = Some(Some(refusal));
                    break;
                }
                Err(Failure::Fault(error)) => return Err(error),
            }
        }
        Ok(Done { learner, effect, n_events, refused })
    }

    /// Goes through the events of a batch, those of each learner in order.
    async fn of_batch(&self, batch: BatchId, mut visit: impl FnMut(&Event)) -> Result<(), StoreError> {
        let heads = self.store.heads().await?;
        for bucket in Bucket::all().filter(|it| heads[it.index()] > 0) {
            let mut events = self.store.events_of_batch(batch, bucket, 0, READ).await?;
            while let Some((last, _)) = events.last() {
                events.iter().for_each(|it| visit(&it.1));
                events = match events.len() {
                    READ => self.store.events_of_batch(batch, bucket, *last, READ).await?,
                    _ => vec![],
                };
            }
        }
        Ok(())
    }

    /// Spends the key of a call that is about no learner, unless it was spent on the same before.
    pub(super) async fn begin(&self, once: &Once) -> Result<Begun, Failure> {
        let spent = |receipt: Option<Receipt>| match receipt {
            Some(first) if first.fingerprint != once.fingerprint => Err(other_input()),
            receipt => Ok(receipt.map(|it| it.recorded_at)),
        };
        let begun_at = spent(self.store.replay(once.keeper, Once::BEGUN).await?)?;
        let done_at = spent(self.store.replay(once.keeper, Once::DONE).await?)?;
        if begun_at.is_none() {
            self.keep(once.keeper, once.receipt(Once::BEGUN, self)).await?;
        }
        Ok(Begun { begun_at, done_at })
    }

    /// From now on the call is not carried out again.
    pub(super) async fn finish(&self, once: &Once) -> Result<(), Failure> {
        self.keep(once.keeper, once.receipt(Once::DONE, self)).await
    }
}

/// What became of one learner's.
struct Done {
    learner: LearnerId,
    effect: Effect,
    /// How many events were undone or redone.
    n_events: usize,
    /// Why the rest stays as it is, if that is known.
    refused: Option<Option<Refusal>>,
}

impl Corrected {
    fn refuse(&mut self, learner: LearnerId, refusal: Option<Refusal>) {
        self.n_refused += 1;
        self.refused.extend(refusal.map(|it| (learner, it)));
        self.refused.truncate(MAX_REFUSED);
    }
}

/// A call that is about no learner, and happens once for its key. Its receipts belong to nobody.
pub(super) struct Once {
    keeper: LearnerId,
    fingerprint: Digest,
}

/// How far an earlier call with the same key came.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Begun {
    /// When it began; `None`: there was none.
    begun_at: Option<Timestamp>,
    /// When it came to its end; `None`: it did not.
    done_at: Option<Timestamp>,
}

impl Begun {
    /// Whether it came to its end.
    pub(super) fn is_done(self) -> bool {
        self.done_at.is_some()
    }

    /// Whether it was under way at that time.
    pub(super) fn was_under_way(self, at: Timestamp) -> bool {
        self.begun_at.is_some_and(|it| it <= at) && self.done_at.is_none_or(|it| at <= it)
    }
}

impl Once {
    const BEGUN: &str = "begun";
    const DONE: &str = "done";

    pub(super) fn of(what: &str, key: &str, fingerprint: Digest) -> Self {
        let keeper = LearnerId(Builder::from_custom_bytes(digest(&[what, key])).into_uuid());
        Self { keeper, fingerprint }
    }

    fn receipt(&self, key: &str, app: &App) -> Receipt {
        Receipt {
            key: key.to_owned(),
            fingerprint: self.fingerprint,
            recorded_at: app.env.now(),
            event: None,
            subject: None,
            reached: vec![],
            lost: vec![],
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

    fn call(&self, own: BatchId, learner: LearnerId) -> Call {
        let Self { batch, redo, cascade, .. } = *self;
        let command = match redo {
            true => Command::RedoBatch { batch, cascade },
            false => Command::UndoBatch { batch, cascade },
        };
        Call {
            target: Target::Owner("batch", Some(learner)),
            command,
            actor: self.actor.clone(),
            reason: self.reason.clone(),
            occurred_at: None,
            idempotency_key: None,
            expected_version: None,
            also: None,
            batch: Some(own),
        }
    }
}
