//! Reads the files of a ledger whatever has become of them, and changes nothing: whole records in
//! order, and what is broken or gone between them.
//!
//! Behind a broken record the next whole one with a greater sequence number is looked for, in the
//! same file and in later ones. A file's name has the number of its first record, so that neither a
//! broken header nor a missing file keeps the others from being read.

use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
};

use uuid::Uuid;

use super::{
    super::{files::Files, options::Progress},
    record::{self, Record, Seq},
    segment::{self, HEADER, Header},
    tail::{self, End, MAX_AHEAD},
    witness,
};
use crate::store::StoreError;

/// What a disk may fail to read by itself.
const PAGE: usize = 4_096;

/// Which ledger to look at.
pub(in super::super) struct Site<'a> {
    pub(in super::super) files: &'a Files,
    /// The directory of its segments.
    pub(in super::super) directory: &'a Path,
    /// The file that says how far it was acknowledged, where there is one.
    pub(in super::super) witness: Option<&'a Path>,
    /// All up to this record was acknowledged, as something else says.
    pub(in super::super) known: Seq,
    pub(in super::super) progress: &'a Progress,
}

/// What is found on the way.
pub(in super::super) enum Found<'a> {
    /// A whole record, in the file with this name, at this byte.
    Record(&'a Record<'a>, &'a str, u64),
    /// Something that is not as it was written.
    Damage(Damage),
}

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The first record that is gone, or the one that it is about.
    pub first: Seq,
    /// How many records are gone; 0: none is, but what stands around them is broken.
    pub n_gone: u64,
    /// The name of the file.
    pub file: String,
    /// At which byte of the file.
    pub at: u64,
    /// What is wrong.
    pub how: String,
}

/// What was found in all.
#[derive(Debug, Default)]
pub(in super::super) struct Surveyed {
    /// Which store it is the ledger of; `None`: no header says so.
    pub(in super::super) store: Option<Uuid>,
    /// The number behind the last record, be it there or gone.
    pub(in super::super) next: Seq,
    /// How many bytes its files have.
    pub(in super::super) n_bytes: u64,
    /// All up to this record was acknowledged.
    pub(in super::super) acknowledged: Seq,
    /// What a write left behind that did not finish, and so was never acknowledged: at which byte of
    /// the last file.
    pub(in super::super) torn_at: Option<u64>,
}

/// Reads all there is.
pub(in super::super) fn survey(
    site: &Site<'_>,
    each: impl FnMut(Found<'_>) -> Result<(), StoreError>,
) -> Result<Surveyed, StoreError> {
    let pieces = pieces(site)?;
    let store = store_of(&pieces);
    let n_bytes = pieces.iter().map(|it| it.length).sum();
    let acknowledged = site.acknowledged(store)?;
    let surveyed = Surveyed { store, next: 1, n_bytes, acknowledged, torn_at: None };
    let mut walk = Walk { site, each, surveyed, start: Some(0), file: String::new() };
    let mut n_read = 0;
    for (number, piece) in pieces.iter().enumerate() {
        walk.piece(piece, pieces.get(number + 1).map(|it| it.first))?;
        n_read += piece.length;
        (site.progress)(n_read, n_bytes);
    }
    let next = walk.surveyed.next;
    if next <= acknowledged {
        walk.gone(acknowledged, 0, "it was acknowledged, and it is not in any file")?;
    }
    Ok(walk.surveyed)
}

impl Site<'_> {
    /// The last record that is known to have been acknowledged, whatever the ledger says.
    fn acknowledged(&self, store: Option<Uuid>) -> Result<Seq, StoreError> {
        match (self.witness, store) {
            (Some(witness), Some(store)) => Ok(witness::read(self.files, witness, store)?.max(self.known)),
            _ => Ok(self.known),
        }
    }
}

/// A file of the ledger.
struct Piece {
    path: PathBuf,
    /// The number of its first record, by its name.
    first: Seq,
    length: u64,
    header: Option<Header>,
}

