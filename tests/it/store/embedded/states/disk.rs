//! A model of a disk below a page cache: what a power cut may leave of what was done to files.
//!
//! What was not synced may be there or not, sector by sector, and so may a file's new length. An
//! entry of a directory that was not synced may be there or not, each by itself. A sync that failed
//! has brought some of the sectors to the disk, and no later sync knows of the others. A sector is
//! written whole or not at all.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use super::{campaign::Random, recorder::Op};

const SECTOR: usize = 512;
const SECTORS_OF_PAGE: usize = 8;

/// What is there by which name; `None`: a directory.
pub type Files = BTreeMap<PathBuf, Option<Vec<u8>>>;

/// What is kept of that which was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    Nothing,
    Everything,
    /// Some pages of 4 KiB.
    Pages,
    /// Some sectors.
    Sectors,
    /// The first sectors of each file.
    Torn,
}

impl Keep {
    pub const ALL: [Keep; 5] = [Keep::Nothing, Keep::Everything, Keep::Pages, Keep::Sectors, Keep::Torn];
}

#[derive(Debug, Clone, Default)]
struct File {
    cache: Vec<u8>,
    disk: Vec<u8>,
    /// The sectors that the next sync brings to the disk.
    dirty: BTreeSet<usize>,
}

/// What a name stands for; `None`: a directory.
type Node = Option<usize>;

/// Names that change together, and what they stand for then; `None`: nothing.
type Change = Vec<(PathBuf, Option<Node>)>;

#[derive(Clone, Default)]
pub struct Disk {
    files: Vec<File>,
    names: BTreeMap<PathBuf, Node>,
    names_on_disk: BTreeMap<PathBuf, Node>,
    /// Changes of names that are not on the disk, each with its directory.
    pending: Vec<(PathBuf, Change)>,
}

impl Disk {
    /// A disk that has these files for good.
    pub fn with(files: &Files) -> Self {
        let mut disk = Self::default();
        for (path, bytes) in files {
            let node = bytes.as_ref().map(|it| {
                disk.files.push(File { cache: it.clone(), disk: it.clone(), dirty: BTreeSet::new() });
                disk.files.len() - 1
            });
            disk.names.insert(path.clone(), node);
        }
        disk.names_on_disk = disk.names.clone();
        disk
    }

    /// Does one more thing.
    pub fn apply(&mut self, op: &Op) {
        match op {
            Op::MakeDirectory(path) => self.name(path, vec![(path.clone(), Some(None))]),
            Op::Create(path) => match self.names.get(path) {
                Some(Some(file)) => self.files[*file].cut(0),
                _ => {
                    self.files.push(File::default());
                    self.name(path, vec![(path.clone(), Some(Some(self.files.len() - 1)))]);
                }
            },
            Op::Write { path, at, bytes } => self.file(path).write(*at as usize, bytes),
            Op::Cut { path, length } => self.file(path).cut(*length as usize),
            Op::Rename { from, to } => {
                let node = self.names[from];
                self.name(to, vec![(from.clone(), None), (to.clone(), Some(node))]);
            }
            Op::Remove(path) => self.name(path, vec![(path.clone(), None)]),
            Op::Sync(path) => self.file(path).sync(),
            Op::SyncFailed(path) => self.file(path).sync_failed(),
            Op::SyncDirectory(path) => {
                let (synced, pending) = self.pending.drain(..).partition(|it| it.0 == *path);
                self.pending = pending;
                synced.into_iter().for_each(|it: (_, Change)| set(&mut self.names_on_disk, &it.1));
            }
            Op::SyncDirectoryFailed(_) => {}
        }
    }

    /// What programs see as long as there is power.
    pub fn seen(&self) -> Files {
        self.names
            .iter()
            .map(|(path, node)| (path.clone(), node.map(|it| self.files[it].cache.clone())))
            .collect()
    }

