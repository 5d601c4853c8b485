//! A process that writes is killed again and again, at any moment, also while it opens the store.
//! Whatever it acknowledged is there afterwards.

use std::{
    collections::BTreeMap,
    env,
    hash::{BuildHasher as _, RandomState},
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    sync::Arc,
    thread,
    time::Duration,
};

use milepost::{
    domain::{
        event::Change,
        id::{LearnerId, Version},
        learner::{Digest, Learner, digest, fold},
    },
    store::{CommitError, Store},
};
use tempfile::TempDir;

use super::{check_feeds, open};
use crate::given::{Person, completed, evidence, learner_id, registered};

const N_KILLS: usize = 100;
/// A new store after so many of them.
const N_KILLS_OF_A_STORE: usize = 25;
const N_WRITERS: u128 = 8;
const DIRECTORY: &str = "MILEPOST_CRASH_DIRECTORY";

/// What was acknowledged: up to which version, with which state; `None`: the erasure.
type Acks = BTreeMap<LearnerId, Option<(Version, Digest)>>;

#[tokio::test]
async fn what_was_acknowledged_survives_any_kill() {
    let (mut n_acks, mut n_learners, mut n_made_anew) = (0, 0, 0);
    for _ in 0..N_KILLS / N_KILLS_OF_A_STORE {
        let dir = TempDir::new().unwrap();
        let mut acks = Acks::new();
        for kill in 0..N_KILLS_OF_A_STORE {
            n_acks += run_and_kill(dir.path(), kill, &mut acks);
            // Sometimes a crash meets what another one left.
            if kill.is_multiple_of(2) {
                check(dir.path(), &acks).await;
            }
        }
        n_learners += acks.len();
        n_made_anew += usize::from(dir.path().join("sled.bad-1").exists());
    }
    println!(
        "{N_KILLS} kills, {n_acks} acknowledged commits of {n_learners} learners, 0 lost; \
         rows made anew in {n_made_anew} stores"
    );
    assert!(N_KILLS < n_acks, "the kills came before anything was written");
}

/// Answers how many commits were acknowledged.
fn run_and_kill(dir: &Path, kill: usize, acks: &mut Acks) -> usize {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "store::embedded::crash::the_process_that_is_killed", "--nocapture"])
        .env(DIRECTORY, dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let random = RandomState::new().hash_one(kill);
    if kill.is_multiple_of(4) {
        thread::sleep(Duration::from_micros(random % 80_000));
    } else {
        wait_until_ready(&mut lines);
        thread::sleep(Duration::from_micros(random % 120_000));
    }
    child.kill().unwrap();
    let n_acks = read_acks(lines, acks);
    check_end(child);
    n_acks
}

fn wait_until_ready(lines: &mut BufReader<ChildStdout>) {
    let mut line = String::new();
    while !line.ends_with("ready\n") {
        line.clear();
        assert!(0 < lines.read_line(&mut line).unwrap(), "it ended before it was ready");
    }
}

fn read_acks(mut lines: BufReader<ChildStdout>, acks: &mut Acks) -> usize {
    let mut text = String::new();
    lines.read_to_string(&mut text).unwrap();
    let whole = text.rsplit_once('\n').map_or("", |it| it.0);
    let told = whole.lines().filter_map(|it| it.strip_prefix("ack "));
    let told = told.map(|it| serde_json::from_str::<(LearnerId, Option<(Version, Digest)>)>(it).unwrap());
    let mut n_acks = 0;
    for (learner, ack) in told {
        acks.insert(learner, ack);
        n_acks += 1;
    }
    n_acks
}

fn check_end(mut child: Child) {
    assert_eq!(child.wait().unwrap().code(), None, "it ended by itself");
    let mut text = String::new();
    child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    assert!(!text.contains("panicked"), "{text}");
}

async fn check(dir: &Path, acks: &Acks) {
    let store = open(dir);
    for (learner, ack) in acks {
        let events = store.history(*learner, 0, usize::MAX).await.unwrap();
        let state = store.load(*learner).await.unwrap();
        let Some((version, digest)) = ack else {
            assert_eq!((state, events), (None, vec![]));
            assert!(store.erased_at(*learner).await.unwrap().is_some());
            continue;
        };
        if store.erased_at(*learner).await.unwrap().is_some() {
            // Erased, but killed before it could tell.
            continue;
        }
        assert!(*version as usize <= events.len(), "{learner}: {version} lost, there are {}", events.len());
        assert!((1..).zip(&events).all(|(version, it)| it.version == version));
        assert_eq!(state.as_deref(), Some(&fold(*learner, &events)));
        assert_eq!(*digest, digest_of(&fold(*learner, &events[..*version as usize])));
    }
    check_feeds(&*store).await;
}

fn digest_of(state: &Learner) -> Digest {
    digest(&[&serde_json::to_string(state).unwrap()])
}

/// Not a test of its own: it does nothing unless [`run_and_kill`] starts it.
#[test]
fn the_process_that_is_killed() {
    let Some(dir) = env::var_os(DIRECTORY) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let store = open(Path::new(&dir));
        say("ready");
        let writers: Vec<_> = (0..N_WRITERS).map(|it| tokio::spawn(write(store.clone(), it))).collect();
        for writer in writers {
            writer.await.unwrap();
        }
    });
}

/// Writes about one learner after the other, for ever.
async fn write(store: Arc<dyn Store>, writer: u128) {
    for number in (0..).map(|it| 1 + writer + it * N_WRITERS) {
        if store.erased_at(learner_id(number)).await.unwrap().is_some() {
            continue;
        }
        let mut person = Person::of(&*store, learner_id(number)).await;
        while person.version() < 30 {
            let changes = next_changes(&person, number);
            store.commit(person.then(changes)).await.unwrap();
            acknowledge(person.id, Some((person.version(), digest_of(&person.state))));
        }
        if number % 5 == 0 {
            match store.erase(person.is_erased()).await {
                Ok(()) => acknowledge(person.id, None),
                Err(CommitError::ReadOnly(_)) => return,
                Err(error) => panic!("{error}"),
            }
        }
    }
}

fn next_changes(person: &Person, number: u128) -> Vec<Change> {
    let version = person.version();
    match version % 8 {
        0 if version == 0 => vec![registered("Somebody", Some(&format!("id-{number}")), None)],
        3 => (0..3).map(|it| evidence(u128::from(version) * 10 + it)).collect(),
        7 => vec![Change::EventUndone { undone: version }],
        _ => vec![completed("sql")],
    }
}

fn acknowledge(learner: LearnerId, ack: Option<(Version, Digest)>) {
    say(&format!("ack {}", serde_json::to_string(&(learner, ack)).unwrap()));
}

fn say(text: &str) {
    std::io::stdout().lock().write_all(format!("{text}\n").as_bytes()).unwrap();
}
