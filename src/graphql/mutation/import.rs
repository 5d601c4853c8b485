//! Progress that comes in as a file.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};

use super::{Answer, Done, app, fault, idempotency_key, payload::UserErrorCode, viewer};
use crate::{
    app::{Failure, Format, Import, Imported, Taken, Verdict},
    domain::refusal::Refusal,
    graphql::{cost::About, id::id_of},
};

/// Files are taken in.
#[derive(Default)]
pub(super) struct ImportMutation;

/// How many rows a call may bring.
const MAX_ROWS: usize = 1_000;

#[Object]
impl ImportMutation {
    /// Takes progress in from CSV or JSON Lines, row by row: learners, courses, projects and evidence. Each row has a
    /// verdict, and one that is refused does not keep others from being applied. The same row again changes nothing,
    /// whoever sends it. All events are of one batch, which `undoBatch` takes back as a whole.
    ///
    /// `kind` says what a row is: `learner` (with `learner`, the external id, and `name`, `email`, `stack`: they are
    /// registered, or changed where they are here already), `start` and `completion` of a course (`learner`, `course`,
    /// `certificateUrl`), `progress` (`learner`, `course`, `percent`), `project` (`learner`, `name`, `stack`,
    /// `framework`, `repositoryUrl`, `aspects` with blanks between them), `evidence` (`learner`, `criterion`,
    /// `evidenceKind`, `url`, `text`). Each may have `occurredAt`, an instant or a day, and `reason`.
    async fn import_progress(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to take in.")] input: ImportProgressInput,
    ) -> Option<Answer<ImportProgressPayload>> {
        let key = idempotency_key(ctx, input.idempotency_key);
        let wish = Import {
            format: input.format.into(),
            dry_run: input.dry_run,
            max_rows: MAX_ROWS,
            actor: viewer(ctx).actor,
            batch: None,
        };
        let mut rows = vec![];
        let tell = |it| rows.push(ImportedRow::new(it));
        Some(match app(ctx).import_once(&wish, &input.content, key.as_deref(), tell).await {
            Ok(imported) => Ok(ImportProgressPayload::new(&imported, rows, input.dry_run)),
            Err(Failure::Refused(refusal)) => Ok(ImportProgressPayload::turned_down(refusal)),
            Err(Failure::Fault(error)) => Err(fault(error)),
        })
    }
}

/// What to take in.
#[derive(InputObject, Debug)]
pub(super) struct ImportProgressInput {
    /// How the content is written.
    format: ImportFormat,
    /// The rows: at most 1,000, each of at most 128 KiB. `milepost import` takes more.
    content: String,
    /// Whether only to say what would become of each row. Nothing is written.
    #[graphql(default)]
    dry_run: bool,
    /// Makes the call safe to repeat: the same key with the same content has the same batch and the same verdicts, with
    /// `replayed: true`. 1 to 200 characters, unique among imports. Rows are safe to repeat without it, too.
    idempotency_key: Option<String>,
}

/// How rows are written.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "Format")]
pub(super) enum ImportFormat {
    /// Cells between commas; the first row names the columns.
    Csv,
    /// One JSON object a line, whose names are those of the columns.
    JsonLines,
}

/// What became of a row.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ImportVerdict {
    /// It changed something.
    Applied,
    /// It says what was so already.
    AlreadySo,
    /// The same row was taken in before: nothing changed, and what happened since stands.
    Repeated,
    /// It was not applied; the code, the message and the column say why.
    Refused,
}

impl From<Taken> for ImportVerdict {
    fn from(taken: Taken) -> Self {
        match taken {
            Taken::Applied => Self::Applied,
            Taken::AlreadySo => Self::AlreadySo,
            Taken::Repeated => Self::Repeated,
        }
    }
}

/// A row of an import.
#[derive(SimpleObject)]
pub(super) struct ImportedRow {
    /// The line at which it begins, from 1; in CSV the names of the columns are line 1.
    line: u64,
    /// What became of it.
    verdict: ImportVerdict,
    /// The id of the learner whom it is about; null: it was refused.
    learner_id: Option<ID>,
    /// What programs branch on; null: it was not refused.
    code: Option<UserErrorCode>,
    /// The column at fault; null: the row as a whole, or it was not refused.
    column: Option<&'static str>,
    /// What is wrong and what would be right; null: it was not refused.
    message: Option<String>,
}

impl ImportedRow {
    fn new(verdict: Verdict) -> Self {
        let (what, refusal) = match verdict.outcome {
            Ok(taken) => (taken.into(), None),
            Err(refusal) => (ImportVerdict::Refused, Some(refusal)),
        };
        let (code, column) = refusal.as_ref().map_or((None, None), |it| (Some(it.code.into()), it.field));
        Self {
            line: verdict.place.line,
            verdict: what,
            learner_id: verdict.learner.map(|it| ID(id_of(it))),
            code,
            column,
            message: refusal.map(|it| it.message),
        }
    }
}

/// What `importProgress` did.
#[derive(SimpleObject, Default)]
pub(super) struct ImportProgressPayload {
    /// The batch of the events that this, or the first call with the same key, wrote; null: nothing was written.
    batch: Option<ID>,
    /// How many rows changed something, or would.
    applied: usize,
    /// How many rows said what was so already.
    already_so: usize,
    /// How many rows had been taken in before.
    repeated: usize,
    /// How many rows were refused.
    refused: usize,
    /// What became of each row, in their order.
    #[graphql(directive = About::apply(1000))]
    rows: Vec<ImportedRow>,
    #[graphql(flatten)]
    done: Done,
}

impl ImportProgressPayload {
    fn new(imported: &Imported, rows: Vec<ImportedRow>, dry_run: bool) -> Self {
        let changed = imported.n_applied > 0 && !dry_run;
        Self {
            batch: changed.then(|| ID(imported.batch.to_string())),
            applied: imported.n_applied,
            already_so: imported.n_already,
            repeated: imported.n_repeated,
            refused: imported.n_refused,
            rows,
            done: Done::maintained(changed, imported.replayed),
        }
    }

    fn turned_down(refusal: Refusal) -> Self {
        Self { done: Done::refused(refusal), ..Self::default() }
    }
}
