//! Opens a store: the ledger is checked, the rows are trusted, audited or made anew.
//!
//! What stands behind the last whole record of the ledger is cut off as never acknowledged, but
//! only when neither the mark of a clean close nor the rows know better: else the store does not
//! open, and nothing of the ledger is touched.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::Arc,
};

use super::{
    EmbeddedOptions, audit,
    clean::{self, Clean},
    files::Files,
    home::Home,
    ledger::{Ledger, Place, Seq, Writer, check_end},
    panic_text,
    replay::replay,
    rows::{Draft, Meta, Rows as _, Table, View},
};
use crate::store::StoreError;

/// An open store, before anybody uses it.
pub(super) struct Opened {
    pub(super) home: Home,
    pub(super) ledger: Arc<Ledger>,
    pub(super) writer: Writer,
    pub(super) table: Arc<Table>,
    pub(super) meta: Meta,
}

/// Opens the store in a directory, or makes a new one.
pub(super) fn open(path: &Path, options: &EmbeddedOptions) -> Result<Opened, StoreError> {
    let home = Home::open(path, Files::new(options.fault.clone()))?;
    let clean = home.clean()?;
    let is_new = !Ledger::is_in(&home.files, &home.ledger())?;
    if is_new && (home.sled().exists() || home.witness().exists() || clean.is_some()) {
        return Err(StoreError::ledger_damaged(1, "there are no ledger files"));
    }
    let (ledger, writer) = Ledger::open(&Place {
        files: home.files.clone(),
        directory: home.ledger(),
        witness: home.witness(),
        new_store: options.store_id,
        segment_bytes: options.segment_bytes,
    })?;
    let end = writer.next() - 1;
    if let Some(clean) = &clean {
        check_end(end, clean.end)?;
    }
    home.remove_other_sleds().map_err(StoreError::io("removing old rows"))?;
    home.wait_for_sled();
    let opening = Opening { home: &home, ledger: &ledger, writer: &writer, end, options };
    let (table, meta) = opening.rows(clean)?;
    Ok(Opened { home, ledger, writer, table, meta })
}

/// Makes all rows from the ledger, up to a record, in a directory that is not there yet.
pub(super) fn make(
    home: &Home,
    directory: &Path,
    ledger: &Ledger,
    end: Seq,
    options: &EmbeddedOptions,
) -> Result<(Arc<Table>, Meta), StoreError> {
    let table = Arc::new(Table::open(directory, options.sled_cache_bytes)?);
    let none = no_rows(ledger, options);
    let meta = if end == 0 { begin(&table, none)? } else { none };
    let meta = replay(ledger, &table, meta, &options.summarizer, end, &options.progress)?;
    table.flush()?;
    keep(home, directory, &table)?;
    Ok((table, meta))
}

