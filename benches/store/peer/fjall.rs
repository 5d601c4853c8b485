//! fjall 3: one batch for each group, with the journal synced before it is answered.

use std::{collections::HashMap, path::Path};

use fjall::{Database, Keyspace, KeyspaceCreateOptions, OwnedWriteBatch as WriteBatch, PersistMode};
use milepost::store::Commit;

use super::rows::{Kind, RowWriter, Tables};
use crate::grouped::Sink;

/// A database in a directory.
pub(crate) struct Fjall {
    database: Database,
    keyspaces: [Keyspace; Kind::ALL.len()],
    rows: RowWriter,
}

impl Fjall {
    pub(crate) fn create(directory: &Path, cache_bytes: u64) -> Self {
        let database = Database::builder(directory).cache_size(cache_bytes).open().expect("a database");
        let keyspace = |it: Kind| database.keyspace(it.name(), KeyspaceCreateOptions::default);
        let keyspaces = Kind::ALL.map(|it| keyspace(it).expect("a keyspace"));
        Self { database, keyspaces, rows: RowWriter::new() }
    }
}

impl Sink for Fjall {
    fn write(&mut self, commits: Vec<Commit>) {
        let batch = self.database.batch().durability(Some(PersistMode::SyncData));
        let mut tables = Batch { keyspaces: &self.keyspaces, batch, changed: HashMap::new() };
        commits.iter().for_each(|it| self.rows.write(it, &mut tables));
        tables.batch.commit().expect("committed");
    }
}

struct Batch<'a> {
    keyspaces: &'a [Keyspace; Kind::ALL.len()],
    batch: WriteBatch,
    /// A batch cannot be read: what a later commit of the group may ask for is kept here.
    changed: HashMap<(Kind, Vec<u8>), Option<Vec<u8>>>,
}

impl Batch<'_> {
    fn remember(&mut self, kind: Kind, key: &[u8], value: Option<&[u8]>) {
        if matches!(kind, Kind::Head | Kind::Receipt | Kind::Claim) {
            self.changed.insert((kind, key.to_vec()), value.map(<[u8]>::to_vec));
        }
    }
}

impl Tables for Batch<'_> {
    fn get(&self, kind: Kind, key: &[u8]) -> Option<Vec<u8>> {
        match self.changed.get(&(kind, key.to_vec())) {
            Some(value) => value.clone(),
            None => self.keyspaces[kind as usize].get(key).expect("read").map(|it| it.to_vec()),
        }
    }

    fn put(&mut self, kind: Kind, key: Vec<u8>, value: Vec<u8>) {
        self.remember(kind, &key, Some(&value));
        self.batch.insert(&self.keyspaces[kind as usize], key, value);
    }

    fn remove(&mut self, kind: Kind, key: Vec<u8>) {
        self.remember(kind, &key, None);
        self.batch.remove(&self.keyspaces[kind as usize], key);
    }
}
