//! Documents that passed, by their text and by its hash. What does not fit any more goes; whoever asks for
//! it by its hash is told to send the text again.

use std::sync::{Arc, OnceLock};

use quick_cache::{Weighter, sync::Cache as Lru};
use sha2::{Digest, Sha256};

use super::ready::Ready;

/// How much memory the documents of each of the two ways to find them have together, in bytes.
const MAX_WEIGHT: u64 = 16 * 1024 * 1024;
/// About how many documents that is; it is no bound.
const TYPICAL: usize = 500;
/// About how much memory a field has whose price is known; there is one wherever a fragment is spread.
const WEIGHT_OF_FIELD: usize = 200;
/// About how many times as much memory as its text a document has besides its operations.
const WEIGHT_OF_BYTE: usize = 12;

/// The SHA-256 of a text.
pub(super) type Hash = [u8; 32];

/// A document in the cache.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) ready: Ready,
    hash: OnceLock<Hash>,
    weight: u64,
}

impl Kept {
    pub(super) fn new(text: &str, ready: Ready) -> Self {
        let weight = ready.n_fields() * WEIGHT_OF_FIELD + ready.n_bytes + text.len() * WEIGHT_OF_BYTE + 1_024;
        Self { ready, hash: OnceLock::new(), weight: weight as u64 }
    }

    /// The hash of its text, which is at hand whenever somebody asks for it.
    pub(super) fn hash(&self, text: &str) -> &Hash {
        self.hash.get_or_init(|| hash(text))
    }
}

pub(super) fn hash(text: &str) -> Hash {
    Sha256::digest(text.as_bytes()).into()
}

/// The documents that were asked for lately.
#[derive(Debug)]
pub(super) struct Cache {
    by_text: Lru<Box<str>, Arc<Kept>, ByMemory>,
    by_hash: Lru<Hash, Arc<Kept>, ByMemory>,
}

#[derive(Debug, Clone)]
struct ByMemory;

impl<K> Weighter<K, Arc<Kept>> for ByMemory {
    fn weight(&self, _: &K, kept: &Arc<Kept>) -> u64 {
        kept.weight
    }
}

impl Cache {
    pub(super) fn new() -> Self {
        Self {
            by_text: Lru::with_weighter(TYPICAL, MAX_WEIGHT, ByMemory),
            by_hash: Lru::with_weighter(TYPICAL, MAX_WEIGHT, ByMemory),
        }
    }

    pub(super) fn of_text(&self, text: &str) -> Option<Arc<Kept>> {
        self.by_text.get(text)
    }

    pub(super) fn of_hash(&self, hash: &Hash) -> Option<Arc<Kept>> {
        self.by_hash.get(hash)
    }

    pub(super) fn keep_text(&self, text: &str, kept: &Arc<Kept>) {
        self.by_text.insert(text.into(), kept.clone());
    }

    pub(super) fn keep_hash(&self, hash: Hash, kept: &Arc<Kept>) {
        self.by_hash.insert(hash, kept.clone());
    }
}
