//! The book that the records of a ledger tell, all of them or some.

use std::collections::BTreeMap;

use milepost::{
    domain::event::Event,
    store::{Bucket, Receipt},
};
use serde_json::Value;

use super::{
    book::{Book, Known, Seen},
    records::Place,
};

/// What must be seen when of these records those with some numbers are there. None is blanked.
pub fn book(places: &[Place], is_there: impl Fn(u64) -> bool) -> Book {
    let mut all: BTreeMap<_, Known> = BTreeMap::new();
    let mut ends: BTreeMap<Bucket, usize> = BTreeMap::new();
    for place in places {
        let known = all.entry(place.learner).or_default();
        if is_there(place.seq) {
            let end = add(&mut known.seen, &place.said);
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
fn add(seen: &mut Seen, said: &Value) -> usize {
    let Some(commit) = said.get("commit") else {
        let erased_at = serde_json::from_value(said["erase"]["recorded_at"].clone()).unwrap();
        *seen = Seen { erased_at, ..Seen::default() };
        return 0;
    };
    let field = |it: &str| commit.get(it).cloned();
    let events: Vec<Event> = field("events").map_or(vec![], |it| serde_json::from_value(it).unwrap());
    let receipt: Option<Receipt> = field("receipt").map(|it| serde_json::from_value(it).unwrap());
    let position = commit["position"].as_u64().unwrap_or(0) as usize;
    let end = if events.is_empty() { 0 } else { position + events.len() - 1 };
    seen.events.extend(events);
    seen.receipts.extend(receipt.map(|it| (it.key.clone(), it)));
    end
}
