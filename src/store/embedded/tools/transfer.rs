//! The whole ledger as text, one JSON object a line: what store it is of, each record with its
//! payload as it is or, about an erased learner, as a compaction would leave it, and how many there
//! were with which digest. A running store is exported by way of a backup.

use std::{
    io::{BufRead, Read as _, Write},
    path::Path,
};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    super::{
        home::Home,
        ledger::{Builder, Found, MAX_PAYLOAD, Seq, blanked, survey},
    },
    ToolOptions,
    backup::{settle_in, site, whole_ledger},
    content::Content,
};
use crate::store::StoreError;

const KIND: &str = "milepost export";
const FORMAT: u32 = 1;

/// No line is longer: a payload, and what stands around it.
const MAX_LINE: u64 = MAX_PAYLOAD as u64 + 64;

/// The first line.
#[derive(Serialize, Deserialize)]
struct First {
    kind: String,
    format: u32,
    store: Uuid,
}

/// The last line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transferred {
    /// How many records there are.
    pub count: u64,
    /// The digest of all of them: SHA-256 in hexadecimal.
    pub digest: String,
}

/// Writes the ledger of a store that nobody serves, or of a backup, as text. A damaged one is refused.
pub fn export(
    directory: &Path,
    to: &mut dyn Write,
    options: &ToolOptions,
) -> Result<Transferred, StoreError> {
    let home = Home::look(directory, options.files())?;
    let (look, witness) = whole_ledger(&home, options)?;
    let first = First { kind: KIND.into(), format: FORMAT, store: look.store.unwrap_or_default() };
    write_line(to, &serde_json::to_vec(&first).expect("plain data"))?;
    let mut content = Content::default();
    survey(&site(&home, &home.ledger(), Some(&witness), options), |found| match found {
        Found::Record(record, ..) => {
            let blank = blanked(record.seq, record.payload, &look.erased)?;
            let payload = blank.as_deref().unwrap_or(record.payload);
            content.add(record.seq, payload);
            let before = format!(r#"{{"seq":{},"entry":"#, record.seq);
            write_line(to, &[before.as_bytes(), payload, b"}"].concat())
        }
        Found::Damage(damage) => Err(StoreError::Damaged(damage.to_string())),
    })?;
    let last = Transferred { count: content.n_records(), digest: content.digest() };
    write_line(to, &serde_json::to_vec(&last).expect("plain data"))?;
    to.flush().map_err(StoreError::io("writing the export"))?;
    Ok(last)
}

/// Makes a store of what was exported, in a directory that is not there or is empty. Nothing is
/// visible before all of it was read and is what its last line says.
pub fn import(
    from: &mut dyn BufRead,
    directory: &Path,
    options: &ToolOptions,
) -> Result<Transferred, StoreError> {
    let line = read_line(from)?;
    let first: Option<First> = serde_json::from_slice(&line).ok();
    let first = first.filter(|it| it.kind == KIND).ok_or_else(|| refused("this is no export of Milepost"))?;
    if first.format != FORMAT {
        return Err(refused(&format!(
            "this export has the format {}; this program knows {FORMAT}",
            first.format
        )));
    }
    let home = Home::found(directory, options.files())?;
    let last = receive(from, &home, first.store, options).inspect_err(|_| {
        // Half a ledger is no store. Should it stay all the same, the next one to open the directory says so.
        let _ = home.files.remove_tree(&home.incoming());
    })?;
    settle_in(&home, &last.digest, options)?;
    Ok(last)
}

/// Builds a ledger of what was exported, which must be what its last line says.
fn receive(
    from: &mut dyn BufRead,
    home: &Home,
    store: Uuid,
    options: &ToolOptions,
) -> Result<Transferred, StoreError> {
    let mut builder = Builder::new(&home.files, &home.incoming(), store, options.segment_bytes)?;
    let mut content = Content::default();
    let last = loop {
        let line = read_line(from)?;
        let seq = builder.next();
        if let Some(payload) = payload_of(seq, &line) {
            content.add(seq, payload);
            builder.push(payload)?;
            continue;
        }
        let last: Option<Transferred> = serde_json::from_slice(&line).ok();
        break last
            .ok_or_else(|| refused(&format!("the export is cut or damaged where record {seq} should be")))?;
    };
    if !from.fill_buf().map_err(StoreError::io("reading the export"))?.is_empty() {
        return Err(refused("something stands behind the last line"));
    }
    let found = Transferred { count: content.n_records(), digest: content.digest() };
    if found != last {
        return Err(refused("the records are not those that the last line names"));
    }
    builder.finish()?;
    Ok(last)
}

/// The payload in the line of a record; `None`: it is not the line of this one.
fn payload_of(seq: Seq, line: &[u8]) -> Option<&[u8]> {
    line.strip_prefix(format!(r#"{{"seq":{seq},"entry":"#).as_bytes())?.strip_suffix(b"}")
}

fn write_line(to: &mut dyn Write, line: &[u8]) -> Result<(), StoreError> {
    let written = to.write_all(line).and_then(|()| to.write_all(b"\n"));
    written.map_err(StoreError::io("writing the export"))
}

/// The next line without its end; empty: there is none, or none that ends.
fn read_line(from: &mut dyn BufRead) -> Result<Vec<u8>, StoreError> {
    let mut line = vec![];
    from.take(MAX_LINE).read_until(b'\n', &mut line).map_err(StoreError::io("reading the export"))?;
    if line.pop_if(|it| *it == b'\n').is_none() {
        line.clear();
    }
    Ok(line)
}

fn refused(how: &str) -> StoreError {
    StoreError::Refused(format!("{how}; nothing was changed"))
}
