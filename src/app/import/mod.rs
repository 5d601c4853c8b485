//! Progress that comes in as a file: learners, courses, projects and evidence, row by row.
//!
//! Each row is a call like any other, with a key of what it says: the same row again changes nothing, whoever sends
//! it. All events of an import are of one batch, which can be undone as a whole.

mod read;
mod row;
mod trial;

use std::{collections::BTreeMap, io::BufRead, panic::resume_unwind, sync::Arc};

use futures_util::{StreamExt as _, stream};
use tokio::task::JoinError;
use uuid::Builder;

pub use read::{Format, MAX_ROW};
pub use row::COLUMNS;

use self::{read::Line, row::Row, trial::Trial};
use super::{App, Call, Failure, Written};
use crate::{
    domain::{
        id::{BatchId, LearnerId},
        learner::digest,
        refusal::{Refusal, RefusalCode},
        text,
    },
    store::StoreError,
};

/// What to take in.
#[derive(Debug, Clone)]
pub struct Import {
    /// How it is written.
    pub format: Format,
    /// Whether only to say what would become of it.
    pub dry_run: bool,
    /// How many rows there may be.
    pub max_rows: usize,
    /// Who asks.
    pub actor: String,
    /// The batch that its events belong to; `None`: a fresh one.
    pub batch: Option<BatchId>,
}

/// What became of a file.
#[derive(Debug, Clone)]
pub struct Imported {
    /// The batch that its events belong to.
    pub batch: BatchId,
    /// How many rows changed something.
    pub n_applied: usize,
    /// How many rows said what was so already.
    pub n_already: usize,
    /// How many rows were refused.
    pub n_refused: usize,
    /// Whether an earlier call with the same key answers.
    pub replayed: bool,
}

/// What became of a row.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// The line at which it begins, from 1.
    pub line: u64,
    /// Whose it is, where somebody is known.
    pub learner: Option<LearnerId>,
    /// Whether it changed something; else it was so already.
    pub outcome: Result<bool, Refusal>,
}

/// How many rows are taken in at a time, in any order but for those about the same learner.
const PORTION: usize = 4_096;
/// How many learners are written to at a time.
const AT_A_TIME: usize = 512;

impl App {
    /// Takes a file in, and tells what became of each row, in the order of rows. A row that is refused does not keep
    /// others from being applied. What rows say about the same learner happens in their order.
    ///
    /// # Errors
    ///
    /// When the file cannot be read as what it should be, has too many rows, or the store fails: then rows may have
    /// been applied, and the same import again goes on.
    pub async fn import(
        self: &Arc<Self>,
        wish: &Import,
        from: impl BufRead + Send,
        mut tell: impl FnMut(Verdict) + Send,
    ) -> Result<Imported, Failure> {
        let app = if wish.dry_run { Arc::new(self.trial()) } else { self.clone() };
        let mut imported = Imported {
            batch: wish.batch.unwrap_or_else(|| BatchId(self.env.fresh_id())),
            n_applied: 0,
            n_already: 0,
            n_refused: 0,
            replayed: false,
        };
        let mut lines = read::rows(wish.format, from)?;
        let mut n_rows = 0;
        loop {
            let portion: Vec<_> = lines.by_ref().take(PORTION).collect();
            n_rows += portion.len();
            if n_rows > wish.max_rows {
                return Err(too_many(wish.max_rows).into());
            }
            if portion.is_empty() {
                return Ok(imported);
            }
            for verdict in app.take_in(portion, &wish.actor, imported.batch).await? {
                imported.count(&verdict);
                tell(verdict);
            }
        }
    }

    /// As [`App::import`], of a whole file and once for each key: the same call again has the same batch.
    pub async fn import_once(
        self: &Arc<Self>,
        wish: &Import,
        content: &str,
        key: Option<&str>,
        tell: impl FnMut(Verdict) + Send,
    ) -> Result<Imported, Failure> {
        let Some(key) = key.filter(|_| !wish.dry_run) else {
            return self.import(wish, content.as_bytes(), tell).await;
        };
        let key = text::line("idempotencyKey", key)?;
        let fingerprint = digest(&[&format!("{:?}", wish.format), content]);
        let replayed = self.once("import", &key, fingerprint).await?;
        let batch = Builder::from_custom_bytes(digest(&["batch of an import", &key])).into_uuid();
        let wish = Import { batch: Some(BatchId(batch)), ..wish.clone() };
        let imported = self.import(&wish, content.as_bytes(), tell).await?;
        Ok(Imported { replayed, ..imported })
    }

