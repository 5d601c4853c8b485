//! What all answers that go on have in common, however they are carried.

use std::time::Duration;

use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

/// How patient the server is with what stays open.
#[derive(Debug, Clone, Copy)]
pub struct LiveOptions {
    /// How long a WebSocket may take until its `connection_init`.
    pub init_timeout: Duration,
    /// How often the server says that it is still there. A WebSocket that answers nothing for two such rounds
    /// is closed.
    pub heartbeat: Duration,
    /// How long a client may take nothing of what waits to be sent, on any connection.
    pub write_timeout: Duration,
    /// How long a client may take to agree that its WebSocket is closed.
    pub close_timeout: Duration,
}

impl Default for LiveOptions {
    fn default() -> Self {
        Self {
            init_timeout: Duration::from_secs(3),
            heartbeat: Duration::from_secs(12),
            write_timeout: Duration::from_secs(10),
            close_timeout: Duration::from_secs(2),
        }
    }
}

impl LiveOptions {
    /// Ticks from the first heartbeat on.
    pub(super) fn heart(&self) -> Interval {
        let mut heart = interval_at(Instant::now() + self.heartbeat, self.heartbeat);
        heart.set_missed_tick_behavior(MissedTickBehavior::Delay);
        heart
    }
}
