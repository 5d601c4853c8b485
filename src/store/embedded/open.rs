//! Opens a store: the ledger is checked, the rows are trusted, audited or made anew.
//!
//! What stands behind the last whole record of the ledger is cut off as never acknowledged, but
//! only when neither the mark of a clean close nor the rows know better: else the store does not
//! open, and nothing of the ledger is touched.

use std::{
    fs, io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::Arc,
};

use super::{
    EmbeddedOptions, audit,
    clean::{self, Clean},
    files::Files,
    home::Home,
    ledger::{Ledger, Seq, Writer},
    panic_text,
    replay::replay,
    rows::{Draft, Meta, Rows as _, Table},
};
use crate::store::StoreError;

/// An open store, before anybody uses it.
pub(super) struct Opened {
    pub(super) home: Home,
    pub(super) ledger: Arc<Ledger>,
    pub(super) writer: Writer,
    pub(super) table: Table,
    pub(super) meta: Meta,
}

/// Opens the store in a directory, or makes a new one.
pub(super) fn open(path: &Path, options: &EmbeddedOptions) -> Result<Opened, StoreError> {
    let home = Home::open(path, Files { fault: options.fault.clone() })?;
    let clean = home.clean()?;
    let is_new = fs::read_dir(home.ledger())
        .map_err(StoreError::io("reading the ledger's directory"))?
        .next()
        .is_none();
    if is_new && (home.sled().exists() || clean.is_some()) {
        return Err(StoreError::ledger_damaged(1, "there are no ledger files"));
    }
    let (ledger, writer) =
        Ledger::open(&home.ledger(), home.files.clone(), options.store_id, options.segment_bytes)?;
    let end = writer.next() - 1;
    if let Some(clean) = &clean {
        check_end(end, clean.end)?;
    }
    home.wait_for_sled();
    let opening = Opening { home: &home, ledger: &ledger, writer: &writer, end, options };
    let (table, meta) = opening.rows(clean)?;
    Ok(Opened { home, ledger, writer, table, meta })
}

struct Opening<'a> {
    home: &'a Home,
    ledger: &'a Ledger,
    writer: &'a Writer,
    /// The last record of the ledger.
    end: Seq,
    options: &'a EmbeddedOptions,
}

