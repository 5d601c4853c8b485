//! Compaction: nothing is left of the erased, and everything else stays as it is.

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::FutureExt as _;
use milepost::store::{
    BackupWish, Bucket, Erasure, Maintenance, Store,
    embedded::{Act, EmbeddedOptions, EmbeddedStore, Fault, FileOp, tools},
};
use tempfile::TempDir;
use tokio::time::timeout;

use super::{digest, entries, segments, tool, tree};
use crate::{
    given::{Person, With, completed, evidence, learner_id, receipt, registered, renamed, second, slug},
    store::embedded::{Town, check_feeds, copy, open, open_with, options},
};

/// What only the erased have.
const MARKER: &[u8] = b"Marker";

/// A town with people who are erased later, in several files, also in the newest one.
async fn town(store: &EmbeddedStore) -> (Town, Vec<Person>) {
    let mut erased: Vec<_> = (200..204).map(Person::new).collect();
    for (number, person) in erased.iter_mut().enumerate() {
        person.is_in_batch((number % 2 == 0).then_some(5));
        let (id, email) = (format!("Marker-{number}"), format!("Marker{number}@example.com"));
        let registered = person.then([registered("Marker Who", Some(&id), Some(&email)), completed("sql")]);
        store.commit(registered.with(receipt("Marker key", 1))).await.unwrap();
        store.commit(person.then((0..70).map(evidence))).await.unwrap();
    }
    let town = Town::build(store).await;
    for person in &mut erased {
        store.commit(person.then([renamed("Marker Again")]).with(receipt("Marker second", 2))).await.unwrap();
        store.commit(person.receives(receipt("Marker third", 3))).await.unwrap();
    }
    for person in &erased {
        store.erase(person.is_erased()).await.unwrap();
    }
    (town, erased)
}

fn has_marker(dir: &Path) -> bool {
    tree(&dir.join("ledger")).values().any(|it| it.windows(MARKER.len()).any(|it| it == MARKER))
}

async fn check(store: &dyn Store, town: &Town, erased: &[Person]) {
    let n_later = u64::from(store.load(learner_id(3_000)).await.unwrap().is_some());
    for person in &town.people {
        assert_eq!(store.load(person.id).await.unwrap(), Some(person.state.clone()));
        assert_eq!(store.history(person.id, 0, usize::MAX).await.unwrap(), person.events);
        assert_eq!(store.replay(person.id, "registered").await.unwrap(), Some(receipt("registered", 1)));
    }
    for person in erased {
        assert_eq!(store.load(person.id).await.unwrap(), None);
        assert_eq!(store.history(person.id, 0, usize::MAX).await.unwrap(), []);
        assert_eq!(store.erased_at(person.id).await.unwrap(), Some(second(77)));
        let feed = store.feed(Bucket::of(person.id), 0, usize::MAX).await.unwrap();
        assert!(feed.iter().all(|it| it.event.as_ref().is_none_or(|it| it.learner != person.id)));
    }
    let n_events: usize = town.people.iter().chain(erased).map(|it| it.events.len()).sum();
    assert_eq!(check_feeds(store).await, n_events as u64 + 1 + n_later);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_left_of_the_erased_and_all_else_stays() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    let (town, erased) = town(&store).await;
    let lengths =
        || segments(dir.path()).iter().map(|it| fs::metadata(it).unwrap().len()).collect::<Vec<_>>();
    let before = lengths();
    assert!(has_marker(dir.path()));
    fs::create_dir(dir.path().join("sled.bad-1")).unwrap();
    let shrunk = store.shrink(None).await.unwrap();
    assert!(!dir.path().join("sled.bad-1").exists());
    // Four commits of each of the four, and the one of whom a town knows nothing any more.
    assert_eq!((shrunk.n_blanked, shrunk.replayed), (4 * 4 + 1, false));
    assert!(!has_marker(dir.path()));
    assert_eq!(lengths(), before);
    check(&*store, &town, &erased).await;
    assert_eq!(store.shrink(None).await.unwrap().n_blanked, 0);
    let mut next = Person::new(3_000);
    store.commit(next.registers("Next")).await.unwrap();
    store.close().await.unwrap();
    digest(dir.path());
    for has_rows in [true, false] {
        if !has_rows {
            let rows = fs::read_dir(dir.path()).unwrap().map(|it| it.unwrap().path());
            rows.filter(|it| it.file_name().unwrap().to_str().unwrap().starts_with("sled"))
                .for_each(|it| fs::remove_dir_all(it).unwrap());
        }
        let store = open(dir.path());
        assert_eq!(store.load(next.id).await.unwrap(), Some(next.state.clone()));
        check(&*store, &town, &erased).await;
        store.close().await.unwrap();
    }
}

