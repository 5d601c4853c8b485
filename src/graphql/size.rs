//! How long an answer may be. Its cost says how many fields it has at the most, not how long the texts in them are.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_graphql::Value;

/// How many bytes an answer may have, about: one that would have more is refused while it is made.
pub const MAX_ANSWER: usize = 8 * 1024 * 1024;

/// How many bytes an answer has so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Size(Arc<AtomicUsize>);

impl Size {
    pub(super) fn add(&self, n_bytes: usize) {
        self.0.fetch_add(n_bytes, Ordering::Relaxed);
    }

    /// Adds a value that something else is not counted for: a leaf, or a list of them.
    pub(super) fn add_value(&self, value: &Value) {
        match value {
            Value::String(text) => self.add(text.len()),
            Value::List(items) => items.iter().for_each(|it| self.add_value(it)),
            _ => {}
        }
    }

    pub(super) fn is_too_much(&self) -> bool {
        MAX_ANSWER < self.0.load(Ordering::Relaxed)
    }

    /// The next answer begins.
    pub(super) fn start_again(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}
