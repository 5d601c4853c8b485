//! Backups and compaction while the store is served.
//!
//! A backup is a copy of the ledger up to the last record that was durable when it began, without
//! what erasures voided; commits go on meanwhile. Compaction blanks what erasures voided, first in the
//! files that nobody writes to, then in the newest, which takes a moment in which no group is written;
//! then the rows are copied into a smaller sled.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex as Lock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::{
    sync::{Mutex, OwnedMutexGuard, watch},
    task::spawn_blocking,
};

use super::{
    EmbeddedOptions, EmbeddedStore, Inner,
    home::BACKUPS,
    tools::{Backup, Copying, ToolOptions, check_copy, read_manifest},
};
use crate::{
    domain::time::Timestamp,
    store::{BackupMade, BackupWish, Maintenance, MaintenanceError, Shrunk, Store as _, StoreError},
};

/// What was done last with a key, in the store's directory.
const COMPACTED: &str = "COMPACTED";

/// What maintenance needs beside the store.
pub(super) struct Upkeep {
    /// One thing at a time.
    turn: Arc<Mutex<()>>,
    is_closing: Arc<AtomicBool>,
    /// Where backups go.
    backups: PathBuf,
    segment_bytes: u64,
    /// Held by the committer while it writes a group.
    writing: Arc<Lock<()>>,
}

/// The last compaction that had a key.
#[derive(Serialize, Deserialize)]
struct Compacted {
    key: String,
    before: u64,
    after: u64,
    n_blanked: u64,
}

impl Upkeep {
    pub(super) fn new(directory: &Path, options: &EmbeddedOptions, writing: Arc<Lock<()>>) -> Self {
        let backups = options.backup_dir.clone().unwrap_or_else(|| directory.join(BACKUPS));
        let segment_bytes = options.segment_bytes;
        Self { turn: Arc::default(), is_closing: Arc::default(), backups, segment_bytes, writing }
    }

    /// Whether what is under way is to go on; an error: the store is closing.
    fn go_on(&self) -> Result<(), StoreError> {
        match self.is_closing.load(Ordering::Acquire) {
            true => Err(StoreError::Closed("the store was closed".into())),
            false => Ok(()),
        }
    }

    /// Lets nothing new begin, and waits until what is under way has ended. Whoever closes the store
    /// holds the turn, because another process may have the directory afterwards.
    pub(super) async fn close(&self) -> OwnedMutexGuard<()> {
        self.is_closing.store(true, Ordering::Release);
        self.turn.clone().lock_owned().await
    }
}

#[async_trait]
impl Maintenance for EmbeddedStore {
    async fn back_up(&self, wish: BackupWish) -> Result<BackupMade, MaintenanceError> {
        let turn = self.turn().await?;
        let (inner, upkeep) = (self.inner.clone(), self.upkeep.clone());
        let making = spawn_blocking(move || {
            let _turn = turn;
            BackingUp { inner: &inner, upkeep: &upkeep }.backup(wish)
        });
        making.await.map_err(|error| StoreError::Damaged(format!("the backup failed: {error}")))?
    }

    async fn shrink(&self, key: Option<String>) -> Result<Shrunk, MaintenanceError> {
        let turn = self.turn().await?;
        if let Some(key) = &key
            && let Some(first) = self.inner.compacted(key)?
        {
            return Ok(first);
        }
        if let Some(reason) = self.read_only() {
            return Err(MaintenanceError::ReadOnly(reason));
        }
        let (inner, upkeep, n_erased) = (self.inner.clone(), self.upkeep.clone(), self.inner.debt.n_erased());
        let blanking = spawn_blocking(move || {
            let n_blanked = inner.blank(&upkeep);
            (n_blanked, turn)
        });
        let blanked =
            blanking.await.map_err(|error| StoreError::Damaged(format!("blanking failed: {error}")))?;
        let (n_blanked, _turn) = blanked;
        let (ledger, n_blanked) = n_blanked?;
        let rows = self.compact().await?;
        self.inner.debt.settle(&self.inner.home, n_erased)?;
        let (before, after) = (ledger + rows.before, ledger + rows.after);
        let shrunk = Shrunk { before, after, n_blanked, replayed: false };
        if let Some(key) = key {
            self.inner.set_compacted(Compacted { key, before, after, n_blanked })?;
        }
        Ok(shrunk)
    }

    fn owed(&self) -> watch::Receiver<Option<Timestamp>> {
        self.inner.debt.owed()
    }
}

impl EmbeddedStore {
    async fn turn(&self) -> Result<OwnedMutexGuard<()>, StoreError> {
        let turn = self.upkeep.turn.clone().lock_owned().await;
        self.upkeep.go_on()?;
        Ok(turn)
    }
}

