//! The one thread that writes to sled.
//!
//! It takes the rows that the committer collected to sled, some at a time, and no reader waits for
//! it. It also watches the room on the disk, makes rows anew that sled lost, and copies the rows into
//! a smaller sled when much of its files is dead: sled gives nothing back.

use std::{
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::oneshot;

use super::{
    EmbeddedOptions, Inner,
    files::{Act, FileOp},
    halt::Reason,
    open, panic_text,
    rows::{Copy, Table, View},
};
use crate::store::StoreError;

/// Rows wait so long for more, unless they take half of the memory that they may: what changes
/// often is written to sled once.
const LINGER: Duration = Duration::from_secs(2);
/// How often to look when there is nothing to do.
const IDLE: Duration = Duration::from_millis(500);
/// Rows are made anew so often before sled is given up.
const MAX_MADE: u32 = 3;
/// sled is copied by itself when its files have this many times the bytes of its rows, and not
/// before they have so many.
const DEAD: u64 = 3;
const WORTH_A_COPY: u64 = 256 << 20;
/// After a copy that failed, perhaps for want of room, so long none is begun by itself.
const RETRY: Duration = Duration::from_secs(3_600);

/// What the applier is asked to do.
#[derive(Default)]
pub(super) struct Orders {
    stop: Option<Stop>,
    compact: Vec<oneshot::Sender<Result<Compacted, StoreError>>>,
}

/// How to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// Once all rows are in sled.
    WhenDone,
    /// As if the process had been killed.
    AtOnce,
}

/// What compacting the rows did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compacted {
    /// How many bytes sled's files had.
    pub before: u64,
    /// How many they have.
    pub after: u64,
}

/// The applier and what it needs.
pub(super) struct Applier {
    pub(super) inner: Arc<Inner>,
    pub(super) options: EmbeddedOptions,
    pub(super) orders: Arc<Mutex<Orders>>,
    /// Held by the committer while it writes a group.
    pub(super) writing: Arc<Mutex<()>>,
    /// Whether sled failed, so that its rows must be made anew.
    pub(super) is_broken: bool,
    /// How often the rows were made anew since sled took some.
    pub(super) n_made: u32,
    /// When the size was asked for.
    pub(super) sized: Instant,
}

impl Orders {
    /// Asks the applier to stop.
    pub(super) fn stop(&mut self, how: Stop) {
        self.stop.get_or_insert(how);
    }

    /// Asks for sled's files to be made as small as they can be.
    pub(super) fn compact(&mut self) -> oneshot::Receiver<Result<Compacted, StoreError>> {
        let (answer, answered) = oneshot::channel();
        // Once it is to stop, nobody would answer.
        if self.stop.is_none() {
            self.compact.push(answer);
        }
        answered
    }
}

impl Applier {
    /// Works until it is stopped.
    pub(super) fn run(mut self) {
        self.work();
        self.orders().compact.clear();
    }

    fn work(&mut self) {
        loop {
            let stop = self.orders().stop;
            if stop == Some(Stop::AtOnce) {
                return;
            }
            let turn = catch_unwind(AssertUnwindSafe(|| self.turn()));
            if let Err(panic) = turn {
                self.fail(&StoreError::Damaged(format!("a panic: {}", panic_text(&*panic))));
            }
            self.refuse_to_compact();
            let is_done = self.inner.rows.view().is_none_or(|it| it.is_in_sled());
            if stop.is_some() && (is_done || self.is_broken || self.inner.halt.reason().is_some()) {
                return;
            }
            self.inner.rows.wait_for_work(self.options.pending_bytes / 2, LINGER, IDLE);
        }
    }

    fn turn(&mut self) {
        let halted = self.inner.halt.reason();
        if matches!(halted, Some(Reason::Failed(_))) && self.is_broken {
            return;
        }
        if !self.inner.has_room() {
            // Rows that were being made or copied may be what takes it.
            self.remove_others();
            return;
        }
        if self.is_broken || matches!(halted, Some(Reason::RowsLost(_))) {
            self.make_anew();
            return;
        }
        if let Some(reason @ Reason::Full(_)) = &halted {
            self.inner.halt.lift(reason);
        }
        match self.apply() {
            Ok(true) => self.n_made = 0,
            Ok(false) => {}
            Err(error) => return self.fail(&error),
        }
        let asked = mem::take(&mut self.orders().compact);
        if !asked.is_empty() {
            let compacted = self.compact();
            for answer in asked {
                let again =
                    compacted.as_ref().map(|it| *it).map_err(|it| StoreError::Damaged(it.to_string()));
                drop(answer.send(again));
            }
        } else if self.is_mostly_dead() {
            match self.compact() {
                Ok(Compacted { before, after }) => {
                    tracing::info!(before, after, "sled's files were compacted")
                }
                Err(error) => {
                    tracing::warn!(%error, "sled's files could not be compacted");
                    self.sized += RETRY;
                }
            }
        }
    }

