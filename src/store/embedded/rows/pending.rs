//! The rows of a running store: a view that changes. The committer adds rows, the applier takes
//! them to sled, and readers are handed what is there at the moment.

use std::{
    mem,
    sync::{
        Arc, Condvar, Mutex, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use super::{Changes, Table, View, layer::Layer};

/// The rows of a running store.
pub(in super::super) struct Pending {
    /// `None` once the store is closed.
    view: RwLock<Option<Arc<View>>>,
    /// More bytes than this wait for sled only while a single group is added.
    max_bytes: usize,
    hurry: AtomicBool,
    turn: Mutex<()>,
    /// Something was added, or taken away.
    changed: Condvar,
}

impl Pending {
    /// These rows, and nothing that waits for sled.
    pub(in super::super) fn new(view: View, max_bytes: usize) -> Self {
        let view = RwLock::new(Some(Arc::new(view)));
        Self {
            view,
            max_bytes,
            hurry: AtomicBool::new(false),
            turn: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    /// What is there now; `None`: the store is closed.
    pub(in super::super) fn view(&self) -> Option<Arc<View>> {
        self.view.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Adds the rows of a group that is durable. Only the committer may.
    pub(in super::super) fn add(&self, changes: Changes) {
        // As long as the view is locked, its active layer is not frozen.
        let view = self.view.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(view) = view.as_ref() {
            view.active.add(changes);
        }
        drop(view);
        self.notify();
    }

    /// How many bytes wait for sled.
    pub(in super::super) fn n_bytes(&self) -> usize {
        self.view().map_or(0, |it| it.active.n_bytes() + it.applying.as_ref().map_or(0, |it| it.n_bytes()))
    }

    /// Waits until there is room for another group, or so long; answers whether there is.
    pub(in super::super) fn wait_for_room(&self, patience: Duration) -> bool {
        self.wait(patience, || self.n_bytes() < self.max_bytes)
    }

    /// Waits until something is there to be written to sled: so many bytes, or fewer for so long.
    /// Ends when nothing comes for so long, or at once when there is a hurry.
    pub(in super::super) fn wait_for_work(&self, n_bytes: usize, linger: Duration, idle: Duration) {
        self.wait(idle, || self.is_hurried() || 0 < self.n_bytes());
        self.wait(linger, || self.is_hurried() || n_bytes <= self.n_bytes());
        self.hurry.store(false, Ordering::Release);
    }

    /// Ends the waiting for work.
    pub(in super::super) fn hurry(&self) {
        self.hurry.store(true, Ordering::Release);
        self.notify();
    }

    fn is_hurried(&self) -> bool {
        self.hurry.load(Ordering::Acquire)
    }

    /// Wakes whoever waits.
    fn notify(&self) {
        drop(self.turn.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }

    /// The layer that is to be written to sled next, and a new one in its place for the committer.
    /// `None`: nothing waits. Only the applier may.
    pub(in super::super) fn freeze(&self) -> Option<Arc<Layer>> {
        let active = Arc::default();
        let mut view = self.view.write().unwrap_or_else(PoisonError::into_inner);
        let now = view.as_ref()?;
        if let Some(applying) = &now.applying {
            return Some(applying.clone());
        }
        if now.active.is_empty() {
            return None;
        }
        let applying = now.active.clone();
        let next = View { active, applying: Some(applying.clone()), table: now.table.clone() };
        *view = Some(Arc::new(next));
        Some(applying)
    }

    /// Says that the frozen layer is in sled. Only the applier may.
    pub(in super::super) fn thaw(&self) {
        self.change(|it| View { applying: None, ..it.clone() });
        self.notify();
    }

    /// Puts another table in the place of one that says the same. Only the applier may.
    pub(in super::super) fn replace_table(&self, table: Arc<Table>) {
        self.change(|it| View { table, ..it.clone() });
    }

    /// Puts rows in the place of all that are there. They say the same, and nothing is added
    /// meanwhile. Only the applier may.
    pub(in super::super) fn replace(&self, view: View) {
        self.change(|_| view);
        self.notify();
    }

    /// Hands out nothing any more, and gives back what was there.
    pub(in super::super) fn close(&self) -> Option<Arc<View>> {
        mem::take(&mut *self.view.write().unwrap_or_else(PoisonError::into_inner))
    }

    fn change(&self, change: impl FnOnce(&View) -> View) {
        let mut view = self.view.write().unwrap_or_else(PoisonError::into_inner);
        let Some(now) = view.as_ref() else { return };
        let next = Arc::new(change(now));
        let old = view.replace(next);
        // Letting go of a layer, or of sled, takes time that readers need not wait for.
        drop(view);
        drop(old);
    }

    fn wait(&self, patience: Duration, is_done: impl Fn() -> bool) -> bool {
        let turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_timeout_while(turn, patience, |()| !is_done());
        drop(waited);
        is_done()
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use uuid::Uuid;

    use super::{
        super::{Draft, RECEIPTS, Rows as _, Written, key, tests::no_rows},
        *,
    };
    use crate::domain::id::LearnerId;

    #[test]
    fn a_receipt_is_found_while_it_moves_from_its_head_to_a_row() {
        let dir = tempfile::TempDir::new().expect("a directory");
        let table = Arc::new(Table::open(dir.path(), 1 << 20).expect("rows"));
        let pending = Pending::new(View::new(table), usize::MAX);
        let none = no_rows();
        for number in 1..=200 {
            let learner = LearnerId(Uuid::from_u128(number));
            let add = |n_calls: std::ops::Range<usize>| {
                let view = pending.view().expect("rows");
                let mut draft = Draft::new(&view, none.clone());
                for call in n_calls {
                    let (n_events, base) = (u32::from(call == 0), u32::from(call != 0));
                    let (offset, keys) = (call as u64, [key::tag(&format!("key {call}"))].into());
                    let (position, batches) = (number as u64, [].into());
                    let written = Written { learner, offset, base, position, n_events, batches, keys };
                    draft.commit(&written).expect("added");
                }
                pending.add(draft.finish(1).expect("finished").0);
            };
            add(0..RECEIPTS - 1);
            let is_added = AtomicBool::new(false);
            thread::scope(|scope| {
                scope.spawn(|| {
                    while !is_added.load(Ordering::Acquire) {
                        let view = pending.view().expect("rows");
                        for call in 0..RECEIPTS - 1 {
                            let found = view.receipts(learner, &format!("key {call}")).expect("read");
                            assert_eq!(found, [call as u64], "learner {number}");
                        }
                    }
                });
                thread::yield_now();
                add(RECEIPTS - 1..RECEIPTS);
                is_added.store(true, Ordering::Release);
            });
        }
    }
}
