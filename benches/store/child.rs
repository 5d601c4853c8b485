//! Processes of their own: so each has a peak of memory of its own, and can be killed.

use std::{
    io::{self, BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{self, Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use milepost::store::Store as _;
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use crate::{
    clock::Clock,
    contender::Contender as _,
    memory,
    ours::{self, Ours},
    person::{Person, learner_id},
    random::Random,
};

/// How many clients fill a store.
const N_CLIENTS: u64 = 1_024;

/// How many threads read learners.
const N_READERS: u64 = 2;

/// What a process of its own does.
#[derive(clap::Subcommand)]
pub(crate) enum Task {
    /// Fills a new store, and then waits to be killed, or until nobody is there to do it.
    Fill { directory: PathBuf, learners: u64 },
    /// Opens a store, reads for some seconds, and closes it.
    Open {
        directory: PathBuf,
        learners: u64,
        /// How many seconds to read.
        #[arg(long, default_value_t = 0.0)]
        read: f64,
        /// Ends without closing it.
        #[arg(long)]
        abandon: bool,
    },
}

/// What it says when it is done.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Report {
    /// How long filling or opening took.
    pub(crate) seconds: f64,
    /// The peak of memory when that was done.
    pub(crate) peak: u64,
    /// How many learners were read afterwards.
    pub(crate) n_reads: u64,
    /// How much memory it took after that.
    pub(crate) resident: u64,
}

impl Task {
    /// Does it, in the process that was made for it.
    pub(crate) async fn run(self) {
        match self {
            Task::Fill { directory, learners } => {
                let ours = Ours::open(&directory, ours::options());
                let start = Instant::now();
                fill(Arc::new(ours), learners).await;
                say(Report {
                    seconds: start.elapsed().as_secs_f64(),
                    peak: memory::peak(),
                    ..Report::default()
                });
                io::copy(&mut io::stdin(), &mut io::sink()).expect("an end");
            }
            Task::Open { directory, learners, read, abandon } => {
                let start = Instant::now();
                let ours = Ours::open(&directory, ours::options());
                let (seconds, peak) = (start.elapsed().as_secs_f64(), memory::peak());
                let n_reads = self::read(&ours, learners, Duration::from_secs_f64(read)).await;
                let report = Report { seconds, peak, n_reads, resident: memory::resident() };
                if abandon {
                    say(report);
                    process::exit(0);
                }
                ours.close().await;
                say(report);
            }
        }
    }
}

fn say(report: Report) {
    println!("{}", serde_json::to_string(&report).expect("a report has no map"));
}

/// Three commits for each learner, with as many under way as one group takes.
async fn fill(ours: Arc<Ours>, n_learners: u64) {
    let clock = Arc::new(Clock::new());
    let mut clients = JoinSet::new();
    for client in 0..N_CLIENTS {
        let (ours, clock) = (ours.clone(), clock.clone());
        clients.spawn(async move {
            let mut random = Random::new(client);
            for number in (client..n_learners).step_by(N_CLIENTS as usize) {
                let mut person = Person::new(number);
                ours.commit(person.registers(number, &clock)).await;
                for _ in 0..2 {
                    ours.commit(person.studies(&mut random, &clock)).await;
                }
            }
        });
    }
    clients.join_all().await;
}

async fn read(ours: &Ours, n_learners: u64, time: Duration) -> u64 {
    let mut readers = JoinSet::new();
    for reader in 0..N_READERS {
        let store = ours.store.clone();
        readers.spawn(async move {
            let (mut random, mut n_reads, start) = (Random::new(reader), 0, Instant::now());
            while start.elapsed() < time {
                let id = learner_id(random.below(n_learners as usize) as u64);
                assert!(store.load(id).await.expect("loaded").is_some());
                n_reads += 1;
            }
            n_reads
        });
    }
    readers.join_all().await.into_iter().sum()
}

/// Fills a store in a process that is killed as soon as all is acknowledged.
pub(crate) fn fill_and_kill(directory: &Path, learners: u64) -> Report {
    let mut child = start(&["fill"], directory, learners);
    let report = hear(&mut child);
    child.kill().expect("killed");
    child.wait().expect("ended");
    report
}

/// Opens a store in a process of its own.
pub(crate) fn open(directory: &Path, learners: u64, options: &[&str]) -> Report {
    let mut child = start(&[&["open"], options].concat(), directory, learners);
    let report = hear(&mut child);
    assert!(child.wait().expect("ended").success(), "it ended well");
    report
}

fn start(task: &[&str], directory: &Path, learners: u64) -> Child {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.arg("child").args(task).arg(directory).arg(learners.to_string());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a process")
}

fn hear(child: &mut Child) -> Report {
    let mut line = String::new();
    let output = child.stdout.as_mut().expect("its output");
    BufReader::new(output).read_line(&mut line).expect("a line");
    serde_json::from_str(&line).expect("a report")
}
