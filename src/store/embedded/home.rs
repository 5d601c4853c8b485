//! The directory that a store lives in: who has it, which format it has, where its parts are, and
//! whether it was closed cleanly.
//!
//! `LOCK` belongs to the process that has the store and names it. `FORMAT` names the arrangement of
//! all this. `ledger/` is the truth, and `ACKNOWLEDGED` says how far it reached when the store was
//! last running. `sled/`, or the directory that `ROWS` names, can be made anew from it. `CLEAN` is
//! there while nobody has a store that was closed cleanly; it says where the ledger ends and what
//! sled's files look like, so that a change behind our back is noticed.
//!
//! `notes/` has small documents beside the learners; `notes.incoming/` those that a restore is writing.
//!
//! `ledger.repaired/` and `ledger.incoming/` are ledgers that a tool is building, and
//! `ledger.damaged-1/` and so on those that a repair took the place of.

mod tool;

use std::{
    fs::{File, TryLockError},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    thread,
    time::Duration,
};

use serde::{Deserialize, Serialize};

pub(super) use tool::check_store;

use super::{
    clean::{self, Clean},
    files::Files,
    ledger::Seq,
    notes::{NOTES, Notes},
};
use crate::store::StoreError;

const FORMAT: &str = "milepost store 1\n";
const FORMAT_FILE: &str = "FORMAT";
const INCOMING: &str = "ledger.incoming";
const CLEAN: &str = "CLEAN";
const ROWS: &str = "ROWS";
/// Of how many erased learners nothing is left.
pub(super) const BLANKED: &str = "BLANKED";
const SLED: &str = "sled";
/// Where backups go unless somebody says otherwise.
pub(super) const BACKUPS: &str = "backups";

/// Which directory has the rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Rows {
    directory: String,
    /// How many bytes its files had when they were made or copied.
    size: u64,
}

impl Default for Rows {
    fn default() -> Self {
        Self { directory: SLED.into(), size: 0 }
    }
}

/// An open directory.
pub(super) struct Home {
    path: PathBuf,
    pub(super) files: Files,
    rows: Mutex<Rows>,
    /// Nobody else has the directory as long as this is locked; `None`: nobody ever had it.
    lock: Option<File>,
}

impl Home {
    /// Opens a directory, or makes a new one, for this process alone.
    pub(super) fn open(path: &Path, files: Files) -> Result<Self, StoreError> {
        let context = || format!("opening the store in {}", path.display());
        files.create_directory(path).map_err(StoreError::io(context()))?;
        let lock = lock(path)?;
        let home = Self { path: path.to_owned(), files, rows: Mutex::default(), lock: Some(lock) };
        home.check_finished()?;
        home.settle_in_notes()?;
        home.check_format()?;
        home.files.create_directory(&home.ledger()).map_err(StoreError::io(context()))?;
        home.read_rows()?;
        Ok(home)
    }

    fn of(path: &Path, files: Files, lock: Option<File>) -> Result<Self, StoreError> {
        let home = Self { path: path.to_owned(), files, rows: Mutex::default(), lock };
        home.has_format()?;
        home.read_rows()?;
        Ok(home)
    }

    fn read_rows(&self) -> Result<(), StoreError> {
        let rows = self.files.read_whole(&self.path.join(ROWS)).map_err(StoreError::io("reading ROWS"))?;
        let rows = rows.and_then(|it| serde_json::from_slice::<Rows>(&it).ok());
        // What is there is removed when it is not as it was left: it must be ours.
        *self.rows() = rows.filter(|it| generation(&it.directory).is_some()).unwrap_or_default();
        Ok(())
    }

