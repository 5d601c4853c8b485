//! Reading one learner: beside the bare engine below, and while others write.
//!
//! Cold learners are any of all, with next to no cache of states; hot learners are few, and the cache
//! is as the program has it. One reader reads as fast as it can. Every learner is loaded and decoded.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use milepost::{
    domain::{id::LearnerId, learner::Learner},
    store::{
        Store as _,
        embedded::{EmbeddedOptions, EmbeddedStore},
    },
};
use tokio::{runtime::Handle, task::spawn_blocking};

use crate::{
    load::{Crowd, Until},
    measure::{Latencies, median},
    ours::{self, Ours},
    person::Person,
    print,
    random::Random,
    scratch::Scratch,
};

/// How much is read.
#[derive(clap::Args)]
pub(crate) struct Reads {
    /// How many learners there are.
    #[arg(long, default_value_t = 20_000)]
    learners: usize,
    /// How many of them are hot.
    #[arg(long, default_value_t = 1_000)]
    hot: usize,
    /// How many clients write meanwhile.
    #[arg(long, default_value_t = 64)]
    writers: usize,
    /// How many seconds each reading takes.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// How many times each reading is done.
    #[arg(long, default_value_t = 3)]
    repetitions: usize,
}

/// How much memory decoded states may take where learners are to be cold.
const NEXT_TO_NO_CACHE: u64 = 1 << 20;

impl Reads {
    /// A run that only shows that all of it works.
    pub(crate) fn small() -> Self {
        Self { learners: 2_000, hot: 200, writers: 64, seconds: 0.5, repetitions: 1 }
    }

    pub(crate) async fn run(&self, scratch: &Scratch) {
        print::title("reads: one reader loads one learner after another");
        let directory = scratch.directory("reads");
        let cold = EmbeddedOptions { cache_bytes: NEXT_TO_NO_CACHE, ..ours::options() };
        let mut cold = self.store(Ours::open(&directory.path().join("cold"), cold)).await;
        let mut hot = self.store(Ours::open(&directory.path().join("hot"), ours::options())).await;
        let ids: Vec<_> = cold.crowd.people().iter().map(|it| it.state.id).collect();
        let hot_ids = ids[..self.hot.min(ids.len())].to_vec();
        let bare = sled::Config::new()
            .path(directory.path().join("bare"))
            .cache_capacity(ours::options().sled_cache_bytes)
            .open()
            .expect("a database");
        fill(&bare, cold.crowd.people());
        let mut rows: [(&str, Vec<Reading>); 5] = [
            ("bare sled, get and decode, idle", vec![]),
            ("cold, idle", vec![]),
            ("cold, while others write", vec![]),
            ("hot, idle", vec![]),
            ("hot, while others write", vec![]),
        ];
        for _ in 0..self.repetitions {
            let get = Target::Bare(bare.clone());
            rows[0].1.push(self.read(get, ids.clone()).await);
            rows[1].1.push(self.read(cold.target(), ids.clone()).await);
            rows[2].1.push(self.read_while_writing(&mut cold, ids.clone()).await);
            rows[3].1.push(self.read(hot.target(), hot_ids.clone()).await);
            rows[4].1.push(self.read_while_writing(&mut hot, hot_ids.clone()).await);
        }
        print_rows(&rows.map(|(name, readings)| (name, Reading::median(&readings))), self.writers);
    }

    async fn store(&self, ours: Ours) -> Written {
        let ours = Arc::new(ours);
        let crowd = Crowd::register(&ours, self.learners).await;
        Written { ours, crowd }
    }

    /// Reads for some time, on a thread of its own.
    async fn read(&self, target: Target, ids: Vec<LearnerId>) -> Reading {
        let (time, handle) = (Duration::from_secs_f64(self.seconds), Handle::current());
        let reading = spawn_blocking(move || handle.block_on(read(target, &ids, time)));
        reading.await.expect("read")
    }

