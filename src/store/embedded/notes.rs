//! Notes: a file each, below the directory of the store.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};
use tokio::task::spawn_blocking;

use super::files::Files;
use crate::store::{StoreError, note};

/// Where they are, in the directory of a store or of a backup.
pub(super) const NOTES: &str = "notes";

/// The notes of a store or of a backup.
#[derive(Clone)]
pub(super) struct Notes {
    files: Files,
    directory: PathBuf,
    /// One writes at a time; true: nobody does any more.
    closed: Arc<Mutex<bool>>,
}

impl Notes {
    /// Those in a directory, which need not be there.
    pub(super) fn new(files: &Files, directory: PathBuf) -> Self {
        Self { files: files.clone(), directory, closed: Arc::default() }
    }

    /// The note of this name.
    pub(super) async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        note::check_name(name)?;
        let (notes, name) = (self.clone(), name.to_owned());
        elsewhere(move || notes.read(&name)).await
    }

    /// Keeps one, or removes it.
    pub(super) async fn keep(&self, name: &str, note: Option<&[u8]>) -> Result<(), StoreError> {
        note::check_name(name)?;
        note::check_length(note)?;
        let (notes, name, note) = (self.clone(), name.to_owned(), note.map(<[u8]>::to_vec));
        elsewhere(move || {
            let closed = notes.closed.lock().unwrap_or_else(PoisonError::into_inner);
            if *closed {
                return Err(StoreError::Closed("the store was closed".into()));
            }
            notes.write(&name, note.as_deref())
        })
        .await
    }

    /// The names of those that begin with this.
    pub(super) async fn names(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let (notes, prefix) = (self.clone(), prefix.to_owned());
        elsewhere(move || Ok(notes.all_names()?.into_iter().filter(|it| it.starts_with(&prefix)).collect()))
            .await
    }

    /// Removes what was being written when a process ended; nobody writes yet.
    pub(super) fn tidy(&self) -> Result<(), StoreError> {
        if !self.directory.exists() {
            return Ok(());
        }
        let paths = self.files.list(&self.directory).map_err(StoreError::io("listing the notes"))?;
        let mut unfinished = paths.iter().filter(|it| it.extension().is_some_and(|it| it == "tmp"));
        let removed = unfinished.try_for_each(|it| self.files.remove(it));
        removed.map_err(StoreError::io("removing notes that were not finished"))
    }

    /// Writes none any more: another process may have the directory afterwards.
    pub(super) fn close(&self) {
        *self.closed.lock().unwrap_or_else(PoisonError::into_inner) = true;
    }

    /// All of them.
    pub(super) fn read_all(&self) -> Result<BTreeMap<String, Vec<u8>>, StoreError> {
        let mut all = BTreeMap::new();
        for name in self.all_names()? {
            if let Some(note) = self.read(&name)? {
                all.insert(name, note);
            }
        }
        Ok(all)
    }

    /// Writes all of these.
    pub(super) fn write_all(&self, notes: &BTreeMap<String, Vec<u8>>) -> Result<(), StoreError> {
        notes.iter().try_for_each(|(name, note)| self.write(name, Some(note)))
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.files
            .read_whole(&self.directory.join(name))
            .map_err(StoreError::io(format!("reading the note {name}")))
    }

    fn write(&self, name: &str, note: Option<&[u8]>) -> Result<(), StoreError> {
        let path = self.directory.join(name);
        let written = match note {
            Some(note) => {
                let made = self.files.create_directory(&self.directory);
                made.and_then(|()| self.files.publish_secretly(&path, note)).map(drop)
            }
            None if path.exists() => self.files.remove(&path),
            None => Ok(()),
        };
        written.map_err(StoreError::io(format!("writing the note {name}")))
    }

    /// All names, in order; what is no note is passed over, such as what was not finished.
    fn all_names(&self) -> Result<Vec<String>, StoreError> {
        if !self.directory.exists() {
            return Ok(vec![]);
        }
        let paths = self.files.list(&self.directory).map_err(StoreError::io("listing the notes"))?;
        let names = paths.iter().filter_map(|it| it.file_name()?.to_str()).map(str::to_owned);
        Ok(names.filter(|it| note::check_name(it).is_ok()).collect())
    }
}

/// What stands for each of these notes: its SHA-256 in hexadecimal.
pub(super) fn digests(notes: &BTreeMap<String, Vec<u8>>) -> BTreeMap<String, String> {
    notes.iter().map(|(name, note)| (name.clone(), HEXLOWER.encode(&Sha256::digest(note)))).collect()
}

/// The notes in the directory of a store or of a backup.
pub(super) fn notes_in(files: &Files, directory: &Path) -> Notes {
    Notes::new(files, directory.join(NOTES))
}

/// Does it where it keeps nobody else from being served.
async fn elsewhere<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let done = spawn_blocking(work).await;
    done.map_err(|error| StoreError::Damaged(format!("a note failed: {error}")))?
}
