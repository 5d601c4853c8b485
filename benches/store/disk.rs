//! What is on the disk.

use std::{
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

/// All files in a directory and below it.
pub(crate) fn files(directory: &Path) -> Vec<PathBuf> {
    let mut files = vec![];
    for entry in fs::read_dir(directory).expect("a directory") {
        let entry = entry.expect("an entry");
        if entry.file_type().expect("a type").is_dir() {
            files.extend(self::files(&entry.path()));
        } else {
            files.push(entry.path());
        }
    }
    files
}

/// How many bytes of the disk a directory takes. Files may come and go meanwhile.
pub(crate) fn usage(directory: &Path) -> u64 {
    files(directory).iter().filter_map(|it| fs::metadata(it).ok()).map(|it| it.blocks() * 512).sum()
}
