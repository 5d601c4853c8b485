//! Closing, opening again, and opening what somebody else has.

use std::{
    fs,
    sync::Arc,
    time::{Duration, Instant},
};

use milepost::{
    domain::{
        learner::Learner,
        summary::{OrderBy, Summary},
    },
    store::{
        PageQuery, Store, StoreError, Summarizer,
        embedded::{Act, EmbeddedOptions, EmbeddedStore, Fault, FileOp},
    },
};
use tempfile::TempDir;

use super::{
    super::writing::a_load_is_never_torn, Town, all, check_feeds, copy, harness::writer, open, open_with,
    options,
};
use crate::given::{Person, evidence, renamed, summarize};

#[tokio::test]
async fn a_closed_store_opens_with_everything() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    let town = Town::build(&*store).await;
    town.check(&*store).await;
    for _ in 0..2 {
        store.close().await.unwrap();
        let store = open(dir.path());
        town.check(&*store).await;
        store.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_store_that_was_not_closed_opens_with_everything() {
    let dir = TempDir::new().unwrap();
    let town = Town::build(&*open(dir.path())).await;
    for _ in 0..2 {
        town.check(&*open(dir.path())).await;
    }
    assert!(!dir.path().join("sled.before-open").exists());
    assert!(!dir.path().join("sled.bad-1").exists());
}

#[tokio::test]
async fn only_a_clean_close_is_marked() {
    let dir = TempDir::new().unwrap();
    let mark = dir.path().join("CLEAN");
    let store = open(dir.path());
    store.commit(Person::new(1).registers("Ada")).await.unwrap();
    assert!(!mark.exists());
    store.close().await.unwrap();
    assert!(mark.exists());
    let store = open(dir.path());
    assert!(!mark.exists());
    drop(store);
    assert!(!mark.exists());
}

#[tokio::test]
async fn a_store_that_is_in_use_names_who_has_it() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    let Err(StoreError::Locked(text)) = open_with(dir.path(), options()) else { panic!("opened twice") };
    assert!(text.contains(&format!("process {}", std::process::id())), "{text}");
    store.close().await.unwrap();
    open(dir.path());
}

#[tokio::test]
async fn another_process_is_refused_within_a_second() {
    let dir = TempDir::new().unwrap();
    let mut holder = writer::start(dir.path());
    holder.wait_for("ready");
    let began = Instant::now();
    let Err(StoreError::Locked(text)) = open_with(dir.path(), options()) else { panic!("opened twice") };
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    assert!(text.contains(&format!("process {}", holder.id())), "{text}");
    holder.kill();
    open(dir.path());
}

#[tokio::test]
async fn a_store_of_another_format_is_refused() {
    let dir = TempDir::new().unwrap();
    drop(open(dir.path()));
    fs::write(dir.path().join("FORMAT"), "milepost store 2\n").unwrap();
    let Err(error) = open_with(dir.path(), options()) else { panic!("opened") };
    assert!(error.to_string().contains("milepost store 2"), "{error}");
}

#[tokio::test]
async fn the_ledger_goes_on_in_another_file() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    let town = Town::build(&*store).await;
    drop(store);
    assert!(3 < fs::read_dir(dir.path().join("ledger")).unwrap().count());
    fs::remove_dir_all(dir.path().join("sled")).unwrap();
    town.check(&*open(dir.path())).await;
}

#[tokio::test]
async fn rows_that_lag_behind_are_brought_up() {
    let dir = TempDir::new().unwrap();
    let old = dir.path().join("old");
    let store = open(dir.path());
    let mut early = Person::new(500);
    store.commit(early.registers("Early")).await.unwrap();
    store.close().await.unwrap();
    fs::rename(dir.path().join("sled"), &old).unwrap();
    copy(&old, &dir.path().join("sled"));
    let store = open(dir.path());
    store.commit(early.completes("sql")).await.unwrap();
    store.erase(early.is_erased()).await.unwrap();
    let town = Town::build(&*store).await;
    store.close().await.unwrap();
    fs::remove_dir_all(dir.path().join("sled")).unwrap();
    fs::rename(old, dir.path().join("sled")).unwrap();
    let store = open(dir.path());
    assert!(!dir.path().join("sled.bad-1").exists(), "the rows were made anew");
    assert_eq!(store.load(early.id).await.unwrap(), None);
    assert_eq!(store.count(&Default::default(), crate::given::second(0)).await.unwrap(), 30);
    for person in &town.people {
        assert_eq!(store.load(person.id).await.unwrap(), Some(person.state.clone()));
    }
    check_feeds(&*store).await;
}

