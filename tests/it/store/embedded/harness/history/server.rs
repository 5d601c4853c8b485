//! The process that has the store: it answers on a Unix socket until it is killed.

use std::{
    env, fs,
    io::{BufRead as _, BufReader, Write as _},
    os::unix::net::{UnixListener, UnixStream},
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

use milepost::store::{CommitError, Store, embedded::EmbeddedStore};
use tokio::runtime::Handle;

use super::{
    super::{
        process::{Process, say},
        writer::open_and_tell,
    },
    protocol::{Answer, Call, Question, digest_of},
};
use crate::given::learner_id;

const DIRECTORY: &str = "MILEPOST_SERVER_DIRECTORY";

/// Where it listens.
pub fn socket(dir: &Path) -> PathBuf {
    dir.join("socket")
}

/// Starts it, and waits until it can be asked.
pub fn start(dir: &Path) -> Process {
    let test = "store::embedded::harness::history::server::the_process_that_answers";
    let mut process = Process::start(test, &[(DIRECTORY, dir.as_os_str())]);
    process.wait_for("listening");
    process
}

/// Not a test of its own: it does nothing unless [`start`] starts it.
#[test]
fn the_process_that_answers() {
    let Some(dir) = env::var_os(DIRECTORY).map(PathBuf::from) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let _entered = runtime.enter();
    let store = open_and_tell(&dir.join("store"));
    let _ = fs::remove_file(socket(&dir));
    let listener = UnixListener::bind(socket(&dir)).unwrap();
    say("listening");
    for stream in listener.incoming() {
        let (stream, store, handle) = (stream.unwrap(), store.clone(), runtime.handle().clone());
        thread::spawn(move || serve(stream, &store, &handle));
    }
}

fn serve(mut stream: UnixStream, store: &Arc<EmbeddedStore>, handle: &Handle) {
    let lines = BufReader::new(stream.try_clone().unwrap()).lines();
    for line in lines.map_while(Result::ok) {
        let answer = match serde_json::from_str(&line).unwrap() {
            Question::Read(learner) => handle.block_on(read(&**store, learner)),
            Question::Write(call) => handle.block_on(write(&**store, call)),
        };
        let answer = serde_json::to_string(&answer).unwrap() + "\n";
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

async fn read(store: &dyn Store, learner: u32) -> Answer {
    let state = store.load(learner_id(u128::from(learner))).await.unwrap();
    state.map_or(Answer::State { version: 0, digest: 0 }, |it| Answer::State {
        version: it.version,
        digest: digest_of(&it),
    })
}

async fn write(store: &dyn Store, call: Call) -> Answer {
    match store.commit(call.commit()).await {
        Ok(()) => Answer::Done,
        Err(CommitError::Conflict { current }) => Answer::Conflict { current },
        Err(CommitError::Repeated(receipt)) => {
            assert_eq!(*receipt, call.receipt());
            Answer::Repeated { version: call.base + 1 }
        }
        Err(error) => panic!("{error:?}"),
    }
}
