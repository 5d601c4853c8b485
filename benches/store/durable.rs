//! Durable commits a second, beside the floors and the peers.
//!
//! All contenders take turns in one run, on the same disk and with the same clients, so that what
//! else the machine does meanwhile falls on all of them. Nothing is acknowledged before it is synced.

use std::{path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;
use milepost::store::Commit;
use tokio::time::sleep;

use crate::{
    contender::Contender,
    floor::Floor,
    grouped::Grouped,
    load::{Crowd, Until, Written},
    measure::{best, median},
    ours::{self, Ours},
    peer::{Fjall, Redb},
    person, print,
    scratch::Scratch,
};

/// How much is written.
#[derive(clap::Args)]
pub(crate) struct Durable {
    /// How many clients write at once, one number for each column of the comparison.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 8, 64, 256])]
    clients: Vec<usize>,
    /// How many seconds each contender writes at a time.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// How many times each contender writes.
    #[arg(long, default_value_t = 3)]
    repetitions: usize,
    /// How many learners there are.
    #[arg(long, default_value_t = 20_000)]
    learners: usize,
    /// Lets only those write whose names begin so, to look at one of them with a profiler.
    #[arg(long, default_value = "")]
    only: String,
}

const OURS: &str = "milepost";
const GROWING: &str = "raw, growing file";
const PREWRITTEN: &str = "raw, pre-written file";
const REDB: &str = "redb 4";
const FJALL: &str = "fjall 3";

/// How long everybody is quiet before the next one writes.
const PAUSE: Duration = Duration::from_millis(500);

/// What is to be reached: clients, at least, and better.
const WANTED: [(usize, f64, f64); 4] = [(1, 0.5, 0.7), (8, 0.35, 0.5), (64, 0.25, 0.35), (256, 0.2, 0.3)];

impl Durable {
    /// A run that only shows that all of it works.
    pub(crate) fn small() -> Self {
        Self { clients: vec![1, 64], seconds: 1.0, repetitions: 1, learners: 2_000, only: String::new() }
    }

    pub(crate) async fn run(&self, scratch: &Scratch) {
        print::title("durable: commits a second, each synced before it is acknowledged");
        let directory = scratch.directory("durable");
        let mut entrants = self.entrants(directory.path()).await;
        entrants.retain(|it| it.name.starts_with(&self.only));
        let mut results = vec![];
        for repetition in 0..self.repetitions {
            for clients in &self.clients {
                let n_entrants = entrants.len();
                for turn in 0..n_entrants {
                    let entrant = &mut entrants[(turn + repetition) % n_entrants];
                    sleep(PAUSE).await;
                    let until = Until::Passed(Duration::from_secs_f64(self.seconds));
                    let written = entrant.crowd.write(&entrant.contender, *clients, until).await;
                    results.push(Cell::new(entrant.name, *clients, written));
                }
            }
        }
        let rows = summarize(&results, &entrants, &self.clients);
        print::load();
        print_table(&rows);
        print_ratios(&rows, &self.clients);
    }

    async fn entrants(&self, directory: &Path) -> Vec<Entrant> {
        let ours = Ours::open(&directory.join("milepost"), ours::options());
        let (ours, bytes_per_commit) = self.pilot(ours).await;
        let cache = ours::configured_cache();
        let redb = Redb::create(&directory.join("redb"), cache);
        let fjall = Fjall::create(&directory.join("fjall"), cache);
        let growing = Floor::growing(&directory.join("growing"), bytes_per_commit);
        let prewritten = Floor::prewritten(&directory.join("prewritten"), bytes_per_commit);
        vec![
            self.enter(GROWING, Grouped::new(growing)).await,
            self.enter(PREWRITTEN, Grouped::new(prewritten)).await,
            ours,
            self.enter(REDB, Grouped::new(redb)).await,
            self.enter(FJALL, Grouped::new(fjall)).await,
        ]
    }

    async fn enter(&self, name: &'static str, contender: impl Contender) -> Entrant {
        let contender = Arc::new(Boxed(Box::new(contender)));
        let crowd = Crowd::register(&contender, self.learners).await;
        Entrant { name, contender, crowd }
    }

    /// Enters our engine, and finds out how many bytes a commit takes in its ledger.
    async fn pilot(&self, ours: Ours) -> (Entrant, usize) {
        let ours = Arc::new(ours);
        let mut crowd = Crowd::register(&ours, self.learners).await;
        let before = ours.ledger_bytes();
        let until = Until::Passed(Duration::from_secs_f64(self.seconds.min(2.0)));
        let n_commits = crowd.write(&ours, 64, until).await.n_commits;
        let bytes_per_commit = (ours.ledger_bytes() - before) as usize / n_commits.max(1);
        let size: usize = crowd.people().iter().map(|it| person::size(&it.state)).sum();
        let state = size / self.learners;
        println!("{} learners; a state has {state} bytes, a commit {bytes_per_commit}", self.learners);
        let contender = Arc::new(Boxed(Box::new(ours)));
        (Entrant { name: OURS, contender, crowd }, bytes_per_commit)
    }
}

struct Entrant {
    name: &'static str,
    contender: Arc<Boxed>,
    crowd: Crowd,
}

struct Boxed(Box<dyn Contender>);

#[async_trait]
impl Contender for Boxed {
    async fn commit(&self, commit: Commit) {
        self.0.commit(commit).await;
    }
}

#[async_trait]
impl Contender for Arc<Ours> {
    async fn commit(&self, commit: Commit) {
        (**self).commit(commit).await;
    }
}

/// What one contender did in one turn.
struct Cell {
    name: &'static str,
    clients: usize,
    per_second: f64,
    p50: f64,
    p99: f64,
}

impl Cell {
    fn new(name: &'static str, clients: usize, written: Written) -> Self {
        let per_second = written.per_second();
        let [p50, p99] = written.latencies.quantiles([500, 990]);
        Self { name, clients, per_second, p50, p99 }
    }
}

/// The medians of all turns of a contender, and its best one.
struct Row {
    name: &'static str,
    clients: usize,
    per_second: f64,
    best: f64,
    p50: f64,
    p99: f64,
}

fn summarize(cells: &[Cell], entrants: &[Entrant], clients: &[usize]) -> Vec<Row> {
    let row = |name: &'static str, clients: usize| {
        let of = |value: fn(&Cell) -> f64| {
            cells.iter().filter(move |it| it.name == name && it.clients == clients).map(value)
        };
        let (per_second, best) = (median(of(|it| it.per_second)), best(of(|it| it.per_second)));
        Row { name, clients, per_second, best, p50: median(of(|it| it.p50)), p99: median(of(|it| it.p99)) }
    };
    entrants.iter().flat_map(|it| clients.iter().map(|clients| row(it.name, *clients))).collect()
}

