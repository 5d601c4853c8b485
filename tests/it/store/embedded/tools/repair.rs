//! `repair` saves whatever is whole, says what is gone, and keeps what it found.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use milepost::{
    domain::{event::Event, id::LearnerId, learner::fold},
    store::{Store, embedded::tools},
};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Failing, damage, digest, entries, interrupt, overwrite, segments, tool, town, tree, village};
use crate::{
    given::{Person, receipt},
    store::embedded::{check_feeds, copy, open, open_with, options},
};

/// The ledger is as it was, but for what is gone; and so is what a store answers.
async fn check_saved(dir: &Path, before: &BTreeMap<u64, Value>) -> BTreeSet<u64> {
    digest(dir);
    let after = entries(dir);
    let is_lost = |it: &Value| *it == json!({ "lost": {} });
    let gone: BTreeSet<_> = after.iter().filter(|it| is_lost(it.1)).map(|it| *it.0).collect();
    let rest = |all: &BTreeMap<u64, Value>| -> Vec<_> {
        all.iter().filter(|it| !gone.contains(it.0)).map(|it| (*it.0, it.1.clone())).collect()
    };
    assert_eq!(rest(&after), rest(before));
    assert_eq!(after.len(), before.len());
    check_answers(dir, &after).await;
    gone
}

async fn check_answers(dir: &Path, entries: &BTreeMap<u64, Value>) {
    let mut learners: BTreeMap<LearnerId, Vec<Event>> = BTreeMap::new();
    for entry in entries.values() {
        let events: Vec<Event> =
            serde_json::from_value(entry["commit"]["events"].clone()).unwrap_or_default();
        events.into_iter().for_each(|it| learners.entry(it.learner).or_default().push(it));
        let erased: Option<LearnerId> = serde_json::from_value(entry["erase"]["learner"].clone()).ok();
        erased.into_iter().for_each(|it| drop(learners.remove(&it)));
    }
    let store = open(dir);
    for (learner, events) in &learners {
        assert_eq!(&store.history(*learner, 0, usize::MAX).await.unwrap(), events);
        assert_eq!(store.load(*learner).await.unwrap().as_deref(), Some(&fold(*learner, events)));
    }
    check_feeds(&*store).await;
    let (id, _) = learners.first_key_value().unwrap();
    let mut somebody = Person::of(&*store, *id).await;
    store.commit(somebody.completes("git")).await.unwrap();
    store.commit(Person::new(2_000).registers("New")).await.unwrap();
    store.close().await.unwrap();
    let store = open(dir);
    assert_eq!(store.load(*id).await.unwrap(), Some(somebody.state));
    store.close().await.unwrap();
}

#[tokio::test]
async fn all_that_is_whole_is_saved_from_every_kind_of_damage() {
    let whole = TempDir::new().unwrap();
    town(whole.path()).await;
    let before = entries(whole.path());
    for kind in damage::ALL {
        let dir = TempDir::new().unwrap();
        copy(whole.path(), dir.path());
        (kind.act)(dir.path());
        // Nobody knows how many of the erased it still counts.
        fs::write(dir.path().join("BLANKED"), r#"{"n_erased":1}"#).unwrap();
        let damaged = tree(&dir.path().join("ledger"));
        let repaired = tools::repair(dir.path(), &tool()).unwrap();
        assert!(repaired.is_good(), "{}: {repaired}", kind.name);
        let kept = dir.path().join("ledger.damaged-1");
        assert_eq!(repaired.kept.as_ref(), Some(&kept));
        let kept: Vec<_> = tree(&kept).into_values().collect();
        assert_eq!(kept, damaged.into_values().collect::<Vec<_>>());
        for gone in ["CLEAN", "ACKNOWLEDGED", "BLANKED", "sled", "ledger.repaired"] {
            assert!(!dir.path().join(gone).exists(), "{}: {gone}", kind.name);
        }
        let said: BTreeSet<_> = repaired.gone.iter().flat_map(|it| it.0..=it.1).collect();
        assert_eq!(check_saved(dir.path(), &before).await, said, "{}", kind.name);
        let again = tools::repair(dir.path(), &tool()).unwrap();
        assert!(again.kept.is_none() && again.to_string().contains("nothing to repair"), "{again}");
    }
}

#[tokio::test]
async fn a_good_store_is_left_alone() {
    let dir = TempDir::new().unwrap();
    let town = town(dir.path()).await;
    let before = tree(dir.path());
    let repaired = tools::repair(dir.path(), &tool()).unwrap();
    assert_eq!(repaired.to_string(), "the ledger is whole; there is nothing to repair");
    let mut after = tree(dir.path());
    after.insert(dir.path().join("LOCK"), before[&dir.path().join("LOCK")].clone());
    assert_eq!(after, before);
    town.check(&*open(dir.path())).await;
}

#[tokio::test]
async fn what_is_gone_is_told_from_its_neighbors() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    let mut ada = Person::new(1);
    store.commit(ada.registers("Ada")).await.unwrap();
    store.commit(ada.completes("sql")).await.unwrap();
    store.commit(ada.completes("git")).await.unwrap();
    store.close().await.unwrap();
    let bucket = milepost::store::Bucket::of(ada.id).number();
    overwrite(&segments(dir.path())[0], |it| {
        let length = u32::from_le_bytes(it[46..50].try_into().unwrap());
        it[46 + 17 + length as usize + 30] ^= 1;
    });
    let said = tools::repair(dir.path(), &tool()).unwrap().to_string();
    assert!(said.contains("gone for good: record 2\n"), "{said}");
    assert!(said.contains(&format!("learner {} lacks version 2\n", ada.id)), "{said}");
    assert!(said.contains(&format!("the feed of bucket {bucket} lacks position 2\n")), "{said}");
    let store = open(dir.path());
    ada.events.remove(1);
    assert_eq!(store.history(ada.id, 0, 9).await.unwrap(), ada.events);
    let feed = store.feed(milepost::store::Bucket::of(ada.id), 0, 9).await.unwrap();
    let feed: Vec<_> = feed.into_iter().map(|it| (it.position, it.event.map(|it| it.version))).collect();
    assert_eq!(feed, [(1, Some(1)), (2, None), (3, Some(3))]);
}

