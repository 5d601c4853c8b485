//! A reader of stores that knows nothing but `docs/FORMAT.md`, so that the page stays true.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use milepost::store::Bucket;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::given::learner_id;

const PAGE: &str = include_str!("../../docs/FORMAT.md");

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/store-1")
}

/// The bytes of the example with this name.
fn example(name: &str) -> Vec<u8> {
    let (_, rest) = PAGE.split_once(&format!("```hex {name}\n")).expect("an example");
    let text = rest.split('\n').next().expect("a line");
    data_encoding::HEXLOWER.decode(text.as_bytes()).expect("hexadecimal")
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, it| number << 8 | u64::from(*it))
}

fn crc(parts: &[&[u8]]) -> u64 {
    parts.iter().fold(0, |crc, it| crc32c::crc32c_append(crc, it)).into()
}

/// All records, as the page says.
fn records() -> Vec<(u64, Vec<u8>)> {
    let mut records = vec![];
    let mut paths: Vec<_> =
        fs::read_dir(fixture().join("ledger")).unwrap().map(|it| it.unwrap().path()).collect();
    paths.sort();
    let mut offset = 0;
    for path in &paths {
        let bytes = fs::read(path).unwrap();
        let header = &bytes[..46];
        assert_eq!((&header[..8], number(&header[8..10])), (&b"MILEPOST"[..], 1));
        assert_eq!(number(&header[26..34]), records.len() as u64 + 1);
        assert_eq!(number(&header[34..42]), offset);
        assert_eq!(number(&header[42..46]), crc(&[&header[..42]]));
        assert_eq!(path.file_name().unwrap().to_str().unwrap(), format!("{:020}.ledger", records.len() + 1));
        let mut rest = &bytes[46..];
        while rest.len() >= 17 && rest[4] & 0x7f == 1 {
            let length = number(&rest[..4]) as usize;
            let payload = &rest[17..17 + length];
            assert_eq!(number(&rest[5..13]), records.len() as u64 + 1);
            assert_eq!(number(&rest[13..17]), crc(&[&rest[..13], payload]));
            records.push((number(&rest[5..13]), payload.to_vec()));
            offset += 17 + length as u64;
            rest = &rest[17 + length..];
        }
        assert!(rest.iter().all(|it| *it == 0));
        assert!(if path == paths.last().unwrap() { bytes.len() % 65_536 == 0 } else { rest.is_empty() });
    }
    records
}

#[test]
fn the_examples_are_the_first_bytes_of_the_store() {
    let first = fs::read(fixture().join("ledger/00000000000000000001.ledger")).unwrap();
    assert_eq!(example("header"), first[..46]);
    assert_eq!(example("record"), first[46..46 + 17]);
    assert_eq!(example("witness"), fs::read(fixture().join("ACKNOWLEDGED")).unwrap());
    assert_eq!(fs::read_to_string(fixture().join("FORMAT")).unwrap(), "milepost store 1\n");
}

#[test]
fn a_store_can_be_read_by_the_page() {
    let records = records();
    let mut digest = Sha256::new();
    for (seq, payload) in &records {
        digest.update(seq.to_le_bytes());
        digest.update((payload.len() as u32).to_le_bytes());
        digest.update(payload);
    }
    let expected: Value =
        serde_json::from_slice(&fs::read(fixture().with_extension("json")).unwrap()).unwrap();
    assert_eq!(expected["digest"], data_encoding::HEXLOWER.encode(&digest.finalize()));
    let witness = example("witness");
    let store = &example("header")[10..26];
    assert_eq!(number(&witness[..8]), records.len() as u64);
    assert_eq!(number(&witness[8..]), crc(&[store, &witness[..8]]));
    let clean = fs::read_to_string(fixture().join("CLEAN")).unwrap();
    let (json, sum) = clean.trim_end().split_once('\n').unwrap();
    assert_eq!(serde_json::from_str::<Value>(json).unwrap()["end"], records.len());
    assert_eq!(sum.parse(), Ok(crc(&[json.as_bytes()])));
}

#[test]
fn its_examples_of_entries_are_of_each_kind_and_those_of_the_store_are_dense() {
    let kind = |it: &Value| it.as_object().unwrap().keys().next().unwrap().clone();
    let examples = PAGE.split("```json\n").skip(1).map(|it| it.split('\n').next().unwrap());
    let examples: Vec<Value> = examples.map(|it| serde_json::from_str(it).unwrap()).collect();
    assert_eq!(examples.iter().map(kind).collect::<Vec<_>>(), ["commit", "erase", "void", "lost"]);
    let mut versions: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for (_, payload) in records() {
        let entry: Value = serde_json::from_slice(&payload).unwrap();
        let about = &entry[kind(&entry)];
        let first = about["version"].as_u64();
        let voided = first.into_iter().flat_map(|it| it..it + about["n_events"].as_u64().unwrap());
        let events =
            about["events"].as_array().into_iter().flatten().map(|it| it["version"].as_u64().unwrap());
        if let Some(learner) = about["learner"].as_str() {
            versions.entry(learner.to_owned()).or_default().extend(events.chain(voided));
        }
    }
    let n_gaps: usize =
        versions.values().map(|it| it.iter().zip(1..).filter(|it| *it.0 != it.1).count().min(1)).sum();
    // Those of the one record that was lost.
    assert_eq!((versions.len(), n_gaps), (5, 1));
}

#[test]
fn the_bucket_of_a_learner_is_as_the_page_says() {
    for id in [1, 7, 99].map(learner_id) {
        assert_eq!(u64::from(Bucket::of(id).number()), crc(&[id.0.as_bytes()]) % 1_024);
    }
}
