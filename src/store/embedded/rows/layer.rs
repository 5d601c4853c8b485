//! Rows that are durable in the ledger and not yet in sled. sled is slow to write to, so rows are
//! collected here, where a row that changes often is written over, and sled is given the outcome.

use std::{
    ops::Bound,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use crossbeam_skiplist::SkipMap;
use sled::IVec;

use super::key;

/// What the map needs for an entry besides its bytes.
const OVERHEAD: usize = 120;

/// Changed rows by their keys; `None`: the row was removed. Readers never wait for the one writer.
#[derive(Default)]
pub(in super::super) struct Layer {
    // A value is changed in place: taking an entry out and putting another in would show, in between,
    // what was there before both.
    rows: SkipMap<Vec<u8>, Mutex<Changed>>,
    n_bytes: AtomicUsize,
}

struct Changed {
    value: Option<IVec>,
    is_counted: bool,
}

impl Layer {
    /// Changes a row. Only one thread may.
    pub(super) fn put(&self, key: Vec<u8>, value: Option<IVec>) {
        let n_bytes = key.len() + value.as_ref().map_or(0, |it| it.len()) + OVERHEAD;
        let entry =
            self.rows.get_or_insert(key, Mutex::new(Changed { value: value.clone(), is_counted: false }));
        let mut changed = entry.value().lock().unwrap_or_else(PoisonError::into_inner);
        if changed.is_counted {
            changed.value = value;
        } else {
            changed.is_counted = true;
            self.n_bytes.fetch_add(n_bytes, Ordering::Relaxed);
        }
    }

    /// The row, if it was changed.
    pub(super) fn get(&self, key: &[u8]) -> Option<Option<IVec>> {
        self.rows.get(key).map(|it| value(it.value()))
    }

    /// The changed rows from one key up to another, in order.
    pub(super) fn range<'a>(
        &'a self,
        low: &[u8],
        high: &[u8],
    ) -> impl DoubleEndedIterator<Item = (IVec, Option<IVec>)> + use<'a> {
        let bounds = (Bound::Included(low.to_vec()), Bound::Excluded(high.to_vec()));
        let range = if low < high { Some(self.rows.range::<Vec<u8>, _>(bounds)) } else { None };
        range.into_iter().flatten().map(|it| (IVec::from(&**it.key()), value(it.value())))
    }

    /// All changed rows in the order in which they are to be written.
    pub(in super::super) fn in_order(&self) -> impl Iterator<Item = (IVec, Option<IVec>)> {
        (0..=2).flat_map(move |rank| {
            let rows = self.rows.iter().filter(move |it| key::rank(it.key()) == rank);
            rows.map(|it| (IVec::from(&**it.key()), value(it.value())))
        })
    }

    /// How much memory it takes, about.
    pub(super) fn n_bytes(&self) -> usize {
        self.n_bytes.load(Ordering::Relaxed)
    }

    /// Whether no row was changed.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

fn value(changed: &Mutex<Changed>) -> Option<IVec> {
    changed.lock().unwrap_or_else(PoisonError::into_inner).value.clone()
}
