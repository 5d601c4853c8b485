//! Reads everything and says what is damaged. It changes nothing.

use std::{fmt, path::Path};

use uuid::Uuid;

use super::{
    super::{
        clean,
        home::Home,
        ledger::{Damage, Site},
    },
    ToolOptions,
    check::Missing,
    look::{Look, Totals, Wrong},
    range,
};
use crate::store::StoreError;

/// What was found.
#[derive(Debug)]
pub struct Verified {
    /// Which store it is; `None`: no file says so.
    pub store: Option<Uuid>,
    /// What is broken or gone, at most the first 1,000 of them.
    pub damages: Vec<Damage>,
    /// How many damages there are.
    pub n_damages: u64,
    /// How many records are gone.
    pub n_gone: u64,
    /// What is whole and cannot be, at most the first 1,000 of them.
    pub wrongs: Vec<Wrong>,
    /// How many of those there are.
    pub n_wrongs: u64,
    /// What records that are gone were about, at most the first 1,000 of them.
    pub missing: Vec<Missing>,
    /// How many of those there are.
    pub n_missing: u64,
    /// Whether FORMAT is missing.
    pub lacks_format: bool,
    /// What the ledger adds up to.
    pub totals: Totals,
    /// What is good to know and no damage.
    pub notes: Vec<String>,
}

/// Reads a store that nobody serves: all of the ledger, and whether the rows are as they were left.
/// It changes nothing in the directory.
pub fn verify(directory: &Path, options: &ToolOptions) -> Result<Verified, StoreError> {
    let home = Home::look(directory, options.files())?;
    verify_home(&home, options).map(|it| it.0)
}

/// The same, in a directory that is held already.
pub(super) fn verify_home(home: &Home, options: &ToolOptions) -> Result<(Verified, Look), StoreError> {
    home.check_finished()?;
    let clean = home.clean()?;
    let (ledger, witness) = (home.ledger(), home.witness());
    let mut look = Look::at(&Site {
        files: &home.files,
        directory: &ledger,
        witness: Some(&witness),
        known: clean.as_ref().map_or(0, |it| it.end),
        progress: &options.progress,
    })?;
    let is_empty = look.store.is_none() && look.n_damages == 0;
    if is_empty && (home.sled().exists() || witness.exists()) {
        look.is_gone();
    }
    let mut notes = vec![];
    if let Some(at) = look.torn_at {
        notes.push(format!(
            "the last file ends, from byte {at} on, in what was never wholly written and so never \
             acknowledged; the next start cuts it off"
        ));
    }
    notes.push(rows(home, clean.as_ref(), &look)?);
    let verified = Verified {
        store: look.store,
        damages: look.damages.clone(),
        n_damages: look.n_damages,
        n_gone: look.n_gone,
        wrongs: look.wrongs.clone(),
        n_wrongs: look.n_wrongs,
        missing: look.missing.clone(),
        n_missing: look.n_missing,
        lacks_format: !home.has_format()?,
        totals: look.totals.clone(),
        notes,
    };
    Ok((verified, look))
}

/// What will become of the rows at the next start.
fn rows(home: &Home, clean: Option<&clean::Clean>, look: &Look) -> Result<String, StoreError> {
    let nothing_is_lost = "the next start audits them or makes them anew; nothing is lost by that";
    if !home.sled().exists() {
        return Ok("rows: there are none; the next start makes them from the ledger".into());
    }
    let Some(clean) = clean else {
        return Ok(format!("rows: the store was not closed cleanly; {nothing_is_lost}"));
    };
    let seals = clean::seals(&home.files, &home.sled()).map_err(StoreError::io("reading sled's files"))?;
    Ok(match seals == clean.files && clean.end == look.totals.last_seq {
        true => "rows: as the clean close left them".into(),
        false => format!("rows: not as the clean close left them; {nothing_is_lost}"),
    })
}

impl Verified {
    /// Whether anything of the ledger is damaged.
    pub fn is_damaged(&self) -> bool {
        self.n_damages != 0 || self.n_wrongs != 0 || self.lacks_format
    }
}

impl Look {
    /// Says that a ledger that must have been there is gone.
    fn is_gone(&mut self) {
        self.n_damages += 1;
        let how = "there are no ledger files".to_owned();
        self.damages.push(Damage { first: 1, n_gone: 0, file: "ledger".into(), at: 0, how });
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { first, n_gone, file, at, how } = self;
        match n_gone {
            0 => write!(f, "{file}, byte {at}: {how}"),
            1 => write!(f, "record {first} ({file}, byte {at}): {how}"),
            _ => write!(f, "records {} ({file}, byte {at}): {how}", range(*first, first + n_gone - 1)),
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seq, file, at, how } = self;
        write!(f, "record {seq} ({file}, byte {at}): {how}")
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "records   {}; the last has the number {}", self.n_records, self.last_seq)?;
        writeln!(f, "events    {}", self.n_events)?;
        writeln!(f, "learners  {}; {} more were erased", self.n_learners, self.n_erased)?;
        writeln!(f, "bytes     {}", self.n_bytes)?;
        write!(f, "digest    sha256:{}", self.digest)
    }
}

impl fmt::Display for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let store = self.store.map_or_else(|| "unknown".to_owned(), |it| it.to_string());
        writeln!(f, "store     {store}\n{}", self.totals)?;
        self.notes.iter().try_for_each(|it| writeln!(f, "{it}"))?;
        if self.lacks_format {
            writeln!(f, "damaged: FORMAT is missing")?;
        }
        list(f, "damaged", &self.damages, self.n_damages)?;
        list(f, "contradiction", &self.wrongs, self.n_wrongs)?;
        list(f, "gone", &self.missing, self.n_missing)?;
        match (self.is_damaged(), self.n_gone) {
            (false, _) => write!(f, "the ledger is whole"),
            (true, 0) => write!(f, "the ledger is damaged"),
            (true, 1) => write!(f, "the ledger is damaged: 1 record is gone"),
            (true, n_gone) => write!(f, "the ledger is damaged: {n_gone} records are gone"),
        }
    }
}

fn list<T: fmt::Display>(f: &mut fmt::Formatter<'_>, what: &str, items: &[T], n_all: u64) -> fmt::Result {
    items.iter().try_for_each(|it| writeln!(f, "{what}: {it}"))?;
    let n_more = n_all - items.len() as u64;
    if n_more == 0 { Ok(()) } else { writeln!(f, "{what}: {n_more} more") }
}
