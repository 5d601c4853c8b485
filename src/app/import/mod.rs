//! Progress that comes in as a file: learners, courses, projects and evidence, row by row.
//!
//! Each row is a call like any other, with a key of what it says: the same row again changes nothing, whoever sends
//! it. All events of an import are of one batch, which can be undone as a whole.

mod quotes;
mod read;
mod row;
mod taking;
mod trial;

use std::{
    io::BufRead,
    sync::{Arc, Mutex},
};

use uuid::Builder;

pub use read::{Format, MAX_ROW};
pub use row::COLUMNS;

use self::{taking::Taking, trial::Trial};
use super::{
    App, Failure,
    batch::{Begun, Once},
};
use crate::domain::{
    id::{BatchId, LearnerId},
    learner::digest,
    refusal::Refusal,
    text,
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
    /// How many rows had been taken in before.
    pub n_repeated: usize,
    /// How many rows were refused.
    pub n_refused: usize,
    /// Whether an earlier call with the same key answers.
    pub replayed: bool,
}

/// Where a row stands in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line at which it begins, from 1.
    pub line: u64,
    /// How many bytes were read when it had been.
    pub n_read: u64,
}

/// What became of a row.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// Where it stands.
    pub place: Place,
    /// Whose it is, where somebody is known.
    pub learner: Option<LearnerId>,
    /// How it was taken, if it was.
    pub outcome: Result<Taken, Refusal>,
}

/// How a row was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It changed something.
    Applied,
    /// It says what was so already.
    AlreadySo,
    /// The same row was taken in before; what happened since stands.
    Repeated,
}

impl App {
    /// Takes a file in, and tells what became of each row, in the order of rows, once those behind were read. A row
    /// that is refused does not keep others from being applied. What rows say about the same learner, or of the same
    /// e-mail address, happens in their order.
    ///
    /// # Errors
    ///
    /// When the file cannot be read as what it should be, has too many rows from the start, or the store fails: then
    /// rows may have been applied, and the same import again goes on.
    pub async fn import(
        self: &Arc<Self>,
        wish: &Import,
        from: impl BufRead + Send,
        tell: impl FnMut(Verdict) + Send,
    ) -> Result<Imported, Failure> {
        let batch = wish.batch.unwrap_or_else(|| BatchId(self.env.fresh_id()));
        self.taking(wish, batch, None).take(from, wish, tell).await
    }

    /// As [`App::import`], of a whole file and once for each key: the same call again has the same batch and, once it
    /// came to its end, writes nothing. One waits for the other.
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
        let _turn = self.batches.lock().await;
        let once = Once::of("import", &key, digest(&[&format!("{:?}", wish.format), content]));
        let begun = self.begin(&once).await?;
        let batch = Builder::from_custom_bytes(digest(&["batch of an import", &key])).into_uuid();
        let taking = self.taking(wish, BatchId(batch), Some(begun));
        let imported = taking.take(content.as_bytes(), wish, tell).await?;
        if !begun.is_done() {
            self.finish(&once).await?;
        }
        Ok(imported)
    }

    fn taking(self: &Arc<Self>, wish: &Import, batch: BatchId, begun: Option<Begun>) -> Arc<Taking> {
        let (seen, begun) = (begun.map(|_| Mutex::default()), begun.unwrap_or_default());
        let app = if wish.dry_run || begun.is_done() { Arc::new(self.trial()) } else { self.clone() };
        Arc::new(Taking { app, actor: wish.actor.clone(), batch, begun, seen })
    }

    /// The same product on a copy that is thrown away.
    fn trial(&self) -> App {
        App::new(self.guide.clone(), Arc::new(Trial::of(self.store.clone())), self.env.clone())
    }
}

impl Imported {
    fn count(&mut self, verdict: &Verdict) {
        match verdict.outcome {
            Ok(Taken::Applied) => self.n_applied += 1,
            Ok(Taken::AlreadySo) => self.n_already += 1,
            Ok(Taken::Repeated) => self.n_repeated += 1,
            Err(_) => self.n_refused += 1,
        }
    }
}
