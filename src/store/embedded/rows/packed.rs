//! Small rows, those of lists and claims, which share rows of sled: it needs some hundred bytes of
//! memory for every dozen rows, however small they are.
//!
//! A *pack* holds small rows in the order of their keys, from its own key up to that of the next pack.
//! The first pack of a list, or of the claims of a bucket, has the key that all of its rows start with,
//! and is never removed.
//!
//! When a pack is divided, its right part is written first. Until the left one is written, and for
//! good after a crash in between, the left one still has what is in the right one: it counts for
//! nothing there, because a pack ends where the next one begins. Only somebody who walks through a list
//! just when such a right part goes may see once more what it had when it was divided.

use std::{mem, vec};

use serde::{Deserialize, Serialize};
use sled::{Db, IVec};

use super::{Bytes, Row, close, damaged, key, open, table::sled_error};
use crate::store::StoreError;

/// A pack with more rows is divided.
const MAX: usize = 32;
/// Into parts of at most so many.
const PART: usize = 24;

/// A small row: what its key has behind the start that it shares with others, and its value.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Small<'a>(#[serde(borrow)] Bytes<'a>, Bytes<'a>);

impl<'a> Small<'a> {
    fn rest(&self) -> &'a [u8] {
        self.0.0
    }
}

/// The value of a small row.
pub(super) fn get(db: &Db, key: &[u8]) -> Result<Option<IVec>, StoreError> {
    let Some((pack, value)) = surely_before(db, key::start(key), &behind(key))? else { return Ok(None) };
    let rows: Vec<Small<'_>> = open(&pack, &value)?;
    let found = rows.binary_search_by_key(&key::rest(key), Small::rest);
    Ok(found.ok().map(|it| rows[it].1.0.into()))
}

/// The packs that are to be written, in this order, for changes of small rows, which are in the order of
/// their keys.
pub(super) fn pack(db: &Db, changes: &[Row]) -> Result<Vec<Row>, StoreError> {
    let (mut packs, mut rest) = (vec![], changes);
    // Where the last pack that changes ends.
    let mut last_end = None;
    while let Some((first, _)) = rest.first() {
        let start = key::start(first);
        let (key, value) = match at(db, first)? {
            Some((key, value)) => (key, Some(value)),
            None => (start.into(), None),
        };
        let end = after(db, &key)?;
        let is_here = |it: &Row| it.0.starts_with(start) && end.as_ref().is_none_or(|end| it.0 < *end);
        let (here, later) = rest.split_at(rest.partition_point(is_here));
        if here.is_empty() {
            // sled says that a pack begins before its own key.
            return Err(damaged(&key));
        }
        let mut rows: Vec<Small<'_>> = value.as_ref().map_or_else(|| Ok(vec![]), |it| open(&key, it))?;
        if let Some(end) = &end {
            cut(&mut rows, end);
        }
        let rows = changed(&rows, here);
        if rows.is_empty() && key != start {
            if last_end.as_ref() != Some(&key) {
                packs.extend(cut_before(db, &key)?);
            }
            packs.push((key, None));
        } else {
            divide(&key, &rows, &mut packs);
        }
        (last_end, rest) = (end, later);
    }
    Ok(packs)
}

/// The pack that a small row belongs to.
fn at(db: &Db, key: &[u8]) -> Result<Option<(IVec, IVec)>, StoreError> {
    before(db, key::start(key), &behind(key))
}

/// The first key behind one.
fn behind(key: &[u8]) -> Vec<u8> {
    [key, &[0]].concat()
}

/// The last pack before a key, of the same rows, while they may be written.
///
/// sled looks for it in one of its pages after the other. When a pack is divided meanwhile, it can
/// come to the left part without having seen the right one; whoever looks again sees it.
fn surely_before(db: &Db, start: &[u8], key: &[u8]) -> Result<Option<(IVec, IVec)>, StoreError> {
    loop {
        let pack = before(db, start, key)?;
        let low = pack.as_ref().map_or_else(|| start.to_vec(), |it| behind(&it.0));
        if low.as_slice() >= key || db.range(&low[..]..key).next().transpose().map_err(sled_error)?.is_none()
        {
            return Ok(pack);
        }
    }
}

