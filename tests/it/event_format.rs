//! The form in which events are kept for ever: whatever was written once stays readable, and
//! says the same.

use std::collections::BTreeSet;

use milepost::{domain::event::Event, graphql};

const EVENTS: &str = include_str!("golden/events.jsonl");

#[test]
fn what_was_written_once_reads_the_same_for_ever() {
    for line in EVENTS.lines() {
        let event: Event = serde_json::from_str(line).expect(line);
        assert_eq!(serde_json::to_string(&event).expect(line), line);
    }
}

#[test]
fn every_kind_of_event_is_among_them() {
    let sdl = graphql::sdl();
    let (_, kinds) = sdl.split_once("enum EventKind {").expect("the enum");
    let (kinds, _) = kinds.split_once("\n}").expect("its end");
    let names =
        kinds.lines().map(str::trim).filter(|it| it.chars().all(|it| it.is_ascii_uppercase() || it == '_'));
    let named: BTreeSet<_> = names.filter(|it| !it.is_empty()).collect();
    let kind = |it: &str| {
        serde_json::from_str::<serde_json::Value>(it).expect(it)["kind"].as_str().map(str::to_owned)
    };
    let kept: BTreeSet<_> = EVENTS.lines().filter_map(kind).collect();
    assert_eq!(kept.iter().map(String::as_str).collect::<BTreeSet<_>>(), named);
}
