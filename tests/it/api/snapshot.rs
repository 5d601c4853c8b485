//! A long history costs readers nothing: what is read most is answered from the state alone.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use milepost::{
    domain::{
        event::{Change, Event},
        id::{BatchId, LearnerId, Version},
        learner::Learner,
        summary::Filter,
        time::Timestamp,
    },
    store::{
        Bucket, Claim, Commit, CommitError, Erasure, FeedItem, Page, PageQuery, Position, Receipt, Store,
        StoreError, memory::MemoryStore,
    },
};
use serde_json::json;
use tokio::sync::watch;

use crate::{
    given::{Person, registered, slug},
    world::World,
};

/// A store that counts the events that are read from it.
struct CountingStore {
    store: MemoryStore,
    n_read: AtomicUsize,
}

#[async_trait]
impl Store for CountingStore {
    async fn history(&self, id: LearnerId, after: Version, limit: usize) -> Result<Vec<Event>, StoreError> {
        let events = self.store.history(id, after, limit).await?;
        self.n_read.fetch_add(events.len(), Ordering::SeqCst);
        Ok(events)
    }

    async fn load(&self, learner: LearnerId) -> Result<Option<Arc<Learner>>, StoreError> {
        self.store.load(learner).await
    }

    async fn load_many(&self, learners: &[LearnerId]) -> Result<Vec<Option<Arc<Learner>>>, StoreError> {
        self.store.load_many(learners).await
    }

    async fn find(&self, claim: &Claim) -> Result<Option<LearnerId>, StoreError> {
        self.store.find(claim).await
    }

    async fn replay(&self, learner: LearnerId, key: &str) -> Result<Option<Receipt>, StoreError> {
        self.store.replay(learner, key).await
    }

    async fn commit(&self, commit: Commit) -> Result<(), CommitError> {
        self.store.commit(commit).await
    }

    async fn erase(&self, erasure: Erasure) -> Result<(), CommitError> {
        self.store.erase(erasure).await
    }

    async fn erased_at(&self, learner: LearnerId) -> Result<Option<Timestamp>, StoreError> {
        self.store.erased_at(learner).await
    }

    async fn page(&self, query: PageQuery) -> Result<Page, StoreError> {
        self.store.page(query).await
    }

    async fn count(&self, filter: &Filter, now: Timestamp) -> Result<u64, StoreError> {
        self.store.count(filter, now).await
    }

    async fn feed(&self, bucket: Bucket, after: Position, limit: usize) -> Result<Vec<FeedItem>, StoreError> {
        self.store.feed(bucket, after, limit).await
    }

    async fn events_of_batch(
        &self,
        batch: BatchId,
        bucket: Bucket,
        after: Position,
        limit: usize,
    ) -> Result<Vec<(Position, Event)>, StoreError> {
        self.store.events_of_batch(batch, bucket, after, limit).await
    }

    async fn heads(&self) -> Result<Vec<Position>, StoreError> {
        self.store.heads().await
    }

    fn watch(&self, bucket: Bucket) -> watch::Receiver<Position> {
        self.store.watch(bucket)
    }

    fn watch_all(&self) -> watch::Receiver<u64> {
        self.store.watch_all()
    }

    async fn note(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.note(name).await
    }

    async fn keep_note(&self, name: &str, note: Option<&[u8]>) -> Result<(), StoreError> {
        self.store.keep_note(name, note).await
    }

    async fn notes(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.store.notes(prefix).await
    }

    fn read_only(&self) -> Option<String> {
        self.store.read_only()
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.store.close().await
    }
}

/// A learner with 10,000 events, known as `ada`.
async fn world() -> (World, Arc<CountingStore>) {
    let store = Arc::new(CountingStore { store: MemoryStore::new(), n_read: AtomicUsize::new(0) });
    let course = slug("cicd-automation");
    let progress = |it: u8| Change::CourseProgressed { course: course.clone(), percent: it };
    let events = (0..9_999_u32).map(|it| progress(u8::try_from(it % 100).unwrap()));
    let commit = Person::new(1 << 64).then([registered("Ada", Some("ada"), None)].into_iter().chain(events));
    store.commit(commit).await.unwrap();
    (World::over(store.clone()), store)
}

#[tokio::test]
async fn readiness_after_10_000_events_reads_none_of_them() {
    let (world, store) = world().await;
    let query = r#"{ learner(by: { externalId: "ada" }) { version readiness { progress { done } }
        nextSteps { title } forecast { basis } courseProgress { percent } }
        learners { nodes { readiness { ready } } totalCount }
        whatIf(learner: { externalId: "ada" }, steps: [{ completeCourse: "cicd-automation" }]) { ready } }"#;
    let data = world.get(query).await;
    assert_eq!(data["learner"]["version"], 10_000);
    assert_eq!(store.n_read.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_mutation_reads_none_of_them_and_a_page_of_events_only_its_own() {
    let (world, store) = world().await;
    let input = json!({ "learner": { "externalId": "ada" }, "course": "cicd-automation" });
    assert_eq!(world.call("completeCourse", "", input).await["learner"]["version"], 10_001);
    assert_eq!(store.n_read.load(Ordering::SeqCst), 0);
    world.get(r#"{ learner(by: { externalId: "ada" }) { events(last: 7) { nodes { kind } } } }"#).await;
    assert_eq!(store.n_read.load(Ordering::SeqCst), 7);
}
