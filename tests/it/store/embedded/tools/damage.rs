//! Kinds of damage to the files of a ledger.

use std::{fs, path::Path};

use super::{overwrite, segments};

/// A kind of damage, which loses something.
pub struct Kind {
    pub name: &'static str,
    pub act: fn(&Path),
    /// What is said of it.
    pub says: &'static str,
}

/// How long the header of a file is, and what stands before a payload.
const HEADER: usize = 46;
const PREFIX: usize = 17;

/// Changes one byte of the second record of the second file, counted from its beginning.
fn flip(dir: &Path, at: usize) {
    overwrite(&segments(dir)[1], |it| {
        let length = u32::from_le_bytes(it[HEADER..HEADER + 4].try_into().unwrap());
        it[HEADER + PREFIX + length as usize + at] ^= 0x10;
    });
}

pub const ALL: [Kind; 19] = [
    Kind { name: "length, low", act: |it| flip(it, 0), says: "checksum" },
    Kind { name: "length, high", act: |it| flip(it, 2), says: "cut off, or its length is wrong" },
    Kind { name: "length, absurd", act: |it| flip(it, 3), says: "does not begin like a record" },
    Kind { name: "version", act: |it| flip(it, 4), says: "does not begin like a record" },
    Kind { name: "sequence", act: |it| flip(it, 5), says: "checksum" },
    Kind { name: "checksum", act: |it| flip(it, 13), says: "checksum" },
    Kind { name: "payload", act: |it| flip(it, 17), says: "checksum" },
    Kind {
        name: "zeros",
        act: |it| overwrite(&segments(it)[1], |it| it[4096..8192].fill(0)),
        says: "checksum",
    },
    Kind {
        name: "zeros from the beginning",
        act: |it| overwrite(&segments(it)[1], |it| it[..4096].fill(0)),
        says: "header",
    },
    Kind {
        name: "zeros at the end of an older file",
        act: |it| {
            overwrite(&segments(it)[1], |it| {
                let end = it.len();
                it[end - 100..].fill(0);
            });
        },
        says: "checksum",
    },
    Kind {
        name: "garbage",
        act: |it| {
            overwrite(&segments(it)[1], |it| {
                (0..).zip(&mut it[3000..6000]).for_each(|(at, it)| *it = (at * 31 % 251) as u8)
            });
        },
        says: "checksum",
    },
    Kind {
        name: "bytes cut out",
        act: |it| overwrite(&segments(it)[1], |it| drop(it.drain(3000..6000))),
        says: "checksum",
    },
    Kind {
        name: "bytes put in",
        act: |it| {
            overwrite(&segments(it)[1], |it| drop(it.splice(HEADER..HEADER, [7; 1000]).collect::<Vec<_>>()));
        },
        says: "does not begin like a record",
    },
    Kind {
        name: "an older file cut",
        act: |it| overwrite(&segments(it)[1], |it| it.truncate(it.len() / 2)),
        says: "cut off, or its length is wrong",
    },
    Kind { name: "an older file empty", act: |it| fs::write(&segments(it)[1], "").unwrap(), says: "header" },
    Kind {
        name: "the newest file cut",
        act: |it| overwrite(segments(it).last().unwrap(), |it| it.truncate(1000)),
        says: "cut off, or its length is wrong",
    },
    Kind { name: "no first file", act: |it| fs::remove_file(&segments(it)[0]).unwrap(), says: "missing" },
    Kind { name: "no second file", act: |it| fs::remove_file(&segments(it)[1]).unwrap(), says: "missing" },
    Kind {
        name: "no last file",
        act: |it| fs::remove_file(segments(it).last().unwrap()).unwrap(),
        says: "its file is missing",
    },
];

/// Flips one bit of the header of a file. No record is gone by it.
pub fn flip_header(dir: &Path, bit: usize) {
    overwrite(&segments(dir)[1], |it| it[bit / 8] ^= 1 << (bit % 8));
}