    /// The same product on a copy that is thrown away.
    fn trial(&self) -> App {
        App::new(self.guide.clone(), Arc::new(Trial::of(self.store.clone())), self.env.clone())
    }

    async fn take_in(
        self: &Arc<Self>,
        lines: Vec<Line>,
        actor: &str,
        batch: BatchId,
    ) -> Result<Vec<Verdict>, StoreError> {
        let (mut verdicts, mut of_learners) = (vec![], BTreeMap::<String, Vec<(u64, Row)>>::new());
        for Line { number, row } in lines {
            match row {
                Ok(row) => {
                    let learner = row.learner().unwrap_or_default().to_owned();
                    of_learners.entry(learner).or_default().push((number, row));
                }
                Err(refusal) => {
                    verdicts.push(Verdict { line: number, learner: None, outcome: Err(refusal) });
                }
            }
        }
        let mut done = stream::iter(of_learners.into_values())
            .map(|rows| tokio::spawn(self.clone().rows_of_one(rows, actor.to_owned(), batch)))
            .buffer_unordered(AT_A_TIME);
        while let Some(of_one) = done.next().await {
            verdicts.extend(of_one.unwrap_or_else(failed)?);
        }
        verdicts.sort_by_key(|it| it.line);
        Ok(verdicts)
    }

    async fn rows_of_one(
        self: Arc<Self>,
        rows: Vec<(u64, Row)>,
        actor: String,
        batch: BatchId,
    ) -> Result<Vec<Verdict>, StoreError> {
        let mut verdicts = vec![];
        for (line, row) in rows {
            let (learner, outcome) = match self.row(row, &actor, batch).await {
                Ok(written) => (Some(written.learner.id), outcome(&written, batch)),
                Err(Failure::Refused(refusal)) => (None, Err(refusal)),
                Err(Failure::Fault(error)) => return Err(error),
            };
            verdicts.push(Verdict { line, learner, outcome });
        }
        Ok(verdicts)
    }

    async fn row(&self, row: Row, actor: &str, batch: BatchId) -> Result<Written, Failure> {
        let (call, instead): (Call, Option<Call>) = row.calls(actor, batch)?;
        let written = match (self.write(call).await, instead) {
            // Somebody has the external id: the row tells how they are now.
            (Err(Failure::Refused(refusal)), Some(update)) if is_there(&refusal) => self.write(update).await,
            (written, _) => written,
        };
        written.map_err(|it| match it {
            Failure::Refused(refusal) => explained(refusal).into(),
            fault => fault,
        })
    }
}

impl Imported {
    fn count(&mut self, verdict: &Verdict) {
        match verdict.outcome {
            Ok(true) => self.n_applied += 1,
            Ok(false) => self.n_already += 1,
            Err(_) => self.n_refused += 1,
        }
    }
}

/// What a row did: an event of this batch, or one of an earlier import unless that was undone.
fn outcome(written: &Written, batch: BatchId) -> Result<bool, Refusal> {
    match written.events.first() {
        None => Ok(false),
        Some(event) if event.batch == Some(batch) => Ok(true),
        Some(event) if written.learner.voided.contains(&event.version) => {
            let message = "was imported before and is undone: redo the event or its batch";
            Err(Refusal::new(RefusalCode::NotApplicable, message))
        }
        Some(_) => Ok(false),
    }
}

/// A panic goes on where the rows are waited for.
fn failed<T>(error: JoinError) -> Result<T, StoreError> {
    match error.try_into_panic() {
        Ok(panic) => resume_unwind(panic),
        Err(_) => Err(StoreError::Closed("the rows were given up".into())),
    }
}

fn is_there(refusal: &Refusal) -> bool {
    refusal.code == RefusalCode::AlreadyTaken && refusal.field == Some("externalId")
}

/// Columns by their names, and what cannot happen to a row in other words.
fn explained(refusal: Refusal) -> Refusal {
    match (refusal.code, refusal.field) {
        (RefusalCode::IdempotencyKeyReused, _) => {
            let message =
                "registered a learner who was erased since; a row that says something else may do so";
            Refusal::of("learner", RefusalCode::NotApplicable, message)
        }
        (_, Some("externalId")) => Refusal { field: Some("learner"), ..refusal },
        (_, Some("kind")) => Refusal { field: Some("evidenceKind"), ..refusal },
        _ => refusal,
    }
}

fn too_many(most: usize) -> Refusal {
    let message = format!("has more than {most} rows: split it");
    Refusal::new(RefusalCode::LimitReached, message)
}
