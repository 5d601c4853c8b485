//! The rows as readers see them: those that were changed lately, over those in sled.

use std::{iter, sync::Arc};

use sled::IVec;

use super::{Feed, Head, Row, Rows, Stretch, Table, key, layer::Layer};
use crate::{
    domain::{id::LearnerId, summary::OrderBy},
    store::{Bucket, N_BUCKETS, Position, SortKey, StoreError},
};

/// All rows at about one moment. A row that is written later may or may not be seen; one that is
/// seen is never older than the view.
#[derive(Clone)]
pub(in super::super) struct View {
    /// What the committer adds to.
    pub(super) active: Arc<Layer>,
    /// What is being written to sled.
    pub(super) applying: Option<Arc<Layer>>,
    pub(super) table: Arc<Table>,
}

/// A row, or why there is none.
type Item = Result<(IVec, IVec), StoreError>;

/// A row of one of the sources of a view; `None`: it was removed there.
type Found = Result<Row, StoreError>;

type Source<'a> = Box<dyn Iterator<Item = Found> + 'a>;

impl View {
    /// The rows in sled, with no changes over them.
    pub(in super::super) fn new(table: Arc<Table>) -> Self {
        Self { active: Arc::default(), applying: None, table }
    }

    /// Whether nothing waits for sled.
    pub(in super::super) fn is_in_sled(&self) -> bool {
        self.applying.is_none() && self.active.is_empty()
    }

    /// The rows in sled.
    pub(in super::super) fn table(&self) -> &Arc<Table> {
        &self.table
    }

    /// The rows in sled.
    pub(in super::super) fn into_table(self) -> Arc<Table> {
        self.table
    }

    /// What is not in sled yet, the latest first.
    fn layers(&self) -> impl Iterator<Item = &Arc<Layer>> {
        iter::once(&self.active).chain(&self.applying)
    }

    /// All rows whose keys start so, in order.
    pub(in super::super) fn starting_with<'a>(
        &'a self,
        prefix: &[u8],
    ) -> impl Iterator<Item = Item> + use<'a> {
        self.range(prefix, &key::after(prefix), false)
    }

    /// Places of a list between two others, which are left out.
    pub(in super::super) fn places<'a>(
        &'a self,
        order: OrderBy,
        low: Option<&SortKey>,
        high: Option<&SortKey>,
        reverse: bool,
    ) -> impl Iterator<Item = Result<SortKey, StoreError>> + use<'a> {
        let low = low.map_or_else(|| key::of_list(order), |it| [&*key::list(order, it), &[0]].concat());
        let high = high.map_or_else(|| key::after(&key::of_list(order)), |it| key::list(order, it));
        let place = |key: &[u8]| key::place(key).ok_or_else(|| super::damaged(key));
        self.range(&low, &high, reverse).map(move |it| it.and_then(|(key, _)| place(&key)))
    }

    /// The last position of every bucket.
    pub(in super::super) fn heads(&self) -> Result<Vec<Position>, StoreError> {
        let mut heads = Vec::with_capacity(usize::from(N_BUCKETS));
        for bucket in Bucket::all() {
            let prefix = key::of_bucket(bucket, key::Kind::Feed);
            let last = self.range(&prefix, &key::after(&prefix), true).next().transpose()?;
            heads.push(last.map_or(Ok(0), |(key, value)| end_of_feed(&key, &value))?);
        }
        Ok(heads)
    }

    /// All rows from one key up to another, in order, or in the reverse one.
    fn range<'a>(&'a self, low: &[u8], high: &[u8], reverse: bool) -> impl Iterator<Item = Item> + use<'a> {
        let mut sources: Vec<Source<'a>> = vec![];
        for layer in self.layers() {
            sources.push(turned(layer.range_of_shards(low, high).map(Ok), reverse));
            sources.push(turned(layer.range(low, high).map(Ok), reverse));
        }
        let table = self.table.range(low, high, reverse);
        sources.push(Box::new(table.map(|it| it.map(|(key, value)| (key, Some(value))))));
        Merged { heads: sources.iter_mut().map(Iterator::next).collect(), sources, reverse }
    }
}

impl Rows for View {
    fn value(&self, key: &[u8]) -> Result<Option<IVec>, StoreError> {
        let changed = self.layers().find_map(|it| it.get(key));
        changed.map_or_else(|| self.table.value(key), Ok)
    }

    fn with_head<T>(
        &self,
        learner: LearnerId,
        read: impl FnOnce(Option<&Head>) -> T,
    ) -> Result<T, StoreError> {
        match self.layers().find_map(|it| it.learner(learner)) {
            Some(latest) => Ok(read(Some(&latest.head))),
            None => self.table.with_head(learner, read),
        }
    }

