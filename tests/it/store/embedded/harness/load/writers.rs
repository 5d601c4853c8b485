//! Writers that follow their scripts until they are stopped, and note what they said and heard.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering::SeqCst},
};

use milepost::store::Store;
use tokio::task::JoinHandle;

use super::super::{
    script::{is_erased_at_the_end, next_commit},
    told::Told,
};
use crate::given::Person;

const N_WRITERS: usize = 16;

pub struct Writers {
    tasks: Vec<JoinHandle<()>>,
    notes: Arc<Notes>,
}

#[derive(Default)]
struct Notes {
    /// What was asked for, as if it had been acknowledged.
    sent: Mutex<Told>,
    told: Mutex<Told>,
    is_over: AtomicBool,
}

impl Writers {
    pub fn start(store: &Arc<impl Store>) -> Self {
        let notes = Arc::<Notes>::default();
        let tasks = (1..=N_WRITERS).map(|it| tokio::spawn(write(store.clone(), it, notes.clone())));
        Self { tasks: tasks.collect(), notes }
    }

    /// What was asked for until now.
    pub fn sent(&self) -> Told {
        self.notes.sent.lock().unwrap().clone()
    }

    /// What was acknowledged until now.
    pub fn told(&self) -> Told {
        self.notes.told.lock().unwrap().clone()
    }

    /// Ends them, and answers all that was acknowledged.
    pub async fn stop(self) -> Told {
        self.notes.is_over.store(true, SeqCst);
        for task in self.tasks {
            task.await.unwrap();
        }
        std::mem::take(&mut *self.notes.told.lock().unwrap())
    }
}

async fn write(store: Arc<impl Store>, first: usize, notes: Arc<Notes>) {
    for number in (first..).step_by(N_WRITERS).map(|it| it as u128) {
        let mut person = Person::new(number);
        while let Some(commit) = next_commit(&mut person) {
            if notes.is_over.load(SeqCst) {
                return;
            }
            notes.sent.lock().unwrap().written(number, person.version());
            store.commit(commit).await.unwrap();
            notes.told.lock().unwrap().written(number, person.version());
        }
        if is_erased_at_the_end(number) {
            notes.sent.lock().unwrap().erased(number);
            store.erase(person.is_erased()).await.unwrap();
            notes.told.lock().unwrap().erased(number);
        }
    }
}
