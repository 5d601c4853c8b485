//! Taking what other systems say, in statements that have ids of their own: all of a list, or nothing of it.
//!
//! The id is the idempotency key. It is unique for everybody, not only for the learner: a receipt that belongs to
//! nobody keeps whom it was about, as a digest.

use std::collections::{BTreeMap, BTreeSet};

use data_encoding::HEXLOWER;
use futures_util::future::join_all;
use uuid::{Builder, Uuid};

use super::{
    App, Call, Failure, LearnerRef, Target,
    draft::Draft,
    write::{MAX_TRIES, other_input, outrun},
};
use crate::{
    domain::{
        command::Command,
        event::Change,
        id::{EventId, LearnerId, Version},
        learner::{Digest, digest},
        refusal::Refusal,
        time::Timestamp,
    },
    store::{Bucket, Claim, Receipt},
};

/// Something that is said of a learner who is here. The command is one that needs no history.
#[derive(Debug, Clone)]
pub struct Statement {
    /// Its id: what is said twice under one id happens once.
    pub id: Uuid,
    /// Of whom.
    pub who: Who,
    /// What happened.
    pub command: Command,
    /// Who says so.
    pub actor: String,
    /// When it happened; `None`: now.
    pub occurred_at: Option<Timestamp>,
    /// Identifies what else it says.
    pub rest: Digest,
    /// It says that it is this event of the learner, told again. It is, if that event has its id.
    pub version: Option<Version>,
}

/// How a statement names a learner.
#[derive(Debug, Clone)]
pub enum Who {
    /// As calls do.
    Learner(LearnerRef),
    /// By the e-mail address.
    Email(String),
}

/// Why a list of statements was not taken.
#[derive(Debug)]
pub struct Untaken {
    /// The place of the statement at fault.
    pub index: usize,
    /// What is wrong with it.
    pub failure: Failure,
}

/// A statement whose learner was found.
struct Said {
    id: Uuid,
    learner: LearnerId,
    version: Option<Version>,
    call: Call,
}

/// What came of deciding a statement.
enum Drafted {
    /// It is to be written.
    News,
    /// It is there.
    Known,
    /// Somebody else was faster.
    Outdated,
}

impl App {
    /// Takes statements in their order, or none of them when one would be refused. No other call of this process
    /// comes between. What is said about one learner is written wholly or not at all; when the server or its store ends
    /// half-way, some learners have it, and taking all of it again does the rest.
    pub async fn take(&self, statements: Vec<Statement>) -> Result<(), Untaken> {
        let mut all = vec![];
        for (index, statement) in statements.into_iter().enumerate() {
            all.push(self.said(statement).await.map_err(|failure| Untaken { index, failure })?);
        }
        let buckets: BTreeSet<_> = all.iter().map(|it| Bucket::of(it.learner)).collect();
        let mut turns = vec![];
        // Everybody who takes several takes them in this order.
        for bucket in buckets {
            turns.push(self.lane(bucket).lock().await);
        }
        for _ in 0..MAX_TRIES {
            if self.try_take(&all).await? {
                return Ok(());
            }
        }
        Err(Untaken { index: 0, failure: outrun().into() })
    }

