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

#[cfg(test)]
mod tests;

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
