//! The directory that a store lives in: who has it, which format it has, and whether it was closed
//! cleanly.
//!
//! `LOCK` belongs to the process that has the store and holds its number. `FORMAT` names the
//! arrangement of all this. `ledger/` is the truth, `sled/` what can be made anew from it. `CLEAN`
//! is there while nobody has a store that was closed cleanly; it says where the ledger ends and
//! what sled's files look like, so that a change behind our back is noticed.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use super::{
    clean::{self, Clean},
    files::Files,
    ledger::Seq,
};
use crate::store::StoreError;

const FORMAT: &str = "milepost store 1\n";
const CLEAN: &str = "CLEAN";

/// An open directory.
pub(super) struct Home {
    path: PathBuf,
    pub(super) files: Files,
    /// Nobody else has the directory as long as this is locked.
    lock: File,
}

impl Home {
    /// Opens a directory, or makes a new one, for this process alone.
    pub(super) fn open(path: &Path, files: Files) -> Result<Self, StoreError> {
        let context = || format!("opening the store in {}", path.display());
        if !path.exists() {
            fs::create_dir_all(path).map_err(StoreError::io(context()))?;
            let parent = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
            files.sync_directory(parent).map_err(StoreError::io(context()))?;
        }
        let home = Self { path: path.to_owned(), files, lock: lock(path)? };
        home.check_format()?;
        fs::create_dir_all(home.ledger()).map_err(StoreError::io(context()))?;
        home.files.sync_directory(path).map_err(StoreError::io(context()))?;
        Ok(home)
    }

    /// Where the ledger is.
    pub(super) fn ledger(&self) -> PathBuf {
        self.path.join("ledger")
    }

    /// Where the rows are.
    pub(super) fn sled(&self) -> PathBuf {
        self.path.join("sled")
    }

    /// Where a copy of the rows is while they are opened after an unclean stop.
    pub(super) fn copy(&self) -> PathBuf {
        self.path.join("sled.before-open")
    }

    /// Puts the rows aside, in place of those that were put aside before.
    pub(super) fn put_sled_aside(&self) -> io::Result<()> {
        let mut number = 1;
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            let name = entry.file_name();
            if let Some(old) = name.to_str().and_then(|it| it.strip_prefix("sled.bad-")) {
                number = number.max(old.parse::<u64>().unwrap_or(0) + 1);
                fs::remove_dir_all(entry.path())?;
            }
        }
        fs::rename(self.sled(), self.path.join(format!("sled.bad-{number}")))?;
        self.files.sync_directory(&self.path)
    }

    /// Whether the store was closed cleanly, and how.
    pub(super) fn clean(&self) -> Result<Option<Clean>, StoreError> {
        match fs::read(self.clean_path()) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StoreError::io("reading CLEAN")(error)),
        }
    }

    /// From now on the store is not closed cleanly.
    pub(super) fn unmark_clean(&self) -> Result<(), StoreError> {
        if !self.clean_path().exists() {
            return Ok(());
        }
        self.files.remove(&self.path, CLEAN).map_err(StoreError::io("removing CLEAN"))
    }

    /// Says that the store was closed cleanly.
    pub(super) fn mark_clean(&self, end: Seq) -> Result<(), StoreError> {
        let files = clean::seals(&self.sled()).map_err(StoreError::io("reading sled's files"))?;
        let bytes = serde_json::to_vec(&Clean { end, files }).expect("a marker has no map");
        self.files.publish(&self.path, CLEAN, &bytes).map_err(StoreError::io("writing CLEAN"))
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
        drop(self.lock.unlock());
    }

    fn check_format(&self) -> Result<(), StoreError> {
        match fs::read_to_string(self.path.join("FORMAT")) {
            Ok(format) if format == FORMAT => Ok(()),
            Ok(format) => Err(StoreError::Damaged(format!(
                "the store has the format `{}`; this program knows `{}`",
                format.trim(),
                FORMAT.trim()
            ))),
            Err(error) if error.kind() == io::ErrorKind::NotFound && !self.ledger().exists() => {
                let published = self.files.publish(&self.path, "FORMAT", FORMAT.as_bytes());
                published.map_err(StoreError::io("writing FORMAT"))
            }
            Err(error) => Err(StoreError::io("reading FORMAT")(error)),
        }
    }
}

fn lock(path: &Path) -> Result<File, StoreError> {
    let context = format!("locking the store in {}", path.display());
    let options = File::options().read(true).write(true).create(true).truncate(false).clone();
    let mut file = options.open(path.join("LOCK")).map_err(StoreError::io(context.clone()))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let holder = holder(&mut file).map_err(StoreError::io(context.clone()))?;
            let path = path.display();
            return Err(StoreError::Locked(format!("the store in {path} is in use by process {holder}")));
        }
        Err(TryLockError::Error(error)) => return Err(StoreError::io(context.clone())(error)),
    }
    file.set_len(0).map_err(StoreError::io(context.clone()))?;
    writeln!(file, "{}", std::process::id()).map_err(StoreError::io(context.clone()))?;
    Ok(file)
}

/// The number of the process that has the store.
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
