//! Asks a store for all that the book says. It knows nothing of the engine: it reads through the
//! contract alone, and folds events by itself.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
};

use milepost::{
    domain::{
        event::Event,
        id::LearnerId,
        learner::{Learner, fold},
        summary::{Filter, OrderBy},
    },
    store::{Bucket, Claim, PageQuery, SortKey, Store, StoreError},
};

use super::book::{Account, Book, Known, Seen};
use crate::{
    given::{second, summarize},
    store::lists::all,
};

/// Asks for everything. Answers the book as it is now that everything was seen: what was in doubt
/// is not any more.
pub async fn check(store: &dyn Store, book: &Book) -> Result<Book, String> {
    let mut settled = Book::default();
    let mut found = BTreeMap::new();
    for (learner, account) in &book.accounts {
        let known = check_learner(store, *learner, account).await?;
        settled.settle(*learner, known.clone());
        found.insert(*learner, known);
    }
    let states: Vec<_> = found.iter().filter(|it| !it.1.seen.events.is_empty()).map(state_of).collect();
    check_claims(store, &states, book).await?;
    check_lists(store, &states).await?;
    check_feeds(store, &found).await?;
    Ok(settled)
}

/// Asks for what is found without reading events: claims and lists. Nothing is in doubt.
pub async fn check_rows(store: &dyn Store, book: &Book) -> Result<(), String> {
    let known: BTreeMap<_, _> = book.accounts.iter().map(|it| (*it.0, it.1.possible()[0].clone())).collect();
    let states: Vec<_> = known.iter().filter(|it| !it.1.seen.events.is_empty()).map(state_of).collect();
    check_claims(store, &states, book).await?;
    check_lists(store, &states).await
}

fn state_of((learner, known): (&LearnerId, &Known)) -> Learner {
    fold(*learner, &known.seen.events)
}

/// A learner is as they were after all calls that were acknowledged, and perhaps some that are in
/// doubt, each of them in whole.
pub async fn check_learner(
    store: &dyn Store,
    learner: LearnerId,
    account: &Account,
) -> Result<Known, String> {
    let seen = look(store, learner, account).await.map_err(|it| format!("{learner}: {it}"))?;
    let possible = account.possible();
    let Some(known) = possible.iter().find(|it| it.seen == seen) else {
        let expected: Vec<_> = possible.iter().map(|it| told(&it.seen)).collect();
        return Err(format!("{learner}: expected {}; found {}", expected.join(" or "), told(&seen)));
    };
    let state = store.load(learner).await.map_err(|it| format!("{learner}: {it}"))?;
    let expected = (!seen.events.is_empty()).then(|| fold(learner, &seen.events));
    same(&format!("the state of {learner}"), &expected.as_ref(), &state.as_deref())?;
    Ok(known.clone())
}

async fn look(store: &dyn Store, learner: LearnerId, account: &Account) -> Result<Seen, StoreError> {
    let mut receipts = BTreeMap::new();
    for key in account.keys() {
        if let Some(receipt) = store.replay(learner, &key).await? {
            receipts.insert(key, receipt);
        }
    }
    let events = store.history(learner, 0, usize::MAX).await?;
    Ok(Seen { events, receipts, erased_at: store.erased_at(learner).await? })
}

fn told(seen: &Seen) -> String {
    let Seen { events, receipts, erased_at } = seen;
    let erased = if erased_at.is_some() { ", erased" } else { "" };
    format!("{} events, {} receipts{erased}", events.len(), receipts.len())
}

/// Claims are those of the states, and all others are free.
async fn check_claims(store: &dyn Store, states: &[Learner], book: &Book) -> Result<(), String> {
    let held: BTreeMap<_, _> =
        states.iter().flat_map(|state| Claim::of(state).into_iter().map(|it| (it, state.id))).collect();
    let ever: BTreeSet<_> = book.accounts.iter().flat_map(ever_claimed).collect();
    for claim in ever {
        let holder = store.find(&claim).await.map_err(|it| it.to_string())?;
        same(&format!("the holder of {claim:?}"), &held.get(&claim), &holder.as_ref())?;
    }
    Ok(())
}

fn ever_claimed((learner, account): (&LearnerId, &Account)) -> Vec<Claim> {
    account.possible().iter().flat_map(|it| Claim::of(&fold(*learner, &it.seen.events))).collect()
}

async fn check_lists(store: &dyn Store, states: &[Learner]) -> Result<(), String> {
    let n_learners = store.count(&Filter::default(), second(0)).await.map_err(|it| it.to_string())?;
    same("how many learners there are", &(states.len() as u64), &n_learners)?;
    for order in OrderBy::ALL {
        let query = PageQuery { order, limit: 10_000, ..all() };
        let page = store.page(query).await.map_err(|it| it.to_string())?;
        let mut rows: Vec<_> =
            states.iter().map(|it| (SortKey::of(order, it.id, &summarize(it)), it.id)).collect();
        rows.sort();
        same(&format!("the list by {order:?}"), &rows, &page.rows)?;
    }
    Ok(())
}

/// Feeds have all events of everybody, in order, at positions without a gap; the places of the
/// erased are empty.
async fn check_feeds(store: &dyn Store, found: &BTreeMap<LearnerId, Known>) -> Result<(), String> {
    let heads = store.heads().await.map_err(|it| it.to_string())?;
    let buckets: BTreeSet<_> = found.keys().map(|it| Bucket::of(*it)).collect();
    let mut n_places = 0;
    for bucket in buckets {
        let here: BTreeMap<_, _> = found.iter().filter(|it| Bucket::of(*it.0) == bucket).collect();
        let n_here: usize = here.values().map(|it| it.n_places).sum();
        let feed = store.feed(bucket, 0, usize::MAX).await.map_err(|it| it.to_string())?;
        let positions: Vec<_> = feed.iter().map(|it| it.position).collect();
        same("the positions of a feed", &(1..=n_here as u64).collect::<Vec<_>>(), &positions)?;
        same("the head of a feed", &(n_here as u64), &heads[bucket.index()])?;
        let events: Vec<Event> = feed.iter().filter_map(|it| it.event.clone()).collect();
        for (learner, known) in &here {
            let theirs: Vec<_> = events.iter().filter(|it| it.learner == **learner).collect();
            same("what a feed has of a learner", &known.seen.events.iter().collect::<Vec<_>>(), &theirs)?;
        }
        let places = feed.iter().filter_map(|it| Some((it.position, it.event.clone()?)));
        let mut batches: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (position, event) in places {
            batches.entry(event.batch).or_default().push((position, event));
        }
        for (batch, events) in batches {
            let Some(batch) = batch else { continue };
            let found = store.events_of_batch(batch, bucket, 0, usize::MAX).await;
            same("a batch in a feed", &events, &found.map_err(|it| it.to_string())?)?;
        }
        same("all of a feed", &here.values().map(|it| it.seen.events.len()).sum::<usize>(), &events.len())?;
        n_places += n_here as u64;
    }
    same("the places of all feeds", &n_places, &heads.iter().sum())
}

fn same<T: PartialEq + Debug>(what: &str, expected: &T, found: &T) -> Result<(), String> {
    if expected == found {
        return Ok(());
    }
    let text = format!("{what}: expected {expected:?}, found {found:?}");
    Err(text.chars().take(600).collect())
}
