//! Backups: a directory with the ledger up to a durable end, its FORMAT, and a manifest that says
//! what must be in it. It is written under another name, read again, and only then gets its own.

use std::{
    collections::{BTreeMap, HashSet},
    fmt,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    super::{
        files::Files,
        home::{Home, check_backups, write_format},
        ledger::{Builder, Found, Seq, Site, blanked, survey},
        notes::{digests, notes_in},
    },
    ToolOptions,
    content::Content,
    look::Look,
};
use crate::{
    domain::{id::LearnerId, time::Timestamp},
    store::StoreError,
};

const MANIFEST: &str = "BACKUP";

/// What a backup says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backup {
    /// The form of the backup.
    pub format: BackupFormat,
    /// Which store it is of.
    pub store: Uuid,
    /// The last record in it.
    pub last_sequence: Seq,
    /// How many bytes its ledger files have.
    pub bytes: u64,
    /// The digest of all its records: SHA-256 in hexadecimal.
    pub digest: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// The digest of the idempotency key of the call that asked for it, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The notes in it, each with its SHA-256 in hexadecimal.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub notes: BTreeMap<String, String>,
}

/// The form of a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum BackupFormat {
    /// The first one.
    #[serde(rename = "milepost backup 1")]
    First,
}

impl fmt::Display for Backup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "store     {}", self.store)?;
        writeln!(f, "records   {}", self.last_sequence)?;
        writeln!(f, "bytes     {}", self.bytes)?;
        write!(f, "digest    sha256:{}", self.digest)
    }
}

/// Copies the ledger of a store that nobody serves to a directory that is not there or is empty. A
/// damaged ledger is refused.
pub fn backup(directory: &Path, to: &Path, options: &ToolOptions) -> Result<Backup, StoreError> {
    check_backups(directory, to)?;
    let home = Home::take(directory, options.files())?;
    let (look, witness) = whole_ledger(&home, options)?;
    let store = look.store.unwrap_or_default();
    let mut copying = Copying::new(&home, to, store, options.segment_bytes)?;
    copying.leave_out(look.erased);
    survey(&site(&home, &home.ledger(), Some(&witness), options), |found| match found {
        Found::Record(record, ..) => copying.add(record.seq, record.payload),
        Found::Damage(damage) => Err(StoreError::Damaged(damage.to_string())),
    })?;
    copying.finish(options, None)
}

/// Makes a store of a backup, in a directory that is not there or is empty. Nothing is visible before
/// all of it was read and is what the manifest says.
pub fn restore(from: &Path, directory: &Path, options: &ToolOptions) -> Result<Backup, StoreError> {
    let files = options.files();
    let manifest = read_manifest(&files, from)?
        .ok_or_else(|| StoreError::Refused(format!("there is no backup in {}", from.display())))?;
    check_copy(&files, from, &manifest, options)?;
    let home = Home::found(directory, files)?;
    let incoming = home.incoming();
    let mut builder = Builder::new(&home.files, &incoming, manifest.store, options.segment_bytes)?;
    survey(&site(&home, &from.join("ledger"), None, options), |found| match found {
        Found::Record(record, ..) => builder.push(record.payload),
        Found::Damage(damage) => Err(StoreError::Damaged(damage.to_string())),
    })?;
    builder.finish()?;
    home.incoming_notes().write_all(&notes_in(&home.files, from).read_all()?)?;
    settle_in(&home, &manifest.digest, options)?;
    home.settle_in_notes()?;
    Ok(manifest)
}

/// Makes the ledger that came in the one of the store, if it has this digest.
pub(super) fn settle_in(home: &Home, digest: &str, options: &ToolOptions) -> Result<(), StoreError> {
    let look = Look::into(&home.files, &home.incoming(), &options.progress)?;
    if let Some(trouble) = look.first_trouble() {
        return Err(StoreError::Damaged(format!("what came in cannot be read again: {trouble}")));
    }
    if look.totals.digest != digest {
        return Err(StoreError::Damaged("what came in is not what was written".into()));
    }
    home.write_format()?;
    home.settle_in(&home.incoming())
}

/// What a store that is whole has, and where its witness is; another one is refused.
pub(super) fn whole_ledger(home: &Home, options: &ToolOptions) -> Result<(Look, PathBuf), StoreError> {
    let (verified, look) = super::verify::verify_home(home, options)?;
    if let Some(trouble) = look.first_trouble() {
        return Err(StoreError::Refused(format!(
            "the ledger is damaged: {trouble}; see what `milepost verify` says"
        )));
    }
    if verified.lacks_format || look.store.is_none() {
        return Err(StoreError::Refused("there is no whole store; see what `milepost verify` says".into()));
    }
    Ok((look, home.witness()))
}

pub(super) fn site<'a>(
    home: &'a Home,
    directory: &'a Path,
    witness: Option<&'a Path>,
    options: &'a ToolOptions,
) -> Site<'a> {
    Site { files: &home.files, directory, witness, known: 0, progress: &options.progress }
}

