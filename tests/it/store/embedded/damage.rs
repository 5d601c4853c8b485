//! Damage to files: what is in sled is made anew from the ledger; what is in the ledger is cut if
//! it was never acknowledged as far as anybody can tell, and else the store does not open.

use std::{
    fs,
    io::{Seek as _, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, atomic::Ordering},
    time::Duration,
};

use milepost::store::{Store, StoreError, embedded::EmbeddedOptions};
use tempfile::TempDir;

use super::{
    Town, copy,
    faults::{broken, failing, syncs},
    open, open_with, options,
};
use crate::given::Person;

/// Damages the files of sled, after a clean stop and after one that was not; nothing is lost.
async fn nothing_is_lost(damage: impl Fn(&Path)) {
    nothing_is_lost_of(1, |sled, _| damage(sled)).await;
}

/// The same, in so many ways.
async fn nothing_is_lost_of(n_ways: usize, damage: impl Fn(&Path, usize)) {
    for is_clean in [false, true] {
        let (running, whole) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let store = open(running.path());
        let mut town = Town::build(&*store).await;
        town.live_on(&*store).await;
        if is_clean {
            store.close().await.unwrap();
        } else {
            // What a kill would leave, once sled has written what it held back.
            tokio::time::sleep(Duration::from_millis(1_200)).await;
        }
        copy(running.path(), whole.path());
        drop(store);
        for way in 0..n_ways {
            let dir = TempDir::new().unwrap();
            copy(whole.path(), dir.path());
            damage(&dir.path().join("sled"), way);
            town.check(&*open(dir.path())).await;
        }
    }
}

#[tokio::test]
async fn sled_is_gone() {
    nothing_is_lost(|sled| fs::remove_dir_all(sled).unwrap()).await;
}

#[tokio::test]
async fn sled_is_empty() {
    nothing_is_lost(|sled| {
        fs::remove_dir_all(sled).unwrap();
        fs::create_dir(sled).unwrap();
    })
    .await;
}

#[tokio::test]
async fn sled_is_zeros() {
    nothing_is_lost(|sled| overwrite(&sled.join("db"), |it| it.fill(0))).await;
}

#[tokio::test]
async fn sled_is_halved() {
    nothing_is_lost(|sled| overwrite(&sled.join("db"), |it| it.truncate(it.len() / 2))).await;
}

#[tokio::test]
async fn sleds_configuration_is_garbage() {
    nothing_is_lost(|sled| fs::write(sled.join("conf"), "garbage").unwrap()).await;
}

#[tokio::test]
async fn a_snapshot_is_garbage() {
    nothing_is_lost(|sled| fs::write(sled.join("snap.FFFFFFFFFFFFFFF0"), "garbage").unwrap()).await;
}

#[tokio::test]
async fn a_snapshot_was_never_finished() {
    nothing_is_lost(|sled| fs::write(sled.join("snap.0000000000000400.generating"), "x").unwrap()).await;
}

#[tokio::test]
async fn pages_of_sled_are_zeros() {
    nothing_is_lost_of(8, |sled, way| {
        overwrite(&sled.join("db"), |it| {
            let page = way * 4096 % n_used(it);
            it[page..].iter_mut().take(4096).for_each(|it| *it = 0);
        });
    })
    .await;
}

#[tokio::test]
async fn bits_of_sled_are_flipped() {
    nothing_is_lost_of(24, |sled, way| {
        overwrite(&sled.join("db"), |it| {
            let at = way * 7_919_993 % n_used(it);
            it[at] ^= 1 << (way % 8);
        });
    })
    .await;
}

#[tokio::test]
async fn rows_change_behind_our_back() {
    // One of each kind, of a list, and the one about the store as a whole.
    let starts_so: [fn(&[u8]) -> bool; 8] = [
        |it| it[2] == b'c',
        |it| it[2] == b'e',
        |it| it[2] == b'f',
        |it| it[2] == b'h',
        |it| it[2] == b'k',
        |it| it[2] == b'r',
        |it| it[..2] == [0xFF, 0xFE],
        |it| it[..2] == [0xFF, 0xFF],
    ];
    nothing_is_lost_of(16, |sled, way| {
        let db = sled::open(sled).unwrap();
        let key = db.iter().keys().map(Result::unwrap).find(|it| starts_so[way / 2](it)).unwrap();
        if way.is_multiple_of(2) {
            db.remove(key).unwrap();
        } else {
            db.insert([&key, &b"!"[..]].concat(), db.get(&key).unwrap().unwrap()).unwrap();
            db.insert(&key, "garbage").unwrap();
        }
    })
    .await;
}

/// Where the zeros begin that nothing was written to yet.
fn n_used(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|it| *it != 0).map_or(1, |it| it + 1)
}

