//! Writes down what the engine does to files, in order, and lies to it when asked to.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard},
    time::Duration,
};

use milepost::store::embedded::{Act, Fault, FileOp};

/// What was done to a file or directory, by its path below that of the store.
#[derive(Debug, Clone, PartialEq)]
pub enum Op {
    MakeDirectory(PathBuf),
    Create(PathBuf),
    Write {
        path: PathBuf,
        at: u64,
        bytes: Vec<u8>,
    },
    Cut {
        path: PathBuf,
        length: u64,
    },
    Rename {
        from: PathBuf,
        to: PathBuf,
    },
    Remove(PathBuf),
    Sync(PathBuf),
    SyncDirectory(PathBuf),
    /// It failed: the operating system has forgotten that there is something to be synced.
    SyncFailed(PathBuf),
    /// It failed, and nothing of it was done.
    SyncDirectoryFailed(PathBuf),
}

/// What is pretended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lie {
    /// A sync of a ledger file.
    Sync,
    /// A sync of the ledger's directory.
    SyncDirectory,
    /// A write to a ledger file.
    Write,
    /// A write to a ledger file and its sync, until the next one comes.
    Late,
    /// Rows are written to sled.
    Rows,
    /// What is written to the ledger when it is opened.
    Settling,
}

/// What fails next, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    Sync,
    SyncDirectory,
}

#[derive(Default)]
struct State {
    log: Vec<Op>,
    lie: Option<Lie>,
    failure: Option<Failure>,
    /// What is written down later.
    late: Vec<Op>,
    is_closed: bool,
    waits: bool,
}

/// The log of one store.
pub struct Recorder {
    root: PathBuf,
    state: Mutex<State>,
    changed: Condvar,
}

impl Recorder {
    pub fn new(root: &Path) -> Arc<Self> {
        Arc::new(Self { root: root.to_owned(), state: Mutex::default(), changed: Condvar::new() })
    }

    /// To be asked before every operation.
    pub fn hook(self: &Arc<Self>) -> Fault {
        let recorder = self.clone();
        Arc::new(move |operation| recorder.before(operation))
    }

    /// How much has happened.
    pub fn now(&self) -> usize {
        self.state().log.len()
    }

    /// All that happened.
    pub fn log(&self) -> Vec<Op> {
        self.state().log.clone()
    }

    pub fn lie(&self, lie: Option<Lie>) {
        self.state().lie = lie;
    }

    pub fn fail_next(&self, failure: Failure) {
        self.state().failure = Some(failure);
    }

    /// Holds the next sync of a ledger file back.
    pub fn close_gate(&self) {
        self.state().is_closed = true;
    }

    /// Waits until a sync is held back; not for ever: perhaps none comes.
    pub fn wait_at_gate(&self) {
        let patience = Duration::from_secs(1);
        drop(self.changed.wait_timeout_while(self.state(), patience, |it| !it.waits).unwrap());
    }

    pub fn open_gate(&self) {
        self.state().is_closed = false;
        self.changed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn before(&self, operation: &FileOp<'_>) -> io::Result<Act> {
        let mut state = self.state();
        if matches!(operation, FileOp::ApplyRows) && state.lie == Some(Lie::Rows) {
            return Ok(Act::Pretend);
        }
        let Some(op) = self.op(operation) else { return Ok(Act::Do) };
        let is_ledger = is_ledger(&op);
        if is_ledger && matches!(op, Op::Sync(_)) {
            state.waits = true;
            self.changed.notify_all();
            state = self.changed.wait_while(state, |it| it.is_closed).unwrap();
            state.waits = false;
        }
        match (&op, state.failure) {
            (Op::Sync(path), Some(Failure::Sync)) if is_ledger => {
                return state.fails(Op::SyncFailed(path.clone()));
            }
            (Op::SyncDirectory(path), Some(Failure::SyncDirectory)) if path == Path::new("ledger") => {
                return state.fails(Op::SyncDirectoryFailed(path.clone()));
            }
            _ => {}
        }
        state.write_down(op, is_ledger)
    }

    /// What is written down; nothing of what is done to sled's files.
    fn op(&self, operation: &FileOp<'_>) -> Option<Op> {
        let path = |it: &Path| {
            let path = it.strip_prefix(&self.root).ok()?;
            (!path.to_str()?.starts_with("sled")).then(|| path.to_owned())
        };
        Some(match operation {
            FileOp::CreateDirectory(it) => Op::MakeDirectory(path(it)?),
            FileOp::Create(it) => Op::Create(path(it)?),
            FileOp::Write { path: it, at, bytes } => {
                Op::Write { path: path(it)?, at: *at, bytes: bytes.to_vec() }
            }
            FileOp::Cut { path: it, length } => Op::Cut { path: path(it)?, length: *length },
            FileOp::Rename { from, to } => Op::Rename { from: path(from)?, to: path(to)? },
            FileOp::Remove(it) => Op::Remove(path(it)?),
            FileOp::Sync(it) => Op::Sync(path(it)?),
            FileOp::SyncDirectory(it) => Op::SyncDirectory(path(it)?),
            _ => return None,
        })
    }
}

impl State {
    fn fails(&mut self, op: Op) -> io::Result<Act> {
        self.log.push(op);
        self.failure = None;
        Err(io::Error::other("on purpose"))
    }

    fn write_down(&mut self, op: Op, is_ledger: bool) -> io::Result<Act> {
        let is_write = matches!(op, Op::Write { .. });
        let is_pretended = match self.lie {
            Some(Lie::Sync) => is_ledger && matches!(op, Op::Sync(_)),
            Some(Lie::Write | Lie::Settling) => is_ledger && is_write,
            Some(Lie::SyncDirectory) => op == Op::SyncDirectory("ledger".into()),
            _ => false,
        };
        if is_pretended {
            return Ok(Act::Pretend);
        }
        if self.lie == Some(Lie::Late) && is_ledger {
            if is_write {
                self.log.append(&mut self.late);
            }
            self.late.push(op);
        } else {
            self.log.push(op);
        }
        Ok(Act::Do)
    }
}

/// Whether records are written there or brought to the disk.
fn is_ledger(op: &Op) -> bool {
    let (Op::Write { path, .. } | Op::Sync(path)) = op else { return false };
    path.extension().is_some_and(|it| it == "ledger")
}
