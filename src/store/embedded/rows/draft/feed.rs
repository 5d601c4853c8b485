//! What stands in the feeds of buckets.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    super::{LOST, PLACES, Rows},
    Draft, Written,
};
use crate::{
    domain::id::BatchId,
    store::{Bucket, Position, StoreError},
};

impl Draft<'_> {
    /// Adds events to the feed behind those that it has.
    pub(super) fn feed(&mut self, written: &Written) -> Result<(), StoreError> {
        let bucket = Bucket::of(written.learner);
        let base = written.position - 1;
        self.fill_feed(bucket, base)?;
        let end = base + u64::from(written.n_events);
        for chunk in base / PLACES..=(end - 1) / PLACES {
            let n_places = (end - chunk * PLACES).min(PLACES) as usize;
            self.lengthen(bucket, chunk, n_places, written.offset, &written.batches)?;
        }
        Ok(())
    }

    /// A repair of the ledger may have left out what stood before a position.
    fn fill_feed(&mut self, bucket: Bucket, base: Position) -> Result<(), StoreError> {
        for chunk in (0..base.div_ceil(PLACES)).rev() {
            let n_places = (base - chunk * PLACES).min(PLACES) as usize;
            if !self.lengthen(bucket, chunk, n_places, LOST, &BTreeSet::new())? {
                break;
            }
        }
        Ok(())
    }

    /// Sees to it that a row of a feed has so many places, and answers whether it had fewer.
    fn lengthen(
        &mut self,
        bucket: Bucket,
        chunk: u64,
        n_places: usize,
        with: u64,
        batches: &BTreeSet<BatchId>,
    ) -> Result<bool, StoreError> {
        let mut feed = Rows::feed(self, bucket, chunk)?;
        if n_places <= feed.places.len() {
            return Ok(false);
        }
        // The row that a draft has already is changed in place.
        self.feeds.remove(&(bucket, chunk));
        let stretch = Arc::make_mut(&mut feed);
        stretch.places.resize(n_places, with);
        let is_new = |it: &&BatchId| !stretch.batches.contains(it);
        let new: Vec<_> = batches.iter().filter(is_new).copied().collect();
        stretch.batches.extend(new);
        self.feeds.insert((bucket, chunk), feed);
        Ok(true)
    }
}
