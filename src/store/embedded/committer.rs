//! The one thread that writes to the ledger.
//!
//! It takes whatever is queued as a group, decides each command, makes the group durable in the
//! ledger, shows its rows, wakes followers, and only then answers, also those that it refused: a
//! refusal may rest on a commit of the same group. The applier takes the rows to sled later.
//!
//! When something fails, no write is taken: until there is room on a full disk again, until rows that
//! sled lost are made anew, and in all other cases until the store is opened again. Readers go on.
//! Whoever waits then is told that nobody knows what was written, once something may have been;
//! whoever comes later is told that nothing was.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::{mpsc, oneshot};

use super::{
    Inner,
    decide::{Decided, Decider, Task},
    halt::Reason,
    ledger::Writer,
    panic_text,
    rows::{Known, Meta},
};
use crate::store::{Bucket, CommitError, Position, StoreError};

/// At most so many commands become durable together.
const GROUP: usize = 1_024;
/// The room on the disk is asked for no more often.
const ROOM_INTERVAL: Duration = Duration::from_millis(100);
/// How long to wait for sled before it is asked again whether writes are taken at all.
const ROWS_INTERVAL: Duration = Duration::from_millis(200);

/// What the committer is asked to do.
pub(super) enum Command {
    /// Write, and answer when it is durable.
    Write(Task, oneshot::Sender<Outcome>),
    /// Write no more, and say when that is so.
    Stop(oneshot::Sender<()>),
}

/// What came of a task.
pub(super) type Outcome = Result<(), CommitError>;

/// The writer and what it needs.
pub(super) struct Committer {
    pub(super) inner: Arc<Inner>,
    pub(super) writer: Writer,
    pub(super) meta: Meta,
    pub(super) known: Known,
    pub(super) commands: mpsc::Receiver<Command>,
    /// Held while a group is written, so that others can wait until none is.
    pub(super) writing: Arc<Mutex<()>>,
    /// Whether the ledger has to be opened again before it is written to.
    pub(super) must_reopen: bool,
    /// When there was room on the disk.
    pub(super) had_room: Option<Instant>,
}

/// Why a group was not acknowledged.
enum Failed {
    /// Nothing of it was written.
    Refused(String),
    /// Nobody knows what of it was written.
    InDoubt(String),
}

impl Failed {
    fn to_error(&self) -> CommitError {
        match self {
            Failed::Refused(reason) => CommitError::ReadOnly(reason.clone()),
            Failed::InDoubt(reason) => CommitError::Fault(StoreError::InDoubt(reason.clone())),
        }
    }
}

impl Committer {
    /// Writes until it is stopped, or nobody can ask it any more. Whoever is in the queue then
    /// sees their answer's sender go.
    pub(super) fn run(mut self) {
        while let Some(first) = self.commands.blocking_recv() {
            let (mut tasks, mut answers, mut stop) = (vec![], vec![], None);
            let mut next = Some(first);
            while let Some(command) = next {
                match command {
                    Command::Write(task, answer) => {
                        tasks.push(task);
                        answers.push(answer);
                    }
                    Command::Stop(stopped) => stop = Some(stopped),
                }
                let is_full = tasks.len() == GROUP || stop.is_some();
                next = if is_full { None } else { self.commands.try_recv().ok() };
            }
            self.serve(tasks, answers);
            if let Some(stopped) = stop {
                self.take_back();
                // Nothing is held any more when the other side hears of it.
                drop(self);
                let _ = stopped.send(());
                return;
            }
        }
    }

    /// What a full disk left half-way, and nobody has seen since, is not there when the store is opened
    /// again.
    fn take_back(&mut self) {
        let has_failed = matches!(self.inner.halt.reason(), Some(Reason::Failed(_)));
        if self.must_reopen
            && !has_failed
            && let Err(error) = self.writer.reopen()
        {
            tracing::warn!(%error, "what was not acknowledged may be there when the store is opened again");
        }
    }

    fn serve(&mut self, tasks: Vec<Task>, answers: Vec<oneshot::Sender<Outcome>>) {
        // Whoever waits for an answer may have gone: nothing is done about that.
        match self.try_write(tasks) {
            Ok((outcomes, heads)) => {
                // Whoever has an answer may rely on followers having been woken.
                self.inner.wakes.wake(heads);
                answers.into_iter().zip(outcomes).for_each(|(answer, it)| drop(answer.send(it)));
            }
            Err(failed) => {
                answers.into_iter().for_each(|answer| drop(answer.send(Err(failed.to_error()))));
            }
        }
    }

