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

    /// Tells that buckets have got events, up to these positions.
    pub(super) fn wake(&self, heads: impl IntoIterator<Item = (Bucket, Position)>) {
        let (mut n_events, mut is_any) = (0, false);
        for (bucket, head) in heads {
            let before = self.buckets[bucket.index()].send_replace(head);
            n_events += head.saturating_sub(before);
            is_any = true;
        }
        // An erasure has no events, and whoever follows must hear of it.
        self.all.send_if_modified(|it| {
            *it += n_events;
            is_any
        });
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
