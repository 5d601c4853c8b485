//! Every operation on files that durability rests on, in one place, so that a test can let any of
//! them fail.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    os::unix::fs::FileExt as _,
    path::Path,
    sync::Arc,
};

/// What is about to be done to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileOp {
    /// A new file is written, under a temporary name.
    Create,
    /// Bytes are appended.
    Append,
    /// A file is cut short.
    Cut,
    /// A file is brought to the disk.
    Sync,
    /// A file gets its final name.
    Rename,
    /// A file is removed.
    Remove,
    /// The entries of a directory are brought to the disk.
    SyncDirectory,
    /// Rows are written, of what the ledger already has.
    ApplyRows,
}

/// Asked before every operation; an error is taken for that of the operating system.
pub type Fault = Arc<dyn Fn(FileOp) -> io::Result<()> + Send + Sync>;

/// The operations.
#[derive(Clone, Default)]
pub(super) struct Files {
    pub(super) fault: Option<Fault>,
}

impl Files {
    /// Lets a test make the operation fail.
    pub(super) fn before(&self, operation: FileOp) -> io::Result<()> {
        self.fault.as_ref().map_or(Ok(()), |it| it(operation))
    }

    /// Writes a file that is there whole, or not at all, whatever happens.
    pub(super) fn publish(&self, directory: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
        let (temporary, path) = (directory.join(format!("{name}.tmp")), directory.join(name));
        self.before(FileOp::Create)?;
        let mut file = File::create(&temporary)?;
        file.write_all(bytes)?;
        self.sync(&file)?;
        self.before(FileOp::Rename)?;
        fs::rename(&temporary, &path)?;
        self.sync_directory(directory)
    }

    /// Writes at a place that nothing was written at before.
    pub(super) fn append(&self, file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
        self.before(FileOp::Append)?;
        file.write_all_at(bytes, at)
    }

    /// Leaves the first bytes of a file, for good.
    pub(super) fn cut(&self, file: &File, length: u64) -> io::Result<()> {
        self.before(FileOp::Cut)?;
        file.set_len(length)?;
        self.sync(file)
    }

    /// Removes a file, for good.
    pub(super) fn remove(&self, directory: &Path, name: &str) -> io::Result<()> {
        self.before(FileOp::Remove)?;
        fs::remove_file(directory.join(name))?;
        self.sync_directory(directory)
    }

    /// Brings what was written to a file to the disk.
    pub(super) fn sync(&self, file: &File) -> io::Result<()> {
        self.before(FileOp::Sync)?;
        file.sync_data()
    }

    /// Brings the entries of a directory to the disk.
    pub(super) fn sync_directory(&self, directory: &Path) -> io::Result<()> {
        self.before(FileOp::SyncDirectory)?;
        File::open(directory)?.sync_all()
    }

    /// Brings a directory, all that is in it, and its own entry to the disk.
    pub(super) fn sync_tree(&self, directory: &Path) -> io::Result<()> {
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                self.sync_tree(&entry.path())?;
            } else {
                self.sync(&File::open(entry.path())?)?;
            }
        }
        self.sync_directory(directory)?;
        directory.parent().map_or(Ok(()), |it| self.sync_directory(it))
    }
}