    /// Writes a group, or says what became of it.
    fn try_write(&mut self, tasks: Vec<Task>) -> Result<Written, Failed> {
        let writing = self.writing.clone();
        let _writing = writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut phase = Phase::Waiting;
        let written = catch_unwind(AssertUnwindSafe(|| self.write(tasks, &mut phase)));
        let written = written.unwrap_or_else(|panic| {
            phase = phase.max(Phase::Deciding);
            let reason = format!("writing failed: a panic: {}", panic_text(&*panic));
            Err(Reason::Failed(reason))
        });
        written.map_err(|reason| {
            // What was waited for in vain was set by others, who may have lifted it by now.
            if phase != Phase::Waiting {
                self.must_reopen = true;
                if matches!(reason, Reason::RowsLost(_)) {
                    // It was decoded of rows that are not what was written.
                    self.known.forget();
                }
                self.inner.halt.set(reason.clone());
            }
            let text = reason.text().to_owned();
            if phase == Phase::Writing { Failed::InDoubt(text) } else { Failed::Refused(text) }
        })
    }

    fn write(&mut self, tasks: Vec<Task>, phase: &mut Phase) -> Result<Written, Reason> {
        self.wait_until_ready()?;
        *phase = Phase::Deciding;
        self.mend()?;
        let decided = self.decide(tasks).map_err(|error| match error {
            StoreError::Damaged(_) => Reason::RowsLost(format!("the rows are damaged: {error}")),
            error => self.reason(error),
        })?;
        let (outcomes, decided) = decided;
        if decided.group.is_empty() {
            return Ok((outcomes, BTreeMap::new()));
        }
        self.writer.make_room(&decided.group).map_err(|error| self.reason(error))?;
        // From here on, in this order: durable, visible, acknowledged.
        *phase = Phase::Writing;
        self.writer.append(decided.group).map_err(|error| self.reason(error))?;
        self.known.learn(&decided.changes);
        self.inner.rows.add(decided.changes);
        self.inner.publish(decided.states, &decided.heads, &decided.erased_at, &decided.meta);
        self.meta = decided.meta;
        Ok((outcomes, decided.heads))
    }

    /// Waits for sled, if it has fallen far behind.
    fn wait_until_ready(&mut self) -> Result<(), Reason> {
        loop {
            if let Some(reason) = self.inner.halt.reason() {
                return Err(reason);
            }
            if self.inner.rows.wait_for_room(ROWS_INTERVAL) {
                break;
            }
        }
        if self.had_room.is_none_or(|it| ROOM_INTERVAL < it.elapsed()) {
            if !self.inner.has_room() {
                return Err(Reason::Full(self.inner.full()));
            }
            self.had_room = Some(Instant::now());
        }
        Ok(())
    }

    /// Mends what a full disk left behind.
    fn mend(&mut self) -> Result<(), Reason> {
        if self.must_reopen {
            self.writer.reopen().map_err(|error| self.reason(error))?;
            self.must_reopen = false;
        }
        Ok(())
    }

    fn decide(&self, tasks: Vec<Task>) -> Result<(Vec<Outcome>, Decided), StoreError> {
        let inner = &*self.inner;
        inner.with_rows(|view| {
            let mut decider = Decider::new(inner, view, &self.known, self.meta.clone(), self.writer.group());
            let outcomes = tasks.into_iter().map(|it| decider.decide(it)).collect::<Result<_, _>>()?;
            Ok((outcomes, decider.finish()?))
        })
    }

    /// What an error means for the store.
    fn reason(&self, error: StoreError) -> Reason {
        if error.is_disk_full() {
            Reason::Full(format!("the disk is full: {error}"))
        } else {
            Reason::Failed(format!("writing failed: {error}"))
        }
    }
}

/// How far a group is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    /// It is not begun.
    Waiting,
    /// Nothing of it is written.
    Deciding,
    /// Nobody knows what of it is written.
    Writing,
}

/// What came of each task, and the new last positions of the buckets that got events.
type Written = (Vec<Outcome>, BTreeMap<Bucket, Position>);