#[tokio::test]
async fn only_the_last_bad_rows_are_kept() {
    let dir = TempDir::new().unwrap();
    let town = Town::build(&*open(dir.path())).await;
    for _ in 0..3 {
        fs::write(dir.path().join("sled/db"), "").unwrap();
        town.check(&*open(dir.path())).await;
    }
    let names = fs::read_dir(dir.path()).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
    assert_eq!(names.filter(|it| it.starts_with("sled.")).collect::<Vec<_>>(), ["sled.bad-3"]);
}

#[tokio::test]
async fn a_torn_end_of_the_ledger_is_cut_and_said() {
    for has_rows in [true, false] {
        for n_torn in [1, 2, 3] {
            let dir = TempDir::new().unwrap();
            let (fault, switch) = failing(syncs, broken);
            let store = open_with(dir.path(), EmbeddedOptions { fault: Some(fault), ..options() }).unwrap();
            let town = Town::build(&*store).await;
            switch.store(true, Ordering::SeqCst);
            store.commit(Person::new(1_000).registers(&"Torn ".repeat(400))).await.unwrap_err();
            drop(store);
            if !has_rows {
                fs::remove_dir_all(dir.path().join("sled")).unwrap();
            }
            // The last sectors that the disk was given did not get there.
            overwrite(&last_segment(dir.path()), |it| {
                let sector = n_used(it).div_ceil(512) - n_torn;
                it[sector * 512..].fill(0);
            });
            let (store, log) = logging(|| open(dir.path()));
            assert!(log.contains("it was cut off") && log.contains("seq=165"), "{log}");
            town.check(&*store).await;
            let mut next = Person::new(1_001);
            store.commit(next.registers("Next")).await.unwrap();
            drop(store);
            assert_eq!(open(dir.path()).load(next.id).await.unwrap(), Some(next.state));
        }
    }
}

/// Ways to lose the last record of a ledger.
const LOSSES: [fn(&Path); 5] = [
    |dir| overwrite(&last_segment(dir), |it| it.truncate(n_used(it) - 30)),
    |dir| {
        overwrite(&last_segment(dir), |it| {
            let at = n_used(it) - 20;
            it[at] ^= 1;
        });
    },
    |dir| overwrite(&last_segment(dir), |it| it.truncate(start_of_last(it))),
    |dir| {
        overwrite(&last_segment(dir), |it| {
            let start = start_of_last(it);
            it[start..].fill(0);
        });
    },
    |dir| {
        overwrite(&last_segment(dir), |it| {
            let start = start_of_last(it) + 20;
            it[start..].fill(0);
        });
    },
];

/// Where the last of five records of one size begins.
fn start_of_last(ledger: &[u8]) -> usize {
    46 + (n_used(ledger) - 46) / 5 * 4
}

/// Five people, the last of whom the ledger loses after they were acknowledged.
async fn an_acknowledged_end_is_refused(is_clean: bool) {
    for lose in LOSSES {
        let dir = TempDir::new().unwrap();
        let store = open(dir.path());
        let mut people: Vec<_> = (1..=5).map(Person::new).collect();
        for person in &mut people {
            store.commit(person.registers("Somebody")).await.unwrap();
        }
        if is_clean {
            store.close().await.unwrap();
        }
        drop(store);
        let whole = fs::read(last_segment(dir.path())).unwrap();
        lose(dir.path());
        let damaged = fs::read(last_segment(dir.path())).unwrap();
        // A refusal must not make the next start any wiser, or less so.
        for _ in 0..2 {
            let error = refusal(dir.path());
            assert!(error.contains("damaged at record 5:"), "{error}");
            assert!(error.contains("acknowledged") || error.contains("was whole once"), "{error}");
            assert_eq!(fs::read(last_segment(dir.path())).unwrap(), damaged);
            assert_eq!(dir.path().join("CLEAN").exists(), is_clean);
        }
        fs::write(last_segment(dir.path()), whole).unwrap();
        let store = open(dir.path());
        for person in people {
            assert_eq!(store.load(person.id).await.unwrap(), Some(person.state));
        }
    }
}

#[tokio::test]
async fn an_acknowledged_end_is_refused_after_a_clean_stop() {
    an_acknowledged_end_is_refused(true).await;
}

#[tokio::test]
async fn an_acknowledged_end_is_refused_when_the_rows_know_of_it() {
    an_acknowledged_end_is_refused(false).await;
}

#[tokio::test]
async fn a_missing_last_file_of_the_ledger_is_refused() {
    for is_clean in [true, false] {
        let dir = TempDir::new().unwrap();
        let store = open(dir.path());
        Town::build(&*store).await;
        if is_clean {
            store.close().await.unwrap();
        }
        drop(store);
        let last = last_segment(dir.path());
        let first: u64 = last.file_stem().unwrap().to_str().unwrap().parse().unwrap();
        fs::remove_file(last).unwrap();
        assert!(refusal(dir.path()).contains(&format!("damaged at record {first}:")));
    }
}

