//! Reads the files of a ledger by itself, from what is written about their form, so that a test knows
//! which record stands where.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use milepost::domain::id::LearnerId;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

const HEADER: usize = 46;
const PREFIX: usize = 17;

/// Where a record stands.
#[derive(Debug, Clone)]
pub struct Place {
    pub file: PathBuf,
    pub start: usize,
    pub end: usize,
    pub seq: u64,
    pub learner: LearnerId,
    /// What it says.
    pub said: Value,
}

/// The ledger files of a store, in order.
pub fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(dir.join("ledger")).unwrap().map(|it| it.unwrap().path()).collect();
    files.sort();
    files
}

/// The number of the first record of a ledger file.
pub fn first_of(file: &Path) -> u64 {
    file.file_stem().unwrap().to_str().unwrap().parse().unwrap()
}

/// All records of a store, none of which is lost.
pub fn all(dir: &Path) -> Vec<Place> {
    let mut places = vec![];
    walk(dir, |file, start, end, seq, said| {
        let about = said.as_object().unwrap().values().next().unwrap();
        let learner = serde_json::from_value(about["learner"].clone()).unwrap();
        places.push(Place { file: file.to_owned(), start, end, seq, learner, said });
    });
    places
}

/// What the records of a store say, by their numbers.
pub fn said(dir: &Path) -> BTreeMap<u64, Value> {
    let mut records = BTreeMap::new();
    walk(dir, |_, _, _, seq, said| drop(records.insert(seq, said)));
    records
}

fn walk(dir: &Path, mut visit: impl FnMut(&Path, usize, usize, u64, Value)) {
    for file in files(dir) {
        let bytes = fs::read(&file).unwrap();
        let (mut start, mut seq) = (HEADER, first_of(&file));
        while let Some((payload, end)) = payload(&bytes, start) {
            visit(&file, start, end, seq, serde_json::from_slice(&bytes[payload..end]).unwrap());
            (start, seq) = (end, seq + 1);
        }
    }
}

/// The digest of records, when nothing is left of those who are erased by them.
pub fn digest(places: &[Place]) -> String {
    let is_erasure = |it: &&Place| it.said.get("erase").is_some();
    let erased: BTreeSet<_> = places.iter().filter(is_erasure).map(|it| it.learner).collect();
    let (mut digest, mut file, mut bytes) = (Sha256::new(), PathBuf::new(), vec![]);
    for place in places {
        if file != place.file {
            file = place.file.clone();
            bytes = fs::read(&file).unwrap();
        }
        let payload = &mut bytes[place.start + PREFIX..place.end];
        if let Some(commit) = place.said.get("commit").filter(|_| erased.contains(&place.learner)) {
            payload.fill(b' ');
            let void = void(commit);
            payload[..void.len()].copy_from_slice(void.as_bytes());
        }
        digest.update(place.seq.to_le_bytes());
        digest.update((payload.len() as u32).to_le_bytes());
        digest.update(payload);
    }
    data_encoding::HEXLOWER.encode(&digest.finalize())
}

/// What is left of a commit about somebody who was erased.
fn void(commit: &Value) -> String {
    let events = commit["events"].as_array().map_or(&[][..], |it| it);
    let numbers = events.first().map_or_else(String::new, |first| {
        format!(
            r#","version":{},"position":{},"n_events":{}"#,
            first["version"],
            commit["position"],
            events.len()
        )
    });
    format!(r#"{{"void":{{"learner":{}{numbers}}}}}"#, commit["learner"])
}

/// Where the payload of the record begins that begins at a place, and where it ends.
fn payload(bytes: &[u8], start: usize) -> Option<(usize, usize)> {
    let length = u32::from_le_bytes(bytes.get(start..start + 4)?.try_into().unwrap()) as usize;
    (length != 0).then_some((start + PREFIX, start + PREFIX + length))
}

/// Changes the text of a record and makes its CRC right again, as no accident would.
pub fn forge(place: &Place, from: &str, to: &str) -> bool {
    assert_eq!(from.len(), to.len());
    let mut bytes = fs::read(&place.file).unwrap();
    let record = &mut bytes[place.start..place.end];
    let Some(at) = record.windows(from.len()).position(|it| it == from.as_bytes()) else { return false };
    record[at..at + to.len()].copy_from_slice(to.as_bytes());
    let crc = crc32c::crc32c_append(crc32c::crc32c(&record[..PREFIX - 4]), &record[PREFIX..]);
    record[PREFIX - 4..PREFIX].copy_from_slice(&crc.to_le_bytes());
    fs::write(&place.file, bytes).unwrap();
    true
}
