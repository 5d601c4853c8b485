//! Rows: what is kept in sled to find and load learners fast. All of them can be made anew from
//! the ledger.

mod changes;
mod copy;
mod draft;
pub(super) mod key;
mod known;
mod layer;
mod packed;
mod pending;
mod seal;
mod table;
#[cfg(test)]
mod tests;
mod view;

use std::{sync::Arc, thread};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sled::IVec;
use uuid::Uuid;

use crate::{
    domain::{
        id::{LearnerId, Version},
        learner::Learner,
        summary::Summary,
        time::Timestamp,
    },
    store::{Bucket, Claim, StoreError},
};

use changes::{ByKey, Feed, Latest, Parts, Row, feed_row, in_order};
pub(super) use changes::{Changes, State, Stretch};
pub(super) use copy::Copy;
pub(super) use draft::{Draft, Written};
pub(super) use known::Known;
pub(super) use pending::Pending;
pub(super) use table::Table;
pub(super) use view::View;

/// How many places one row of events or of a feed has.
pub(super) const PLACES: u64 = 64;

/// So many receipts of a learner are in their head before they get rows of their own. Whoever has
/// that many has sent so many calls.
const RECEIPTS: usize = 64;

/// In place of an offset: the event was lost when the ledger was repaired.
pub(super) const LOST: u64 = u64::MAX;

/// How many bytes of a state one row has. sled writes larger values to files that it does not
/// sync.
const CHUNK: usize = 3_500;

/// What the committer and the lists need to know of a learner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Head {
    /// They are there.
    Here(Here),
    /// They were erased.
    Erased {
        /// When.
        at: Timestamp,
        /// How many events they had, whose places in the feed stay.
        n_events: u64,
    },
}

/// What the committer and the lists need to know of a learner who is there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Here {
    pub(super) version: Version,
    /// How many rows the state has.
    pub(super) n_chunks: u16,
    /// The keys of their claims.
    pub(super) claims: Vec<Vec<u8>>,
    /// Where the events stand that do not fill a row of [`PLACES`] yet.
    pub(super) places: Vec<u64>,
    /// The newest receipts: their tags, and where they stand.
    pub(super) receipts: Vec<(key::Tag, u64)>,
    /// How many receipts have rows of their own.
    pub(super) n_receipts: u32,
    /// Of their state; `None` only while it is being written for the first time.
    pub(super) summary: Option<Summary>,
}

impl Here {
    /// How many events there are at [`Here::places`].
    pub(super) fn n_places(&self) -> u64 {
        n_places(&self.places)
    }
}

/// How many events there are at these places.
pub(super) fn n_places(places: &[u64]) -> u64 {
    places.iter().filter(|it| **it != LOST).count() as u64
}

/// What is true of the store as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Meta {
    /// Which store.
    pub(super) store: Uuid,
    /// Of which summarizer the summaries are.
    pub(super) summarizer: u64,
    /// The last record of the ledger that is in the rows.
    pub(super) applied: u64,
    pub(super) n_learners: u64,
    pub(super) n_erased: u64,
    pub(super) n_events: u64,
    pub(super) n_receipts: u64,
}

/// A part of a state. All parts of one state name its version.
#[derive(Serialize, Deserialize)]
struct Part<'a> {
    version: Version,
    n_chunks: u16,
    #[serde(borrow)]
    bytes: Bytes<'a>,
}

/// Bytes that are written as such, not as a list of numbers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
struct Bytes<'a>(#[serde(borrow)] &'a [u8]);

impl Serialize for Bytes<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

/// Where rows are read: in sled, or in what is about to be written to it.
pub(super) trait Rows: Sized {
    /// The sealed value of a key.
    fn value(&self, key: &[u8]) -> Result<Option<IVec>, StoreError>;

    /// A learner's head; `None`: nobody ever had the id.
    fn head(&self, learner: LearnerId) -> Result<Option<Head>, StoreError> {
        self.with_head(learner, |it| it.cloned())
    }

    /// Something of a learner's head.
    fn with_head<T>(
        &self,
        learner: LearnerId,
        read: impl FnOnce(Option<&Head>) -> T,
    ) -> Result<T, StoreError> {
        Ok(read(self.row(&key::head(learner))?.as_ref()))
    }

    /// Who holds a claim.
    fn holder(&self, claim: &Claim) -> Result<Option<LearnerId>, StoreError> {
        self.row(&key::claim(claim))
    }

