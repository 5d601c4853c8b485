//! Whether the threads that serve connections keep up. What executes on them does so at once, so that there is no
//! queue to look at but their own: a heartbeat that comes late tells how long it is.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

/// How often it beats.
const BEAT: Duration = Duration::from_millis(20);
/// How late a beat may come before operations are turned away, and how soon they are let in again.
const LATE: Duration = Duration::from_millis(150);
const SOON: Duration = Duration::from_millis(50);

/// A heart that beats on those threads.
#[derive(Debug, Default)]
pub(super) struct Pulse(AtomicBool);

impl Pulse {
    /// Whether whatever comes now would wait for long.
    pub(super) fn is_slow(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Beats for ever.
    pub(super) async fn beat(&self) {
        loop {
            let next = Instant::now() + BEAT;
            sleep_until(next).await;
            self.note(next.elapsed());
        }
    }

    fn note(&self, lateness: Duration) {
        if lateness > LATE && !self.0.swap(true, Ordering::Relaxed) {
            tracing::warn!(?lateness, "too much is going on: operations are turned away");
        } else if lateness < SOON && self.0.swap(false, Ordering::Relaxed) {
            tracing::warn!("operations are let in again");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_slow_from_late_until_soon() {
        let pulse = Pulse::default();
        for (lateness, is_slow) in
            [(0, false), (149, false), (151, true), (60, true), (49, false), (60, false)]
        {
            pulse.note(Duration::from_millis(lateness));
            assert_eq!(pulse.is_slow(), is_slow, "{lateness} ms");
        }
    }

    #[tokio::test]
    async fn threads_that_are_held_up_are_noticed() {
        let pulse = Pulse::default();
        let held_up = async {
            tokio::task::yield_now().await;
            std::thread::sleep(BEAT + LATE * 2);
            // The beat comes now, and is late.
            tokio::time::sleep(Duration::from_millis(1)).await;
            pulse.is_slow()
        };
        tokio::select! {
            () = pulse.beat() => unreachable!("it beats for ever"),
            is_slow = held_up => assert!(is_slow),
        }
    }
}
