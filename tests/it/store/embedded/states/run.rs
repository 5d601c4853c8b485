//! A store that clients call while everything is written down, and a store that is opened after a
//! crash.

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::Arc,
};

use milepost::store::{
    Store,
    embedded::{EmbeddedOptions, EmbeddedStore, Fault},
};
use tempfile::TempDir;

use super::{
    book::Book,
    campaign::{Random, directory},
    check::check,
    clients::Clients,
    disk::{Disk, Files},
    recorder::{Failure, Lie, Op, Recorder},
    rows::{self, Rows},
};
use crate::store::engine::options;

/// How a run goes.
#[derive(Default)]
pub struct Plan {
    pub n_rounds: usize,
    /// What is pretended.
    pub lie: Option<Lie>,
    /// What fails once, in some round; the run ends there.
    pub failure: Option<Failure>,
}

/// What happened to a store, until it was closed or just left.
pub struct Run {
    /// What was on the disk before.
    pub before: Disk,
    pub log: Vec<Op>,
    /// What was known before, and until which moment nobody saw more.
    book_before: Book,
    shown: usize,
    book: Book,
    /// What sled's directory had at some moments.
    moments: Vec<(usize, Rows)>,
}

impl Run {
    /// A new store.
    pub async fn of_new_store(plan: &Plan, random: &mut Random) -> Result<Self, String> {
        Self::record(directory().path(), Disk::default(), Book::default(), plan, random).await
    }

    /// Some rounds of calls to a store in a directory that has what can be seen of a disk.
    pub async fn record(
        dir: &Path,
        before: Disk,
        book_before: Book,
        plan: &Plan,
        random: &mut Random,
    ) -> Result<Self, String> {
        let recorder = Recorder::new(dir);
        recorder.lie(plan.lie.filter(|it| *it != Lie::Write));
        let first = sled(dir).exists().then(|| (0, rows::read(&sled(dir))));
        let store = open(dir, Some(recorder.hook()))?;
        let book = check(&*store, &book_before).await?;
        let (shown, moments) = (recorder.now(), first.into_iter().collect());
        let run = Self { before, log: vec![], book_before, shown, book: Book::default(), moments };
        if plan.lie == Some(Lie::Settling) {
            recorder.lie(None);
        }
        run.go(dir, store, &recorder, Clients::of(book), plan, random).await
    }

    async fn go(
        mut self,
        dir: &Path,
        mut store: Arc<EmbeddedStore>,
        recorder: &Arc<Recorder>,
        mut clients: Clients,
        plan: &Plan,
        random: &mut Random,
    ) -> Result<Self, String> {
        let failing = random.below(plan.n_rounds);
        for round in 0..plan.n_rounds {
            if plan.lie == Some(Lie::Write) && round + 1 == plan.n_rounds {
                recorder.lie(plan.lie);
            }
            if let Some(failure) = plan.failure.filter(|_| round == failing) {
                recorder.fail_next(failure);
            }
            if !clients.round(&*store, Some(recorder), random).await? {
                if plan.failure.is_none() {
                    return Err(format!("a call was refused: {:?}", store.read_only()));
                }
                break;
            }
            if random.one_in(5) {
                self.remember_rows(dir, recorder);
            }
            if plan.failure.is_none() && random.one_in(16) {
                leave(store, random.one_in(2)).await?;
                self.remember_rows(dir, recorder);
                store = open(dir, Some(recorder.hook()))?;
            }
        }
        self.remember_rows(dir, recorder);
        if plan.lie.is_none() {
            leave(store, random.one_in(3)).await?;
            self.remember_rows(dir, recorder);
        }
        (self.log, self.book) = (recorder.log(), clients.book);
        if plan.lie.is_none() { self.check_model(dir) } else { Ok(()) }?;
        Ok(self)
    }

    fn remember_rows(&mut self, dir: &Path, recorder: &Recorder) {
        // They may have changed until they were read.
        let rows = rows::read(&sled(dir));
        self.moments.push((recorder.now(), rows));
    }

    /// The model of the disk has what the directory has.
    fn check_model(&self, dir: &Path) -> Result<(), String> {
        let mut disk = self.before.clone();
        self.log.iter().for_each(|it| disk.apply(it));
        for (path, bytes) in disk.seen() {
            if bytes.is_some_and(|it| fs::read(dir.join(&path)).ok() != Some(it)) {
                return Err(format!("the model is wrong about {}", path.display()));
            }
        }
        Ok(())
    }

    /// What clients knew at a moment.
    pub fn book_at(&self, moment: usize) -> Book {
        if moment < self.shown { self.book_before.clone() } else { self.book.as_of(moment) }
    }

    /// How many learners there are.
    pub fn n_learners(&self) -> usize {
        self.book.accounts.len()
    }

    /// What sled's directory had until a moment.
    pub fn rows_until(&self, moment: usize) -> Vec<&Rows> {
        self.moments.iter().filter(|it| it.0 <= moment).map(|it| &it.1).collect()
    }
}

/// Where the rows are.
pub fn sled(dir: &Path) -> PathBuf {
    let named =
        fs::read(dir.join("ROWS")).ok().and_then(|it| serde_json::from_slice::<serde_json::Value>(&it).ok());
    let name = named.and_then(|it| it["directory"].as_str().map(str::to_owned));
    dir.join(name.unwrap_or_else(|| "sled".into()))
}

/// A directory with these files, and sled's.
pub fn materialize(files: &Files, rows: Option<&Rows>) -> TempDir {
    let dir = directory();
    for (path, bytes) in files {
        match bytes {
            Some(bytes) => fs::write(dir.path().join(path), bytes).unwrap(),
            None => fs::create_dir(dir.path().join(path)).unwrap(),
        }
    }
    if let Some(rows) = rows {
        rows::write(rows, &sled(dir.path()));
    }
    dir
}

/// Opens a store; a panic is told as an error.
pub fn open(dir: &Path, fault: Option<Fault>) -> Result<Arc<EmbeddedStore>, String> {
    let options = EmbeddedOptions { fault, sled_cache_bytes: 1 << 20, ..options() };
    let opened = catch_unwind(AssertUnwindSafe(|| EmbeddedStore::open(dir, options)));
    opened.map_err(|_| "opening panicked".to_owned())?.map_err(|it| format!("it does not open: {it}"))
}

/// Leaves a store, closed or not.
pub async fn leave(store: Arc<EmbeddedStore>, is_clean: bool) -> Result<(), String> {
    if is_clean {
        store.close().await.map_err(|it| format!("it does not close: {it}"))?;
    }
    drop(store);
    Ok(())
}

/// Opens a store after a crash: everything is there, it goes on, and what it then writes is there
/// when it is opened once more.
pub async fn survives(dir: &Path, book: &Book, random: &mut Random) -> Result<(), String> {
    let store = open(dir, None)?;
    let mut clients = Clients::of(check(&*store, book).await?);
    if !clients.round(&*store, None, random).await? {
        return Err(format!("a call was refused: {:?}", store.read_only()));
    }
    leave(store, random.one_in(2)).await?;
    check(&*open(dir, None)?, &clients.book).await.map(drop)
}
