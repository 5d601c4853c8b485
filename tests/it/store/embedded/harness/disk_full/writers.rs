//! Writers that go on whatever they are answered, and note how.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use milepost::{
    domain::{id::Version, learner::fold},
    store::{CommitError, Store, StoreError},
};
use tokio::{
    task::JoinHandle,
    time::{sleep, timeout},
};

use super::{
    super::{
        script::{Scripts, next_commit},
        told::Told,
    },
    ANSWER,
};
use crate::given::{Person, learner_id};

const N_WRITERS: usize = 4;

/// Running writers. They end when this is dropped.
pub struct Writers {
    tasks: Vec<JoinHandle<()>>,
    pub seen: Arc<Seen>,
}

/// How they were answered.
#[derive(Default)]
pub struct Seen {
    pub told: Mutex<Told>,
    /// How far each learner is known to be.
    versions: Mutex<BTreeMap<u128, Version>>,
    n_acks: [AtomicUsize; N_WRITERS],
    n_refused: [AtomicUsize; N_WRITERS],
    n_in_doubt: [AtomicUsize; N_WRITERS],
    is_over: AtomicBool,
}

impl Seen {
    /// How often each of them was told that it is written.
    pub fn n_acks(&self) -> [usize; N_WRITERS] {
        self.n_acks.each_ref().map(|it| it.load(SeqCst))
    }

    /// How often each of them was told that nothing was written.
    pub fn n_refused(&self) -> [usize; N_WRITERS] {
        self.n_refused.each_ref().map(|it| it.load(SeqCst))
    }

    /// How often each of them was told that nobody knows.
    pub fn n_in_doubt(&self) -> [usize; N_WRITERS] {
        self.n_in_doubt.each_ref().map(|it| it.load(SeqCst))
    }
}

impl Writers {
    pub fn start(store: Arc<dyn Store>) -> Self {
        let seen = Arc::<Seen>::default();
        let tasks = (0..N_WRITERS).map(|it| tokio::spawn(write(store.clone(), it, seen.clone()))).collect();
        Self { tasks, seen }
    }

    /// Waits until something has happened; a writer that fails ends the waiting.
    pub async fn wait_for(&self, what: &str, has_happened: impl Fn(&Seen) -> bool, at_most: Duration) {
        let until = Instant::now() + at_most;
        while !has_happened(&self.seen) {
            assert!(Instant::now() < until, "waited {at_most:?} for {what}");
            assert!(!self.tasks.iter().any(JoinHandle::is_finished), "a writer has failed");
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// Reads all that is known to be written; answers how often it read.
    pub async fn read(&self, store: &dyn Store, scripts: &mut Scripts) -> usize {
        let versions = self.seen.versions.lock().unwrap().clone();
        for (number, acked) in &versions {
            let (id, script) = (learner_id(*number), scripts.events(*number));
            let state = timeout(ANSWER, store.load(id)).await.expect("a load in time").unwrap().unwrap();
            assert!(*acked <= state.version);
            assert_eq!(*state, fold(id, &script[..state.version as usize]));
            let history = store.history(id, 0, usize::MAX);
            let history = timeout(ANSWER, history).await.expect("a history in time").unwrap();
            assert!(*acked as usize <= history.len());
            assert!(history == script[..history.len()]);
        }
        2 * versions.len()
    }

    /// Ends them, and answers what they were told.
    pub async fn stop(mut self) -> Told {
        self.seen.is_over.store(true, SeqCst);
        for task in self.tasks.drain(..) {
            task.await.unwrap();
        }
        std::mem::take(&mut *self.seen.told.lock().unwrap())
    }
}

impl Drop for Writers {
    fn drop(&mut self) {
        self.seen.is_over.store(true, SeqCst);
    }
}

async fn write(store: Arc<dyn Store>, writer: usize, seen: Arc<Seen>) {
    for number in (0..).map(|it| (1 + writer + it * N_WRITERS) as u128) {
        let mut person = Person::new(number);
        while let Some(next) = write_next(&*store, &person, writer, &seen).await {
            person = next;
            seen.told.lock().unwrap().written(number, person.version());
            seen.versions.lock().unwrap().insert(number, person.version());
            seen.n_acks[writer].fetch_add(1, SeqCst);
            if seen.is_over.load(SeqCst) {
                return;
            }
        }
        if seen.is_over.load(SeqCst) {
            return;
        }
    }
}

/// Writes the next commit of a script until it is acknowledged; `None`: there is none, or it is
/// over.
async fn write_next(store: &dyn Store, person: &Person, writer: usize, seen: &Seen) -> Option<Person> {
    let mut was_in_doubt = false;
    while !seen.is_over.load(SeqCst) {
        let mut next = person.clone();
        let commit = next_commit(&mut next)?;
        match timeout(ANSWER, store.commit(commit)).await.expect("an answer to a commit in time") {
            Ok(()) => return Some(next),
            Err(CommitError::Repeated(_)) if was_in_doubt => return Some(next),
            Err(CommitError::Fault(StoreError::InDoubt(_))) => {
                was_in_doubt = true;
                seen.n_in_doubt[writer].fetch_add(1, SeqCst);
            }
            Err(CommitError::ReadOnly(_)) => {
                seen.n_refused[writer].fetch_add(1, SeqCst);
            }
            Err(error) => panic!("{error:?}"),
        }
        sleep(Duration::from_millis(10)).await;
    }
    None
}
