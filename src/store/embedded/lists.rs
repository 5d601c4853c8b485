//! Lists of learners, from the rows that hold their places.

use std::collections::HashSet;

use super::rows::{Head, Rows, Table, key, open};
use crate::{
    domain::{id::LearnerId, summary::Filter, time::Timestamp},
    store::{Bucket, Page, PageQuery, SortKey, StoreError},
};

/// One page of a list.
pub(super) fn page(table: &Table, query: &PageQuery) -> Result<Page, StoreError> {
    walk(table, query, places(table, query))
}

/// The places of the part of a list that is asked for, in the direction of the walk.
fn places(table: &Table, query: &PageQuery) -> Box<dyn Iterator<Item = Result<SortKey, StoreError>>> {
    let (low, high) = match query.descending {
        false => (&query.after, &query.before),
        true => (&query.before, &query.after),
    };
    let places = table.places(query.order, low.as_ref(), high.as_ref());
    // The walk goes from one end of the part asked for; its direction among the keys follows.
    if query.descending == query.from_end { Box::new(places) } else { Box::new(places.rev()) }
}

fn walk(
    table: &Table,
    query: &PageQuery,
    places: impl Iterator<Item = Result<SortKey, StoreError>>,
) -> Result<Page, StoreError> {
    let mut rows = vec![];
    // A learner who moves ahead of the walk is met twice.
    let mut met = HashSet::new();
    let mut more = false;
    for place in places {
        let place = place?;
        let learner = place.learner();
        if met.contains(&learner) || !passes(table, query, learner)? {
            continue;
        }
        if rows.len() == query.limit {
            more = true;
            break;
        }
        met.insert(learner);
        rows.push((place, learner));
    }
    if query.from_end {
        rows.reverse();
    }
    Ok(Page { rows, more })
}

fn passes(table: &Table, query: &PageQuery, learner: LearnerId) -> Result<bool, StoreError> {
    if query.filter.is_empty() {
        return Ok(true);
    }
    let head = table.head(learner)?;
    Ok(matches!(head, Some(Head::Here(here)) if query.filter.passes(&here.summary, query.now)))
}

/// How many learners pass a filter. It looks at everybody.
pub(super) fn count(table: &Table, filter: &Filter, now: Timestamp) -> Result<u64, StoreError> {
    let mut count = 0;
    for bucket in Bucket::all() {
        for row in table.starting_with(&key::of_bucket(bucket, key::Kind::Head)) {
            let (key, value) = row?;
            let passes = matches!(open(&key, &value)?, Head::Here(here) if filter.passes(&here.summary, now));
            count += u64::from(passes);
        }
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use uuid::Uuid;

    use super::*;
    use crate::domain::summary::{OrderBy, Summary};

    fn place(number: u128) -> SortKey {
        let at = Timestamp::from_micros(0);
        let summary = Summary {
            name: format!("Somebody {number:03}"),
            stack: None,
            created_at: at,
            updated_at: at,
            n_done: 0,
            n_total: 0,
            met: vec![],
        };
        SortKey::of(OrderBy::Name, LearnerId(Uuid::from_u128(number)), &summary)
    }

    #[test]
    fn a_page_without_a_filter_reads_its_own_places_and_one_more() {
        let dir = tempfile::TempDir::new().expect("a directory");
        let table = Table::open(dir.path(), 1 << 20).expect("rows");
        let mut batch = sled::Batch::default();
        (0..1_000).for_each(|it| batch.insert(key::list(OrderBy::Name, &place(it)), b""));
        table.apply(batch).expect("written");
        for (descending, from_end) in [(false, false), (false, true), (true, false), (true, true)] {
            for after in [None, Some(place(500))] {
                let filter = Filter::default();
                let (now, order, limit) = (Timestamp::from_micros(0), OrderBy::Name, 20);
                let query =
                    PageQuery { filter, now, order, descending, after, before: None, limit, from_end };
                let n_read = Cell::new(0);
                let counted = places(&table, &query).inspect(|_| n_read.set(n_read.get() + 1));
                let page = walk(&table, &query, counted).expect("a page");
                assert_eq!((page.rows.len(), page.more, n_read.get()), (20, true, 21), "{query:?}");
            }
        }
    }
}
