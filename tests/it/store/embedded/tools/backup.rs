//! Backups are whole or not there, and so is what is restored from them.

use std::{
    fs::{self, File},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use milepost::store::{
    BackupWish, Maintenance, Store,
    embedded::{Act, EmbeddedOptions, EmbeddedStore, Fault, FileOp, tools},
};
use serde_json::Value;
use tempfile::TempDir;

use super::{damage, digest, entries, interrupt, overwrite, segments, tool, town, tree, village};
use crate::{
    given::{Person, second, slug},
    store::embedded::{copy, open, open_with, options},
};

#[tokio::test]
async fn what_is_restored_is_what_was_backed_up() {
    let dir = TempDir::new().unwrap();
    let store = dir.path().join("store");
    let town = town(&store).await;
    let made = tools::backup(&store, &dir.path().join("copy"), &tool()).unwrap();
    assert_eq!(made.last_sequence, 164);
    // An empty directory will do, too.
    fs::create_dir(dir.path().join("other")).unwrap();
    tools::restore(&dir.path().join("copy"), &dir.path().join("other"), &tool()).unwrap();
    assert_eq!(digest(&dir.path().join("other")), made.digest);
    assert_eq!(entries(&dir.path().join("other")), entries(&store));
    town.check(&*open(&dir.path().join("other"))).await;
}

#[tokio::test]
async fn a_backup_says_what_must_be_in_it() {
    let dir = TempDir::new().unwrap();
    let (store, copy) = (dir.path().join("store"), dir.path().join("copy"));
    town(&store).await;
    let made = tools::backup(&store, &copy, &tool()).unwrap();
    let manifest: Value = serde_json::from_slice(&fs::read(copy.join("BACKUP")).unwrap()).unwrap();
    assert_eq!(manifest["format"], "milepost backup 1");
    assert_eq!(manifest["store"], "00000000-0000-0000-0000-000000000007");
    assert_eq!((&manifest["last_sequence"], &manifest["digest"]), (&164.into(), &made.digest.clone().into()));
    assert_eq!(manifest["made_at"], "2026-01-01T01:23:20Z");
    let n_bytes: usize = tree(&copy.join("ledger")).values().map(Vec::len).sum();
    assert_eq!(manifest["bytes"], n_bytes);
    assert_eq!(fs::read(copy.join("FORMAT")).unwrap(), fs::read(store.join("FORMAT")).unwrap());
    // It is read like a store, too.
    assert_eq!(digest(&copy), made.digest);
}

#[tokio::test]
async fn nothing_is_written_over() {
    let dir = TempDir::new().unwrap();
    let (store, copy) = (dir.path().join("store"), dir.path().join("copy"));
    town(&store).await;
    tools::backup(&store, &copy, &tool()).unwrap();
    let before = tree(dir.path());
    for (what, error) in [
        ("there already", tools::backup(&store, &copy, &tool()).unwrap_err()),
        ("not empty", tools::restore(&copy, &store, &tool()).unwrap_err()),
        ("not empty", tools::restore(&copy, dir.path(), &tool()).unwrap_err()),
        ("there is no backup", tools::restore(&store, &dir.path().join("new"), &tool()).unwrap_err()),
    ] {
        assert!(error.to_string().contains(what), "{error}");
    }
    let mut after = tree(dir.path());
    after.insert(store.join("LOCK"), before[&store.join("LOCK")].clone());
    assert_eq!(after, before);
}

#[tokio::test]
async fn a_damaged_store_is_not_backed_up_and_a_damaged_backup_not_restored() {
    let whole = TempDir::new().unwrap();
    town(whole.path()).await;
    tools::backup(whole.path(), &whole.path().join("backups/copy"), &tool()).unwrap();
    for kind in damage::ALL {
        let dir = TempDir::new().unwrap();
        copy(whole.path(), dir.path());
        let backup = dir.path().join("backups/copy");
        (kind.act)(&backup);
        let error = tools::restore(&backup, &dir.path().join("new"), &tool()).unwrap_err();
        assert!(error.to_string().contains("is damaged"), "{}: {error}", kind.name);
        assert!(!dir.path().join("new").exists());
        (kind.act)(dir.path());
        let error = tools::backup(dir.path(), &dir.path().join("backups/again"), &tool()).unwrap_err();
        assert!(error.to_string().contains("is damaged"), "{}: {error}", kind.name);
        assert!(!dir.path().join("backups/again").exists());
    }
}

#[tokio::test]
async fn a_backup_that_is_of_another_store_or_older_is_noticed() {
    let dir = TempDir::new().unwrap();
    let (store, copy) = (dir.path().join("store"), dir.path().join("copy"));
    town(&store).await;
    tools::backup(&store, &copy, &tool()).unwrap();
    for (from, to) in
        [("\"last_sequence\": 164", "\"last_sequence\": 163"), ("00007", "00008"), ("backup 1", "backup 2")]
    {
        let text = fs::read_to_string(copy.join("BACKUP")).unwrap();
        assert!(text.contains(from));
        fs::write(copy.join("BACKUP"), text.replacen(from, to, 1)).unwrap();
        tools::restore(&copy, &dir.path().join("new"), &tool()).unwrap_err();
        fs::write(copy.join("BACKUP"), text).unwrap();
    }
    // A whole file less.
    fs::remove_file(segments(&copy).pop().unwrap()).unwrap();
    tools::restore(&copy, &dir.path().join("new"), &tool()).unwrap_err();
}

#[tokio::test]
async fn a_backup_can_be_interrupted_anywhere() {
    let whole = TempDir::new().unwrap();
    village(whole.path()).await;
    let expected = digest(whole.path());
    let places = TempDir::new().unwrap();
    let mut number = 0;
    interrupt(|options, failing| {
        number += 1;
        let to = places.path().join(number.to_string());
        if tools::backup(whole.path(), &to, &options).is_err() && to.exists() {
            // Only its name may not be on the disk yet.
            tools::restore(&to, &places.path().join(format!("{number}-restored")), &tool()).unwrap();
        } else if !to.exists() {
            tools::backup(whole.path(), &to, &tool()).unwrap();
        }
        assert_eq!(digest(&to), expected, "{failing:?}");
    });
    assert_eq!(digest(whole.path()), expected);
}

#[tokio::test]
async fn a_restore_can_be_interrupted_anywhere() {
    let whole = TempDir::new().unwrap();
    village(whole.path()).await;
    let backup = whole.path().join("backups/copy");
    let made = tools::backup(whole.path(), &backup, &tool()).unwrap();
    interrupt(|options, failing| {
        let dir = TempDir::new().unwrap();
        let to = dir.path().join("store");
        let done = tools::restore(&backup, &to, &options);
        check_restored(&to, &made.digest, &|| {
            assert!(done.is_err(), "{failing:?}");
            tools::restore(&backup, &to, &tool()).map(drop)
        });
    });
}

/// Either all of it is there, or nothing can be seen and it can be done again.
pub fn check_restored(
    dir: &Path,
    expected: &str,
    again: &dyn Fn() -> Result<(), milepost::store::StoreError>,
) {
    if !dir.join("ledger").exists() {
        if dir.join("ledger.incoming").exists() {
            let Err(error) = open_with(dir, options()) else { panic!("opened") };
            assert!(error.to_string().contains("was interrupted"), "{error}");
        }
        again().unwrap();
    }
    assert_eq!(digest(dir), expected);
    assert!(!dir.join("ledger.incoming").exists());
}

#[tokio::test]
async fn a_broken_manifest_is_named() {
    let dir = TempDir::new().unwrap();
    let (store, copy) = (dir.path().join("store"), dir.path().join("copy"));
    town(&store).await;
    tools::backup(&store, &copy, &tool()).unwrap();
    overwrite(&copy.join("BACKUP"), |it| it.truncate(it.len() / 2));
    let error = tools::restore(&copy, &dir.path().join("new"), &tool()).unwrap_err();
    assert!(error.to_string().contains("cannot be understood"), "{error}");
}

#[tokio::test]
async fn a_file_may_be_sealed_while_it_is_read() {
    let dir = TempDir::new().unwrap();
    let is_on = Arc::new(AtomicBool::new(false));
    let switch = is_on.clone();
    let fault: Fault = Arc::new(move |it| {
        if let FileOp::Read { path, length, .. } = it
            && 60_000 < *length
            && switch.swap(false, Ordering::SeqCst)
        {
            // As the committer does when the next file is there.
            let bytes = fs::read(path).unwrap();
            let end = bytes.iter().rposition(|it| *it != 0).unwrap() + 1;
            File::options().write(true).open(path).unwrap().set_len(end as u64).unwrap();
        }
        Ok(Act::Do)
    });
    let store = open_with(dir.path(), EmbeddedOptions { fault: Some(fault), ..options() }).unwrap();
    store.commit(Person::new(1).registers("Ada")).await.unwrap();
    is_on.store(true, Ordering::SeqCst);
    let wish = BackupWish { name: slug("b"), key: None, now: second(0) };
    let made = store.back_up(wish).await.unwrap();
    assert!(!is_on.load(Ordering::SeqCst), "it was not sealed");
    assert_eq!(made.last_sequence, 1);
}

#[tokio::test]
async fn no_backup_is_kept_among_the_files_of_the_store() {
    let dir = TempDir::new().unwrap();
    let store = dir.path().join("store");
    town(&store).await;
    std::os::unix::fs::symlink(&store, dir.path().join("link")).unwrap();
    for place in ["store", "store/sled", "store/sled/bk", "store/sled-2", "store/ledger/bk", "link/sled/bk"] {
        let place = dir.path().join(place);
        let backup = tools::backup(&store, &place, &tool()).unwrap_err();
        let backup_dir = Some(place);
        let Err(opened) = EmbeddedStore::open(&store, EmbeddedOptions { backup_dir, ..options() }) else {
            panic!("opened");
        };
        for error in [backup, opened] {
            assert!(error.to_string().contains("only `backups` is for them"), "{error}");
        }
    }
    for place in ["store/backups/b1", "elsewhere", "store-2", "store/../other"] {
        tools::backup(&store, &dir.path().join(place), &tool()).unwrap();
    }
}
