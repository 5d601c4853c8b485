//! The book that the records of a ledger tell, all of them or some.

use std::collections::BTreeMap;

use milepost::{
    domain::{event::Event, time::Timestamp},
    store::{Bucket, Receipt},
};
use serde_json::Value;

use super::{
    book::{Book, Known, Seen},
    records::Place,
};

/// What must be seen when of these records those with some numbers are there. Whoever was blanked
/// had been erased: if that is not there, it was written again at some time.
pub fn book(places: &[Place], is_there: impl Fn(u64) -> bool, again: Timestamp) -> Book {
    let mut all: BTreeMap<_, Known> = BTreeMap::new();
    let mut ends: BTreeMap<Bucket, usize> = BTreeMap::new();
    for place in places {
        let known = all.entry(place.learner).or_default();
        if is_there(place.seq) {
            let end = add(&mut known.seen, &place.said, again);
            let furthest = ends.entry(Bucket::of(place.learner)).or_default();
            *furthest = end.max(*furthest);
        }
    }
    let mut book = Book::default();
    for (learner, known) in all {
        // A feed goes on behind what is gone, whoever that was about.
        let n_places = ends.remove(&Bucket::of(learner)).unwrap_or(0);
        book.settle(learner, Known { n_places, ..known });
    }
    book
}

/// Adds what a record says; answers up to where its feed goes by it.
fn add(seen: &mut Seen, said: &Value, again: Timestamp) -> usize {
    let end = |first: &Value, n_events: usize| match n_events {
        0 => 0,
        _ => first.as_u64().unwrap() as usize + n_events - 1,
    };
    if let Some(void) = said.get("void") {
        seen.erased_at.get_or_insert(again);
        return end(&void["position"], void["n_events"].as_u64().unwrap_or(0) as usize);
    }
    let Some(commit) = said.get("commit") else {
        let erased_at = serde_json::from_value(said["erase"]["recorded_at"].clone()).unwrap();
        *seen = Seen { erased_at, ..Seen::default() };
        return 0;
    };
    let field = |it: &str| commit.get(it).cloned();
    let events: Vec<Event> = field("events").map_or(vec![], |it| serde_json::from_value(it).unwrap());
    let more = field("more_receipts").map_or(vec![], |it| it.as_array().unwrap().clone());
    let receipts = field("receipt").into_iter().chain(more);
    let receipts = receipts.map(|it| serde_json::from_value::<Receipt>(it).unwrap());
    let end = end(&commit["position"], events.len());
    seen.events.extend(events);
    seen.receipts.extend(receipts.map(|it| (it.key.clone(), it)));
    end
}