impl Opening<'_> {
    fn rows(&self, clean: Option<Clean>) -> Result<(Table, Meta), StoreError> {
        self.home.unmark_clean()?;
        if !self.home.sled().exists() {
            if self.end != 0 {
                tracing::warn!("sled's files are gone; the rows are made anew from the ledger");
            }
            self.writer.cut_torn_end()?;
            return self.make();
        }
        let is_trusted = self.was_closed_cleanly(clean)?;
        if !is_trusted {
            self.keep_copy();
        }
        let looked = self.look();
        if let Ok((_, Some(meta))) = &looked
            && meta.store == self.ledger.store()
        {
            check_end(self.end, meta.applied)?;
        }
        self.writer.cut_torn_end()?;
        let opened = match looked.and_then(|(table, meta)| self.try_rows(table, meta, is_trusted)) {
            Ok(opened) => Ok(opened),
            Err(error @ StoreError::Io { .. }) if is_disk_full(&error) => Err(error),
            Err(doubt) => {
                tracing::warn!(%doubt, "the rows in sled are made anew from the ledger");
                // Its threads may still write to the old files, by name.
                self.home.wait_for_sled();
                self.home.put_sled_aside().map_err(StoreError::io("putting sled's files aside"))?;
                self.make()
            }
        }?;
        remove_if_there(&self.home.copy()).map_err(StoreError::io("removing the copy of sled's files"))?;
        Ok(opened)
    }

    /// Whether ledger and rows are as a clean close left them.
    fn was_closed_cleanly(&self, clean: Option<Clean>) -> Result<bool, StoreError> {
        let Some(clean) = clean else { return Ok(false) };
        let seals = clean::seals(&self.home.sled()).map_err(StoreError::io("reading sled's files"))?;
        Ok(self.end == clean.end && seals == clean.files)
    }

    /// Opening changes sled's files, perhaps for the worse.
    fn keep_copy(&self) {
        let copy = self.home.copy();
        let copied = remove_if_there(&copy).and_then(|()| copy_tree(&self.home.sled(), &copy));
        if let Err(error) = copied {
            tracing::warn!(%error, "sled's files could not be copied before they are opened");
            // What is there of the copy helps nobody, and opening may need its room on the disk.
            if let Err(error) = remove_if_there(&copy) {
                tracing::warn!(%error, "what was copied of sled's files could not be removed");
            }
        }
    }

    /// The rows that are there and what they say of themselves; an error is a doubt.
    fn look(&self) -> Result<(Table, Option<Meta>), StoreError> {
        catch(|| {
            let table = Table::open(&self.home.sled(), self.options.sled_cache_bytes)?;
            let meta = table.meta()?;
            Ok((table, meta))
        })
    }

    /// The rows that are there, brought up to the end of the ledger; an error is a doubt.
    fn try_rows(
        &self,
        table: Table,
        meta: Option<Meta>,
        is_trusted: bool,
    ) -> Result<(Table, Meta), StoreError> {
        catch(|| {
            let meta = self.check_meta(&table, meta)?;
            if !is_trusted {
                audit::audit(&table, &meta)?;
                tracing::info!(
                    n_learners = meta.n_learners,
                    "the store was not closed cleanly; it was audited and is sound"
                );
            }
            if meta.applied < self.end {
                tracing::info!(
                    from = meta.applied + 1,
                    to = self.end,
                    "the rows are brought up to the ledger"
                );
            }
            let meta = self.replay(&table, meta)?;
            Ok((table, meta))
        })
    }

    fn check_meta(&self, table: &Table, meta: Option<Meta>) -> Result<Meta, StoreError> {
        let doubt = |text: &str| Err(StoreError::Damaged(text.into()));
        match meta {
            // Making the store was interrupted.
            None if self.end == 0 => begin(table, self.no_rows()),
            None => doubt("there are no rows"),
            Some(meta) if meta.store != self.ledger.store() => doubt("the rows are of another store"),
            Some(meta) if meta.summarizer != self.options.summarizer.revision => {
                doubt("the rows hold the summaries of another revision")
            }
            Some(meta) => Ok(meta),
        }
    }

    /// Makes all rows from the ledger.
    fn make(&self) -> Result<(Table, Meta), StoreError> {
        let table = Table::open(&self.home.sled(), self.options.sled_cache_bytes)?;
        let meta = begin(&table, self.no_rows())?;
        let meta = self.replay(&table, meta)?;
        table.flush()?;
        let synced = self.home.files.sync_tree(&self.home.sled());
        synced.map_err(StoreError::io("bringing sled's files to the disk"))?;
        Ok((table, meta))
    }

    fn no_rows(&self) -> Meta {
        Meta {
            store: self.ledger.store(),
            summarizer: self.options.summarizer.revision,
            applied: 0,
            n_learners: 0,
            n_erased: 0,
            n_events: 0,
            n_receipts: 0,
        }
    }

    fn replay(&self, table: &Table, meta: Meta) -> Result<Meta, StoreError> {
        replay(self.ledger, table, meta, &self.options.summarizer, self.end, &self.options.progress)
    }
}

/// Refuses a ledger that ends before a record that was acknowledged.
fn check_end(end: Seq, acknowledged: Seq) -> Result<(), StoreError> {
    if acknowledged <= end {
        return Ok(());
    }
    let how = format!("it is broken or gone, and all up to {acknowledged} were acknowledged");
    Err(StoreError::ledger_damaged(end + 1, &how))
}

/// Does something with sled, which panics on some damage.
fn catch<T>(act: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(act))
        .unwrap_or_else(|panic| Err(StoreError::Damaged(format!("sled panicked: {}", panic_text(&*panic)))))
}

fn begin(table: &Table, meta: Meta) -> Result<Meta, StoreError> {
    let (batch, meta) = Draft::new(table, meta).finish(0);
    table.apply(batch)?;
    Ok(meta)
}

fn is_disk_full(error: &StoreError) -> bool {
    matches!(error, StoreError::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull)
}

fn remove_if_there(directory: &Path) -> io::Result<()> {
    if directory.exists() { fs::remove_dir_all(directory) } else { Ok(()) }
}

fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}
