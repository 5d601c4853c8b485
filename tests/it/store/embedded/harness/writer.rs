//! The process that writes, tells what was acknowledged, and never ends by itself.

use std::{env, path::Path, sync::Arc};

use milepost::store::{Store, embedded::EmbeddedStore};

use super::{
    super::open,
    process::{Process, say},
    script::{is_erased_at_the_end, next_commit},
};
use crate::given::{Person, learner_id};

pub const N_WRITERS: u128 = 16;
const DIRECTORY: &str = "MILEPOST_WRITER_DIRECTORY";

/// Starts a process that writes to the store in this directory. It says `opening`,
/// `ready`, and then what was acknowledged.
pub fn start(dir: &Path) -> Process {
    let test = "store::embedded::harness::writer::the_process_that_writes";
    Process::start(test, &[(DIRECTORY, dir.as_os_str())])
}

/// Not a test of its own: it does nothing unless [`start`] starts it.
#[test]
fn the_process_that_writes() {
    let Some(dir) = env::var_os(DIRECTORY) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let store = open_and_tell(Path::new(&dir));
        let writers: Vec<_> = (0..N_WRITERS).map(|it| tokio::spawn(write(store.clone(), it))).collect();
        for writer in writers {
            writer.await.unwrap();
        }
    });
}

/// Opens a store and says how far that is.
pub fn open_and_tell(dir: &Path) -> Arc<EmbeddedStore> {
    // The test runner may have begun a line.
    say("\nopening");
    let store = open(dir);
    say("ready");
    store
}

/// Writes about one learner after the other, for ever.
async fn write(store: Arc<dyn Store>, writer: u128) {
    for number in (0..).map(|it| 1 + writer + it * N_WRITERS) {
        if store.erased_at(learner_id(number)).await.unwrap().is_some() {
            continue;
        }
        let mut person = Person::of(&*store, learner_id(number)).await;
        while let Some(commit) = next_commit(&mut person) {
            store.commit(commit).await.unwrap();
            say(&format!("written {number} {}", person.version()));
        }
        if is_erased_at_the_end(number) {
            store.erase(person.is_erased()).await.unwrap();
            say(&format!("erased {number}"));
        }
    }
}
