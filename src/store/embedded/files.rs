//! Every operation on files that durability rests on, in one place, so that a test can let any of
//! them fail, stop half-way or be forgotten, and can write down what a disk was given in which
//! order.
//!
//! sled does its own file operations, out of reach: nothing rests on them.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

/// What is about to be done.
#[derive(Debug, Clone, Copy)]
pub enum FileOp<'a> {
    /// A directory is made.
    CreateDirectory(&'a Path),
    /// The names in a directory are read.
    List(&'a Path),
    /// A file that is there is opened.
    Open(&'a Path),
    /// An empty file is made, in place of one that may be there.
    Create(&'a Path),
    /// Bytes are read.
    Read {
        /// Of which file.
        path: &'a Path,
        /// From which place.
        at: u64,
        /// How many.
        length: usize,
    },
    /// Bytes are written.
    Write {
        /// To which file.
        path: &'a Path,
        /// At which place.
        at: u64,
        /// Which ones.
        bytes: &'a [u8],
    },
    /// A file is cut short.
    Cut {
        /// Which file.
        path: &'a Path,
        /// How long it will be.
        length: u64,
    },
    /// What was written to a file is brought to the disk.
    Sync(&'a Path),
    /// The entries of a directory are brought to the disk.
    SyncDirectory(&'a Path),
    /// A file or directory gets another name, in place of a file that may have it.
    Rename {
        /// The old name.
        from: &'a Path,
        /// The new one.
        to: &'a Path,
    },
    /// A file is removed.
    Remove(&'a Path),
    /// A directory is removed with all that is in it.
    RemoveTree(&'a Path),
    /// A directory is copied with all that is in it.
    CopyTree {
        /// What.
        from: &'a Path,
        /// To where.
        to: &'a Path,
    },
    /// The file system is asked how much room it has.
    FreeBytes(&'a Path),
    /// Rows are written to sled, of what the ledger already has.
    ApplyRows,
}

/// What is done instead of the operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// The operation itself.
    Do,
    /// Nothing, and it is said to be done: a disk that lies. Of use only for operations that give
    /// nothing back.
    Pretend,
    /// Only so many bytes are written, as the operating system may do. For the free room: so many
    /// bytes are free.
    Only(u64),
}

/// Asked before every operation; an error is taken for that of the operating system.
pub type Fault = Arc<dyn Fn(&FileOp<'_>) -> io::Result<Act> + Send + Sync>;

/// Who may read and write a file, as far as the process lets them: everybody, or who owns it.
const EVERYBODY: u32 = 0o666;
const OWNER: u32 = 0o600;

/// The operations.
#[derive(Clone, Default)]
pub(super) struct Files {
    fault: Option<Fault>,
}

/// An open file that knows its name.
#[derive(Debug)]
pub(super) struct OpenFile {
    path: PathBuf,
    file: File,
}

impl OpenFile {
    /// The name that it was opened by.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it has no name any more: what is written to it nobody will ever find.
    pub(super) fn is_removed(&self) -> io::Result<bool> {
        Ok(self.file.metadata()?.nlink() == 0)
    }

    /// How many bytes it has.
    pub(super) fn len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }
}

impl Files {
    pub(super) fn new(fault: Option<Fault>) -> Self {
        Self { fault }
    }

    /// Lets a test have its say.
    pub(super) fn before(&self, operation: &FileOp<'_>) -> io::Result<Act> {
        self.fault.as_ref().map_or(Ok(Act::Do), |it| it(operation))
    }

    fn do_unless(&self, operation: &FileOp<'_>, act: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        if self.before(operation)? == Act::Pretend { Ok(()) } else { act() }
    }

    /// Makes a directory and those above it, for good.
    pub(super) fn create_directory(&self, path: &Path) -> io::Result<()> {
        if path.exists() {
            return Ok(());
        }
        let parent = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
        self.create_directory(parent)?;
        self.do_unless(&FileOp::CreateDirectory(path), || match fs::create_dir(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            done => done,
        })?;
        self.sync_directory(parent)
    }

    /// The paths of what is in a directory, sorted.
    pub(super) fn list(&self, directory: &Path) -> io::Result<Vec<PathBuf>> {
        self.before(&FileOp::List(directory))?;
        let mut paths = fs::read_dir(directory)?.map(|it| Ok(it?.path())).collect::<io::Result<Vec<_>>>()?;
        paths.sort();
        Ok(paths)
    }

    /// Opens a file that is there.
    pub(super) fn open(&self, path: &Path) -> io::Result<OpenFile> {
        self.before(&FileOp::Open(path))?;
        let file = File::options().read(true).write(true).open(path)?;
        Ok(OpenFile { path: path.to_owned(), file })
    }

    /// Opens a file that is there, and changes nothing about it.
    pub(super) fn open_to_read(&self, path: &Path) -> io::Result<OpenFile> {
        self.before(&FileOp::Open(path))?;
        Ok(OpenFile { path: path.to_owned(), file: File::open(path)? })
    }

    /// Makes an empty file.
    pub(super) fn create(&self, path: &Path) -> io::Result<OpenFile> {
        self.create_for(path, EVERYBODY)
    }

    fn create_for(&self, path: &Path, mode: u32) -> io::Result<OpenFile> {
        self.before(&FileOp::Create(path))?;
        let mut options = File::options();
        let file = options.read(true).write(true).create(true).truncate(true).mode(mode).open(path)?;
        Ok(OpenFile { path: path.to_owned(), file })
    }

    /// Fills the buffer from a place in a file.
    pub(super) fn read(&self, file: &OpenFile, buffer: &mut [u8], at: u64) -> io::Result<()> {
        self.before(&FileOp::Read { path: &file.path, at, length: buffer.len() })?;
        file.file.read_exact_at(buffer, at)
    }

    /// All that is in a file from a place on.
    pub(super) fn read_from(&self, file: &OpenFile, at: u64) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; file.len()?.saturating_sub(at) as usize];
        self.read(file, &mut bytes, at)?;
        Ok(bytes)
    }

    /// A file as a whole; `None`: there is none.
    pub(super) fn read_whole(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        match self.open_to_read(path) {
            Ok(file) => self.read_from(&file, 0).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes all bytes at a place in a file.
    pub(super) fn write(&self, file: &OpenFile, mut bytes: &[u8], mut at: u64) -> io::Result<()> {
        while !bytes.is_empty() {
            let n_allowed = match self.before(&FileOp::Write { path: &file.path, at, bytes })? {
                Act::Do => bytes.len(),
                Act::Pretend => return Ok(()),
                Act::Only(n_bytes) => bytes.len().min(n_bytes as usize),
            };
            match file.file.write_at(&bytes[..n_allowed], at) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(n_written) => {
                    bytes = &bytes[n_written..];
                    at += n_written as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Leaves the first bytes of a file.
    pub(super) fn cut(&self, file: &OpenFile, length: u64) -> io::Result<()> {
        self.do_unless(&FileOp::Cut { path: &file.path, length }, || file.file.set_len(length))
    }

    /// Brings what was written to a file to the disk.
    pub(super) fn sync(&self, file: &OpenFile) -> io::Result<()> {
        self.do_unless(&FileOp::Sync(&file.path), || file.file.sync_data())
    }

    /// Brings the entries of a directory to the disk.
    pub(super) fn sync_directory(&self, directory: &Path) -> io::Result<()> {
        self.do_unless(&FileOp::SyncDirectory(directory), || File::open(directory)?.sync_all())
    }

    /// Brings a directory, all that is in it, and its own entry to the disk.
    pub(super) fn sync_tree(&self, directory: &Path) -> io::Result<()> {
        for path in self.list(directory)? {
            if path.is_dir() {
                self.sync_tree(&path)?;
            } else {
                self.sync(&self.open(&path)?)?;
            }
        }
        self.sync_directory(directory)?;
        directory.parent().map_or(Ok(()), |it| self.sync_directory(it))
    }

    /// Gives a file or directory another name, for good. Both names are in the same directory.
    pub(super) fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.do_unless(&FileOp::Rename { from, to }, || fs::rename(from, to))?;
        to.parent().map_or(Ok(()), |it| self.sync_directory(it))
    }

    /// Removes a file, for good.
    pub(super) fn remove(&self, path: &Path) -> io::Result<()> {
        self.do_unless(&FileOp::Remove(path), || fs::remove_file(path))?;
        path.parent().map_or(Ok(()), |it| self.sync_directory(it))
    }

    /// Removes a directory with all that is in it, if it is there.
    pub(super) fn remove_tree(&self, path: &Path) -> io::Result<()> {
        if !path.exists() {
            return Ok(());
        }
        self.do_unless(&FileOp::RemoveTree(path), || fs::remove_dir_all(path))
    }

    /// Copies a directory with all that is in it.
    pub(super) fn copy_tree(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.do_unless(&FileOp::CopyTree { from, to }, || copy_tree(from, to))
    }

    /// Writes a file that is there whole, or not at all, whatever happens.
    pub(super) fn publish(&self, path: &Path, bytes: &[u8]) -> io::Result<OpenFile> {
        self.publish_for(path, bytes, EVERYBODY)
    }

    /// As [`Files::publish`], and only who owns the file can read it.
    pub(super) fn publish_secretly(&self, path: &Path, bytes: &[u8]) -> io::Result<OpenFile> {
        self.publish_for(path, bytes, OWNER)
    }

    fn publish_for(&self, path: &Path, bytes: &[u8], mode: u32) -> io::Result<OpenFile> {
        let temporary = temporary(path);
        let mut file = self.create_for(&temporary, mode)?;
        self.write(&file, bytes, 0)?;
        self.sync(&file)?;
        self.rename(&temporary, path)?;
        path.clone_into(&mut file.path);
        Ok(file)
    }

    /// How many bytes there is room for on the file system that a path is on.
    pub(super) fn free_bytes(&self, path: &Path) -> io::Result<u64> {
        if let Act::Only(n_bytes) = self.before(&FileOp::FreeBytes(path))? {
            return Ok(n_bytes);
        }
        let about = rustix::fs::statvfs(path)?;
        Ok(about.f_bavail.saturating_mul(about.f_frsize))
    }
}

/// The name that a file has until it is whole.
pub(super) fn temporary(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".tmp");
    name.into()
}

fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}
