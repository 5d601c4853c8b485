//! Random commands: the embedded engine answers and holds what the memory engine does, also after
//! it was closed or dropped and opened again.

use std::{path::Path, sync::Arc};

use milepost::{
    domain::{
        event::Change,
        id::BatchId,
        summary::{Filter, OrderBy},
    },
    store::{
        Bucket, Claim, Commit, CommitError, Erasure, PageQuery, Store, embedded::EmbeddedStore,
        memory::MemoryStore,
    },
};
use proptest::prelude::*;
use tempfile::TempDir;
use uuid::Uuid;

use super::{engine::options, lists::all};
use crate::given::{
    Person, With, completed, evidence, learner_id, receipt, registered, renamed, retracted, second, slug,
};

#[derive(Debug, Clone)]
enum Command {
    /// Changes, from a base that is stale by so many versions, perhaps with a receipt, or in a batch.
    Commit {
        learner: u128,
        what: What,
        stale: usize,
        key: Option<u8>,
        batch: Option<u128>,
    },
    Erase {
        learner: u128,
        stale: u32,
    },
    Close,
    Drop,
}

#[derive(Debug, Clone)]
enum What {
    Nothing,
    Register { name: u8, claim: u8 },
    Rename(u8),
    Claim(Option<u8>),
    Complete(u8),
    Submit(u8),
    Retract(u8),
    Undo(u32),
    Redo(u32),
}

fn commands() -> impl Strategy<Value = Vec<Command>> {
    let batch = proptest::option::of(0..3_u128);
    let commit = (0..6_u128, what(), prop_oneof![9 => Just(0_usize), 1 => 1..3_usize], key(), batch)
        .prop_map(|(learner, what, stale, key, batch)| Command::Commit { learner, what, stale, key, batch });
    let erase = (0..6_u128, 0..2_u32).prop_map(|(learner, stale)| Command::Erase { learner, stale });
    let command = prop_oneof![40 => commit, 1 => erase, 1 => Just(Command::Close), 1 => Just(Command::Drop)];
    proptest::collection::vec(command, 1..80)
}

fn what() -> impl Strategy<Value = What> {
    prop_oneof![
        1 => Just(What::Nothing),
        4 => (0..4_u8, 0..4_u8).prop_map(|(name, claim)| What::Register { name, claim }),
        2 => (0..4_u8).prop_map(What::Rename),
        3 => proptest::option::of(0..4_u8).prop_map(What::Claim),
        2 => (0..3_u8).prop_map(What::Complete),
        2 => (1..90_u8).prop_map(What::Submit),
        1 => (1..90_u8).prop_map(What::Retract),
        2 => (1..9_u32).prop_map(What::Undo),
        1 => (1..9_u32).prop_map(What::Redo),
    ]
}

fn key() -> impl Strategy<Value = Option<u8>> {
    prop_oneof![3 => Just(None), 1 => (0..4_u8).prop_map(Some)]
}

impl What {
    fn commit(&self, person: &mut Person) -> Commit {
        let name = |it: u8| ["Ada", "bob", "Zoë", "ada"][usize::from(it)];
        match *self {
            What::Nothing => person.then([]),
            What::Register { name: it, claim } => {
                let email = format!("{claim}@Example.com");
                person.then([registered(name(it), None, Some(&email))])
            }
            What::Rename(it) => person.then([renamed(name(it))]),
            What::Claim(it) => person.is_known_as(it.map(|it| format!("id-{it}")).as_deref()),
            What::Complete(it) => person.then([completed(["language", "sql", "git"][usize::from(it)])]),
            What::Submit(n) => person.then((0..u128::from(n)).map(evidence)),
            What::Retract(n) => person.then((0..u128::from(n)).map(retracted)),
            What::Undo(undone) => person.then([Change::EventUndone { undone }]),
            What::Redo(redone) => person.then([Change::EventRedone { redone }]),
        }
    }
}

/// Both engines, one beside the other.
struct Both {
    memory: MemoryStore,
    embedded: Option<Arc<EmbeddedStore>>,
    dir: TempDir,
}