#[tokio::test]
async fn another_summarizer_makes_other_lists() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    let (mut ada, mut bob) = (Person::new(1), Person::new(2));
    store.commit(ada.registers("Abba Z")).await.unwrap();
    store.commit(bob.registers("Zabba A")).await.unwrap();
    store.close().await.unwrap();
    let backwards = |it: &Learner| Summary { name: it.name.chars().rev().collect(), ..summarize(it) };
    let summarizer = Summarizer { revision: 2, summarize: Arc::new(backwards) };
    let store = open_with(dir.path(), EmbeddedOptions { summarizer, ..options() }).unwrap();
    let page = store.page(PageQuery { order: OrderBy::Name, ..all() }).await.unwrap();
    let ids: Vec<_> = page.rows.iter().map(|it| it.1).collect();
    assert_eq!(ids, [bob.id, ada.id]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_load_without_a_cache_is_never_torn() {
    let dir = TempDir::new().unwrap();
    let store = open_with(dir.path(), EmbeddedOptions { cache_bytes: 0, ..options() }).unwrap();
    a_load_is_never_torn(store.clone()).await;
    store.close().await.unwrap();
    assert!(dir.path().join("CLEAN").exists(), "a torn state was taken for a damaged one");
}

#[tokio::test]
async fn making_rows_anew_tells_how_far_it_is() {
    let dir = TempDir::new().unwrap();
    drop(Town::build(&*open(dir.path())).await);
    fs::remove_dir_all(dir.path().join("sled")).unwrap();
    let heard = Arc::new(std::sync::Mutex::new(vec![]));
    let hears = heard.clone();
    let progress = Arc::new(move |done, total| hears.lock().unwrap().push((done, total)));
    open_with(dir.path(), EmbeddedOptions { progress, ..options() }).unwrap();
    let (done, total) = *heard.lock().unwrap().last().unwrap();
    assert_eq!((done, done == total), (164, true));
}

#[tokio::test]
async fn a_state_is_loaded_without_the_ledger() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    let mut ada = Person::new(1);
    store.commit(ada.registers("Ada")).await.unwrap();
    for hundred in 0..20 {
        store.commit(ada.then((0..100).map(|it| evidence(hundred * 100 + it)))).await.unwrap();
    }
    store.close().await.unwrap();
    let store = open(dir.path());
    for entry in fs::read_dir(dir.path().join("ledger")).unwrap() {
        // The store has the files open: to remove them would hide nothing from it.
        fs::File::options().write(true).open(entry.unwrap().path()).unwrap().set_len(0).unwrap();
    }
    assert_eq!(store.load(ada.id).await.unwrap(), Some(ada.state.clone()));
    assert_eq!(store.load_many(&[ada.id]).await.unwrap(), [Some(ada.state)]);
    store.history(ada.id, 0, 1).await.unwrap_err();
}

#[tokio::test]
async fn half_a_copy_of_the_rows_is_not_kept() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    store.commit(Person::new(1).registers("Ada")).await.unwrap();
    drop(store);
    // It cannot be copied.
    std::os::unix::fs::symlink("nowhere", dir.path().join("sled/link")).unwrap();
    let copy = dir.path().join("sled.before-open");
    let seen = Arc::new(std::sync::Mutex::new(vec![]));
    let sees = seen.clone();
    let progress = Arc::new(move |_, _| sees.lock().unwrap().push(copy.exists()));
    open_with(dir.path(), EmbeddedOptions { progress, ..options() }).unwrap();
    assert!(!seen.lock().unwrap().contains(&true));
}

#[tokio::test]
async fn a_place_in_a_list_is_left_for_good() {
    for is_erased in [false, true] {
        let dir = TempDir::new().unwrap();
        let store = open(dir.path());
        let mut ada = Person::new(1);
        store.commit(ada.registers("Ada")).await.unwrap();
        store.close().await.unwrap();
        // The place stays the same, and then it does not.
        let store = open(dir.path());
        store.commit(ada.then([renamed("ADA")])).await.unwrap();
        if is_erased {
            store.erase(ada.is_erased()).await.unwrap();
        } else {
            store.commit(ada.then([renamed("Bob")])).await.unwrap();
        }
        store.close().await.unwrap();
        let store = open(dir.path());
        let rows = store.page(all()).await.unwrap().rows;
        assert_eq!(rows.len(), usize::from(!is_erased), "{rows:?}");
        store.close().await.unwrap();
    }
}

#[tokio::test]
async fn rows_are_never_looked_for_elsewhere() {
    let dir = TempDir::new().unwrap();
    let (store, other) = (dir.path().join("store"), dir.path().join("sled-1"));
    let town = Town::build(&*open(&store)).await;
    fs::create_dir(&other).unwrap();
    fs::write(other.join("precious"), "mine").unwrap();
    for name in ["../sled-1", "ledger", "", "/"] {
        fs::write(store.join("ROWS"), format!(r#"{{"directory":"{name}","size":1}}"#)).unwrap();
        town.check(&*open(&store)).await;
        assert_eq!(fs::read(other.join("precious")).unwrap(), b"mine");
    }
}

#[test]
fn whoever_has_no_room_to_open_a_store_is_told_what_to_do() {
    let dir = TempDir::new().unwrap();
    let fault: Fault = Arc::new(|it| match it {
        FileOp::Write { .. } => Err(std::io::ErrorKind::StorageFull.into()),
        _ => Ok(Act::Do),
    });
    let opened = EmbeddedStore::open(dir.path(), EmbeddedOptions { fault: Some(fault), ..options() });
    let Err(error) = opened else { panic!("opened") };
    assert!(error.to_string().contains("make room for the store and open it again"), "{error}");
}