#[tokio::test]
async fn garbage_behind_the_ledger_is_cut() {
    let dir = TempDir::new().unwrap();
    let town = Town::build(&*open(dir.path())).await;
    overwrite(&last_segment(dir.path()), |it| it.extend([7; 100]));
    town.check(&*open(dir.path())).await;
}

#[tokio::test]
async fn a_damaged_middle_of_the_ledger_is_refused_by_name() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    for number in 1..=10 {
        store.commit(Person::new(number).registers("Somebody")).await.unwrap();
    }
    store.close().await.unwrap();
    let whole = fs::read(last_segment(dir.path())).unwrap();
    let size = (n_used(&whole) - 46) / 10;
    for (at, seq) in [(46 + 5, 1), (46 + 4 * size + 100, 5), (46 + 8 * size + 20, 9)] {
        overwrite(&last_segment(dir.path()), |it| it[at] ^= 0x10);
        let error = refusal(dir.path());
        assert!(error.contains(&format!("damaged at record {seq}:")), "{error}");
        assert!(error.contains("put back a backup"), "{error}");
        fs::write(last_segment(dir.path()), &whole).unwrap();
    }
    open(dir.path());
}

#[tokio::test]
async fn a_damaged_older_file_of_the_ledger_is_refused_by_name() {
    let dir = TempDir::new().unwrap();
    drop(Town::build(&*open(dir.path())).await);
    let (first, second) = (segments(dir.path())[0].clone(), segments(dir.path())[1].clone());
    let (whole_first, whole_second) = (fs::read(&first).unwrap(), fs::read(&second).unwrap());
    overwrite(&first, |it| it.truncate(it.len() - 1));
    let next: u64 = second.file_stem().unwrap().to_str().unwrap().parse().unwrap();
    assert!(refusal(dir.path()).contains(&format!("damaged at record {}:", next - 1)));
    fs::write(&first, whole_first).unwrap();
    overwrite(&second, |it| it[20] ^= 1);
    assert!(refusal(dir.path()).contains(&format!("damaged at record {next}:")));
    fs::remove_file(&second).unwrap();
    assert!(refusal(dir.path()).contains(&format!("damaged at record {next}:")));
    fs::write(&second, whole_second).unwrap();
    open(dir.path());
}

#[tokio::test]
async fn a_missing_ledger_is_refused() {
    for has_rows in [true, false] {
        let dir = TempDir::new().unwrap();
        let store = open(dir.path());
        Town::build(&*store).await;
        store.close().await.unwrap();
        for path in segments(dir.path()) {
            fs::remove_file(path).unwrap();
        }
        if !has_rows {
            fs::remove_dir_all(dir.path().join("sled")).unwrap();
        }
        assert!(refusal(dir.path()).contains("there are no ledger files"));
    }
}

#[tokio::test]
async fn a_damaged_event_is_named_when_it_is_read() {
    // In what it says, and three times in its length, once of which leads beyond the end of the file.
    for (at, byte) in [(100, b'\0'), (46, 0xFF), (48, 0x01), (49, 0xFF)] {
        let dir = TempDir::new().unwrap();
        let store = open(dir.path());
        let town = Town::build(&*store).await;
        let first = segments(dir.path())[0].clone();
        let mut file = fs::File::options().write(true).open(first).unwrap();
        file.seek(std::io::SeekFrom::Start(at)).unwrap();
        file.write_all(&[byte]).unwrap();
        let read = store.history(town.people[0].id, 0, 10).await;
        let Err(error @ StoreError::LedgerDamaged { seq: 1, .. }) = read else { panic!("{at}: {read:?}") };
        assert!(error.to_string().contains("damaged at record 1:"), "{error}");
        assert_eq!(store.load(town.people[0].id).await.unwrap(), Some(town.people[0].state.clone()));
    }
}

fn refusal(dir: &Path) -> String {
    let Err(error) = open_with(dir, options()) else { panic!("opened") };
    error.to_string()
}

fn segments(dir: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(dir.join("ledger")).unwrap().map(|it| it.unwrap().path()).collect();
    paths.sort();
    paths
}

fn last_segment(dir: &Path) -> PathBuf {
    segments(dir).pop().unwrap()
}

fn overwrite(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

/// Does something, and keeps what it logs.
fn logging<T>(act: impl FnOnce() -> T) -> (T, String) {
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);
    impl std::io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let done = tracing::subscriber::with_default(subscriber, act);
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    (done, text)
}
