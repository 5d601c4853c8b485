//! How a file is taken in: portion by portion, learner by learner.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    io::BufRead,
    mem,
    panic::resume_unwind,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::{StreamExt as _, stream};
use tokio::task::{JoinError, JoinHandle};

use super::{
    Import, Imported, Place, Taken, Verdict,
    read::{Line, Rows},
    row::Row,
};
use crate::{
    app::{App, Call, Failure, LearnerRef, Written, batch::Begun, write::or_refused},
    domain::{
        id::BatchId,
        refusal::{Refusal, RefusalCode},
    },
    store::StoreError,
};

/// How many rows are taken in at a time, in any order but for what [`groups`] keeps together.
const PORTION: usize = 65_536;
/// How many bytes of them.
const PORTION_BYTES: usize = 8 << 20;
/// How many rows about one learner are written together at most.
const TOGETHER: usize = 64;
/// In how many tasks a portion is taken in, and to how many learners each writes at a time.
const TASKS: usize = 8;
const AT_A_TIME: usize = 64;

/// A file that is being taken in.
pub(super) struct Taking {
    pub(super) app: Arc<App>,
    pub(super) actor: String,
    pub(super) batch: BatchId,
    /// An earlier call with the same key. If it came to its end, whatever it did not take stays as it is.
    pub(super) begun: Begun,
    /// The rows of a call with a key: what such a call wrote, it wrote for the first of those that say the same.
    pub(super) seen: Option<Mutex<HashSet<String>>>,
}

impl Taking {
    /// Takes it in, from here, and tells what became of each row.
    pub(super) async fn take(
        self: Arc<Self>,
        from: impl BufRead + Send,
        wish: &Import,
        mut tell: impl FnMut(Verdict) + Send,
    ) -> Result<Imported, Failure> {
        let mut imported = Imported {
            batch: self.batch,
            n_applied: 0,
            n_already: 0,
            n_repeated: 0,
            n_refused: 0,
            replayed: self.begun.is_done(),
        };
        let mut lines = Rows::new(wish.format, from)?;
        let mut n_rows = 0;
        let mut under_way: Option<JoinHandle<Result<Vec<Verdict>, StoreError>>> = None;
        loop {
            // It is read while the one before is written.
            let mut portion = portion(&mut lines);
            let room = wish.max_rows.saturating_sub(n_rows);
            n_rows += portion.len();
            let is_too_many = n_rows > wish.max_rows;
            if is_too_many && n_rows == portion.len() {
                return Err(too_many(wish.max_rows).into());
            }
            portion.truncate(room);
            let is_last = portion.is_empty();
            if let Some(under_way) = under_way.take() {
                for verdict in under_way.await.unwrap_or_else(failed)? {
                    imported.count(&verdict);
                    tell(verdict);
                }
            }
            match is_last {
                true if is_too_many => return Err(too_many(wish.max_rows).into()),
                true => return Ok(imported),
                false => under_way = Some(tokio::spawn(self.clone().portion(portion))),
            }
        }
    }

    async fn portion(self: Arc<Self>, lines: Vec<Line>) -> Result<Vec<Verdict>, StoreError> {
        let (mut verdicts, mut rows) = (vec![], vec![]);
        for Line { place, row, .. } in lines {
            match row {
                Ok(row) => rows.push((place, row)),
                Err(refusal) => verdicts.push(Verdict { place, learner: None, outcome: Err(refusal) }),
            }
        }
        let mut shares: Vec<Vec<_>> = (0..TASKS).map(|_| vec![]).collect();
        let groups = groups(&self.app, rows).await?;
        groups.into_iter().enumerate().for_each(|(n, rows)| shares[n % TASKS].push(rows));
        let tasks: Vec<_> = shares.into_iter().map(|it| tokio::spawn(self.clone().share(it))).collect();
        for task in tasks {
            verdicts.extend(task.await.unwrap_or_else(failed)?);
        }
        verdicts.sort_by_key(|it| it.place);
        Ok(verdicts)
    }

