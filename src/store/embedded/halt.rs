//! Whether the store takes writes, and if not, until when.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

/// Why no write is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reason {
    /// Until there is room on the disk.
    Full(String),
    /// Until the rows are made anew.
    RowsLost(String),
    /// Until the store is opened again.
    Failed(String),
}

impl Reason {
    fn gravity(&self) -> u8 {
        match self {
            Reason::Full(_) => 0,
            Reason::RowsLost(_) => 1,
            Reason::Failed(_) => 2,
        }
    }

    /// What it says.
    pub(super) fn text(&self) -> &str {
        match self {
            Reason::Full(text) | Reason::RowsLost(text) | Reason::Failed(text) => text,
        }
    }
}

/// Set by whoever fails; taken back only by the applier, and never after [`Reason::Failed`].
#[derive(Default)]
pub(super) struct Halt {
    is_on: AtomicBool,
    reason: Mutex<Option<Reason>>,
}

impl Halt {
    /// Why no write is taken; `None`: they are.
    pub(super) fn reason(&self) -> Option<Reason> {
        if !self.is_on.load(Ordering::Acquire) {
            return None;
        }
        self.reason.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes no writes from now on. The gravest reason stays.
    pub(super) fn set(&self, reason: Reason) {
        let mut now = self.reason.lock().unwrap_or_else(PoisonError::into_inner);
        if now.as_ref().is_none_or(|it| it.gravity() < reason.gravity()) {
            match &reason {
                Reason::Full(text) | Reason::RowsLost(text) => {
                    tracing::warn!(reason = text, "the store takes no writes for now");
                }
                Reason::Failed(text) => {
                    tracing::error!(reason = text, "the store takes no writes until it is opened again");
                }
            }
            *now = Some(reason);
            self.is_on.store(true, Ordering::Release);
        }
    }

    /// Takes writes again, if this is still the reason, and none that stays.
    pub(super) fn lift(&self, reason: &Reason) {
        let mut now = self.reason.lock().unwrap_or_else(PoisonError::into_inner);
        if now.as_ref() == Some(reason) && !matches!(reason, Reason::Failed(_)) {
            *now = None;
            self.is_on.store(false, Ordering::Release);
            tracing::info!("the store takes writes again");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failed_stays_so() {
        let (halt, failed) = (Halt::default(), Reason::Failed("a sync failed".into()));
        halt.set(Reason::RowsLost("sled failed".into()));
        halt.set(failed.clone());
        halt.lift(&failed);
        assert_eq!(halt.reason(), Some(failed));
    }
}