/// A backup that is being written.
pub(in super::super) struct Copying {
    files: Files,
    to: PathBuf,
    unfinished: PathBuf,
    store: Uuid,
    erased: HashSet<LearnerId>,
    builder: Builder,
    content: Content,
    notes: BTreeMap<String, Vec<u8>>,
}

impl Copying {
    /// Begins, for a place that is not there or is empty. What an earlier attempt left is removed. Notes are those of
    /// now: they must not know of more than the records that are added.
    pub(in super::super) fn new(
        home: &Home,
        to: &Path,
        store: Uuid,
        segment_bytes: u64,
    ) -> Result<Self, StoreError> {
        let files = &home.files;
        let context = || StoreError::io(format!("making the backup {}", to.display()));
        let to = &std::path::absolute(to).map_err(context())?;
        let name = to.file_name().ok_or_else(|| StoreError::Refused("the backup needs a name".into()))?;
        if to.exists() && !(to.is_dir() && files.list(to).map_err(context())?.is_empty()) {
            return Err(StoreError::Refused(format!("{} is there already, and not empty", to.display())));
        }
        let unfinished = to.with_file_name(format!(".{}.unfinished", name.to_string_lossy()));
        files.remove_tree(&unfinished).map_err(context())?;
        let builder = Builder::new(files, &unfinished.join("ledger"), store, segment_bytes)?;
        let notes = notes_in(files, home.path()).read_all()?;
        let (files, to) = (files.clone(), to.to_owned());
        let erased = HashSet::new();
        Ok(Self { files, to, unfinished, store, erased, builder, content: Content::default(), notes })
    }

    /// Of these nothing gets in.
    pub(in super::super) fn leave_out(&mut self, erased: HashSet<LearnerId>) {
        self.erased = erased;
    }

    /// Adds the next record.
    pub(in super::super) fn add(&mut self, seq: Seq, payload: &[u8]) -> Result<(), StoreError> {
        let blank = blanked(seq, payload, &self.erased)?;
        let payload = blank.as_deref().unwrap_or(payload);
        self.content.add(seq, payload);
        self.builder.push(payload)
    }

    /// Reads all of it again and gives it its name.
    pub(in super::super) fn finish(
        self,
        options: &ToolOptions,
        key: Option<String>,
    ) -> Result<Backup, StoreError> {
        let context = || StoreError::io(format!("making the backup {}", self.to.display()));
        let last_sequence = self.builder.next() - 1;
        let manifest = Backup {
            format: BackupFormat::First,
            store: self.store,
            last_sequence,
            bytes: self.builder.finish()?,
            digest: self.content.digest(),
            made_at: options.now,
            key,
            notes: digests(&self.notes),
        };
        notes_in(&self.files, &self.unfinished).write_all(&self.notes)?;
        write_format(&self.files, &self.unfinished)?;
        let mut text = serde_json::to_vec_pretty(&manifest).expect("a manifest is plain data");
        text.push(b'\n');
        self.files.publish(&self.unfinished.join(MANIFEST), &text).map_err(context())?;
        check_copy(&self.files, &self.unfinished, &manifest, options)?;
        self.files.rename(&self.unfinished, &self.to).map_err(context())?;
        Ok(manifest)
    }
}

/// What a backup says of itself; `None`: there is none in this directory.
pub(in super::super) fn read_manifest(files: &Files, directory: &Path) -> Result<Option<Backup>, StoreError> {
    let path = directory.join(MANIFEST);
    let bytes = files.read_whole(&path).map_err(StoreError::io(format!("reading {}", path.display())))?;
    let Some(bytes) = bytes else { return Ok(None) };
    let manifest = serde_json::from_slice(&bytes);
    let broken = |error| StoreError::Damaged(format!("{} cannot be understood: {error}", path.display()));
    manifest.map(Some).map_err(broken)
}

/// Reads all of a backup: it must be whole, and what its manifest says.
pub(in super::super) fn check_copy(
    files: &Files,
    directory: &Path,
    manifest: &Backup,
    options: &ToolOptions,
) -> Result<(), StoreError> {
    let look = Look::into(files, &directory.join("ledger"), &options.progress)?;
    let damaged = |how: &str| {
        Err(StoreError::Damaged(format!("the backup in {} is damaged: {how}", directory.display())))
    };
    if let Some(trouble) = look.first_trouble() {
        return damaged(&trouble);
    }
    if digests(&notes_in(files, directory).read_all()?) != manifest.notes {
        return damaged("its notes are not those that its manifest names");
    }
    let found = (look.totals.last_seq, &look.totals.digest, look.store);
    if found == (manifest.last_sequence, &manifest.digest, Some(manifest.store)) {
        return Ok(());
    }
    damaged("its records are not those that its manifest names")
}
