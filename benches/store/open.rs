//! Opening a store: after a clean close, after a kill, and when all but the ledger is gone.
//!
//! Each opening is a process of its own. Beside it stands how long the same files take to be read
//! once. What is read is in the memory of the operating system then, as it is for all openings here.

use std::{
    fs::{self, File},
    io::Read as _,
    path::{Path, PathBuf},
    time::Instant,
};

use crate::{
    child::{self, Report},
    disk::{self, files},
    measure::median,
    ours, print,
    scratch::Scratch,
};

/// How large the store is.
#[derive(clap::Args)]
pub(crate) struct Open {
    /// How many learners there are, with three events each; a long run has a million.
    #[arg(long, default_value_t = 50_000)]
    learners: u64,
    /// How many times each opening is done; rows are made anew once.
    #[arg(long, default_value_t = 3)]
    repetitions: usize,
    /// How many seconds learners are read before memory is looked at.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
}

impl Open {
    /// A run that only shows that all of it works.
    pub(crate) fn small() -> Self {
        Self { learners: 5_000, repetitions: 1, seconds: 0.5 }
    }

    pub(crate) fn run(&self, scratch: &Scratch) {
        print::title("open: the time and memory that opening takes");
        let directory = scratch.directory("open");
        let store = directory.path().join("store");
        let filled = child::fill_and_kill(&store, self.learners);
        let (n_learners, seconds) = (print::count(self.learners as f64), filled.seconds);
        let per_second = print::count(self.learners as f64 * 3.0 / filled.seconds);
        let peak = print::megabytes(filled.peak);
        println!(
            "{n_learners} learners were written in {seconds:.1} s, {per_second} commits a second, peak {peak}"
        );
        let floor = Floor::of(&store);
        self.print_unclean(&store, &floor);
        let floor = Floor::of(&store);
        let clean = self.repeat(|| child::open(&store, self.learners, &[]));
        floor.print("after a clean close", clean);
        remove_rows(&store);
        floor.print("all but the ledger is gone", child::open(&store, self.learners, &[]));
        self.print_memory(&store);
    }

    fn print_unclean(&self, store: &Path, floor: &Floor) {
        println!(
            "reading once: the ledger ({}) {:.3} s, all files ({}) {:.3} s",
            print::megabytes(floor.ledger_bytes),
            floor.ledger,
            print::megabytes(floor.bytes),
            floor.all,
        );
        println!("{:<28} {:>9} {:>12} {:>12} {:>12}", "", "seconds", "peak", "/ ledger", "/ all files");
        let abandon = || child::open(store, self.learners, &["--abandon"]);
        floor.print("after a kill, just written", abandon());
        floor.print("after a kill, idle before", self.repeat(abandon));
        // So that what follows finds a store that was closed.
        child::open(store, self.learners, &[]);
    }

    fn repeat(&self, mut open: impl FnMut() -> Report) -> Report {
        let reports: Vec<_> = (0..self.repetitions).map(|_| open()).collect();
        let seconds = median(reports.iter().map(|it| it.seconds));
        let peak = reports.iter().map(|it| it.peak).max().unwrap_or(0);
        Report { seconds, peak, ..Report::default() }
    }

    fn print_memory(&self, store: &Path) {
        let report = child::open(store, self.learners, &["--read", &self.seconds.to_string()]);
        let bound = ours::configured_cache() as f64 * 1.3 + 150e6;
        println!(
            "after {} reads of any learners: {} of memory; caches of {} are configured",
            print::count(report.n_reads as f64),
            print::megabytes(report.resident),
            print::megabytes(ours::configured_cache()),
        );
        let name = format!("memory / (1.3 x caches + 150 MB = {})", print::megabytes(bound as u64));
        print::ratio(&name, report.resident as f64 / bound, "at most 1");
    }
}

/// How long reading the files of a store once takes.
struct Floor {
    ledger: f64,
    ledger_bytes: u64,
    all: f64,
    bytes: u64,
}

impl Floor {
    fn of(store: &Path) -> Self {
        let all = files(store);
        let (ledger, rows): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|it| it.starts_with(store.join("ledger")));
        // The first time it may come from the disk.
        read(&ledger);
        read(&rows);
        let (ledger, rows) = (read(&ledger), read(&rows));
        let (ledger_bytes, bytes) = (disk::usage(&store.join("ledger")), disk::usage(store));
        Self { ledger, ledger_bytes, all: ledger + rows, bytes }
    }

    fn print(&self, name: &str, report: Report) {
        let (seconds, peak) = (report.seconds, print::megabytes(report.peak));
        let (ledger, all) = (seconds / self.ledger, seconds / self.all);
        println!("{name:<28} {seconds:>9.3} {peak:>12} {ledger:>12.1} {all:>12.1}");
    }
}

fn read(files: &[PathBuf]) -> f64 {
    let (start, mut buffer) = (Instant::now(), vec![0; 1 << 20]);
    for path in files {
        let mut file = File::open(path).expect("a file");
        while file.read(&mut buffer).expect("read") != 0 {}
    }
    start.elapsed().as_secs_f64()
}

/// Removes all of a store that can be made anew.
fn remove_rows(store: &Path) {
    for entry in fs::read_dir(store).expect("a directory") {
        let entry = entry.expect("an entry");
        if entry.file_name() == "ledger" || entry.file_name() == "FORMAT" {
            continue;
        }
        let is_directory = entry.file_type().expect("a type").is_dir();
        let removed =
            if is_directory { fs::remove_dir_all(entry.path()) } else { fs::remove_file(entry.path()) };
        removed.expect("removed");
    }
}