    fn feed(&self, bucket: Bucket, chunk: u64) -> Result<Feed, StoreError> {
        let changed = self.layers().find_map(|it| it.feed(bucket, chunk));
        changed.map_or_else(|| self.table.feed(bucket, chunk), Ok)
    }
}

fn turned<'a, T>(
    items: impl DoubleEndedIterator<Item = T> + 'a,
    reverse: bool,
) -> Box<dyn Iterator<Item = T> + 'a> {
    if reverse { Box::new(items.rev()) } else { Box::new(items) }
}

/// Several sources in order, of which an earlier one hides a later one.
struct Merged<'a> {
    sources: Vec<Source<'a>>,
    heads: Vec<Option<Found>>,
    reverse: bool,
}

impl Iterator for Merged<'_> {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        loop {
            if let Some(broken) = self.heads.iter().position(|it| matches!(it, Some(Err(_)))) {
                return self.take(broken).map(|it| it.map(|_| unreachable!("an error")));
            }
            let keys = self.heads.iter().flatten().filter_map(|it| it.as_ref().ok().map(|(key, _)| key));
            let key = if self.reverse { keys.max() } else { keys.min() }?.clone();
            let mut value = None;
            for source in (0..self.sources.len()).rev() {
                if matches!(&self.heads[source], Some(Ok((it, _))) if *it == key)
                    && let Some(Ok((_, found))) = self.take(source)
                {
                    value = found;
                }
            }
            if let Some(value) = value {
                return Some(Ok((key, value)));
            }
        }
    }
}

impl Merged<'_> {
    fn take(&mut self, source: usize) -> Option<Found> {
        let next = self.sources[source].next();
        std::mem::replace(&mut self.heads[source], next)
    }
}

/// The last position of a feed, from its last row.
fn end_of_feed(key: &[u8], value: &[u8]) -> Result<Position, StoreError> {
    let stretch: Stretch = super::open(key, value)?;
    let chunk = key.last_chunk::<8>().map(|it| u64::from_be_bytes(*it)).ok_or_else(|| super::damaged(key))?;
    Ok(chunk * super::PLACES + stretch.places.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::{super::Changes, *};

    fn layer(rows: &[(&str, Option<&str>)]) -> Arc<Layer> {
        let layer = Layer::default();
        let rows = rows.iter().map(|(key, value)| (key.as_bytes().to_vec(), value.map(IVec::from)));
        layer.add(Changes { rows: rows.collect(), ..Changes::default() });
        Arc::new(layer)
    }

    fn view() -> (tempfile::TempDir, View) {
        let dir = tempfile::TempDir::new().expect("a directory");
        let table = Table::open(dir.path(), 1 << 20).expect("rows");
        let rows = ["a", "b", "c", "d"].map(|it| (IVec::from(it), Some(IVec::from("sled"))));
        table.apply(rows.to_vec()).expect("written");
        let applying = layer(&[("b", Some("applying")), ("c", None), ("e", Some("applying"))]);
        let active = layer(&[("a", None), ("c", Some("active")), ("e", None), ("f", Some("active"))]);
        (dir, View { active, applying: Some(applying), table: Arc::new(table) })
    }

    fn text(bytes: &[u8]) -> &str {
        std::str::from_utf8(bytes).expect("text")
    }

    #[test]
    fn the_newest_of_each_row_is_seen() {
        let (_dir, view) = view();
        let value = |key: &str| view.value(key.as_bytes()).expect("read");
        let found = ["a", "b", "c", "d", "e", "f", "g"].map(|it| value(it).map(|it| text(&it).to_owned()));
        let found: Vec<_> = found.iter().map(|it| it.as_deref().unwrap_or("-")).collect();
        assert_eq!(found, ["-", "applying", "active", "sled", "-", "active", "-"]);
    }

    #[test]
    fn a_range_is_what_its_rows_are() {
        let (_dir, view) = view();
        for (low, high) in [("a", "z"), ("b", "d"), ("c", "c"), ("d", "b"), ("bb", "e")] {
            let expected: Vec<_> =
                ["b", "c", "d", "f"].into_iter().filter(|it| (low..high).contains(it)).collect();
            let keys = |reverse| {
                let rows = view.range(low.as_bytes(), high.as_bytes(), reverse);
                rows.map(|it| text(&it.expect("a row").0).to_owned()).collect::<Vec<_>>()
            };
            assert_eq!(keys(false), expected);
            assert_eq!(keys(true), expected.into_iter().rev().collect::<Vec<_>>());
        }
    }
}
