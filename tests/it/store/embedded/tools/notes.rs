//! Notes survive what happens to files, and go with backups.

use std::{fs, os::unix::fs::PermissionsExt as _, sync::atomic::Ordering};

use milepost::store::{
    BackupWish, Maintenance as _, Store as _,
    embedded::{EmbeddedOptions, FileOp, tools},
};
use tempfile::TempDir;

use super::{overwrite, tool, town, tree};
use crate::{
    given::{second, slug},
    store::embedded::{
        faults::{broken, failing},
        open, open_with, options,
    },
};

#[tokio::test]
async fn a_note_survives_a_restart_and_only_its_owner_reads_it() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    store.keep_note("a", Some(b"one")).await.unwrap();
    store.keep_note("a", Some(b"two")).await.unwrap();
    store.close().await.unwrap();
    let mode = fs::metadata(dir.path().join("notes/a")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    drop(store);
    fs::write(dir.path().join("notes/b.tmp"), b"half").unwrap();
    let store = open(dir.path());
    assert_eq!(store.note("a").await.unwrap().unwrap(), b"two");
    assert_eq!(store.notes("").await.unwrap(), ["a"]);
    assert!(!dir.path().join("notes/b.tmp").exists());
}

#[tokio::test]
async fn what_fails_leaves_the_note_that_was_there() {
    let is_about = |it: &FileOp<'_>| match it {
        FileOp::Create(path) | FileOp::Write { path, .. } | FileOp::Sync(path) => {
            path.ends_with("notes/a.tmp")
        }
        FileOp::Rename { to, .. } => to.ends_with("notes/a"),
        _ => false,
    };
    let (fault, switch) = failing(is_about, broken);
    let dir = TempDir::new().unwrap();
    let store = open_with(dir.path(), EmbeddedOptions { fault: Some(fault), ..options() }).unwrap();
    store.keep_note("a", Some(b"one")).await.unwrap();
    switch.store(true, Ordering::SeqCst);
    store.keep_note("a", Some(b"two")).await.unwrap_err();
    assert_eq!(store.note("a").await.unwrap().unwrap(), b"one");
    switch.store(false, Ordering::SeqCst);
    store.keep_note("a", Some(b"two")).await.unwrap();
    assert_eq!(store.note("a").await.unwrap().unwrap(), b"two");
}

#[tokio::test]
async fn a_backup_takes_notes_along_and_a_restore_brings_them_back() {
    let dir = TempDir::new().unwrap();
    let path = |name: &str| dir.path().join(name);
    town(&path("store")).await;
    let store = open(&path("store"));
    store.keep_note("a", Some(b"one")).await.unwrap();
    let wish = BackupWish { name: slug("online"), key: None, now: second(0) };
    store.back_up(wish).await.unwrap();
    store.close().await.unwrap();
    drop(store);
    tools::backup(&path("store"), &path("offline"), &tool()).unwrap();
    for backup in [path("store/backups/online"), path("offline")] {
        let restored = backup.with_extension("restored");
        tools::restore(&backup, &restored, &tool()).unwrap();
        let store = open(&restored);
        assert_eq!(store.note("a").await.unwrap().unwrap(), b"one");
        drop(store);
        assert!(!restored.join("notes.incoming").exists());
        let mode = fs::metadata(backup.join("notes/a")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        overwrite(&backup.join("notes/a"), |it| it.push(1));
        let refused = tools::restore(&backup, &backup.with_extension("other"), &tool()).unwrap_err();
        assert!(refused.to_string().contains("its notes are not those"), "{refused}");
    }
}

/// A crash may come before the notes have their name, or before the ledger has its own.
#[tokio::test]
async fn an_interrupted_restore_is_finished_or_begun_again() {
    let dir = TempDir::new().unwrap();
    let path = |name: &str| dir.path().join(name);
    town(&path("store")).await;
    let store = open(&path("store"));
    store.keep_note("a", Some(b"one")).await.unwrap();
    store.close().await.unwrap();
    drop(store);
    tools::backup(&path("store"), &path("copy"), &tool()).unwrap();
    let names_notes = |it: &FileOp<'_>| matches!(it, FileOp::Rename { to, .. } if to.ends_with("notes"));
    let names_ledger = |it: &FileOp<'_>| matches!(it, FileOp::Rename { to, .. } if to.ends_with("ledger"));
    for (name, which) in [("one", names_notes as fn(&FileOp<'_>) -> bool), ("two", names_ledger)] {
        let (fault, switch) = failing(which, broken);
        switch.store(true, Ordering::SeqCst);
        let options = tools::ToolOptions { fault: Some(fault), ..tool() };
        tools::restore(&path("copy"), &path(name), &options).unwrap_err();
    }
    tools::restore(&path("copy"), &path("two"), &tool()).unwrap();
    for name in ["one", "two"] {
        let store = open(&path(name));
        assert_eq!(store.note("a").await.unwrap().unwrap(), b"one", "{name}");
    }
    assert!(!tree(&path("two")).keys().any(|it| it.starts_with(path("two/notes.incoming"))));
}