    /// Refuses a directory in which a tool was interrupted.
    pub(super) fn check_finished(&self) -> Result<(), StoreError> {
        let refuse = |text: &str| Err(StoreError::Damaged(text.into()));
        match self.ledger().exists() {
            true => Ok(()),
            false if self.repaired().exists() => {
                refuse("a repair was interrupted; `milepost repair` finishes it")
            }
            false if self.incoming().exists() => {
                refuse("a restore or an import was interrupted; do it again, or remove the directory")
            }
            false => Ok(()),
        }
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Where the ledger is.
    pub(super) fn ledger(&self) -> PathBuf {
        self.path.join("ledger")
    }

    /// Which file says how far the ledger was acknowledged.
    pub(super) fn witness(&self) -> PathBuf {
        self.path.join("ACKNOWLEDGED")
    }

    /// Where the rows are.
    pub(super) fn sled(&self) -> PathBuf {
        self.path.join(&self.rows().directory)
    }

    /// Where other rows can be made that take the place of these.
    pub(super) fn next_sled(&self) -> PathBuf {
        let now = generation(&self.rows().directory).unwrap_or(0);
        self.path.join(format!("{SLED}-{}", now + 1))
    }

    /// From now on the rows are those in this directory, whose files have so many bytes.
    pub(super) fn set_sled(&self, path: &Path, size: u64) -> io::Result<()> {
        let directory = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let rows = Rows { directory, size };
        let bytes = serde_json::to_vec(&rows).expect("no map");
        self.files.publish(&self.path.join(ROWS), &bytes)?;
        *self.rows() = rows;
        Ok(())
    }

    /// How many bytes the files of the rows had when they were made or copied.
    pub(super) fn size_when_made(&self) -> u64 {
        self.rows().size
    }

    /// Removes what is left of rows that were being made, or that others took the place of.
    pub(super) fn remove_other_sleds(&self) -> io::Result<()> {
        let now = self.sled();
        for path in self.files.list(&self.path)? {
            let name = path.file_name().and_then(|it| it.to_str()).unwrap_or_default();
            if generation(name).is_some() && path != now {
                self.files.remove_tree(&path)?;
            }
        }
        Ok(())
    }

    /// Where a copy of the rows is while they are opened after an unclean stop.
    pub(super) fn copy(&self) -> PathBuf {
        self.path.join("sled.before-open")
    }

    /// Puts the rows aside, in place of those that were put aside before.
    pub(super) fn put_sled_aside(&self) -> io::Result<()> {
        let mut number = 1;
        for path in self.files.list(&self.path)? {
            let name = path.file_name().and_then(|it| it.to_str());
            if let Some(old) = name.and_then(|it| it.strip_prefix("sled.bad-")) {
                number = number.max(old.parse::<u64>().unwrap_or(0) + 1);
                self.files.remove_tree(&path)?;
            }
        }
        self.files.rename(&self.sled(), &self.path.join(format!("sled.bad-{number}")))
    }

    fn rows(&self) -> std::sync::MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the store was closed cleanly, and how.
    pub(super) fn clean(&self) -> Result<Option<Clean>, StoreError> {
        let bytes = self.files.read_whole(&self.clean_path()).map_err(StoreError::io("reading CLEAN"))?;
        Ok(bytes.and_then(|it| Clean::from_bytes(&it)))
    }

    /// From now on the store is not closed cleanly.
    pub(super) fn unmark_clean(&self) -> Result<(), StoreError> {
        if !self.clean_path().exists() {
            return Ok(());
        }
        self.files.remove(&self.clean_path()).map_err(StoreError::io("removing CLEAN"))
    }

    /// Says that the store was closed cleanly.
    pub(super) fn mark_clean(&self, end: Seq) -> Result<(), StoreError> {
        let sealed = clean::seals(&self.files, &self.sled());
        let files = sealed.map_err(StoreError::io("reading sled's files"))?;
        let published = self.files.publish(&self.clean_path(), &Clean { end, files }.to_bytes());
        published.map(drop).map_err(StoreError::io("writing CLEAN"))
    }

    fn clean_path(&self) -> PathBuf {
        self.path.join(CLEAN)
    }

    /// Waits until sled's threads have let go of its files. They may outlive the handle.
    pub(super) fn wait_for_sled(&self) {
        let Ok(file) = File::open(self.sled().join("db")) else { return };
        for _ in 0..1_000 {
            match file.try_lock() {
                Ok(()) => return drop(file.unlock()),
                Err(_) => thread::sleep(Duration::from_millis(10)),
            }
        }
    }

    /// Lets others have the directory.
    pub(super) fn release(&self) {
        // Closing the file would release it as well.
        self.lock.iter().for_each(|it| drop(it.unlock()));
    }

    fn check_format(&self) -> Result<(), StoreError> {
        match self.has_format()? {
            true => Ok(()),
            false if self.ledger().exists() => Err(StoreError::Damaged("its FORMAT is missing".into())),
            false => self.write_format(),
        }
    }

    /// Whether it says that it has the format that this program knows; an error: it has another.
    pub(super) fn has_format(&self) -> Result<bool, StoreError> {
        let path = self.path.join(FORMAT_FILE);
        match self.files.read_whole(&path).map_err(StoreError::io("reading FORMAT"))? {
            Some(format) if format == FORMAT.as_bytes() => Ok(true),
            Some(format) => Err(StoreError::Damaged(format!(
                "the store has the format `{}`; this program knows `{}`",
                String::from_utf8_lossy(&format).trim(),
                FORMAT.trim()
            ))),
            None => Ok(false),
        }
    }

    /// Says which format it has.
    pub(super) fn write_format(&self) -> Result<(), StoreError> {
        write_format(&self.files, &self.path)
    }
}

/// Says which format a directory has.
pub(super) fn write_format(files: &Files, directory: &Path) -> Result<(), StoreError> {
    let published = files.publish(&directory.join(FORMAT_FILE), FORMAT.as_bytes());
    published.map(drop).map_err(StoreError::io("writing FORMAT"))
}

/// Refuses a place for backups among the files of a store, where they would go with what is there.
pub(super) fn check_backups(directory: &Path, to: &Path) -> Result<(), StoreError> {
    match resolved(to).strip_prefix(resolved(directory)) {
        Ok(inside) if !inside.starts_with(BACKUPS) => Err(StoreError::Refused(format!(
            "backups cannot be kept in {}: in the directory of the store, only `{BACKUPS}` is for them",
            to.display()
        ))),
        _ => Ok(()),
    }
}

/// A path without links and dots, as far as it is there.
fn resolved(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let real = |it: &Path| Some(it.canonicalize().ok()?.join(path.strip_prefix(it).ok()?));
    path.ancestors().find_map(real).unwrap_or_else(|| path.clone())
}

/// The number of a directory of rows, by its name.
fn generation(name: &str) -> Option<u64> {
    if name == SLED { Some(0) } else { name.strip_prefix(SLED)?.strip_prefix('-')?.parse().ok() }
}

fn lock(path: &Path) -> Result<File, StoreError> {
    let context = format!("locking the store in {}", path.display());
    let options = File::options().read(true).write(true).create(true).truncate(false).clone();
    let mut file = options.open(path.join("LOCK")).map_err(StoreError::io(context.clone()))?;
    try_lock(&mut file, path)?;
    file.set_len(0).map_err(StoreError::io(context.clone()))?;
    let program = std::env::current_exe().ok();
    let program = program.as_ref().and_then(|it| it.file_name()).unwrap_or_default().to_string_lossy();
    writeln!(file, "process {} ({program})", std::process::id()).map_err(StoreError::io(context.clone()))?;
    Ok(file)
}

/// Locks the file for this process, or says which one has it.
fn try_lock(file: &mut File, path: &Path) -> Result<(), StoreError> {
    let context = || StoreError::io(format!("locking the store in {}", path.display()));
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => {
            let holder = holder(file).map_err(context())?;
            let path = path.display();
            Err(StoreError::Locked(format!("the store in {path} is in use by {holder}")))
        }
        Err(TryLockError::Error(error)) => Err(context()(error)),
    }
}

/// Who has the store.
fn holder(file: &mut File) -> io::Result<String> {
    let mut holder = String::new();
    for _ in 0..20 {
        file.read_to_string(&mut holder)?;
        if holder.ends_with('\n') {
            break;
        }
        // It has only just taken the lock.
        thread::sleep(Duration::from_millis(10));
    }
    Ok(holder.trim().to_owned())
}
