//! What sled may have left of its directory: nothing rests on it, so anything goes.

use std::{collections::BTreeMap, fs, path::Path};

use super::campaign::Random;

const PAGE: usize = 4_096;

/// The files of sled's directory by their names.
pub type Rows = BTreeMap<String, Vec<u8>>;

/// What is in a directory, as far as it can be read.
pub fn read(directory: &Path) -> Rows {
    let mut rows = Rows::new();
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        // sled removes files while it runs.
        if let Ok(bytes) = fs::read(entry.path()) {
            rows.insert(entry.file_name().into_string().unwrap(), bytes);
        }
    }
    rows
}

/// Makes a directory of these files.
pub fn write(rows: &Rows, directory: &Path) {
    fs::create_dir_all(directory).unwrap();
    for (name, bytes) in rows {
        fs::write(directory.join(name), bytes).unwrap();
    }
}

/// One of the things that may be left of what was there at some moments, of which the last one is
/// now; `None`: nothing.
pub fn left_of(moments: &[&Rows], random: &mut Random) -> Option<Rows> {
    if moments.is_empty() {
        return None;
    }
    let rows = *random.pick(moments);
    match random.below(8) {
        0 => None,
        1 => Some(zeroed(rows.clone(), random)),
        2 => Some(flipped(rows.clone(), random)),
        3 | 4 => Some(mixed(rows.clone(), moments[random.below(moments.len())], random)),
        _ => Some(rows.clone()),
    }
}

fn zeroed(mut rows: Rows, random: &mut Random) -> Rows {
    for _ in 0..=random.below(3) {
        let bytes = some_file(&mut rows, random);
        let page = random.below(n_used(bytes)) / PAGE * PAGE;
        bytes.iter_mut().skip(page).take(PAGE).for_each(|it| *it = 0);
    }
    rows
}

fn flipped(mut rows: Rows, random: &mut Random) -> Rows {
    for _ in 0..=random.below(3) {
        let bytes = some_file(&mut rows, random);
        let at = random.below(n_used(bytes));
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 1 << random.below(8);
        }
    }
    rows
}

/// Some pages of one moment, the others of another.
fn mixed(mut rows: Rows, other: &Rows, random: &mut Random) -> Rows {
    for (name, bytes) in &mut rows {
        let Some(others) = other.get(name) else { continue };
        for (mine, theirs) in bytes.chunks_mut(PAGE).zip(others.chunks(PAGE)) {
            if mine.len() == theirs.len() && random.one_in(2) {
                mine.copy_from_slice(theirs);
            }
        }
    }
    rows
}

/// Mostly the large one.
fn some_file<'a>(rows: &'a mut Rows, random: &mut Random) -> &'a mut Vec<u8> {
    let name = match random.one_in(8) || !rows.contains_key("db") {
        true => rows.keys().nth(random.below(rows.len())).unwrap().clone(),
        false => "db".into(),
    };
    rows.get_mut(&name).unwrap()
}

/// Where the zeros begin that nothing was written to yet.
fn n_used(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|it| *it != 0).map_or(0, |it| it + 1)
}