/// The last pack before a key, of the same rows, unless they are written meanwhile.
fn before(db: &Db, start: &[u8], key: &[u8]) -> Result<Option<(IVec, IVec)>, StoreError> {
    let pack = db.get_lt(key).map_err(sled_error)?;
    Ok(pack.filter(|it| it.0.starts_with(start)))
}

/// The key of the first pack behind a key, of the same rows.
fn after(db: &Db, key: &[u8]) -> Result<Option<IVec>, StoreError> {
    let pack = db.get_gt(key).map_err(sled_error)?;
    Ok(pack.map(|it| it.0).filter(|it| it.starts_with(key::start(key))))
}

/// Leaves those in front of a key.
fn cut(rows: &mut Vec<Small<'_>>, end: &[u8]) {
    rows.truncate(rows.partition_point(|it| it.rest() < key::rest(end)));
}

/// What a division left in the pack before this one, and would count again without it, has to go.
fn cut_before(db: &Db, key: &[u8]) -> Result<Option<Row>, StoreError> {
    let Some((left, value)) = before(db, key::start(key), key)? else { return Ok(None) };
    let mut rows: Vec<Small<'_>> = open(&left, &value)?;
    let n_rows = rows.len();
    cut(&mut rows, key);
    let sealed = close(&left, &rows);
    Ok((rows.len() < n_rows).then(|| (left, Some(sealed.into()))))
}

/// Rows with changes, both in order.
fn changed<'a>(rows: &[Small<'a>], changes: &'a [Row]) -> Vec<Small<'a>> {
    let mut all = Vec::with_capacity(rows.len() + changes.len());
    let mut rows = rows.iter().copied().peekable();
    for (key, value) in changes {
        let rest = key::rest(key);
        while let Some(row) = rows.next_if(|it| it.rest() < rest) {
            all.push(row);
        }
        rows.next_if(|it| it.rest() == rest);
        all.extend(value.as_ref().map(|it| Small(Bytes(rest), Bytes(it))));
    }
    all.extend(rows);
    all
}