/// Brings rows to the disk and makes them those of the store. Answers how many bytes their files
/// have.
pub(super) fn keep(home: &Home, directory: &Path, table: &Table) -> Result<u64, StoreError> {
    home.files.sync_tree(directory).map_err(StoreError::io("bringing sled's files to the disk"))?;
    let size = table.size_on_disk()?;
    home.set_sled(directory, size).map_err(StoreError::io("changing ROWS"))?;
    Ok(size)
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
    fn rows(&self, clean: Option<Clean>) -> Result<(Arc<Table>, Meta), StoreError> {
        self.home.unmark_clean()?;
        if !self.home.sled().exists() {
            if self.end != 0 {
                tracing::warn!("sled's files are gone; the rows are made anew from the ledger");
            }
            self.writer.settle()?;
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
        self.writer.settle()?;
        let opened = match looked.and_then(|(table, meta)| self.try_rows(table, meta, is_trusted)) {
            Ok(opened) => Ok(opened),
            Err(error @ StoreError::LedgerDamaged { .. }) => Err(error),
            Err(error) if error.is_disk_full() => Err(error),
            Err(doubt) => {
                tracing::warn!(%doubt, "the rows in sled are made anew from the ledger");
                // Its threads may still write to the old files, by name.
                self.home.wait_for_sled();
                self.home.put_sled_aside().map_err(StoreError::io("putting sled's files aside"))?;
                self.make()
            }
        }?;
        let removed = self.home.files.remove_tree(&self.home.copy());
        removed.map_err(StoreError::io("removing the copy of sled's files"))?;
        Ok(opened)
    }

    /// Whether ledger and rows are as a clean close left them.
    fn was_closed_cleanly(&self, clean: Option<Clean>) -> Result<bool, StoreError> {
        let Some(clean) = clean else { return Ok(false) };
        let seals = clean::seals(&self.home.files, &self.home.sled());
        let seals = seals.map_err(StoreError::io("reading sled's files"))?;
        Ok(self.end == clean.end && seals == clean.files)
    }

    /// Opening changes sled's files, perhaps for the worse.
    fn keep_copy(&self) {
        let (files, copy) = (&self.home.files, self.home.copy());
        let copied = files.remove_tree(&copy).and_then(|()| files.copy_tree(&self.home.sled(), &copy));
        if let Err(error) = copied {
            tracing::warn!(%error, "sled's files could not be copied before they are opened");
            // What is there of the copy helps nobody, and opening may need its room on the disk.
            if let Err(error) = files.remove_tree(&copy) {
                tracing::warn!(%error, "what was copied of sled's files could not be removed");
            }
        }
    }

    /// The rows that are there and what they say of themselves; an error is a doubt.
    fn look(&self) -> Result<(Arc<Table>, Option<Meta>), StoreError> {
        catch(|| {
            let table = Table::open(&self.home.sled(), self.options.sled_cache_bytes)?;
            let meta = table.meta()?;
            Ok((Arc::new(table), meta))
        })
    }

    /// The rows that are there, brought up to the end of the ledger; an error is a doubt.
    fn try_rows(
        &self,
        table: Arc<Table>,
        meta: Option<Meta>,
        is_trusted: bool,
    ) -> Result<(Arc<Table>, Meta), StoreError> {
        catch(|| {
            let meta = self.check_meta(&table, meta)?;
            if meta.applied < self.end {
                tracing::info!(
                    from = meta.applied + 1,
                    to = self.end,
                    "the rows are brought up to the ledger"
                );
            }
            let (options, ledger) = (self.options, self.ledger);
            let meta = replay(ledger, &table, meta, &options.summarizer, self.end, &options.progress)?;
            if !is_trusted {
                audit::audit(&View::new(table.clone()), &meta, &*options.progress)?;
                tracing::info!(
                    n_learners = meta.n_learners,
                    "the store was not closed cleanly; it was audited and is sound"
                );
            }
            Ok((table, meta))
        })
    }

    fn check_meta(&self, table: &Arc<Table>, meta: Option<Meta>) -> Result<Meta, StoreError> {
        let doubt = |text: &str| Err(StoreError::Damaged(text.into()));
        match meta {
            // Making the store was interrupted.
            None if self.end == 0 => begin(table, no_rows(self.ledger, self.options)),
            None => doubt("there are no rows"),
            Some(meta) if meta.store != self.ledger.store() => doubt("the rows are of another store"),
            Some(meta) if meta.summarizer != self.options.summarizer.revision => {
                doubt("the rows hold the summaries of another revision")
            }
            Some(meta) => Ok(meta),
        }
    }

    fn make(&self) -> Result<(Arc<Table>, Meta), StoreError> {
        make(self.home, &self.home.sled(), self.ledger, self.end, self.options)
    }
}

fn no_rows(ledger: &Ledger, options: &EmbeddedOptions) -> Meta {
    let (store, summarizer) = (ledger.store(), options.summarizer.revision);
    Meta { store, summarizer, applied: 0, n_learners: 0, n_erased: 0, n_events: 0, n_receipts: 0 }
}

/// Does something with sled, which panics on some damage.
fn catch<T>(act: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(act))
        .unwrap_or_else(|panic| Err(StoreError::Damaged(format!("sled panicked: {}", panic_text(&*panic)))))
}

fn begin(table: &Arc<Table>, meta: Meta) -> Result<Meta, StoreError> {
    let (changes, meta) = Draft::new(&View::new(table.clone()), meta).finish(0)?;
    table.apply(changes.in_order())?;
    Ok(meta)
}