    /// What may be there after a power cut now.
    pub fn after_power_cut(&self, keep: Keep, random: &mut Random) -> Files {
        let mut names = self.names_on_disk.clone();
        for (_, change) in &self.pending {
            if keep == Keep::Everything || keep != Keep::Nothing && random.one_in(2) {
                set(&mut names, change);
            }
        }
        // Nothing is found in a directory that is not there.
        let is_there =
            |path: &Path| path.parent().is_none_or(|it| it == Path::new("") || names.contains_key(it));
        let found: Vec<_> = names.iter().filter(|it| is_there(it.0)).collect();
        let mut files = Files::new();
        for (path, node) in found {
            files.insert(path.clone(), node.map(|it| self.files[it].after_power_cut(keep, random)));
        }
        files
    }

    fn file(&mut self, path: &Path) -> &mut File {
        let Some(Some(file)) = self.names.get(path) else { panic!("there is no {}", path.display()) };
        &mut self.files[*file]
    }

    fn name(&mut self, path: &Path, change: Change) {
        set(&mut self.names, &change);
        self.pending.push((path.parent().unwrap_or(Path::new("")).to_owned(), change));
    }
}

fn set(names: &mut BTreeMap<PathBuf, Node>, change: &[(PathBuf, Option<Node>)]) {
    for (path, node) in change {
        match node {
            Some(node) => drop(names.insert(path.clone(), *node)),
            None => drop(names.remove(path)),
        }
    }
}

impl File {
    fn write(&mut self, at: usize, bytes: &[u8]) {
        let end = at + bytes.len();
        // What lies between the old end and the new bytes is new as well.
        let from = at.min(self.cache.len());
        if self.cache.len() < end {
            self.cache.resize(end, 0);
        }
        self.cache[at..end].copy_from_slice(bytes);
        self.dirty.extend(from / SECTOR..end.div_ceil(SECTOR));
    }

    fn cut(&mut self, length: usize) {
        self.cache.truncate(length);
        self.dirty.retain(|it| it * SECTOR < length);
    }

    fn sync(&mut self) {
        self.disk.resize(self.cache.len(), 0);
        for sector in std::mem::take(&mut self.dirty) {
            copy(&self.cache, &mut self.disk, sector);
        }
    }

    /// Half of it was done.
    fn sync_failed(&mut self) {
        let dirty = std::mem::take(&mut self.dirty);
        for sector in dirty.into_iter().filter(|it| it % 2 == 0) {
            copy(&self.cache, &mut self.disk, sector);
        }
    }

    fn after_power_cut(&self, keep: Keep, random: &mut Random) -> Vec<u8> {
        let mut disk = self.disk.clone();
        let is_resized = match keep {
            Keep::Nothing => false,
            Keep::Everything => true,
            _ => random.one_in(2),
        };
        if is_resized {
            disk.resize(self.cache.len(), 0);
        }
        let mut kept: Vec<_> = self.dirty.iter().copied().collect();
        match keep {
            Keep::Nothing => kept.clear(),
            Keep::Everything => {}
            Keep::Torn => kept.truncate(random.below(kept.len() + 1)),
            Keep::Sectors => kept.retain(|_| random.one_in(2)),
            Keep::Pages => {
                let pages: BTreeSet<_> = kept.iter().map(|it| it / SECTORS_OF_PAGE).collect();
                let pages: BTreeSet<_> = pages.into_iter().filter(|_| random.one_in(2)).collect();
                kept.retain(|it| pages.contains(&(it / SECTORS_OF_PAGE)));
            }
        }
        kept.into_iter().for_each(|it| copy(&self.cache, &mut disk, it));
        disk
    }
}

/// Copies as much of a sector as both files have.
fn copy(from: &[u8], to: &mut [u8], sector: usize) {
    let start = sector * SECTOR;
    let end = (start + SECTOR).min(from.len()).min(to.len());
    if start < end {
        to[start..end].copy_from_slice(&from[start..end]);
    }
}