    async fn share(self: Arc<Self>, groups: Vec<Vec<(Place, Row)>>) -> Result<Vec<Verdict>, StoreError> {
        let mut done = stream::iter(groups).map(|it| self.in_turn(it)).buffer_unordered(AT_A_TIME);
        let mut verdicts = vec![];
        while let Some(of_group) = done.next().await {
            verdicts.extend(of_group?);
        }
        Ok(verdicts)
    }

    /// Rows one after the other; those about one learner that follow each other are written together.
    async fn in_turn(&self, rows: Vec<(Place, Row)>) -> Result<Vec<Verdict>, StoreError> {
        let (mut verdicts, mut together, mut by) = (vec![], vec![], String::new());
        for (place, row) in rows {
            let is_first = self.is_first(&row);
            let learner = row.learner().unwrap_or_default();
            if together.len() == TOGETHER || learner != by {
                verdicts.extend(self.write(&by, mem::take(&mut together)).await?);
                learner.clone_into(&mut by);
            }
            match row.calls(&self.actor, self.batch) {
                Ok((call, None)) => together.push((place, is_first, call)),
                // It can only be known afterwards who that is.
                Ok((register, Some(update))) => {
                    verdicts.extend(self.write(&by, mem::take(&mut together)).await?);
                    let written = or_refused(self.learner(&by, register, update).await)?;
                    verdicts.push(self.verdict(place, is_first, written));
                }
                Err(refusal) => verdicts.push(Verdict { place, learner: None, outcome: Err(refusal) }),
            }
        }
        verdicts.extend(self.write(&by, together).await?);
        Ok(verdicts)
    }

    /// What becomes of calls about the same learner.
    async fn write(&self, by: &str, calls: Vec<(Place, bool, Call)>) -> Result<Vec<Verdict>, StoreError> {
        if calls.is_empty() {
            return Ok(vec![]);
        }
        let (rows, calls): (Vec<_>, _) =
            calls.into_iter().map(|(place, is_first, call)| ((place, is_first), call)).unzip();
        let all = self.app.write_together(&LearnerRef::ExternalId(by.into()), calls).await?;
        Ok(rows
            .into_iter()
            .zip(all)
            .map(|((place, is_first), it)| self.verdict(place, is_first, it))
            .collect())
    }

    fn verdict(&self, place: Place, is_first: bool, written: Result<Written, Refusal>) -> Verdict {
        let learner = written.as_ref().ok().map(|it| it.learner.id);
        let outcome = written.map_err(in_columns).and_then(|it| self.outcome(&it, is_first));
        Verdict { place, learner: learner.filter(|_| outcome.is_ok()), outcome }
    }

    /// Whether this call may have taken it: it has a key, and this is the first row that says so.
    fn is_first(&self, row: &Row) -> bool {
        let seen = self.seen.as_ref().map(|it| it.lock().unwrap_or_else(PoisonError::into_inner));
        seen.is_some_and(|mut it| it.insert(row.key()))
    }

    async fn learner(&self, by: &str, register: Call, update: Call) -> Result<Written, Failure> {
        // The row may have changed somebody who came by another.
        if let Some(known) = self.app.learner(&LearnerRef::ExternalId(by.into())).await?
            && known.id != self.app.target_id(&register).await?
            && let Some(written) = self.app.replay(known.id, &update).await?
        {
            return Ok(written);
        }
        if self.app.was_erased(&register).await? {
            return Err(erased().into());
        }
        match self.app.write(register).await {
            // Somebody has the external id: the row tells how they are now.
            Err(Failure::Refused(refusal)) if is_there(&refusal) => self.app.write(update).await,
            written => written,
        }
    }