fn pieces(site: &Site<'_>) -> Result<Vec<Piece>, StoreError> {
    let paths = match site.files.list(site.directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => vec![],
        paths => paths.map_err(StoreError::io("listing the ledger files"))?,
    };
    let mut pieces = vec![];
    for path in paths {
        let Some(first) = segment::first_of(&path) else { continue };
        let (bytes, length) = beginning(site.files, &path)?;
        let header = Header::from_bytes(&bytes).filter(|it| it.first == first);
        pieces.push(Piece { path, first, length, header });
    }
    pieces.sort_by_key(|it| it.first);
    Ok(pieces)
}

/// The header of a file, or what there is of it, and how long the file is.
fn beginning(files: &Files, path: &Path) -> Result<(Vec<u8>, u64), StoreError> {
    let context = || format!("opening the ledger file {}", path.display());
    let file = files.open_to_read(path).map_err(StoreError::io(context()))?;
    let length = file.len().map_err(StoreError::io(context()))?;
    let mut bytes = vec![0; HEADER.min(length) as usize];
    // What cannot be read is not what was written.
    let _ = files.read(&file, &mut bytes, 0);
    Ok((bytes, length))
}

/// The store that most of the headers name.
fn store_of(pieces: &[Piece]) -> Option<Uuid> {
    let mut votes: HashMap<Uuid, usize> = HashMap::new();
    for header in pieces.iter().filter_map(|it| it.header) {
        *votes.entry(header.store).or_default() += 1;
    }
    let best = *votes.values().max()?;
    pieces.iter().filter_map(|it| it.header).map(|it| it.store).find(|it| votes[it] == best)
}

struct Walk<'a, E> {
    site: &'a Site<'a>,
    each: E,
    surveyed: Surveyed,
    /// How many bytes of records stand before the place; `None`: that cannot be known after damage.
    start: Option<u64>,
    /// The name of the file that is read.
    file: String,
}