    /// Where calls may stand that had this idempotency key; those of other keys may be among them.
    fn receipts(&self, learner: LearnerId, name: &str) -> Result<Vec<u64>, StoreError> {
        let tag = key::tag(name);
        let (mut places, n_in_rows) = self.with_head(learner, |head| match head {
            Some(Head::Here(here)) => {
                let found = here.receipts.iter().filter(|it| it.0 == tag).map(|it| it.1);
                (found.collect::<Vec<_>>(), here.n_receipts)
            }
            // There may be receipts of nobody.
            _ => (vec![], 1),
        })?;
        if n_in_rows != 0 {
            places.extend(self.row::<Vec<u64>>(&key::receipts(learner, tag))?.unwrap_or_default());
        }
        Ok(places)
    }

    /// Where events of a learner stand in the ledger, 64 of them.
    fn events(&self, learner: LearnerId, chunk: u32) -> Result<Vec<u64>, StoreError> {
        let key = key::events(learner, chunk);
        // Between two reads the places may move from the head to a row of their own.
        for _ in 0..2 {
            if let Some(places) = self.row(&key)? {
                return Ok(places);
            }
            let Some(Head::Here(here)) = self.head(learner)? else { return Ok(vec![]) };
            let in_head = here.version / PLACES as u32;
            if in_head <= chunk {
                return Ok(if in_head == chunk { here.places } else { vec![] });
            }
        }
        Err(damaged(&key))
    }

    /// What is at 64 positions of a feed.
    fn feed(&self, bucket: Bucket, chunk: u64) -> Result<Feed, StoreError> {
        Ok(Arc::new(self.row(&key::feed(bucket, chunk))?.unwrap_or_default()))
    }

    /// What is true of the store as a whole.
    fn meta(&self) -> Result<Option<Meta>, StoreError> {
        self.row(key::META)
    }

    /// A learner's state, with its size in bytes.
    fn record(&self, learner: LearnerId) -> Result<Option<(Learner, usize)>, StoreError> {
        // A commit between two reads changes the version.
        for n_tries in 0..1_000 {
            if 10 < n_tries {
                // Whoever writes it needs a processor.
                thread::yield_now();
            }
            match self.record_once(learner)? {
                Read::Whole(learner, size) => return Ok(Some((*learner, size))),
                Read::Nothing => return Ok(None),
                Read::Torn => {}
            }
        }
        Err(damaged(&key::record(learner, 0)))
    }

    /// A learner's state, unless it changes meanwhile.
    fn record_once(&self, learner: LearnerId) -> Result<Read, StoreError> {
        let first_key = key::record(learner, 0);
        let Some(first) = self.value(&first_key)? else { return Ok(Read::Nothing) };
        let first: Part<'_> = open(&first_key, &first)?;
        let mut bytes = first.bytes.0.to_vec();
        for chunk in 1..first.n_chunks {
            let key = key::record(learner, chunk);
            let Some(value) = self.value(&key)? else { return Ok(Read::Torn) };
            let part: Part<'_> = open(&key, &value)?;
            if part.version != first.version {
                return Ok(Read::Torn);
            }
            bytes.extend(part.bytes.0);
        }
        let state: Learner = postcard::from_bytes(&bytes).map_err(|_| damaged(&first_key))?;
        let whole = state.version == first.version && state.id == learner;
        if whole { Ok(Read::Whole(Box::new(state), bytes.len())) } else { Err(damaged(&first_key)) }
    }

    /// What a row says.
    fn row<T: DeserializeOwned>(&self, key: &[u8]) -> Result<Option<T>, StoreError> {
        self.value(key)?.map(|it| open(key, &it)).transpose()
    }
}

/// What came of reading a state.
pub(super) enum Read {
    /// A state, and its size in bytes.
    Whole(Box<Learner>, usize),
    /// There is none.
    Nothing,
    /// Parts of two states.
    Torn,
}

/// What a value says.
pub(super) fn open<'a, T: Deserialize<'a>>(key: &[u8], value: &'a [u8]) -> Result<T, StoreError> {
    let body = seal::unseal(key, value).ok_or_else(|| damaged(key))?;
    postcard::from_bytes(body).map_err(|_| damaged(key))
}

/// The value that says this.
fn close<T: Serialize>(key: &[u8], row: &T) -> Vec<u8> {
    seal::seal(key, |bytes| postcard::to_extend(row, bytes).expect("rows hold nothing that postcard cannot"))
}

fn damaged(key: &[u8]) -> StoreError {
    StoreError::Damaged(format!("the row {} is not what was written", data_encoding::HEXLOWER.encode(key)))
}