impl Inner {
    /// Blanks what erasures voided. Answers how many bytes the ledger has, and how many records it was.
    fn blank(&self, upkeep: &Upkeep) -> Result<(u64, u64), MaintenanceError> {
        if !self.has_room() {
            return Err(MaintenanceError::NoRoom);
        }
        let go_on = || upkeep.go_on();
        let erased = self.ledger.erased(self.ledger.durable().0, go_on)?;
        let newest = self.ledger.newest_first();
        let mut n_blanked = self.ledger.blank_sealed(&erased, 1, go_on)?;
        // No group is written meanwhile.
        let _writing = upkeep.writing.lock().unwrap_or_else(PoisonError::into_inner);
        // What was the newest may be so no more.
        n_blanked += self.ledger.blank_sealed(&erased, newest, go_on)?;
        n_blanked += self.ledger.blank_newest(&erased)?;
        self.home.remove_sled_aside()?;
        Ok((self.ledger.n_bytes()?, n_blanked))
    }

    /// What the last compaction did, if it had this key.
    fn compacted(&self, key: &str) -> Result<Option<Shrunk>, StoreError> {
        let path = self.home.path().join(COMPACTED);
        let bytes = self.home.files.read_whole(&path).map_err(StoreError::io("reading COMPACTED"))?;
        let last = bytes.and_then(|it| serde_json::from_slice::<Compacted>(&it).ok());
        Ok(last.filter(|it| it.key == key).map(|it| Shrunk {
            before: it.before,
            after: it.after,
            n_blanked: it.n_blanked,
            replayed: true,
        }))
    }

    fn set_compacted(&self, compacted: Compacted) -> Result<(), StoreError> {
        let bytes = serde_json::to_vec(&compacted).expect("plain data");
        let published = self.home.files.publish(&self.home.path().join(COMPACTED), &bytes);
        published.map(drop).map_err(StoreError::io("writing COMPACTED"))
    }
}

/// A backup under way.
struct BackingUp<'a> {
    inner: &'a Inner,
    upkeep: &'a Upkeep,
}

impl BackingUp<'_> {
    fn backup(&self, wish: BackupWish) -> Result<BackupMade, MaintenanceError> {
        let to = self.upkeep.backups.join(wish.name.as_str());
        let options = ToolOptions { segment_bytes: self.upkeep.segment_bytes, ..ToolOptions::new(wish.now) };
        if to.exists() {
            return self.known(&to, wish.key.as_deref(), &options);
        }
        self.inner
            .home
            .files
            .create_directory(&self.upkeep.backups)
            .map_err(StoreError::io("making the backups"))?;
        if let Some(key) = &wish.key {
            self.check_key(key)?;
        }
        if self.lacks_room()? {
            return Err(MaintenanceError::NoRoom);
        }
        let ledger = &self.inner.ledger;
        // It takes the notes first, which must not know of more than the records.
        let mut copying = Copying::new(&self.inner.home, &to, ledger.store(), options.segment_bytes)?;
        self.upkeep.go_on()?;
        let (last, is_owed) = {
            // What is durable is counted, too, while no group is written.
            let _writing = self.upkeep.writing.lock().unwrap_or_else(PoisonError::into_inner);
            (ledger.durable().0, self.inner.debt.is_owed())
        };
        if is_owed {
            copying.leave_out(ledger.erased(last, || self.upkeep.go_on())?);
        }
        ledger.records(1, last, |_, record| {
            self.upkeep.go_on()?;
            copying.add(record.seq, record.payload)
        })?;
        Ok(made(copying.finish(&options, wish.key)?, false))
    }

    /// What there is of that name: the same call may have made it.
    fn known(
        &self,
        to: &Path,
        key: Option<&str>,
        options: &ToolOptions,
    ) -> Result<BackupMade, MaintenanceError> {
        let files = &self.inner.home.files;
        match read_manifest(files, to) {
            Ok(Some(manifest)) if key.is_some() && manifest.key.as_deref() == key => {
                check_copy(files, to, &manifest, options)
                    .inspect_err(|error| tracing::error!(%error, "a backup is not what it was"))
                    .map_err(|_| MaintenanceError::Taken("the backup of this name is damaged".into()))?;
                Ok(made(manifest, true))
            }
            _ => Err(MaintenanceError::Taken("there is something of this name already".into())),
        }
    }

    /// No other backup was made with this key.
    fn check_key(&self, key: &str) -> Result<(), MaintenanceError> {
        let files = &self.inner.home.files;
        let others = files.list(&self.upkeep.backups).map_err(StoreError::io("listing the backups"))?;
        let has_key = |it: &PathBuf| {
            let is_whole = it.file_name().is_some_and(|it| !it.to_string_lossy().starts_with('.'));
            is_whole && matches!(read_manifest(files, it), Ok(Some(it)) if it.key.as_deref() == Some(key))
        };
        if others.iter().any(has_key) { Err(MaintenanceError::KeyReused) } else { Ok(()) }
    }

    fn lacks_room(&self) -> Result<bool, StoreError> {
        let free = self.inner.home.files.free_bytes(&self.upkeep.backups);
        let free = free.map_err(StoreError::io("asking for the room on the disk"))?;
        Ok(free < self.inner.ledger.n_bytes()? + self.inner.min_free_bytes())
    }
}

fn made(manifest: Backup, replayed: bool) -> BackupMade {
    let Backup { last_sequence, bytes, digest, made_at, .. } = manifest;
    BackupMade { last_sequence, bytes, digest, made_at, replayed }
}
