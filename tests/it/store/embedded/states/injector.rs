//! Lets one operation on files fail, or all of them from one on.

use std::{
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
};

use milepost::store::embedded::{Act, Fault, FileOp};

/// How an operation fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    ErrorOnce,
    ErrorsFrom,
    /// The disk is full for one operation that needs room.
    FullOnce,
    /// The disk is full from one operation on, until somebody makes room.
    FullFrom,
    /// A write does only a part, and the rest when it is asked again.
    Short,
    /// A write does only a part, up to the end of a sector, and fails when it is asked again.
    Torn,
    Panic,
}

impl Kind {
    pub const ALL: [Kind; 7] = [
        Kind::ErrorOnce,
        Kind::ErrorsFrom,
        Kind::FullOnce,
        Kind::FullFrom,
        Kind::Short,
        Kind::Torn,
        Kind::Panic,
    ];

    /// Whether the store takes writes again without being opened again.
    pub fn heals(self) -> bool {
        matches!(self, Kind::FullOnce | Kind::FullFrom)
    }
}

/// Counts operations, and lets the one fail whose number it is.
pub struct Injector {
    at: AtomicUsize,
    kind: Kind,
    n_ops: AtomicUsize,
    n_failed: AtomicUsize,
    is_over: AtomicBool,
    /// Whether a record may have been written, or brought to the disk, in part.
    has_hit_ledger: AtomicBool,
}

impl Injector {
    pub fn new(at: usize, kind: Kind) -> Arc<Self> {
        let at = AtomicUsize::new(at);
        let (n_ops, n_failed) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let (is_over, has_hit_ledger) = (AtomicBool::new(false), AtomicBool::new(false));
        Arc::new(Self { at, kind, n_ops, n_failed, is_over, has_hit_ledger })
    }

    /// To be asked before every operation.
    pub fn hook(self: &Arc<Self>) -> Fault {
        let injector = self.clone();
        Arc::new(move |operation| injector.before(operation))
    }

    /// From now on it fails.
    pub fn begin(&self) {
        self.at.store(0, SeqCst);
    }

    /// Nothing fails any more.
    pub fn end(&self) {
        self.is_over.store(true, SeqCst);
    }

    /// Whether there were as many operations.
    pub fn has_reached(&self) -> bool {
        self.at.load(SeqCst) < self.n_ops.load(SeqCst)
    }

    /// Whether anything failed.
    pub fn has_failed(&self) -> bool {
        self.n_failed.load(SeqCst) != 0
    }

    pub fn has_hit_ledger(&self) -> bool {
        self.has_hit_ledger.load(SeqCst)
    }

    fn before(&self, operation: &FileOp<'_>) -> io::Result<Act> {
        let number = self.n_ops.fetch_add(1, SeqCst);
        if self.is_over.load(SeqCst) || number < self.at.load(SeqCst) {
            return Ok(Act::Do);
        }
        let is_first = !self.has_failed();
        match (self.kind, operation) {
            (Kind::ErrorOnce, _) if is_first => self.fail(operation, io::Error::other("on purpose")),
            (Kind::ErrorsFrom, _) => self.fail(operation, io::Error::other("on purpose")),
            (Kind::FullFrom, FileOp::FreeBytes(_)) => Ok(Act::Only(0)),
            (Kind::FullOnce, _) if is_first && needs_room(operation) => {
                self.fail(operation, io::ErrorKind::StorageFull.into())
            }
            (Kind::FullFrom, _) if needs_room(operation) => {
                self.fail(operation, io::ErrorKind::StorageFull.into())
            }
            (Kind::Short, FileOp::Write { bytes, .. }) if is_first => {
                self.n_failed.fetch_add(1, SeqCst);
                Ok(Act::Only(bytes.len().div_ceil(2) as u64))
            }
            (Kind::Torn, FileOp::Write { at, .. }) if is_first => {
                self.n_failed.fetch_add(1, SeqCst);
                Ok(Act::Only(512 - at % 512))
            }
            (Kind::Torn, FileOp::Write { .. }) if self.n_failed.load(SeqCst) == 1 => {
                self.fail(operation, io::Error::other("on purpose"))
            }
            (Kind::Panic, _) if is_first => {
                drop(self.fail(operation, io::Error::other("on purpose")));
                panic!("on purpose")
            }
            _ => Ok(Act::Do),
        }
    }

    fn fail(&self, operation: &FileOp<'_>, error: io::Error) -> io::Result<Act> {
        self.n_failed.fetch_add(1, SeqCst);
        if let FileOp::Write { path, .. } | FileOp::Sync(path) = operation
            && is_ledger(path)
        {
            self.has_hit_ledger.store(true, SeqCst);
        }
        Err(error)
    }
}

fn is_ledger(path: &Path) -> bool {
    path.extension().is_some_and(|it| it == "ledger")
}

/// Whether it may be refused on a full disk.
fn needs_room(operation: &FileOp<'_>) -> bool {
    matches!(
        operation,
        FileOp::Create(_)
            | FileOp::CreateDirectory(_)
            | FileOp::Write { .. }
            | FileOp::Sync(_)
            | FileOp::SyncDirectory(_)
            | FileOp::Rename { .. }
            | FileOp::CopyTree { .. }
            | FileOp::ApplyRows
    )
}