/// The ledger was not compacted, and stays as it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_the_erased_is_copied() {
    let dir = TempDir::new().unwrap();
    let [stored, copied, restored, imported] =
        ["store", "backup", "restored", "imported"].map(|it| dir.path().join(it));
    let store = open(&stored);
    let (town, erased) = town(&store).await;
    let before = tree(&stored.join("ledger"));
    let wish = BackupWish { name: slug("served"), key: None, now: second(0) };
    let served = store.back_up(wish).await.unwrap();
    store.close().await.unwrap();
    let made = tools::backup(&stored, &copied, &tool()).unwrap();
    let mut text = vec![];
    let exported = tools::export(&stored, &mut text, &tool()).unwrap();
    assert!(tree(&stored.join("ledger")) == before && has_marker(&stored));
    assert!(!has_marker(&copied) && !has_marker(&stored.join("backups/served")));
    assert!(!text.windows(MARKER.len()).any(|it| it == MARKER));

    tools::restore(&copied, &restored, &tool()).unwrap();
    tools::import(&mut &*text, &imported, &tool()).unwrap();
    for copy in [&restored, &imported] {
        let store = open(copy);
        check(&*store, &town, &erased).await;
        store.close().await.unwrap();
    }
    // It is what a compaction leaves.
    let store = open(&stored);
    store.shrink(None).await.unwrap();
    store.close().await.unwrap();
    let expected = digest(&stored);
    assert_eq!([served.digest, made.digest, exported.digest], [(); 3].map(|()| expected.clone()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_known_whether_anything_is_left_of_the_erased() {
    let dir = TempDir::new().unwrap();
    let owed = |store: &EmbeddedStore| *store.owed().borrow();
    let mut people = [1, 2, 3].map(Person::new);
    let store = open(dir.path());
    for it in &mut people {
        store.commit(it.registers("Somebody")).await.unwrap();
    }
    assert_eq!(owed(&store), None);
    for (number, it) in (0..).zip(&people) {
        store.erase(Erasure { recorded_at: second(number), ..it.is_erased() }).await.unwrap();
        // The first of them counts.
        assert_eq!(owed(&store), Some(second(0)));
    }
    store.shrink(None).await.unwrap();
    assert_eq!(owed(&store), None);
    let mut other = Person::new(4);
    store.commit(other.registers("Somebody")).await.unwrap();
    store.close().await.unwrap();
    let store = open(dir.path());
    assert_eq!(owed(&store), None);
    store.erase(other.is_erased()).await.unwrap();
    drop(store);
    // Whenever it was, it was before now.
    let store = open(dir.path());
    assert!(owed(&store) < Some(second(0)));
    store.shrink(None).await.unwrap();
    drop(store);
    assert_eq!(owed(&open(dir.path())), None);
}

/// Whoever asked for the erasure may have gone before it was written.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_known_of_an_erasure_that_nobody_waits_for() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    let mut ada = Person::new(1);
    store.commit(ada.registers("Ada")).await.unwrap();
    let mut owed = store.owed();
    let _ = store.erase(ada.is_erased()).now_or_never();
    timeout(Duration::from_secs(10), owed.wait_for(Option::is_some)).await.expect("it is known").unwrap();
    assert_eq!(store.load(ada.id).await.unwrap(), None);
}

/// All rows that are made of a ledger, but those that may name batches of which nothing is left.
async fn rows(dir: &Path) -> Vec<(Vec<u8>, Vec<u8>)> {
    let made = TempDir::new().unwrap();
    copy(&dir.join("ledger"), &made.path().join("ledger"));
    fs::copy(dir.join("FORMAT"), made.path().join("FORMAT")).unwrap();
    let store = open(made.path());
    store.close().await.unwrap();
    let db = sled::open(made.path().join("sled")).unwrap();
    let rows = db.iter().map(|it| it.unwrap()).map(|(key, value)| (key.to_vec(), value.to_vec()));
    let buckets = (200..204).map(|it| Bucket::of(learner_id(it)).number().to_be_bytes());
    let feeds: Vec<_> = buckets.map(|[high, low]| [high, low, b'f']).collect();
    rows.filter(|row| !feeds.iter().any(|it| row.0.starts_with(it))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rows_of_a_compacted_ledger_are_those_of_the_one_before() {
    let (dir, old) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let store = open(dir.path());
    town(&store).await;
    copy(dir.path(), old.path());
    store.shrink(None).await.unwrap();
    store.close().await.unwrap();
    let expected = rows(old.path()).await;
    assert!(100 < expected.len());
    assert_eq!(rows(dir.path()).await, expected);
    // A crash may have come after any of the files.
    let mixed = TempDir::new().unwrap();
    copy(old.path(), mixed.path());
    let paths = segments(dir.path());
    for (number, path) in paths.iter().enumerate().filter(|it| it.0.is_multiple_of(3)) {
        fs::copy(path, mixed.path().join("ledger").join(path.file_name().unwrap())).unwrap();
        if number < 12 || number + 6 > paths.len() {
            assert_eq!(rows(mixed.path()).await, expected, "{number}");
        }
    }
    assert!(!tools::verify(mixed.path(), &tool()).unwrap().is_damaged());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_compaction_can_be_interrupted_anywhere() {
    let whole = TempDir::new().unwrap();
    let (ada, mut bob) = village(whole.path()).await;
    for is_crash in [true, false] {
        for number in 0.. {
            let dir = TempDir::new().unwrap();
            copy(whole.path(), dir.path());
            let (count, is_on) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
            let (counts, switch) = (count.clone(), is_on.clone());
            let fault: Fault = Arc::new(move |it: &FileOp<'_>| {
                // Asked for all the time, by others.
                if matches!(it, FileOp::FreeBytes(_)) || !switch.load(Ordering::SeqCst) {
                    return Ok(Act::Do);
                }
                let now = counts.fetch_add(1, Ordering::SeqCst);
                let fails = if is_crash { number <= now } else { number == now };
                if fails { Err(std::io::Error::other("on purpose")) } else { Ok(Act::Do) }
            });
            let segment_bytes = 3 << 10;
            let store =
                open_with(dir.path(), EmbeddedOptions { fault: Some(fault), segment_bytes, ..options() })
                    .unwrap();
            is_on.store(true, Ordering::SeqCst);
            let done = store.shrink(None).await;
            is_on.store(false, Ordering::SeqCst);
            if count.load(Ordering::SeqCst) <= number {
                done.unwrap();
                assert!(10 < number, "there were only {number} operations");
                break;
            }
            // Either it goes on, or it says that it does not; nothing acknowledged is lost.
            let was_written = store.commit(bob.clone().completes("git")).await.is_ok();
            drop(store);
            let store = open(dir.path());
            assert_eq!(store.load(ada.id).await.unwrap(), None);
            let state = store.load(bob.id).await.unwrap().unwrap();
            assert_eq!(state.courses.contains_key(&slug("git")), was_written, "{number}");
            store.shrink(None).await.unwrap();
            store.close().await.unwrap();
            assert!(!has_marker(dir.path()));
            digest(dir.path());
        }
    }
    drop(bob.completes("git"));
}

/// One who is erased and one who stays, in three files.
async fn village(dir: &Path) -> (Person, Person) {
    let store = open_with(dir, EmbeddedOptions { segment_bytes: 3 << 10, ..options() }).unwrap();
    let (mut ada, mut bob) = (Person::new(1), Person::new(2));
    for number in 0..6 {
        let name = format!("Marker {number}");
        let change = if number == 0 { registered(&name, None, None) } else { renamed(&name) };
        store.commit(ada.then([change, completed("sql"), completed("git")])).await.unwrap();
        let change = if number == 0 { registered("Bob", None, None) } else { renamed("Bobby") };
        store.commit(bob.then([change, completed("sql")])).await.unwrap();
    }
    store.erase(ada.is_erased()).await.unwrap();
    store.close().await.unwrap();
    assert_eq!(segments(dir).len(), 3);
    (ada, bob)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn commits_go_on_during_backups_and_compactions() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    let is_over = Arc::new(AtomicBool::new(false));
    let writers = (0..4_u128).map(|writer| {
        let (store, is_over) = (store.clone(), is_over.clone());
        tokio::spawn(async move {
            let mut people = vec![];
            for number in (1 + writer..).step_by(4) {
                if is_over.load(Ordering::SeqCst) {
                    return people;
                }
                let mut person = Person::new(number);
                store.commit(person.registers("Marker")).await.unwrap();
                store.commit(person.then((0..20).map(evidence))).await.unwrap();
                if number % 2 == 0 {
                    store.erase(person.is_erased()).await.unwrap();
                } else {
                    store.commit(person.then([renamed("Somebody")])).await.unwrap();
                    people.push(person);
                }
            }
            people
        })
    });
    let writers: Vec<_> = writers.collect();
    let mut made = vec![];
    for number in 0..5 {
        let wish = BackupWish { name: slug(&format!("b{number}")), key: None, now: second(0) };
        made.push(store.back_up(wish).await.unwrap());
        store.shrink(None).await.unwrap();
    }
    is_over.store(true, Ordering::SeqCst);
    let mut people = vec![];
    for writer in writers {
        people.extend(writer.await.unwrap());
    }
    store.close().await.unwrap();
    assert!(20 < people.len());
    let store = open(dir.path());
    for person in &people {
        assert_eq!(store.history(person.id, 0, usize::MAX).await.unwrap(), person.events);
    }
    check_feeds(&*store).await;
    store.close().await.unwrap();
    digest(dir.path());
    for (number, made) in made.iter().enumerate() {
        let restored = TempDir::new().unwrap();
        tools::restore(&dir.path().join(format!("backups/b{number}")), restored.path(), &tool()).unwrap();
        assert_eq!(digest(restored.path()), made.digest);
        assert_eq!(entries(restored.path()).len() as u64, made.last_sequence);
        let store = open(restored.path());
        check_feeds(&*store).await;
    }
    assert!(made.windows(2).all(|it| it[0].last_sequence < it[1].last_sequence));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_erasure_of_somebody_who_was_blanked_is_written_again() {
    let dir = TempDir::new().unwrap();
    let (ada, bob) = village(dir.path()).await;
    let store = open(dir.path());
    store.shrink(None).await.unwrap();
    store.commit(bob.clone().completes("git")).await.unwrap();
    store.close().await.unwrap();
    let erasure = entries(dir.path()).into_iter().find(|it| !it.1["erase"].is_null()).unwrap().0;
    let path = segments(dir.path()).pop().unwrap();
    super::overwrite(&path, |it| {
        let at = it.windows(8).position(|it| it == b"{\"erase\"").unwrap();
        it[at + 3] ^= 1;
    });
    let repaired = tools::repair(dir.path(), &tool()).unwrap();
    assert_eq!((&repaired.gone, &repaired.erased_again), (&vec![(erasure, erasure)], &vec![ada.id]));
    digest(dir.path());
    let store = open(dir.path());
    assert_eq!(store.erased_at(ada.id).await.unwrap(), Some(second(5_000)));
    assert_eq!(store.load(ada.id).await.unwrap(), None);
    check_feeds(&*store).await;
}
