//! Wakes whoever waits for events: one channel for each bucket and one for all of them.

use tokio::sync::watch;

use super::{Bucket, Position};

/// The senders of all channels. Receivers that have gone cost nothing.
pub(super) struct Wakes {
    buckets: Vec<watch::Sender<Position>>,
    all: watch::Sender<u64>,
}

impl Wakes {
    /// Channels that start at these last positions, one for each bucket.
    pub(super) fn new(heads: &[Position]) -> Self {
        Self {
            buckets: heads.iter().map(|it| watch::Sender::new(*it)).collect(),
            all: watch::Sender::new(heads.iter().sum()),
        }
    }

    /// Tells that a bucket has got events, up to this position.
    pub(super) fn wake(&self, bucket: Bucket, head: Position) {
        let before = self.buckets[bucket.index()].send_replace(head);
        self.all.send_modify(|it| *it += head.saturating_sub(before));
    }

    /// Hears of one bucket.
    pub(super) fn watch(&self, bucket: Bucket) -> watch::Receiver<Position> {
        self.buckets[bucket.index()].subscribe()
    }

    /// Hears of all buckets: how many events there are in all.
    pub(super) fn watch_all(&self) -> watch::Receiver<u64> {
        self.all.subscribe()
    }
}