impl<E: FnMut(Found<'_>) -> Result<(), StoreError>> Walk<'_, E> {
    fn piece(&mut self, piece: &Piece, later: Option<Seq>) -> Result<(), StoreError> {
        self.file = piece.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if self.surveyed.next < piece.first {
            // Only before the first file: behind the others it was told.
            self.gone(piece.first - 1, 0, "the file that it was in is missing")?;
        }
        self.header(piece)?;
        if piece.header.is_some_and(|it| Some(it.store) != self.surveyed.store) {
            return Ok(());
        }
        let (bytes, n_unread) = read_all(self.site.files, &piece.path)?;
        if n_unread != 0 {
            self.wrong(0, format!("{n_unread} bytes of it cannot be read"))?;
        }
        let at = self.records(&bytes, later)?;
        match later {
            Some(later) if self.surveyed.next < later => {
                let how = how(&bytes[at..], self.surveyed.next);
                self.gone(later - 1, at as u64, how)
            }
            _ => Ok(()),
        }
    }

    fn header(&mut self, piece: &Piece) -> Result<(), StoreError> {
        let how = match piece.header {
            None => "the header of the file is broken",
            Some(it) if Some(it.store) != self.surveyed.store => "the file belongs to another store",
            Some(it) if self.start.is_some_and(|start| start != it.start) => {
                "the file does not begin where the one before it ends"
            }
            Some(it) => {
                self.start = Some(it.start);
                return Ok(());
            }
        };
        self.start = None;
        self.wrong(0, how.to_owned())
    }

    /// Reads the records of a file; answers at which byte they end.
    fn records(&mut self, bytes: &[u8], later: Option<Seq>) -> Result<usize, StoreError> {
        let mut at = bytes.len().min(HEADER as usize);
        let limit = later.unwrap_or(Seq::MAX);
        while self.surveyed.next < limit {
            let next = self.surveyed.next;
            if let Some(record) = record::read(&bytes[at..]).filter(|it| it.seq == next) {
                (self.each)(Found::Record(&record, &self.file, at as u64))?;
                at += record.size();
                self.start = self.start.map(|it| it + record.size() as u64);
                self.surveyed.next += 1;
                continue;
            }
            if later.is_none() && !self.is_damaged(bytes, at) {
                break;
            }
            let high = (limit - 1).min(next.saturating_add(MAX_AHEAD));
            let Some((found, record)) = record::find(bytes, at, next, high) else {
                if later.is_none() {
                    self.end_is_gone(bytes, at)?;
                }
                break;
            };
            self.gone(record.seq - 1, at as u64, how(&bytes[at..], next))?;
            at = found;
        }
        Ok(at)
    }

    /// Whether what stands behind the last whole record of the newest file was whole once.
    fn is_damaged(&mut self, bytes: &[u8], at: usize) -> bool {
        let next = self.surveyed.next;
        let later = record::find(bytes, at, next + 1, next.saturating_add(MAX_AHEAD));
        // A group behind it says so at once: without looking at the end of the file each time.
        if later.is_some_and(|it| it.1.starts_group) {
            return true;
        }
        let behind = bytes.get(HEADER as usize..).unwrap_or_default();
        match tail::end(behind, at.saturating_sub(HEADER as usize), next) {
            End::Clean => false,
            End::Torn => {
                self.surveyed.torn_at = Some(at as u64);
                false
            }
            End::Damaged => true,
        }
    }

    /// What stood at the end of the newest file is broken: one record at least, if there is anything.
    fn end_is_gone(&mut self, bytes: &[u8], at: usize) -> Result<(), StoreError> {
        let rest = &bytes[at..];
        let least = self.surveyed.next - u64::from(rest.iter().all(|it| *it == 0));
        self.gone(least.max(self.surveyed.acknowledged), at as u64, how(rest, self.surveyed.next))
    }

    /// Says that all records up to one are gone.
    fn gone(&mut self, last: Seq, at: u64, how: &str) -> Result<(), StoreError> {
        let (first, n_gone) = (self.surveyed.next, last + 1 - self.surveyed.next);
        self.surveyed.next = last + 1;
        self.start = None;
        let damage = Damage { first, n_gone, file: self.file.clone(), at, how: how.to_owned() };
        (self.each)(Found::Damage(damage))
    }

    /// Says that something is wrong, but no record is gone by it.
    fn wrong(&mut self, at: u64, how: String) -> Result<(), StoreError> {
        let damage = Damage { first: self.surveyed.next, n_gone: 0, file: self.file.clone(), at, how };
        (self.each)(Found::Damage(damage))
    }
}

/// What is wrong with what stands where a record should begin.
fn how(bytes: &[u8], next: Seq) -> &'static str {
    let beginning = bytes.get(..record::PREFIX).unwrap_or(bytes);
    if bytes.is_empty() {
        return "it was cut off, or its file is missing";
    } else if beginning.iter().all(|it| *it == 0) {
        return "there are zeros in its place";
    }
    match (record::read(bytes), record::payload_len(bytes)) {
        (Some(record), _) if next < record.seq => "it was cut out",
        (Some(_), _) => "another record stands in its place",
        (None, None) => "what stands there does not begin like a record",
        (None, Some(length)) if bytes.len() < record::PREFIX + length => {
            "it was cut off, or its length is wrong"
        }
        (None, Some(_)) => "its checksum does not fit",
    }
}

/// A file as a whole; zeros in place of what cannot be read, and how many bytes that are.
fn read_all(files: &Files, path: &Path) -> Result<(Vec<u8>, usize), StoreError> {
    let context = || format!("reading the ledger file {}", path.display());
    let file = files.open_to_read(path).map_err(StoreError::io(context()))?;
    if let Ok(bytes) = files.read_from(&file, 0) {
        return Ok((bytes, 0));
    }
    let mut bytes = vec![0; file.len().map_err(StoreError::io(context()))? as usize];
    let mut n_unread = 0;
    for (number, page) in bytes.chunks_mut(PAGE).enumerate() {
        if files.read(&file, page, (number * PAGE) as u64).is_err() {
            page.fill(0);
            n_unread += page.len();
        }
    }
    Ok((bytes, n_unread))
}
