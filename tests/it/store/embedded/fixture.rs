//! A store of the first format, which never changes: whatever comes later reads it, and answers what
//! stands beside it.
//!
//! It was written once, by `cargo nextest run --run-ignored only write_the_fixture`. A store of another
//! format gets a directory of its own.

use std::{
    fs,
    path::{Path, PathBuf},
};

use milepost::domain::{
    event::Change,
    summary::{Filter, OrderBy},
};
use milepost::store::{
    Bucket, Claim, Maintenance, PageQuery, Store,
    embedded::{EmbeddedOptions, EmbeddedStore, tools},
};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{
    copy, open_with, options,
    tools::{overwrite, segments, tool},
};
use crate::{
    given::{Person, With, completed, evidence, learner_id, receipt, registered, renamed, retracted, second},
    store::lists::all,
};

const N_PEOPLE: u128 = 5;

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/store-1")
}

fn small() -> EmbeddedOptions {
    EmbeddedOptions { segment_bytes: 2 << 10, ..options() }
}

/// All that can be asked of it.
async fn answers(store: &EmbeddedStore) -> Value {
    let mut learners = vec![];
    for number in 1..=N_PEOPLE {
        let id = learner_id(number);
        let claim = Claim::Email(format!("{number}@example.com"));
        let mut receipts = vec![];
        for key in ["first", "second"] {
            receipts.push(store.replay(id, key).await.unwrap());
        }
        learners.push(json!({
            "id": id,
            "state": store.load(id).await.unwrap(),
            "history": store.history(id, 0, usize::MAX).await.unwrap(),
            "receipts": receipts,
            "holder": store.find(&claim).await.unwrap(),
            "erased_at": store.erased_at(id).await.unwrap(),
        }));
    }
    let mut feeds = vec![];
    for (bucket, head) in Bucket::all().zip(store.heads().await.unwrap()).filter(|it| it.1 != 0) {
        let items = store.feed(bucket, 0, usize::MAX).await.unwrap();
        let events: Vec<_> = items.into_iter().map(|it| json!([it.position, it.event])).collect();
        feeds.push(json!({ "bucket": bucket.number(), "head": head, "events": events }));
    }
    let mut pages = vec![];
    // Those that there were when it was written.
    for order in [OrderBy::Name, OrderBy::CreatedAt, OrderBy::Progress, OrderBy::LastActivity] {
        let page = store.page(PageQuery { order, ..all() }).await.unwrap();
        pages.push(page.rows.into_iter().map(|it| it.1).collect::<Vec<_>>());
    }
    let count = store.count(&Filter::default(), second(0)).await.unwrap();
    json!({ "learners": learners, "feeds": feeds, "pages": pages, "count": count })
}

fn expected() -> Value {
    let text = fs::read_to_string(fixture().with_extension("json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn a_store_of_the_first_format_is_read() {
    for has_rows in [true, false] {
        let dir = TempDir::new().unwrap();
        copy(&fixture(), dir.path());
        let verified = tools::verify(dir.path(), &tool()).unwrap();
        assert!(!verified.is_damaged(), "{verified}");
        assert_eq!(verified.totals.digest, expected()["digest"].as_str().unwrap());
        if !has_rows {
            for gone in ["CLEAN", "ACKNOWLEDGED", "ROWS"] {
                // ROWS is only there when it says anything.
                drop(fs::remove_file(dir.path().join(gone)));
            }
            let rows = fs::read_dir(dir.path()).unwrap().map(|it| it.unwrap().path());
            rows.filter(|it| it.file_name().unwrap().to_str().unwrap().starts_with("sled"))
                .for_each(|it| fs::remove_dir_all(it).unwrap());
        }
        let store = open_with(dir.path(), small()).unwrap();
        assert_eq!(answers(&store).await, expected()["answers"]);
        let mut ada = Person::of(&*store, learner_id(1)).await;
        store.commit(ada.completes("git")).await.unwrap();
        store.close().await.unwrap();
        let store = open_with(dir.path(), small()).unwrap();
        assert_eq!(store.load(ada.id).await.unwrap(), Some(ada.state));
    }
}

#[test]
fn it_has_an_entry_of_each_kind() {
    let entries = super::tools::entries(&fixture());
    let kinds: std::collections::BTreeSet<_> =
        entries.values().map(|it| it.as_object().unwrap().keys().next().unwrap().clone()).collect();
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["commit", "erase", "lost", "void"]);
    assert!(3 < segments(&fixture()).len());
}

#[tokio::test]
#[ignore = "the fixture was written once and never changes"]
async fn write_the_fixture() {
    assert!(!fixture().exists(), "the fixture never changes");
    let dir = TempDir::new().unwrap();
    write(dir.path()).await;
    for entry in fs::read_dir(dir.path()).unwrap().map(|it| it.unwrap()) {
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_dir() && (name == "ledger" || name.starts_with("sled")) {
            copy(&entry.path(), &fixture().join(name));
        } else if ["FORMAT", "CLEAN", "ACKNOWLEDGED", "ROWS"].contains(&&*name) {
            fs::create_dir_all(fixture()).unwrap();
            fs::copy(entry.path(), fixture().join(name)).unwrap();
        }
    }
    let digest = tools::verify(dir.path(), &tool()).unwrap().totals.digest;
    let store = open_with(dir.path(), small()).unwrap();
    let expected = json!({ "digest": digest, "answers": answers(&store).await });
    let text = serde_json::to_string_pretty(&expected).unwrap() + "\n";
    fs::write(fixture().with_extension("json"), text).unwrap();
}

/// One who goes on, one whose events were lost, one who undid something, and two who were erased,
/// of whom one is blanked.
async fn write(dir: &Path) {
    let store = open_with(dir, small()).unwrap();
    let mut people: Vec<_> = (1..=N_PEOPLE).map(Person::new).collect();
    for (number, person) in (1..).zip(&mut people) {
        let (id, email) = (format!("id-{number}"), format!("{number}@example.com"));
        let registered = person.then([registered("Somebody", Some(&id), Some(&email))]);
        store.commit(registered.with(receipt("first", 1))).await.unwrap();
        store.commit(person.then([completed("sql"), evidence(number)])).await.unwrap();
        store.commit(person.then([renamed(&format!("Person {number}"))])).await.unwrap();
        store.commit(person.receives(receipt("second", 2))).await.unwrap();
    }
    store.commit(people[2].then([Change::EventUndone { undone: 2 }])).await.unwrap();
    store.commit(people[2].then([retracted(3)])).await.unwrap();
    store.commit(people[0].then((10..80).map(evidence))).await.unwrap();
    store.commit(people[1].completes("git")).await.unwrap();
    store.erase(people[3].is_erased()).await.unwrap();
    store.close().await.unwrap();
    // The second person's name.
    for path in segments(dir) {
        overwrite(&path, |it| {
            let name = it.windows(8).position(|it| it == b"Person 2");
            name.into_iter().for_each(|at| it[at] ^= 1);
        });
    }
    tools::repair(dir, &tools::ToolOptions { segment_bytes: 2 << 10, ..tool() }).unwrap();
    let store = open_with(dir, small()).unwrap();
    assert_eq!(store.shrink(None).await.unwrap().n_blanked, 4);
    store.erase(people[4].is_erased()).await.unwrap();
    let mut second = Person::of(&*store, people[1].id).await;
    store.commit(second.completes("api")).await.unwrap();
    store.close().await.unwrap();
}