    async fn read_while_writing(&self, store: &mut Written, ids: Vec<LearnerId>) -> Reading {
        let until = Until::Passed(Duration::from_secs_f64(self.seconds));
        let target = store.target();
        let writing = store.crowd.write(&store.ours, self.writers, until);
        let (reading, written) = tokio::join!(self.read(target, ids), writing);
        Reading { commits_per_second: written.per_second(), ..reading }
    }
}

/// Our engine, and the learners in it.
struct Written {
    ours: Arc<Ours>,
    crowd: Crowd,
}

impl Written {
    fn target(&self) -> Target {
        Target::Ours(self.ours.store.clone())
    }
}

fn fill(bare: &sled::Db, people: &[Person]) {
    for person in people {
        let bytes = postcard::to_stdvec(&*person.state).expect("a state");
        bare.insert(person.state.id.0.as_bytes(), bytes).expect("written");
    }
    bare.flush().expect("flushed");
}

/// What is read.
enum Target {
    Bare(sled::Db),
    Ours(Arc<EmbeddedStore>),
}

impl Target {
    async fn load(&self, id: LearnerId) -> Arc<Learner> {
        match self {
            Target::Bare(bare) => {
                let bytes = bare.get(id.0.as_bytes()).expect("read").expect("somebody");
                Arc::new(postcard::from_bytes(&bytes).expect("a state"))
            }
            Target::Ours(store) => store.load(id).await.expect("loaded").expect("somebody"),
        }
    }
}

async fn read(target: Target, ids: &[LearnerId], time: Duration) -> Reading {
    let (mut random, mut latencies) = (Random::new(1), Latencies::default());
    let start = Instant::now();
    while start.elapsed() < time {
        let id = ids[random.below(ids.len())];
        let before = Instant::now();
        let learner = target.load(id).await;
        latencies.push(before.elapsed());
        assert_eq!(learner.id, id);
    }
    let per_second = latencies.len() as f64 / start.elapsed().as_secs_f64();
    let [p50, p99] = latencies.quantiles([500, 990]);
    Reading { per_second, p50, p99, commits_per_second: 0.0 }
}

/// What came of reading.
#[derive(Clone, Copy)]
struct Reading {
    /// Reads.
    per_second: f64,
    /// In microseconds.
    p50: f64,
    /// In microseconds.
    p99: f64,
    /// What others wrote meanwhile.
    commits_per_second: f64,
}

impl Reading {
    fn median(readings: &[Reading]) -> Self {
        let of = |value: fn(&Reading) -> f64| median(readings.iter().map(value));
        Self {
            per_second: of(|it| it.per_second),
            p50: of(|it| it.p50),
            p99: of(|it| it.p99),
            commits_per_second: of(|it| it.commits_per_second),
        }
    }
}

fn print_rows(rows: &[(&str, Reading); 5], n_writers: usize) {
    println!("{:<34} {:>12} {:>9} {:>9} {:>12}", "", "reads/s", "p50 µs", "p99 µs", "commits/s");
    for (name, reading) in rows {
        let per_second = print::count(reading.per_second);
        let commits = print::count(reading.commits_per_second);
        println!("{name:<34} {per_second:>12} {:>9.2} {:>9.2} {commits:>12}", reading.p50, reading.p99);
    }
    let [bare, cold, cold_busy, hot, hot_busy] = rows.map(|it| it.1);
    println!("ratios of the medians, with {n_writers} clients that write:");
    print::ratio("cold / bare sled, reads a second", cold.per_second / bare.per_second, "at least 0.6");
    print::ratio("hot / bare sled, reads a second", hot.per_second / bare.per_second, "at least 0.6");
    print::ratio("cold while others write, p99 / p50", cold_busy.p99 / cold_busy.p50, "at most 10");
    print::ratio("hot while others write, p99 / p50", hot_busy.p99 / hot_busy.p50, "at most 10");
}