/// Rows in place of those that a pack had.
fn divide(key: &IVec, rows: &[Small<'_>], packs: &mut Vec<Row>) {
    let n_parts = if rows.len() <= MAX { 1 } else { rows.len().div_ceil(PART) };
    let mut parts = rows.chunks(rows.len().div_ceil(n_parts).max(1));
    let first = parts.next().unwrap_or_default();
    for part in parts.rev() {
        let key: IVec = [key::start(key), part[0].rest()].concat().into();
        let sealed = close(&key, &part);
        packs.push((key, Some(sealed.into())));
    }
    packs.push((key.clone(), Some(close(key, &first).into())));
}

/// Small rows from one key up to another that starts the same, in order, or in the reverse one.
pub(super) struct Range {
    low: IVec,
    high: IVec,
    walk: Walk,
    rows: vec::IntoIter<(IVec, IVec)>,
}

enum Walk {
    /// With the pack behind the one whose rows are given.
    Forward(Box<sled::Iter>, Option<(IVec, IVec)>),
    Reverse(Db),
}

impl Range {
    pub(super) fn new(db: &Db, low: &[u8], high: &[u8], reverse: bool) -> Result<Self, StoreError> {
        let walk = if reverse {
            Walk::Reverse(db.clone())
        } else {
            let first = at(db, low)?.map_or_else(|| low.into(), |it| it.0);
            // sled panics when a range ends before it starts.
            let mut packs = db.range(&first[..]..high.max(&first));
            let next = packs.next().transpose().map_err(sled_error)?;
            Walk::Forward(Box::new(packs), next)
        };
        Ok(Self { low: low.into(), high: high.into(), walk, rows: vec![].into_iter() })
    }

    /// The next pack, whose rows are then to be given.
    fn turn(&mut self) -> Result<Option<()>, StoreError> {
        if self.high <= self.low {
            return Ok(None);
        }
        let (pack, end) = match &mut self.walk {
            Walk::Forward(packs, next) => {
                let after = packs.next().transpose().map_err(sled_error)?;
                let end = after.as_ref().map_or(&self.high, |it| &it.0).clone();
                (mem::replace(next, after), end)
            }
            Walk::Reverse(db) => (surely_before(db, key::start(&self.low), &self.high)?, self.high.clone()),
        };
        let Some((key, value)) = pack else { return Ok(None) };
        let small: Vec<Small<'_>> = open(&key, &value)?;
        let whole = |it: Small<'_>| (IVec::from([key::start(&key), it.rest()].concat()), IVec::from(it.1.0));
        let mut rows: Vec<_> =
            small.into_iter().map(whole).filter(|it| self.low <= it.0 && it.0 < end).collect();
        // What is written meanwhile is not given twice.
        match self.walk {
            Walk::Forward(..) => self.low = end,
            Walk::Reverse(_) => {
                rows.reverse();
                self.high = key;
            }
        }
        self.rows = rows.into_iter();
        Ok(Some(()))
    }
}

impl Iterator for Range {
    type Item = Result<(IVec, IVec), StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(row) = self.rows.next() {
                return Some(Ok(row));
            }
            match self.turn() {
                Ok(Some(())) => {}
                Ok(None) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeMap,
        iter,
        sync::atomic::{AtomicBool, Ordering},
        thread,
    };

    use super::{super::Table, *};

    struct Random(u64);

    impl Random {
        fn below(&mut self, end: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) as usize % end
        }
    }

    /// Keys of two lists and of the claims of a bucket.
    fn key(number: usize) -> IVec {
        let start = [[0xFF, 0xFE, 1], [0xFF, 0xFE, 2], [0, 7, b'c']][number % 3];
        [&start[..], &(number as u16 * 77).to_be_bytes()].concat().into()
    }

    type Model = BTreeMap<IVec, IVec>;

    fn check(table: &Table, model: &Model, is_sure: impl Fn(&IVec) -> bool, random: &mut Random) {
        for number in 0..600 {
            let key = key(number);
            if is_sure(&key) {
                assert_eq!(get(&table.db, &key).expect("read").as_ref(), model.get(&key), "{key:?}");
            }
        }
        for reverse in [false, true] {
            for start in [key(0), key(1), key(2)].map(|it| key::start(&it).to_vec()) {
                let in_start = |it: IVec| if it.starts_with(&start) { it.to_vec() } else { start.clone() };
                let low = in_start(key(random.below(600)));
                let high = match in_start(key(random.below(600))) {
                    it if it == start => key::after(&start),
                    it => it,
                };
                let found = table.range(&low, &high, reverse).map(|it| it.expect("read"));
                let mut found: Vec<_> = found.filter(|it| is_sure(&it.0)).collect();
                if reverse {
                    found.reverse();
                }
                let expected = model.iter().filter(|it| *low <= **it.0 && **it.0 < *high && is_sure(it.0));
                let expected: Vec<_> = expected.map(|(key, value)| (key.clone(), value.clone())).collect();
                assert_eq!(found, expected, "from {low:?} to {high:?}");
            }
        }
    }

    #[test]
    fn packs_are_what_a_map_would_be_also_after_a_crash() {
        for seed in 0..12 {
            let random = &mut Random(seed);
            let dir = tempfile::TempDir::new().expect("a directory");
            let table = Table::open(dir.path(), 1 << 20).expect("rows");
            let mut model = Model::new();
            for batch in 0..40_u8 {
                // At times most of them go.
                let (n_changes, n_gone) = (random.below(200), random.below(10));
                let changes: BTreeMap<_, _> = (0..n_changes)
                    .map(|_| {
                        (key(random.below(600)), (n_gone <= random.below(10)).then(|| [batch][..].into()))
                    })
                    .collect();
                let sorted: Vec<_> = changes.clone().into_iter().collect();
                let packs = pack(&table.db, &sorted).expect("packed");
                let n_written = random.below(packs.len() + 1);
                table.write(packs.into_iter().take(n_written)).expect("written");
                check(&table, &model, |it| !changes.contains_key(it), random);
                // As after a crash: what is missing is written again, perhaps in other parts.
                let n_together = 1 + random.below(sorted.len().max(4) / 4);
                for some in sorted.chunks(n_together).rev() {
                    let again = pack(&table.db, some).expect("packed");
                    table.write(again).expect("written");
                }
                for (key, value) in changes {
                    match value {
                        Some(value) => drop(model.insert(key, value)),
                        None => drop(model.remove(&key)),
                    }
                }
                check(&table, &model, |_| true, random);
            }
            let sizes = table.db.iter().map(|it| it.expect("a row"));
            for (key, value) in sizes {
                let n_rows = open::<Vec<Small<'_>>>(&key, &value).expect("a pack").len();
                assert!(n_rows <= MAX && (n_rows != 0 || key.len() == 3), "{n_rows} rows in a pack");
            }
        }
    }

    #[test]
    fn what_a_division_left_behind_does_not_come_back() {
        let key = |number| key(3 * number);
        let row = |number| (key(number), Some(IVec::from("here")));
        for together in [false, true] {
            let dir = tempfile::TempDir::new().expect("a directory");
            let table = Table::open(dir.path(), 1 << 20).expect("rows");
            table.apply((0..MAX).map(row).collect()).expect("written");
            // A crash comes after the right part.
            let packs = pack(&table.db, &[row(MAX)]).expect("packed");
            table.write(packs[..1].to_vec()).expect("written");
            let right: Vec<_> = (0..=MAX).map(key).filter(|it| packs[0].0 <= *it).collect();
            assert!(10 < right.len() && packs.len() == 2);
            let gone = right.iter().map(|it| (it.clone(), None));
            let left = (IVec::from([&*key(0), b"new"].concat()), Some(IVec::from("here")));
            if together {
                table.apply(iter::once(left).chain(gone).collect()).expect("written");
            } else {
                gone.for_each(|it| table.apply(vec![it]).expect("written"));
            }
            let rows = table.range(&key(0), &key::after(key::start(&key(0))), false);
            let n_expected = MAX + 1 - right.len() + usize::from(together);
            assert_eq!(rows.collect::<Result<Vec<_>, _>>().expect("read").len(), n_expected);
            assert!(right.iter().all(|it| get(&table.db, it).expect("read").is_none()));
        }
    }

    #[test]
    fn rows_that_stay_are_seen_while_packs_are_divided() {
        let dir = tempfile::TempDir::new().expect("a directory");
        let table = Table::open(dir.path(), 1 << 20).expect("rows");
        // So many that their packs stand in several pages of sled.
        const N_KEYS: usize = 4_000;
        let row = |number: usize| {
            let key: IVec = [&[0xFF, 0xFE, 1][..], &(number as u32).to_be_bytes()].concat().into();
            (key, Some(IVec::from("here")))
        };
        // Every fifth one stays.
        let stays = |number: &usize| number.is_multiple_of(5);
        table.apply((0..N_KEYS).filter(stays).map(row).collect()).expect("written");
        let (low, high) = (row(0).0, row(N_KEYS).0);
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            let read = |reverse: bool, way: usize| {
                while !is_over.load(Ordering::Relaxed) {
                    for number in (0..N_KEYS).filter(stays).skip(way * 7).step_by(11) {
                        assert!(get(&table.db, &row(number).0).expect("read").is_some(), "{number}");
                    }
                    // As somebody who reads more about each of them.
                    let rows = table.range(&low, &high, reverse).inspect(|_| thread::yield_now());
                    let mut found: Vec<_> = rows.map(|it| it.expect("a row").0).collect();
                    assert!(found.is_sorted_by(|a, b| if reverse { a > b } else { a < b }));
                    found.sort();
                    for number in (0..N_KEYS).filter(stays) {
                        assert!(found.binary_search(&row(number).0).is_ok(), "{number}, reverse: {reverse}");
                    }
                }
            };
            (0..4).for_each(|it| drop(scope.spawn(move || read(it % 2 == 0, it))));
            let random = &mut Random(1);
            for _ in 0..3_000 {
                let middle = random.below(N_KEYS);
                let some: Vec<_> = (middle..N_KEYS.min(middle + 100)).filter(|it| !stays(it)).collect();
                table.apply(some.iter().map(|it| row(*it)).collect()).expect("written");
                table.apply(some.iter().map(|it| (row(*it).0, None)).collect()).expect("written");
            }
            is_over.store(true, Ordering::Relaxed);
        });
    }
}
