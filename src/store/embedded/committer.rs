//! The one thread that writes.
//!
//! It takes whatever is queued as a group, decides each command, makes the group durable in the
//! ledger, writes its rows, wakes followers, and only then answers, also those that it refused: a
//! refusal may rest on a commit of the same group. An error or a panic ends all writing, and readers go on.
//! Whoever waits then is told that nobody knows what was written, once something may have been;
//! whoever comes later is told that nothing was.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use tokio::sync::{mpsc, oneshot};

use super::{
    Inner,
    decide::{Decider, Task},
    ledger::Writer,
    panic_text,
    rows::Meta,
};
use crate::store::{Bucket, CommitError, Position, StoreError};

/// At most so many commands become durable together.
const GROUP: usize = 1_024;

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
    pub(super) commands: mpsc::Receiver<Command>,
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
                // Nothing is held any more when the other side hears of it.
                drop(self);
                let _ = stopped.send(());
                return;
            }
        }
    }

    fn serve(&mut self, tasks: Vec<Task>, answers: Vec<oneshot::Sender<Outcome>>) {
        // Whoever waits for an answer may have gone: nothing is done about that.
        match self.try_write(tasks) {
            Ok((outcomes, heads)) => {
                // Whoever has an answer may rely on followers having been woken.
                heads.into_iter().for_each(|(bucket, head)| self.inner.wakes.wake(bucket, head));
                answers.into_iter().zip(outcomes).for_each(|(answer, it)| drop(answer.send(it)));
            }
            Err(failed) => {
                answers.into_iter().for_each(|answer| drop(answer.send(Err(failed.to_error()))));
            }
        }
    }

    /// Writes a group; after an error nothing is written any more.
    fn try_write(&mut self, tasks: Vec<Task>) -> Result<Written, Failed> {
        if let Some(reason) = self.inner.stopped.get() {
            return Err(Failed::Refused(reason.clone()));
        }
        let mut has_begun = false;
        let written = catch_unwind(AssertUnwindSafe(|| self.write(tasks, &mut has_begun)))
            .unwrap_or_else(|panic| Err(StoreError::Damaged(format!("a panic: {}", panic_text(&*panic)))));
        written.map_err(|error| {
            tracing::error!(%error, "writing failed; the store takes no writes until it is opened again");
            let reason = self.inner.stopped.get_or_init(|| format!("writing failed: {error}")).clone();
            if has_begun { Failed::InDoubt(reason) } else { Failed::Refused(reason) }
        })
    }

    /// Also says whether the ledger may have got something of the group.
    fn write(&mut self, tasks: Vec<Task>, has_begun: &mut bool) -> Result<Written, StoreError> {
        let inner = self.inner.clone();
        inner.with_table(|table| {
            let mut decider = Decider::new(&inner, table, self.meta.clone(), self.writer.group());
            let outcomes = tasks.into_iter().map(|it| decider.decide(it)).collect::<Result<_, _>>()?;
            let decided = decider.finish();
            if decided.group.is_empty() {
                return Ok((outcomes, BTreeMap::new()));
            }
            self.writer.make_room()?;
            // From here on, in this order: durable, visible, acknowledged.
            *has_begun = true;
            self.writer.append(decided.group)?;
            inner.apply(table, decided.batch)?;
            inner.publish(decided.states, &decided.heads, &decided.meta);
            self.meta = decided.meta;
            Ok((outcomes, decided.heads))
        })
    }
}

/// What came of each task, and the new last positions of the buckets that got events.
type Written = (Vec<Outcome>, BTreeMap<Bucket, Position>);