    /// One try. `false`: somebody else was faster.
    async fn try_take(&self, all: &[Said]) -> Result<bool, Untaken> {
        let (mut drafts, mut news) = (BTreeMap::new(), vec![]);
        for (index, said) in all.iter().enumerate() {
            match self.draft(&mut drafts, said).await.map_err(|failure| Untaken { index, failure })? {
                Drafted::News => news.push((index, said)),
                Drafted::Known => {}
                Drafted::Outdated => return Ok(false),
            }
        }
        let kept =
            join_all(news.iter().map(|(_, it)| self.keep(it.keeper(), it.receipt(self.env.now())))).await;
        for ((index, _), kept) in news.iter().zip(kept) {
            kept.map_err(|failure| Untaken { index: *index, failure })?;
        }
        for (index, said) in news {
            // With the first statement about a learner all of them are written.
            let Some(draft) = drafts.remove(&said.learner) else { continue };
            let written = self.commit(&said.call.target, draft).await;
            if written.map_err(|failure| Untaken { index, failure })?.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Decides what a statement does, after those before it. An error: it cannot be taken.
    async fn draft(&self, drafts: &mut BTreeMap<LearnerId, Draft>, said: &Said) -> Result<Drafted, Failure> {
        let receipt = said.receipt(self.env.now());
        let kept = self.store.replay(said.keeper(), &receipt.key).await?;
        if kept.is_some_and(|it| it.fingerprint != receipt.fingerprint) {
            return Err(other_input().into());
        }
        if self.is_event(said).await? || self.replay(said.learner, &said.call).await?.is_some() {
            return Ok(Drafted::Known);
        }
        let mut draft = match drafts.remove(&said.learner) {
            Some(draft) => draft,
            None => self.draft_of(said).await?,
        };
        let mut added = self.add(&mut draft, &said.call).await?;
        if added.is_none() && draft.is_empty() {
            // What has lapsed was told first.
            draft = self.draft_of(said).await?;
            added = self.add(&mut draft, &said.call).await?;
        }
        drafts.insert(said.learner, draft);
        Ok(added.map_or(Drafted::Outdated, |_| Drafted::News))
    }

    async fn draft_of(&self, said: &Said) -> Result<Draft, Failure> {
        Ok(Draft::of(self.load(&said.call.target, said.learner).await?, self.env.now()))
    }

    /// Whether it is the event that it says it is, and says the same.
    async fn is_event(&self, said: &Said) -> Result<bool, Failure> {
        let Some(version) = said.version else { return Ok(false) };
        let event = self.event_at(said.learner, version).await?;
        let Some(event) = event.filter(|it| it.id == EventId(said.id)) else { return Ok(false) };
        let json = |it: &Command| serde_json::to_string(it).expect("a command is plain data");
        let is_same = told(&event.change).is_some_and(|it| json(&it) == json(&said.call.command))
            && said.call.occurred_at == Some(event.occurred_at);
        if is_same { Ok(true) } else { Err(other_input().into()) }
    }

    async fn said(&self, statement: Statement) -> Result<Said, Failure> {
        let Statement { id, who, command, actor, occurred_at, rest, version } = statement;
        let learner = match &who {
            Who::Learner(by) => self.resolve(by).await?,
            Who::Email(email) => {
                let claim = Claim::Email(email.trim().to_lowercase());
                self.store.find(&claim).await?.ok_or_else(|| Refusal::not_found("learner", "learner"))?
            }
        };
        let call = Call {
            target: Target::Learner(LearnerRef::Id(Some(learner))),
            command,
            actor,
            reason: None,
            occurred_at,
            idempotency_key: Some(id.to_string()),
            expected_version: None,
            also: Some(rest),
            batch: None,
        };
        Ok(Said { id, learner, version, call })
    }
}

impl Said {
    /// What has the receipt that says whom the id is about.
    fn keeper(&self) -> LearnerId {
        LearnerId(Builder::from_custom_bytes(digest(&["statement", &self.id.to_string()])).into_uuid())
    }

    fn receipt(&self, now: Timestamp) -> Receipt {
        let (id, learner) = (self.id.to_string(), self.learner.to_string());
        Receipt {
            key: HEXLOWER.encode(&digest(&["statement", &id])),
            fingerprint: digest(&[&id, &learner]),
            recorded_at: now,
            event: None,
            subject: None,
            reached: vec![],
            lost: vec![],
        }
    }
}

/// What would have to be asked for so that this happens; `None`: statements do not say such things.
pub fn told(change: &Change) -> Option<Command> {
    Some(match change {
        Change::CourseStarted { course } => Command::StartCourse { course: course.to_string() },
        Change::CourseProgressed { course, percent } => {
            Command::RecordCourseProgress { course: course.to_string(), percent: (*percent).into() }
        }
        Change::CourseCompleted { course, certificate_url } => {
            Command::CompleteCourse { course: course.to_string(), certificate_url: certificate_url.clone() }
        }
        _ => return None,
    })
}
