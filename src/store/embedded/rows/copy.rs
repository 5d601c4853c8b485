//! Copies rows from one sled into another while rows are still written.

use sled::IVec;

use super::{Row, Table, key, seal};
use crate::store::StoreError;

/// So many rows are copied between two looks at what else is to be done.
const STEP: usize = 4_096;

/// A copy that is under way. Rows up to a key are there already; they come in order, which sled
/// writes into the fewest pages.
pub(in super::super) struct Copy<'a> {
    from: &'a Table,
    to: &'a Table,
    /// The last key that was copied.
    done: Option<IVec>,
}

impl<'a> Copy<'a> {
    /// Nothing is copied yet.
    pub(in super::super) fn new(from: &'a Table, to: &'a Table) -> Self {
        Self { from, to, done: None }
    }

    /// Copies some rows; answers whether there may be more.
    pub(in super::super) fn step(&mut self) -> Result<bool, StoreError> {
        let low = self.done.as_ref().map_or_else(Vec::new, |it| [it, &[0][..]].concat());
        let mut rows = vec![];
        for row in self.from.packed(&low, key::END).take(STEP) {
            let (key, value) = row?;
            if seal::unseal(&key, &value).is_none() {
                return Err(super::damaged(&key));
            }
            rows.push((key, Some(value)));
        }
        let more = rows.len() == STEP;
        self.done = rows.last().map(|it| it.0.clone()).or(self.done.take());
        self.to.write(rows)?;
        Ok(more)
    }

    /// Brings what was copied already up to what the other sled was given since.
    pub(in super::super) fn follow(&self, packed: Vec<Row>) -> Result<(), StoreError> {
        let done = self.done.as_deref().unwrap_or_default();
        self.to.write(packed.into_iter().filter(|(key, _)| **key <= *done))
    }
}