#[tokio::test]
async fn a_receipt_between_what_is_gone_and_what_follows_contradicts_nothing() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    let mut ada = Person::new(1);
    store.commit(ada.registers("Ada")).await.unwrap();
    store.commit(ada.completes("lost")).await.unwrap();
    store.commit(ada.receives(receipt("key", 1))).await.unwrap();
    store.commit(ada.completes("git")).await.unwrap();
    store.close().await.unwrap();
    overwrite(&segments(dir.path())[0], |it| {
        let at = it.windows(6).position(|it| it == b"\"lost\"").unwrap();
        it[at + 1] ^= 1;
    });
    assert_eq!(tools::repair(dir.path(), &tool()).unwrap().gone, [(2, 2)]);
    digest(dir.path());
}

#[tokio::test]
async fn any_flipped_bit_is_noticed_and_repaired() {
    let whole = TempDir::new().unwrap();
    village(whole.path()).await;
    fs::remove_dir_all(whole.path().join("sled")).unwrap();
    let (before, paths) = (entries(whole.path()), segments(whole.path()));
    for way in 0_usize..120 {
        let dir = TempDir::new().unwrap();
        copy(whole.path(), dir.path());
        let name = paths[way % paths.len()].file_name().unwrap();
        overwrite(&dir.path().join("ledger").join(name), |it| {
            let used = it.iter().rposition(|it| *it != 0).unwrap() + 1;
            it[way * 7_919 % used] ^= 1 << (way % 8);
        });
        assert!(tools::verify(dir.path(), &tool()).unwrap().is_damaged(), "way {way}");
        let repaired = tools::repair(dir.path(), &tool()).unwrap();
        let after = entries(dir.path());
        let n_gone = before.iter().filter(|it| after[it.0] != *it.1).count();
        assert!(n_gone <= 1, "way {way}: {repaired}");
        assert_eq!(repaired.gone.len(), n_gone);
    }
}

#[tokio::test]
async fn a_repair_can_be_interrupted_anywhere() {
    for kind in damage::ALL.into_iter().filter(|it| ["payload", "no last file"].contains(&it.name)) {
        let whole = TempDir::new().unwrap();
        village(whole.path()).await;
        let before = entries(whole.path());
        (kind.act)(whole.path());
        let mut n_between = 0;
        interrupt(|interrupted, failing| {
            let dir = TempDir::new().unwrap();
            copy(whole.path(), dir.path());
            let done = tools::repair(dir.path(), &interrupted);
            drop(done);
            // A store opens with damage in an older file, until that is read; it never opens without a
            // ledger.
            if matches!(failing, Failing::From(_)) {
                match open_with(dir.path(), options()) {
                    Ok(store) => drop(store),
                    Err(error) => {
                        assert!(error.to_string().contains("milepost repair"), "{failing:?}: {error}")
                    }
                }
            }
            let is_between = !dir.path().join("ledger").exists();
            n_between += usize::from(is_between);
            assert_eq!(tools::verify(dir.path(), &tool()).is_err(), is_between, "{failing:?}");
            assert!(dir.path().join("ledger").exists() || dir.path().join("ledger.repaired").exists());
            tools::repair(dir.path(), &tool()).unwrap();
            digest(dir.path());
            let after = entries(dir.path());
            assert_eq!(after.len(), before.len(), "{failing:?}");
            let gone = before.iter().filter(|it| after[it.0] != *it.1);
            assert!(gone.clone().all(|it| after[it.0] == json!({ "lost": {} })), "{failing:?}");
            let most = if kind.name == "payload" { 1 } else { 6 };
            assert!((1..=most).contains(&gone.count()), "{failing:?}");
        });
        assert!(3 < n_between);
    }
}

#[tokio::test]
async fn a_ledger_of_which_nothing_is_whole_is_left_alone() {
    let dir = TempDir::new().unwrap();
    town(dir.path()).await;
    for path in segments(dir.path()) {
        overwrite(&path, |it| it.fill(7));
    }
    let error = tools::repair(dir.path(), &tool()).unwrap_err().to_string();
    assert!(error.contains("put back a backup"), "{error}");
    assert!(dir.path().join("ledger").exists() && dir.path().join("CLEAN").exists());
}

#[tokio::test]
async fn a_missing_format_is_written_again() {
    let dir = TempDir::new().unwrap();
    let town = town(dir.path()).await;
    fs::remove_file(dir.path().join("FORMAT")).unwrap();
    assert!(tools::verify(dir.path(), &tool()).unwrap().is_damaged());
    let repaired = tools::repair(dir.path(), &tool()).unwrap();
    assert!(repaired.to_string().contains("FORMAT was missing"), "{repaired}");
    town.check(&*open(dir.path())).await;
}
