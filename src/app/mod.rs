//! Use cases: load, decide, commit, tell.
//!
//! Every write goes through [`App::write`], whatever it is about; every read is a line or two.

mod batch;
mod call;
mod demo;
mod draft;
mod env;
mod erase;
mod export;
mod failure;
mod feed;
mod import;
mod lapse;
mod maintain;
mod progress;
mod read;
mod statement;
mod webhook;
mod write;

use std::sync::Arc;

use tokio::sync::Mutex;

pub use batch::{Corrected, Correction};
pub use call::{Call, Target, Written};
pub use demo::fill_with_demo;
pub use env::{Env, SystemEnv};
pub use erase::{Erase, Erased};
pub use failure::Failure;
pub use feed::{Announcement, FeedCursor};
pub use import::{COLUMNS, Format, Import, Imported, MAX_ROW, Place, Taken, Verdict};
pub use progress::Standing;
pub use read::{Clock, Every, LearnerRef, MAX_INSTANTS, Point, Span};
pub use statement::{Statement, Untaken, Who, told};
pub use webhook::{
    Allowed, Attempt, Content, Courier, Delivery, DisabledBecause, EventPlace, Hook, MAX_LOG, MAX_PARKED,
    MAX_WEBHOOKS, Managed, Outcome, Parcel, RegisterWebhook, Registered, Rule, Signature, Trouble,
    UpdateWebhook, Waiting, Webhook, Webhooks,
};

use crate::{
    domain::{guide::Guide, learner::Learner, summary::Summary},
    store::{Bucket, N_BUCKETS, Store, Summarizer},
};

/// The product: a guide, a store, a clock.
pub struct App {
    /// The guide in force.
    pub guide: Arc<Guide>,
    /// Where learners are kept.
    pub store: Arc<dyn Store>,
    /// Time and randomness.
    pub env: Arc<dyn Env>,
    /// Writers of one bucket go one after the other, so that they do not lose races against each
    /// other; between processes the store's versions decide.
    lanes: Vec<Mutex<()>>,
    /// Erasures with a key go one after the other, each before it takes a lane.
    erasing: Mutex<()>,
    /// Corrections of batches, and imports with a key, go one after the other.
    batches: Mutex<()>,
    remembered: progress::Remembered,
    /// Who is told of events, and how far they were.
    pub webhooks: Webhooks,
}

impl App {
    /// The product on these parts.
    pub fn new(guide: Arc<Guide>, store: Arc<dyn Store>, env: Arc<dyn Env>) -> Self {
        let lanes = (0..N_BUCKETS).map(|_| Mutex::new(())).collect();
        let (erasing, batches) = (Mutex::default(), Mutex::default());
        let remembered = progress::Remembered::new();
        let webhooks = Webhooks::new(store.clone(), env.clone());
        Self { guide, store, env, lanes, erasing, batches, remembered, webhooks }
    }

    fn lane(&self, bucket: Bucket) -> &Mutex<()> {
        &self.lanes[bucket.index()]
    }
}

/// The edition of how a guide's rules are read; raise it with whatever makes `assess` answer
/// otherwise, or a summary say more, so that lists are made anew.
const RULES: u32 = 2;

/// Sums up states for lists under this guide; engines rebuild their lists with it.
pub fn summarizer(guide: Arc<Guide>) -> Summarizer {
    let identity = serde_json::to_string(&*guide).expect("a guide is plain data");
    let digest = crate::domain::learner::digest(&[&identity, &RULES.to_string()]);
    let (head, _) = digest.split_at(8);
    let revision = u64::from_le_bytes(head.try_into().expect("eight bytes"));
    let summarize = move |learner: &Learner| Summary::of(&guide, learner, learner.updated_at);
    Summarizer { revision, summarize: Arc::new(summarize) }
}