impl Both {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        Self { memory: MemoryStore::new(), embedded: Some(open(dir.path())), dir }
    }

    fn embedded(&self) -> &dyn Store {
        &**self.embedded.as_ref().unwrap()
    }

    async fn run(&mut self, command: Command) {
        match command {
            Command::Commit { learner, what, stale, key, batch } => {
                let mut person = Person::of(&self.memory, learner_id(learner)).await;
                person = rewound(person, stale);
                person.is_in_batch(batch);
                let mut commit = what.commit(&mut person);
                if let Some(key) = key {
                    // Of two calls, the second of which may be the first of another commit.
                    commit = commit.with(receipt(&key.to_string(), key));
                    commit = commit.with(receipt(&(key + 1).to_string(), key));
                }
                let answers =
                    (self.memory.commit(commit.clone()).await, self.embedded().commit(commit).await);
                assert_eq!(told(answers.0), told(answers.1));
            }
            Command::Erase { learner, stale } => {
                let version = Person::of(&self.memory, learner_id(learner)).await.version();
                let base = version.saturating_sub(stale);
                let erasure = Erasure { learner: learner_id(learner), base, recorded_at: second(5) };
                let answers = (self.memory.erase(erasure).await, self.embedded().erase(erasure).await);
                assert_eq!(told(answers.0), told(answers.1));
            }
            Command::Close => {
                self.embedded().close().await.unwrap();
                self.embedded = Some(open(self.dir.path()));
            }
            Command::Drop => {
                self.embedded = None;
                self.embedded = Some(open(self.dir.path()));
            }
        }
    }

    /// Both hold the same.
    async fn compare(&self) {
        for id in (0..6).map(learner_id) {
            let (memory, embedded) = (&self.memory, self.embedded());
            assert_eq!(memory.load(id).await.unwrap(), embedded.load(id).await.unwrap());
            assert_eq!(memory.history(id, 1, 70).await.unwrap(), embedded.history(id, 1, 70).await.unwrap());
            assert_eq!(memory.erased_at(id).await.unwrap(), embedded.erased_at(id).await.unwrap());
            for key in 0..5 {
                let key = key.to_string();
                assert_eq!(memory.replay(id, &key).await.unwrap(), embedded.replay(id, &key).await.unwrap());
            }
            let bucket = Bucket::of(id);
            assert_eq!(
                memory.feed(bucket, 1, 70).await.unwrap(),
                embedded.feed(bucket, 1, 70).await.unwrap()
            );
            for batch in (0..3).map(|it| BatchId(Uuid::from_u128(it))) {
                for (after, limit) in [(0, usize::MAX), (1, 70), (64, 3)] {
                    let found = memory.events_of_batch(batch, bucket, after, limit).await.unwrap();
                    assert_eq!(embedded.events_of_batch(batch, bucket, after, limit).await.unwrap(), found);
                }
            }
        }
        for number in 0..4 {
            let (id, email) = (format!("id-{number}"), format!("{number}@example.com"));
            for claim in [Claim::ExternalId(id), Claim::Email(email)] {
                let holders =
                    (self.memory.find(&claim).await.unwrap(), self.embedded().find(&claim).await.unwrap());
                assert_eq!(holders.0, holders.1, "{claim:?}");
            }
        }
        assert_eq!(self.memory.heads().await.unwrap(), self.embedded().heads().await.unwrap());
        self.compare_lists().await;
    }

    async fn compare_lists(&self) {
        let open_sql = Filter { open: Some(slug("sql")), ..Filter::default() };
        for filter in [Filter::default(), open_sql] {
            let counts = (
                self.memory.count(&filter, second(0)).await.unwrap(),
                self.embedded().count(&filter, second(0)).await.unwrap(),
            );
            assert_eq!(counts.0, counts.1);
            for order in OrderBy::ALL {
                for (descending, from_end) in [(false, false), (false, true), (true, false), (true, true)] {
                    let (filter, limit) = (filter.clone(), 3);
                    let query = PageQuery { filter, order, descending, from_end, limit, ..all() };
                    let page = self.memory.page(query.clone()).await.unwrap();
                    assert_eq!(page, self.embedded().page(query).await.unwrap());
                }
            }
        }
    }
}

fn open(dir: &Path) -> Arc<EmbeddedStore> {
    let store = EmbeddedStore::open(dir, options()).unwrap();
    assert!(!dir.join("sled.bad-1").exists(), "the rows were not what the ledger makes of them");
    store
}

/// The learner as they were so many events ago.
fn rewound(person: Person, n_events: usize) -> Person {
    let events = person.events[..person.events.len().saturating_sub(n_events)].to_vec();
    let state = Arc::new(milepost::domain::learner::fold(person.id, &events));
    Person { id: person.id, events, state, batch: None }
}

fn told(answer: Result<(), CommitError>) -> String {
    format!("{answer:?}")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_engines_do_the_same(commands in commands()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut both = Both::new();
            for command in commands {
                both.run(command).await;
            }
            both.compare().await;
            both.run(Command::Drop).await;
            both.compare().await;
            // Made anew from the ledger, they are still the same.
            both.embedded = None;
            std::fs::remove_dir_all(both.dir.path().join("sled")).unwrap();
            both.embedded = Some(open(both.dir.path()));
            both.compare().await;
        });
    }
}