    /// As long as something is wrong, nothing is copied, and nobody waits for it.
    fn refuse_to_compact(&self) {
        let Some(reason) = self.inner.halt.reason() else { return };
        for answer in mem::take(&mut self.orders().compact) {
            drop(answer.send(Err(StoreError::Closed(reason.text().to_owned()))));
        }
    }

    /// Takes what waits to sled, if anything does.
    fn apply(&self) -> Result<bool, StoreError> {
        let Some(layer) = self.inner.rows.freeze() else { return Ok(false) };
        let Some(view) = self.inner.rows.view() else { return Ok(false) };
        let act = self.inner.home.files.before(&FileOp::ApplyRows);
        if act.map_err(StoreError::io("writing rows to sled"))? != Act::Pretend {
            view.table().apply(layer.in_order())?;
            // Little is left for sled to write on its own, perhaps when the disk is full.
            view.table().flush()?;
        }
        self.inner.rows.thaw();
        Ok(true)
    }

    fn fail(&mut self, error: &StoreError) {
        self.is_broken = true;
        self.inner.halt.set(match error {
            _ if MAX_MADE <= self.n_made => {
                Reason::Failed(format!("sled fails again and again; at last: {error}"))
            }
            error if error.is_disk_full() => Reason::Full(format!("the disk is full: {error}")),
            _ => Reason::RowsLost(format!("sled failed: {error}")),
        });
    }

    /// Makes all rows anew from the ledger, in place of those that sled lost.
    fn make_anew(&mut self) {
        // No group is written from now on: whoever writes looks at the halt first.
        self.inner.halt.set(Reason::RowsLost("the rows are made anew".into()));
        drop(self.writing.lock().unwrap_or_else(PoisonError::into_inner));
        let end = self.inner.shown();
        tracing::warn!(end, "sled failed; the rows are made anew from the ledger");
        let next = self.inner.home.next_sled();
        let made = self.inner.home.files.remove_tree(&next).map_err(StoreError::io("removing other rows"));
        match made.and_then(|()| open::make(&self.inner.home, &next, &self.inner.ledger, end, &self.options))
        {
            Ok((table, _)) => {
                self.n_made += 1;
                self.inner.rows.replace(View::new(table));
                self.remove_others();
                self.is_broken = false;
                self.inner.trust();
                if let Some(reason) = self.inner.halt.reason() {
                    self.inner.halt.lift(&reason);
                }
            }
            Err(error) if error.is_disk_full() => {}
            Err(error) => {
                self.is_broken = true;
                self.inner.halt.set(Reason::Failed(format!("the rows cannot be made anew: {error}")));
            }
        }
    }

    /// Copies the rows into a new sled and goes on with that.
    fn compact(&mut self) -> Result<Compacted, StoreError> {
        // What was removed before this was asked for must not be copied, for it would stay in the new files.
        self.apply()?;
        let home = &self.inner.home;
        let next = home.next_sled();
        home.files.remove_tree(&next).map_err(StoreError::io("removing other rows"))?;
        let view = self.inner.rows.view().ok_or_else(|| StoreError::Closed("the store was closed".into()))?;
        let before = view.table().size_on_disk()?;
        let table = Table::open(&next, self.options.sled_cache_bytes)?;
        let mut copy = Copy::new(view.table(), &table);
        while copy.step()? {
            if self.orders().stop == Some(Stop::AtOnce) || !self.inner.has_room() {
                return Err(StoreError::Closed("it was given up".into()));
            }
            // What the committer adds meanwhile goes to both.
            if let Some(layer) = self.inner.rows.freeze() {
                let packed = view.table().pack(layer.in_order())?;
                view.table().write(packed.iter().cloned())?;
                copy.follow(packed)?;
                self.inner.rows.thaw();
            }
        }
        table.flush()?;
        drop(view);
        let after = open::keep(home, &next, &table)?;
        self.inner.rows.replace_table(Arc::new(table));
        self.remove_others();
        Ok(Compacted { before, after })
    }

    fn remove_others(&self) {
        // Readers may still be at the old files: they keep what they opened.
        if let Err(error) = self.inner.home.remove_other_sleds() {
            tracing::warn!(%error, "the old files of sled could not be removed");
        }
    }

    fn is_mostly_dead(&mut self) -> bool {
        if self.sized.elapsed() < Duration::from_secs(10) {
            return false;
        }
        self.sized = Instant::now();
        let size = self.inner.rows.view().and_then(|it| it.table().size_on_disk().ok()).unwrap_or(0);
        WORTH_A_COPY.max(DEAD * self.inner.home.size_when_made()) < size
    }

    fn orders(&self) -> std::sync::MutexGuard<'_, Orders> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
