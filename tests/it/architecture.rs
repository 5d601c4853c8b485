//! The arrows between layers, read from the sources: main → http → graphql → app → domain, app →
//! store (the seam), store → domain. And what every file of the sources must be.

mod arrows;
mod paths;

use std::{
    fs,
    path::{Path, PathBuf},
};

use arrows::wrong_arrows;

/// A file longer than this has more than one subject.
const MAX_LINES: usize = 400;

/// All sources, by their path below `src/`.
pub fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = vec![];
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                let name = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
                sources.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    sources.sort();
    sources
}

#[test]
fn arrows_point_one_way() {
    let wrong: Vec<_> = sources().iter().flat_map(|(file, text)| wrong_arrows(file, text)).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_engine_is_known_to_this_test() {
    let (_, seam) = sources().into_iter().find(|it| it.0 == "store/mod.rs").expect("the seam");
    let public = seam.lines().filter_map(|it| it.strip_prefix("pub mod ")?.strip_suffix(';'));
    assert_eq!(public.collect::<Vec<_>>(), arrows::ENGINES);
}

#[test]
fn every_file_says_what_it_is_and_has_one_subject() {
    for (file, text) in sources() {
        assert!(text.starts_with("//! "), "src/{file} does not begin with `//!`");
        let n_lines = text.lines().count();
        assert!(n_lines <= MAX_LINES, "src/{file} has {n_lines} lines, more than {MAX_LINES}: split it");
    }
}
