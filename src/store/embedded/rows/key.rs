//! Keys of rows. What belongs to a learner begins with their bucket, so that a bucket can move as
//! one; a claim begins with a bucket of its own. Lists and the count of all are of the whole store
//! and can be made anew.

use uuid::Uuid;

use crate::{
    domain::{id::LearnerId, learner::digest, summary::OrderBy},
    store::{Bucket, Claim, N_BUCKETS, SortKey},
};

/// The one row about the store as a whole.
pub(in super::super) const META: &[u8] = &[0xFF, 0xFF, b'm'];

/// No row has a key behind this.
pub(super) const END: &[u8] = &[0xFF, 0xFF, 0xFF];

const LIST: u16 = 0xFFFE;

/// What a row of a bucket is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(in super::super) enum Kind {
    /// Who holds a claim.
    Claim = b'c',
    /// Where 64 events of a learner stand in the ledger.
    Events = b'e',
    /// Where 64 events of the bucket's feed stand in the ledger, and to which batches they belong.
    Feed = b'f',
    /// What the committer and the lists need to know of a learner.
    Head = b'h',
    /// Where calls with an idempotency key stand in the ledger.
    Receipt = b'k',
    /// A part of a learner's state.
    Record = b'r',
}

/// The start of the keys of one kind in a bucket.
pub(in super::super) fn of_bucket(bucket: Bucket, kind: Kind) -> Vec<u8> {
    let mut key = bucket.number().to_be_bytes().to_vec();
    key.push(kind as u8);
    key
}

/// The start of the keys of one kind of a learner.
pub(in super::super) fn of_learner(learner: LearnerId, kind: Kind) -> Vec<u8> {
    let mut key = of_bucket(Bucket::of(learner), kind);
    key.extend(learner.0.as_bytes());
    key
}

/// The first key behind all that start so.
pub(in super::super) fn after(prefix: &[u8]) -> Vec<u8> {
    let mut key = prefix.to_vec();
    while key.pop_if(|it| *it == u8::MAX).is_some() {}
    // No prefix is all 0xFF.
    if let Some(last) = key.last_mut() {
        *last += 1;
    }
    key
}

/// A learner's head.
pub(super) fn head(learner: LearnerId) -> Vec<u8> {
    of_learner(learner, Kind::Head)
}

/// The bucket that a row belongs to; `None`: it is of the whole store.
pub(super) fn bucket(key: &[u8]) -> Option<Bucket> {
    Bucket::new(u16::from_be_bytes(*key.first_chunk()?))
}

/// The buckets that have keys from one up to another.
pub(super) fn buckets(low: &[u8], high: &[u8]) -> impl Iterator<Item = Bucket> + use<> {
    let number = |key: &[u8], none| key.first_chunk().map_or(none, |it| u16::from_be_bytes(*it));
    (number(low, 0)..=number(high, u16::MAX)).map_while(Bucket::new)
}

/// A row that the committer and the readers know as what it says.
pub(super) enum Whole {
    /// A learner's head.
    Head(LearnerId),
    /// One part of a learner's state.
    Record(LearnerId, u16),
    /// A stretch of a feed.
    Feed(Bucket, u64),
}

impl Whole {
    /// Which row has this key; `None`: one of another kind.
    pub(super) fn of(key: &[u8]) -> Option<Self> {
        let bucket = bucket(key)?;
        match *key.get(2)? {
            it if it == Kind::Head as u8 => Some(Self::Head(learner(key)?)),
            it if it == Kind::Record as u8 => {
                Some(Self::Record(learner(key)?, u16::from_be_bytes(key.get(19..)?.try_into().ok()?)))
            }
            it if it == Kind::Feed as u8 => {
                Some(Self::Feed(bucket, u64::from_be_bytes(key.get(3..)?.try_into().ok()?)))
            }
            _ => None,
        }
    }
}

/// How many bytes a key shares with others of its kind and bucket, or of its list.
const START: usize = 3;

/// Whether the row with this key is small, so that it shares a row of sled with others.
pub(super) fn is_small(key: &[u8]) -> bool {
    is_place(key) || bucket(key).is_some() && key.get(2) == Some(&(Kind::Claim as u8))
}

/// Whether the row with this key is a place in a list.
pub(super) fn is_place(key: &[u8]) -> bool {
    key.starts_with(&LIST.to_be_bytes())
}

/// What the keys of all small rows start with that belong together.
pub(super) fn start(key: &[u8]) -> &[u8] {
    &key[..START.min(key.len())]
}

/// What is behind [`start`].
pub(super) fn rest(key: &[u8]) -> &[u8] {
    &key[START.min(key.len())..]
}

/// One part of a learner's state.
pub(in super::super) fn record(learner: LearnerId, chunk: u16) -> Vec<u8> {
    let mut key = of_learner(learner, Kind::Record);
    key.extend(chunk.to_be_bytes());
    key
}

/// Where events `64 * chunk + 1` and the 63 after it stand.
pub(in super::super) fn events(learner: LearnerId, chunk: u32) -> Vec<u8> {
    let mut key = of_learner(learner, Kind::Events);
    key.extend(chunk.to_be_bytes());
    key
}

/// What is at positions `64 * chunk + 1` and the 63 after it.
pub(in super::super) fn feed(bucket: Bucket, chunk: u64) -> Vec<u8> {
    let mut key = of_bucket(bucket, Kind::Feed);
    key.extend(chunk.to_be_bytes());
    key
}

/// Where calls with an idempotency key of this tag stand.
pub(super) fn receipts(learner: LearnerId, tag: Tag) -> Vec<u8> {
    let mut key = of_learner(learner, Kind::Receipt);
    key.extend(tag.to_be_bytes());
    key
}

/// Stands for an idempotency key. Few keys of a learner share one, if any.
pub(super) type Tag = u64;

/// The tag of an idempotency key.
pub(super) fn tag(name: &str) -> Tag {
    let [a, b, c, d, e, f, g, h, ..] = digest(&[name]);
    Tag::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// Who holds a claim.
pub(in super::super) fn claim(claim: &Claim) -> Vec<u8> {
    let (kind, text) = match claim {
        Claim::ExternalId(text) => ("external id", text),
        Claim::Email(text) => ("email", text),
    };
    let digest = digest(&[kind, text]);
    let number = crc32c::crc32c(&digest) % u32::from(N_BUCKETS);
    let bucket = Bucket::new(number as u16).expect("smaller than their number");
    let mut key = of_bucket(bucket, Kind::Claim);
    key.extend(digest);
    key
}

/// The start of the keys of one list.
pub(in super::super) fn of_list(order: OrderBy) -> Vec<u8> {
    let order = match order {
        OrderBy::Name => 0,
        OrderBy::CreatedAt => 1,
        OrderBy::Progress => 2,
        OrderBy::LastActivity => 3,
        OrderBy::Due => 4,
    };
    let mut key = LIST.to_be_bytes().to_vec();
    key.push(order);
    key
}

/// A place in a list.
pub(in super::super) fn list(order: OrderBy, place: &SortKey) -> Vec<u8> {
    let mut key = of_list(order);
    key.extend(place.as_bytes());
    key
}

/// The learner that a row belongs to.
pub(in super::super) fn learner(key: &[u8]) -> Option<LearnerId> {
    Uuid::from_slice(key.get(3..19)?).ok().map(LearnerId)
}

/// The place in a list that this is the key of.
pub(in super::super) fn place(key: &[u8]) -> Option<SortKey> {
    SortKey::from_bytes(key.get(3..)?.to_vec())
}
