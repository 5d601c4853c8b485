//! The directory as tools take it: to look at it, to change it while nobody serves it, or to put a
//! store into it that was not there before.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::Mutex,
};

use super::{BLANKED, FORMAT, FORMAT_FILE, Home, INCOMING, NOTES, Notes, ROWS, generation, lock, try_lock};
use crate::store::{
    StoreError,
    embedded::files::{Files, temporary},
};

/// Where notes are until the ledger that they come with has its name.
const INCOMING_NOTES: &str = "notes.incoming";

impl Home {
    /// Opens a directory that has a store, for this process alone; but for its name in LOCK, nothing
    /// is written.
    pub(in super::super) fn take(path: &Path, files: Files) -> Result<Self, StoreError> {
        check_store(path)?;
        Self::of(path, files, Some(lock(path)?))
    }

    /// As [`Home::take`], but nothing at all is written, also where nothing can be.
    pub(in super::super) fn look(path: &Path, files: Files) -> Result<Self, StoreError> {
        check_store(path)?;
        let context = || format!("locking the store in {}", path.display());
        let lock = match File::open(path.join("LOCK")) {
            Ok(mut file) => {
                try_lock(&mut file, path)?;
                Some(file)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(StoreError::io(context())(error)),
        };
        Self::of(path, files, lock)
    }

    /// Opens a directory that is not there or has nothing in it, for a ledger that is still to come.
    /// What an earlier attempt left is removed.
    pub(in super::super) fn found(path: &Path, files: Files) -> Result<Self, StoreError> {
        check_empty(path, &files)?;
        let context = || format!("making the store in {}", path.display());
        files.create_directory(path).map_err(StoreError::io(context()))?;
        let lock = lock(path)?;
        check_empty(path, &files)?;
        let home = Self { path: path.to_owned(), files, rows: Mutex::default(), lock: Some(lock) };
        home.files.remove_tree(&home.incoming()).map_err(StoreError::io(context()))?;
        home.files.remove_tree(&home.path.join(INCOMING_NOTES)).map_err(StoreError::io(context()))?;
        Ok(home)
    }

    /// Where a repair builds the ledger that takes the place of a damaged one.
    pub(in super::super) fn repaired(&self) -> PathBuf {
        self.path.join("ledger.repaired")
    }

    /// Where the ledger is built that comes from a backup or an export.
    pub(in super::super) fn incoming(&self) -> PathBuf {
        self.path.join(INCOMING)
    }

    /// The notes that come from a backup, until the ledger has its name.
    pub(in super::super) fn incoming_notes(&self) -> Notes {
        Notes::new(&self.files, self.path.join(INCOMING_NOTES))
    }

    /// Gives the notes that came from a backup their name, if the ledger has its own by now.
    pub(in super::super) fn settle_in_notes(&self) -> Result<(), StoreError> {
        let incoming = self.path.join(INCOMING_NOTES);
        if !incoming.exists() || !self.ledger().exists() {
            return Ok(());
        }
        let renamed = self.files.rename(&incoming, &self.path.join(NOTES));
        renamed.map_err(StoreError::io("giving the notes their name"))
    }

    /// A name for a damaged ledger that none has yet.
    pub(in super::super) fn damaged(&self) -> PathBuf {
        let mut names = (1..).map(|it| self.path.join(format!("ledger.damaged-{it}")));
        names.find(|it| !it.exists()).expect("numbers do not end")
    }

    /// Removes the rows that were put aside: they have what was later erased.
    pub(in super::super) fn remove_sled_aside(&self) -> Result<(), StoreError> {
        let context = || StoreError::io("removing the rows that were put aside");
        for path in self.files.list(&self.path).map_err(context())? {
            let name = path.file_name().and_then(|it| it.to_str()).unwrap_or_default();
            if name.starts_with("sled.bad-") {
                self.files.remove_tree(&path).map_err(context())?;
            }
        }
        Ok(())
    }

    /// Makes a ledger that was built whole the one of the store.
    pub(in super::super) fn settle_in(&self, ledger: &Path) -> Result<(), StoreError> {
        let renamed = self.files.rename(ledger, &self.ledger());
        renamed.map_err(StoreError::io("giving the ledger its name"))
    }

    /// Removes the rows and all that says something about them, about the end of the ledger, or about what is left of
    /// the erased.
    pub(in super::super) fn forget_rows(&self) -> Result<(), StoreError> {
        let context = || StoreError::io("removing the rows of the old ledger");
        self.unmark_clean()?;
        for path in self.files.list(&self.path).map_err(context())? {
            let name = path.file_name().and_then(|it| it.to_str()).unwrap_or_default();
            if generation(name).is_some() || path == self.copy() {
                self.files.remove_tree(&path).map_err(context())?;
            } else if path == self.witness() || [ROWS, BLANKED].contains(&name) {
                self.files.remove(&path).map_err(context())?;
            }
        }
        Ok(())
    }
}

/// Refuses a directory that has no store.
pub(in super::super) fn check_store(path: &Path) -> Result<(), StoreError> {
    let has = |name: &str| path.join(name).exists();
    if has(FORMAT_FILE) || has("ledger") || has("ledger.repaired") {
        return Ok(());
    }
    Err(StoreError::Refused(format!("there is no store in {}", path.display())))
}

/// Refuses a directory that has anything in it but what an interrupted attempt leaves.
fn check_empty(path: &Path, files: &Files) -> Result<(), StoreError> {
    if !path.exists() {
        return Ok(());
    }
    let context = || StoreError::io(format!("looking into {}", path.display()));
    for entry in files.list(path).map_err(context())? {
        let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_ours = match &*name {
            "LOCK" | INCOMING | INCOMING_NOTES => true,
            FORMAT_FILE => files.read_whole(&entry).map_err(context())?.as_deref() == Some(FORMAT.as_bytes()),
            _ => entry == temporary(&path.join(FORMAT_FILE)),
        };
        if !is_ours {
            let path = path.display();
            return Err(StoreError::Refused(format!("{path} is not empty, there is `{name}` in it")));
        }
    }
    Ok(())
}
