//! Lists of learners, from the rows that hold their places.

use std::collections::HashSet;

use super::rows::{Head, Here, Rows as _, View, key, open};
use crate::{
    domain::{id::LearnerId, summary::Filter, time::Timestamp},
    store::{Bucket, Page, PageQuery, SortKey, StoreError},
};

/// One page of a list.
pub(super) fn page(view: &View, query: &PageQuery) -> Result<Page, StoreError> {
    walk(view, query, places(view, query))
}

/// The places of the part of a list that is asked for, in the direction of the walk.
fn places(view: &View, query: &PageQuery) -> impl Iterator<Item = Result<SortKey, StoreError>> {
    let (low, high) = match query.descending {
        false => (&query.after, &query.before),
        true => (&query.before, &query.after),
    };
    // The walk goes from one end of the part asked for; its direction among the keys follows.
    view.places(query.order, low.as_ref(), high.as_ref(), query.descending != query.from_end)
}

fn walk(
    view: &View,
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
        if met.contains(&learner) || !passes(view, query, learner)? {
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

fn passes(view: &View, query: &PageQuery, learner: LearnerId) -> Result<bool, StoreError> {
    if query.filter.is_empty() {
        return Ok(true);
    }
    let head = view.head(learner)?;
    Ok(head.is_some_and(|it| passes_head(&it, &query.filter, query.now)))
}

/// How many learners pass a filter. It looks at everybody.
pub(super) fn count(view: &View, filter: &Filter, now: Timestamp) -> Result<u64, StoreError> {
    let mut count = 0;
    for bucket in Bucket::all() {
        for row in view.starting_with(&key::of_bucket(bucket, key::Kind::Head)) {
            let (key, value) = row?;
            count += u64::from(passes_head(&open(&key, &value)?, filter, now));
        }
    }
    Ok(count)
}

fn passes_head(head: &Head, filter: &Filter, now: Timestamp) -> bool {
    let Head::Here(Here { summary: Some(summary), .. }) = head else { return false };
    filter.passes(summary, now)
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, sync::Arc};

    use uuid::Uuid;

    use super::{super::rows::Table, *};
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
            due_at: None,
        };
        SortKey::of(OrderBy::Name, LearnerId(Uuid::from_u128(number)), &summary)
    }

    #[test]
    fn a_page_without_a_filter_reads_its_own_places_and_one_more() {
        let dir = tempfile::TempDir::new().expect("a directory");
        let table = Table::open(dir.path(), 1 << 20).expect("rows");
        let rows = (0..1_000).map(|it| key::list(OrderBy::Name, &place(it)));
        table.apply(rows.map(|it| (it.into(), Some((&b""[..]).into()))).collect()).expect("written");
        let view = View::new(Arc::new(table));
        for (descending, from_end) in [(false, false), (false, true), (true, false), (true, true)] {
            for after in [None, Some(place(500))] {
                let filter = Filter::default();
                let (now, order, limit) = (Timestamp::from_micros(0), OrderBy::Name, 20);
                let query =
                    PageQuery { filter, now, order, descending, after, before: None, limit, from_end };
                let n_read = Cell::new(0);
                let counted = places(&view, &query).inspect(|_| n_read.set(n_read.get() + 1));
                let page = walk(&view, &query, counted).expect("a page");
                assert_eq!((page.rows.len(), page.more, n_read.get()), (20, true, 21), "{query:?}");
            }
        }
    }
}
