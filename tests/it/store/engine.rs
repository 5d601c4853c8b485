//! Opens an empty store of each engine.

use std::sync::Arc;

use milepost::store::{
    Store,
    embedded::{EmbeddedOptions, EmbeddedStore},
    memory::MemoryStore,
};
use tempfile::TempDir;
use uuid::Uuid;

use crate::given::summarizer;

/// A store and the directory that it lives in.
pub struct Opened {
    pub store: Arc<dyn Store>,
    _dir: Option<TempDir>,
}

pub fn memory() -> Opened {
    Opened { store: Arc::new(MemoryStore::new()), _dir: None }
}

pub fn embedded() -> Opened {
    let dir = TempDir::new().unwrap();
    let store = EmbeddedStore::open(dir.path(), options()).unwrap();
    Opened { store, _dir: Some(dir) }
}

/// An embedded store small enough that everything happens that happens to big ones.
pub fn options() -> EmbeddedOptions {
    EmbeddedOptions {
        cache_bytes: 64 << 10,
        sled_cache_bytes: 8 << 20,
        pending_bytes: 256 << 10,
        min_free_bytes: 2 << 20,
        segment_bytes: 16 << 10,
        ..EmbeddedOptions::new(Uuid::from_u128(7), summarizer(1))
    }
}
