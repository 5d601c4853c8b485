//! Whoever takes commits: Milepost's own engine, the floors and the peers.

use async_trait::async_trait;
use milepost::store::Commit;

/// Takes commits and answers when they are durable.
#[async_trait]
pub(crate) trait Contender: Send + Sync + 'static {
    /// Writes a commit. A benchmark of an engine that fails is worth nothing: this panics then.
    async fn commit(&self, commit: Commit);
}
