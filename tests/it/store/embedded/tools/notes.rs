//! Notes survive what happens to files, and go with backups.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    sync::{Arc, OnceLock, Weak, atomic::Ordering},
};

use milepost::store::{
    BackupWish, Maintenance as _, Store as _,
    embedded::{Act, EmbeddedOptions, EmbeddedStore, Fault, FileOp, tools},
};
use tempfile::TempDir;
use tokio::runtime::Handle;

use super::{overwrite, tool, town, tree};
use crate::{
    given::{Person, second, slug},
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

/// What a note says that was written after the last record of a backup would be wrong once it is restored.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_notes_of_a_backup_know_of_no_more_than_its_records() {
    let dir = TempDir::new().unwrap();
    let (stored, commits) = (Arc::new(OnceLock::<Weak<EmbeddedStore>>::new()), Arc::new(OnceLock::new()));
    let (of_fault, made) = (stored.clone(), commits.clone());
    let fault: Fault = Arc::new(move |it: &FileOp<'_>| {
        if matches!(it, FileOp::List(path) if path.ends_with("notes"))
            && let Some(store) = of_fault.get().and_then(Weak::upgrade)
        {
            let commit = Person::new(2).registers("Just when notes are read");
            let _ = made.set(Handle::current().block_on(store.commit(commit)).is_ok());
        }
        Ok(Act::Do)
    });
    let store = open_with(dir.path(), EmbeddedOptions { fault: Some(fault), ..options() }).unwrap();
    store.keep_note("a", Some(b"one")).await.unwrap();
    store.commit(Person::new(1).registers("Somebody")).await.unwrap();
    stored.set(Arc::downgrade(&store)).unwrap();
    let wish = BackupWish { name: slug("it"), key: None, now: second(0) };
    let backup = store.back_up(wish).await.unwrap();
    assert_eq!((commits.get(), backup.last_sequence), (Some(&true), 2));
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