    fn outcome(&self, written: &Written, is_first: bool) -> Result<Taken, Refusal> {
        match (written.replayed, written.events.first()) {
            (None, _) if self.begun.is_done() => Err(not_taken()),
            (None, Some(_)) => Ok(Taken::Applied),
            (None, None) => Ok(Taken::AlreadySo),
            (Some(at), None) if is_first && self.begun.was_under_way(at) => Ok(Taken::AlreadySo),
            (Some(_), Some(event)) if is_first && event.batch == Some(self.batch) => Ok(Taken::Applied),
            (Some(_), Some(event)) if written.learner.voided.contains(&event.version) => Err(undone()),
            _ => Ok(Taken::Repeated),
        }
    }
}

/// Rows that have to happen one after the other: those about one learner, and those of learners between whom an e-mail
/// address goes from one to the other, or who want the same.
async fn groups(app: &App, rows: Vec<(Place, Row)>) -> Result<Vec<Vec<(Place, Row)>>, StoreError> {
    let mut of_learners = BTreeMap::<String, Vec<_>>::new();
    for (place, row) in rows {
        let learner = row.learner().unwrap_or_default().to_owned();
        of_learners.entry(learner).or_default().push((place, row));
    }
    let mut groups: Vec<Vec<(Place, Row)>> = vec![];
    // In which group an address is, and where the rows of a group went that became a part of another.
    let (mut with, mut went) = (HashMap::<String, usize>::new(), vec![]);
    for (learner, rows) in of_learners {
        let mut emails: Vec<_> = rows.iter().filter_map(|it| it.1.email()).collect();
        if !emails.is_empty() {
            let known = app.learner(&LearnerRef::ExternalId(learner)).await?;
            emails.extend(known.and_then(|it| it.email.as_ref().map(|it| it.to_lowercase())));
        }
        let mut group = groups.len();
        groups.push(rows);
        went.push(group);
        for email in emails {
            let mut other = root(&mut went, *with.entry(email).or_insert(group));
            if other != group {
                if groups[other].len() < groups[group].len() {
                    mem::swap(&mut other, &mut group);
                }
                let rows = mem::take(&mut groups[group]);
                groups[other].extend(rows);
                (went[group], group) = (other, other);
            }
        }
    }
    groups.retain(|it| !it.is_empty());
    groups.iter_mut().for_each(|it| it.sort_by_key(|it| it.0));
    Ok(groups)
}

/// Where the rows of a group are by now.
fn root(went: &mut [usize], mut group: usize) -> usize {
    while went[group] != group {
        went[group] = went[went[group]];
        group = went[group];
    }
    group
}

/// The next rows, within a bound.
fn portion(lines: &mut Rows<impl BufRead>) -> Vec<Line> {
    let (mut portion, mut n_bytes) = (vec![], 0);
    while portion.len() < PORTION && n_bytes < PORTION_BYTES {
        let Some(line) = lines.next() else { break };
        n_bytes += line.n_bytes;
        portion.push(line);
    }
    portion
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

/// Inputs by the names of their columns.
fn in_columns(refusal: Refusal) -> Refusal {
    match (refusal.code, refusal.field) {
        (RefusalCode::IdempotencyKeyReused, _) => erased(),
        (_, Some("externalId")) => Refusal { field: Some("learner"), ..refusal },
        (_, Some("kind")) => Refusal { field: Some("evidenceKind"), ..refusal },
        _ => refusal,
    }
}

fn erased() -> Refusal {
    let message = "this row registered a learner who was erased since";
    Refusal::of("learner", RefusalCode::NotApplicable, message)
}

fn undone() -> Refusal {
    let message = "was imported before and is undone: redo the event or its batch";
    Refusal::new(RefusalCode::NotApplicable, message)
}

fn not_taken() -> Refusal {
    let message = "the first call with this key did not take it: use another key";
    Refusal::new(RefusalCode::NotApplicable, message)
}

fn too_many(most: usize) -> Refusal {
    Refusal::new(RefusalCode::LimitReached, format!("has more than {most} rows: split it"))
}
