//! Whether something of erased learners is still on the disk, and since when.
//!
//! Rows count the erased, and `BLANKED` says how many there were when the last compaction that was finished began. Where
//! these differ, something may be left. A store that was restored or imported has no `BLANKED`: nobody knows what is in it.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::home::{BLANKED, Home};
use crate::{domain::time::Timestamp, store::StoreError};

#[derive(Default, Serialize, Deserialize)]
struct Blanked {
    n_erased: u64,
}

/// What is to be removed.
pub(super) struct Debt {
    n_erased: AtomicU64,
    /// When somebody was last erased.
    newest: AtomicI64,
    since: watch::Sender<Option<Timestamp>>,
}

impl Debt {
    /// What there is in a store with so many erased learners.
    pub(super) fn new(home: &Home, n_erased: u64) -> Result<Self, StoreError> {
        let bytes = home.files.read_whole(&home.path().join(BLANKED));
        let bytes = bytes.map_err(StoreError::io("reading BLANKED"))?;
        let blanked: Option<Blanked> = bytes.and_then(|it| serde_json::from_slice(&it).ok());
        let is_owed = blanked.unwrap_or_default().n_erased != n_erased;
        let since = watch::Sender::new(is_owed.then(|| Timestamp::from_micros(i64::MIN)));
        Ok(Self { n_erased: n_erased.into(), newest: AtomicI64::new(i64::MIN), since })
    }

    /// How many learners were erased, as far as readers see.
    pub(super) fn n_erased(&self) -> u64 {
        self.n_erased.load(Ordering::Acquire)
    }

    /// There are so many now, the last of them since these times.
    pub(super) fn count(&self, n_erased: u64, since: &[Timestamp]) {
        let (Some(first), Some(last)) = (since.first(), since.last()) else { return };
        self.newest.store(last.as_micros(), Ordering::Release);
        self.n_erased.store(n_erased, Ordering::Release);
        self.since.send_if_modified(|since| {
            let is_news = since.is_none();
            since.get_or_insert(*first);
            is_news
        });
    }

    /// Nothing is left of the first so many.
    pub(super) fn settle(&self, home: &Home, n_erased: u64) -> Result<(), StoreError> {
        let bytes = serde_json::to_vec(&Blanked { n_erased }).expect("plain data");
        let published = home.files.publish(&home.path().join(BLANKED), &bytes);
        published.map_err(StoreError::io("writing BLANKED"))?;
        self.since.send_modify(|since| {
            let newest = Timestamp::from_micros(self.newest.load(Ordering::Acquire));
            *since = (self.n_erased() != n_erased).then_some(newest);
        });
        Ok(())
    }

    /// Whether there is anything.
    pub(super) fn is_owed(&self) -> bool {
        self.since.borrow().is_some()
    }

    /// Since when there has been something.
    pub(super) fn owed(&self) -> watch::Receiver<Option<Timestamp>> {
        self.since.subscribe()
    }
}
