//! Who may execute now, who waits, and who is told at once to come back later.

use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

/// Lets so many pass at a time and so many others wait so long.
#[derive(Debug)]
pub(super) struct Gate {
    running: Semaphore,
    /// One for each that runs or waits.
    admitted: Semaphore,
    patience: Duration,
}

/// The right to go on, until it is dropped.
#[derive(Debug)]
pub(super) struct Pass<'a> {
    _running: SemaphorePermit<'a>,
    _admitted: SemaphorePermit<'a>,
}

impl Gate {
    pub(super) fn new(max_running: usize, max_waiting: usize, patience: Duration) -> Self {
        Self {
            running: Semaphore::new(max_running),
            admitted: Semaphore::new(max_running + max_waiting),
            patience,
        }
    }

    /// Waits for a turn; `None`: too many wait already, or it took too long.
    pub(super) async fn enter(&self) -> Option<Pass<'_>> {
        let admitted = self.admitted.try_acquire().ok()?;
        let running = match self.running.try_acquire() {
            Ok(it) => it,
            Err(_) => tokio::time::timeout(self.patience, self.running.acquire()).await.ok()?.ok()?,
        };
        Some(Pass { _running: running, _admitted: admitted })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_runs_one_waits_and_the_third_is_sent_away() {
        let gate = Gate::new(1, 1, Duration::from_secs(1));
        let first = gate.enter().await.expect("the first");
        let (second, third) = tokio::join!(gate.enter(), gate.enter());
        assert!(second.is_none(), "the first never left");
        assert!(third.is_none(), "nobody may wait beside the second");
        let (second, ()) = tokio::join!(gate.enter(), async move { drop(first) });
        assert!(second.is_some(), "the first left");
    }
}
