//! The tools for a store that nobody serves: on a good one, on every kind of damage, and when they
//! are interrupted at any step.

mod backup;
mod blank;
mod damage;
mod notes;
mod repair;
mod transfer;
mod verify;

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use milepost::{
    domain::event::Change,
    store::{
        Store,
        embedded::{
            Act, EmbeddedOptions, Fault, FileOp,
            tools::{self, ToolOptions},
        },
    },
};
use serde_json::Value;

use super::{Town, open, open_with, options};
use crate::given::{Person, With, evidence, receipt, registered, second};

/// A ledger file of a village is full with as many bytes.
const VILLAGE: u64 = 3 << 10;

pub fn tool() -> ToolOptions {
    ToolOptions { segment_bytes: 16 << 10, ..ToolOptions::new(second(5_000)) }
}

/// A town in a directory, closed cleanly: 164 records in several files.
pub async fn town(dir: &Path) -> Town {
    let store = open(dir);
    let town = Town::build(&*store).await;
    store.close().await.unwrap();
    assert!(3 < segments(dir).len());
    town
}

/// A few people in a directory, closed cleanly: 16 records in three files.
pub async fn village(dir: &Path) -> Vec<Person> {
    let segment_bytes = VILLAGE;
    let store = open_with(dir, EmbeddedOptions { segment_bytes, ..options() }).unwrap();
    let mut people: Vec<_> = (1..=4).map(Person::new).collect();
    for (number, person) in people.iter_mut().enumerate() {
        let email = format!("{number}@example.com");
        let registered = person.then([registered("Somebody", None, Some(&email))]);
        store.commit(registered.with(receipt("registered", 1))).await.unwrap();
        store.commit(person.then((0..2).map(evidence))).await.unwrap();
        store.commit(person.completes("sql")).await.unwrap();
        store.commit(person.then([Change::EventUndone { undone: 2 }])).await.unwrap();
    }
    store.close().await.unwrap();
    assert_eq!(segments(dir).len(), 3);
    people
}

pub fn segments(dir: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(dir.join("ledger")).unwrap().map(|it| it.unwrap().path()).collect();
    paths.sort();
    paths
}

pub fn overwrite(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

/// The records of a ledger without damage, by their numbers.
pub fn entries(dir: &Path) -> BTreeMap<u64, Value> {
    let mut text = vec![];
    tools::export(dir, &mut text, &tool()).unwrap();
    let text = String::from_utf8(text).unwrap();
    let lines = text.lines().map(|it| serde_json::from_str::<Value>(it).unwrap());
    lines
        .filter(|it| it["seq"].is_u64())
        .map(|it| (it["seq"].as_u64().unwrap(), it["entry"].clone()))
        .collect()
}

/// The digest of what is stored, which must be whole.
#[track_caller]
pub fn digest(dir: &Path) -> String {
    let verified = tools::verify(dir, &tool()).unwrap();
    assert!(!verified.is_damaged(), "{verified}");
    verified.totals.digest
}

/// All files of a directory with their bytes.
pub fn tree(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(path.clone(), fs::read(path).unwrap());
            }
        }
    }
    files
}

/// How operations fail.
#[derive(Debug, Clone, Copy)]
pub enum Failing {
    /// This one, and none after it.
    Only(usize),
    /// This one, and all after it: what a crash leaves.
    From(usize),
}

/// Lets operations fail, and counts them.
pub fn failing(how: Failing) -> (Fault, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counts = count.clone();
    let fault = move |_: &FileOp<'_>| {
        let number = counts.fetch_add(1, Ordering::SeqCst);
        let fails = match how {
            Failing::Only(which) => number == which,
            Failing::From(which) => which <= number,
        };
        if fails { Err(io::Error::other("on purpose")) } else { Ok(Act::Do) }
    };
    (Arc::new(fault), count)
}

/// Interrupts something at each of its file operations, in both ways; each time it begins anew.
pub fn interrupt(mut act: impl FnMut(ToolOptions, Failing)) {
    for how in [Failing::Only as fn(usize) -> Failing, Failing::From] {
        for number in 0.. {
            let (fault, count) = failing(how(number));
            act(ToolOptions { fault: Some(fault), segment_bytes: VILLAGE, ..tool() }, how(number));
            if count.load(Ordering::SeqCst) <= number {
                assert!(10 < number, "there were only {number} operations");
                break;
            }
        }
    }
}
