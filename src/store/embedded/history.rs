//! Reads events: the rows say where they stand, the ledger what they are.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    ledger::{
        Ledger,
        entry::{Committed, Entry},
    },
    rows::{Head, LOST, PLACES, Rows, View},
};
use crate::{
    domain::{
        event::Event,
        id::{BatchId, LearnerId, Version},
        learner::{Learner, fold},
    },
    store::{Bucket, FeedItem, Position, Receipt, StoreError},
};

/// Events of a learner above a version, in order, at most `limit`.
pub(super) fn of_learner(
    rows: &impl Rows,
    ledger: &Ledger,
    learner: LearnerId,
    after: Version,
    limit: usize,
) -> Result<Vec<Event>, StoreError> {
    let row = |chunk: u64| rows.events(learner, chunk as u32).map(Arc::new);
    let mut reader = Reader { ledger, last: None };
    let mut events = vec![];
    for (version, offset) in places(row, |it| it, u64::from(after), limit)? {
        if offset == LOST {
            continue;
        }
        // Blanked, because the learner was erased later.
        let Some(entry) = reader.committed(offset)? else { continue };
        let event = entry.events.iter().find(|it| u64::from(it.version) == version && it.learner == learner);
        events.push(event.cloned().ok_or_else(|| misplaced(offset))?);
    }
    Ok(events)
}

/// What a feed has above a position, in order, at most `limit`.
pub(super) fn of_bucket(
    view: &View,
    ledger: &Ledger,
    bucket: Bucket,
    after: Position,
    limit: usize,
) -> Result<Vec<FeedItem>, StoreError> {
    let mut reader = Reader { ledger, last: None };
    let mut items = vec![];
    let places = places(|chunk| view.feed(bucket, chunk), |it| &it.places, after, limit)?;
    for (position, offset) in places {
        items.push(FeedItem { position, event: reader.event_at(view, position, offset)? });
    }
    Ok(items)
}

/// Events of a batch in a feed above a position, in order, at most `limit`. Only stretches of the feed with any of
/// them are read in the ledger.
pub(super) fn of_batch(
    view: &View,
    ledger: &Ledger,
    batch: BatchId,
    bucket: Bucket,
    after: Position,
    limit: usize,
) -> Result<Vec<(Position, Event)>, StoreError> {
    let mut reader = Reader { ledger, last: None };
    let (mut found, mut next) = (vec![], after);
    while found.len() < limit {
        let stretch = view.feed(bucket, next / PLACES)?;
        let rest = stretch.places.get((next % PLACES) as usize..).unwrap_or_default();
        if stretch.batches.contains(&batch) {
            for (position, offset) in (next + 1..).zip(rest) {
                if found.len() == limit {
                    break;
                }
                let event = reader.event_at(view, position, *offset)?.filter(|it| it.batch == Some(batch));
                found.extend(event.map(|it| (position, it)));
            }
        }
        next += rest.len() as u64;
        if rest.is_empty() || !next.is_multiple_of(PLACES) {
            break;
        }
    }
    Ok(found)
}

/// What calls with these idempotency keys did, as far as an entry of each stands at one of its places.
pub(super) fn receipts(
    ledger: &Ledger,
    learner: LearnerId,
    keys: &[(String, Vec<u64>)],
) -> Result<Vec<Option<Receipt>>, StoreError> {
    // Each entry is read once, whatever keys may stand in it.
    let mut at = BTreeMap::<u64, Vec<usize>>::new();
    for (index, (_, places)) in keys.iter().enumerate() {
        places.iter().for_each(|it| at.entry(*it).or_default().push(index));
    }
    let mut receipts = vec![None; keys.len()];
    for (offset, indexes) in at {
        // What an erasure voided may be blank by now.
        let Entry::Commit(entry) = ledger.entry(offset)? else { continue };
        if entry.learner != learner {
            continue;
        }
        for index in indexes {
            let found = entry.receipts().find(|it| it.key == keys[index].0);
            receipts[index] = receipts[index].take().or(found.cloned());
        }
    }
    Ok(receipts)
}

/// A learner's state, made of their events.
pub(super) fn state(
    rows: &impl Rows,
    ledger: &Ledger,
    learner: LearnerId,
    newer: &[Event],
) -> Result<Learner, StoreError> {
    let mut events = of_learner(rows, ledger, learner, 0, usize::MAX)?;
    events.extend_from_slice(newer);
    Ok(fold(learner, &events))
}

/// Numbers above `after` with their offsets, from rows of [`PLACES`] each.
fn places<T>(
    row: impl Fn(u64) -> Result<Arc<T>, StoreError>,
    places_of: impl Fn(&T) -> &Vec<u64>,
    after: u64,
    limit: usize,
) -> Result<Vec<(u64, u64)>, StoreError> {
    let mut places = vec![];
    let mut next = after;
    while places.len() < limit {
        let row = row(next / PLACES)?;
        let rest = places_of(&row).get((next % PLACES) as usize..).unwrap_or_default();
        if rest.is_empty() {
            break;
        }
        places.extend((next + 1..).zip(rest.iter().copied()).take(limit - places.len()));
        next += rest.len() as u64;
        if !next.is_multiple_of(PLACES) {
            break;
        }
    }
    Ok(places)
}

/// Reads entries and keeps the last one: events that were written together stand together.
struct Reader<'a> {
    ledger: &'a Ledger,
    last: Option<(u64, Option<Committed>)>,
}

impl Reader<'_> {
    /// The commit at an offset; `None`: it was blanked.
    fn committed(&mut self, offset: u64) -> Result<Option<&Committed>, StoreError> {
        if self.last.as_ref().is_none_or(|it| it.0 != offset) {
            let committed = match self.ledger.entry(offset)? {
                Entry::Commit(committed) => Some(committed),
                Entry::Void(_) => None,
                Entry::Erase(_) | Entry::Lost {} => return Err(misplaced(offset)),
            };
            self.last = Some((offset, committed));
        }
        Ok(self.last.as_ref().expect("just read").1.as_ref())
    }

    /// The event at a place of a feed; `None`: it was lost, or its learner erased.
    fn event_at(
        &mut self,
        view: &View,
        position: Position,
        offset: u64,
    ) -> Result<Option<Event>, StoreError> {
        if offset == LOST {
            return Ok(None);
        }
        let Some(entry) = self.committed(offset)? else { return Ok(None) };
        let event = (position.checked_sub(entry.position)).and_then(|it| entry.events.get(it as usize));
        let event = event.cloned().ok_or_else(|| misplaced(offset))?;
        let is_erased = matches!(view.head(event.learner)?, Some(Head::Erased { .. }));
        Ok((!is_erased).then_some(event))
    }
}

fn misplaced(offset: u64) -> StoreError {
    StoreError::Damaged(format!(
        "the rows say that an event stands at offset {offset} of the ledger; it does not"
    ))
}
