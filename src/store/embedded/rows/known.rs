//! Rows as the committer knows them: decoded once, and kept for as long as there is memory. It alone
//! changes them, so that what it knows is never old.

use std::{collections::HashMap, sync::Arc};

use quick_cache::unsync::Cache;

use super::{Changes, Feed, Head};
use crate::{domain::id::LearnerId, store::Bucket};

/// A head takes about as many bytes.
const HEAD: u64 = 1_024;

/// Decoded rows.
pub(in super::super) struct Known {
    heads: Cache<LearnerId, Arc<Head>>,
    /// The last row of the feed of each bucket that was written to, by its number.
    feeds: HashMap<Bucket, (u64, Feed)>,
}

impl Known {
    /// Nothing is known, and not more than so many bytes will be.
    pub(in super::super) fn new(n_bytes: u64) -> Self {
        let n_heads = usize::try_from(n_bytes / HEAD).unwrap_or(usize::MAX).max(16);
        Self { heads: Cache::new(n_heads), feeds: HashMap::new() }
    }

    /// Takes over what was written.
    pub(in super::super) fn learn(&mut self, changes: &Changes) {
        for (learner, latest) in &changes.learners {
            self.heads.insert(*learner, latest.head.clone());
        }
        for (bucket, chunk, feed) in &changes.feeds {
            if self.feeds.get(bucket).is_none_or(|it| it.0 <= *chunk) {
                self.feeds.insert(*bucket, (*chunk, feed.clone()));
            }
        }
    }

    /// Knows nothing any more.
    pub(in super::super) fn forget(&mut self) {
        self.heads.clear();
        self.feeds.clear();
    }

    /// A learner's head, if it is known.
    pub(super) fn head(&self, learner: LearnerId) -> Option<&Head> {
        self.heads.peek(&learner).map(|it| &**it)
    }

    /// A row of a feed, if it is known.
    pub(super) fn feed(&self, bucket: Bucket, chunk: u64) -> Option<&Feed> {
        self.feeds.get(&bucket).filter(|it| it.0 == chunk).map(|it| &it.1)
    }
}
