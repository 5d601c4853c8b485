//! redb 4: one transaction for each group, durable when it is committed.

use std::path::Path;

use milepost::store::Commit;
use redb::{Database, Durability, Table, TableDefinition, WriteTransaction};

use super::rows::{Kind, RowWriter, Tables};
use crate::grouped::Sink;

/// A database in a file.
pub(crate) struct Redb {
    database: Database,
    rows: RowWriter,
}

impl Redb {
    pub(crate) fn create(path: &Path, cache_bytes: u64) -> Self {
        let database = Database::builder().set_cache_size(cache_bytes as usize).create(path);
        Self { database: database.expect("a database"), rows: RowWriter::new() }
    }
}

impl Sink for Redb {
    fn write(&mut self, commits: Vec<Commit>) {
        let mut transaction = self.database.begin_write().expect("begun");
        transaction.set_durability(Durability::Immediate).expect("set");
        let mut tables = OpenTables(Kind::ALL.map(|it| open(&transaction, it)));
        commits.iter().for_each(|it| self.rows.write(it, &mut tables));
        drop(tables);
        transaction.commit().expect("committed");
    }
}

type Bytes = &'static [u8];

fn open(transaction: &WriteTransaction, kind: Kind) -> Table<'_, Bytes, Bytes> {
    transaction.open_table(TableDefinition::new(kind.name())).expect("a table")
}

struct OpenTables<'a>([Table<'a, Bytes, Bytes>; Kind::ALL.len()]);

impl Tables for OpenTables<'_> {
    fn get(&self, kind: Kind, key: &[u8]) -> Option<Vec<u8>> {
        use redb::ReadableTable as _;
        self.0[kind as usize].get(key).expect("read").map(|it| it.value().to_vec())
    }

    fn put(&mut self, kind: Kind, key: Vec<u8>, value: Vec<u8>) {
        self.0[kind as usize].insert(&*key, &*value).expect("written");
    }

    fn remove(&mut self, kind: Kind, key: Vec<u8>) {
        self.0[kind as usize].remove(&*key).expect("removed");
    }
}