fn print_table(rows: &[Row]) {
    println!("{:<22} {:>7} {:>11} {:>11} {:>9} {:>9}", "", "clients", "median", "best", "p50 ms", "p99 ms");
    for row in rows {
        let (per_second, best) = (print::count(row.per_second), print::count(row.best));
        let (p50, p99) = (row.p50 / 1e3, row.p99 / 1e3);
        println!("{:<22} {:>7} {per_second:>11} {best:>11} {p50:>9.2} {p99:>9.2}", row.name, row.clients);
    }
}

fn print_ratios(rows: &[Row], clients: &[usize]) {
    println!("ratios of the medians:");
    for clients in clients {
        let of = |name| {
            let row = rows.iter().find(|it| it.name == name && it.clients == *clients);
            row.map_or(0.0, |it| it.per_second)
        };
        let ratio = |peer, wanted: &str| {
            print::ratio(&format!("{OURS} / {peer} at {clients}"), of(OURS) / of(peer), wanted);
        };
        let wanted = WANTED.iter().find(|it| it.0 == *clients);
        let wanted = wanted.map_or(String::new(), |it| format!("at least {}, better {}", it.1, it.2));
        ratio(GROWING, &wanted);
        ratio(PREWRITTEN, "");
        ratio(REDB, if *clients == 64 { "at least 2" } else { "" });
        ratio(FJALL, if *clients == 64 { "at least 0.8, better 1" } else { "" });
    }
}
