//! Compares the endpoint with a handler written by hand and with async-graphql-axum as it comes, over the
//! same store, within one run.
//!
//! `cargo bench --bench http` compares requests a second; `-- million` the cost of a point query among a
//! million learners; `-- instructions` counts instructions a request under valgrind; `-- behind` catches up with ten
//! thousand events, and asks about a learner who has as many. What is printed are
//! numbers and ratios beside what was aimed at. Nothing fails because of a number.

mod behind;
mod compare;
mod crowd;
mod hand;
mod hand_list;
mod instructions;
mod load;
mod million;
mod query;
mod server;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use self::{load::Load, query::Query, server::Contender};

// All contenders allocate as the program does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Compares the endpoint with a handler written by hand and with async-graphql-axum as it comes.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    section: Option<Section>,
    /// Where to write; it must be on a real disk.
    #[arg(long, global = true, env = "MILEPOST_BENCH_DIRECTORY", default_value = env!("CARGO_TARGET_TMPDIR"))]
    directory: PathBuf,
    /// How many seconds each contender is asked in a round.
    #[arg(long, global = true, default_value_t = 1.5)]
    seconds: f64,
    /// How many rounds there are.
    #[arg(long, global = true, default_value_t = 5)]
    rounds: usize,
    /// What cargo says.
    #[arg(long, global = true, hide = true)]
    bench: bool,
}

#[derive(Subcommand)]
enum Section {
    /// The point query among a million learners and among ten thousand.
    Million {
        /// How many instead of a million.
        #[arg(long, default_value_t = 1_000_000)]
        learners: u64,
    },
    /// Instructions a request, under valgrind.
    Instructions,
    /// Catching up with ten thousand events, and a learner who has as many.
    Behind,
    /// Serves all contenders over one store.
    #[command(hide = true)]
    Serve { store: PathBuf, learners: u64, steps: u64 },
    /// Asks one contender.
    #[command(hide = true)]
    Load(Load),
    /// Answers requests within the process, for valgrind.
    #[command(hide = true)]
    Answer { store: PathBuf, contender: Contender, query: Query, requests: usize },
}

fn main() {
    let Arguments { section, directory, seconds, rounds, .. } = Arguments::parse();
    match section {
        None => compare::run(&directory, seconds, rounds),
        Some(Section::Million { learners }) => million::run(&directory, learners, seconds, rounds),
        Some(Section::Behind) => behind::run(&directory, rounds),
        Some(Section::Instructions) => instructions::run(&directory),
        Some(Section::Serve { store, learners, steps }) => server::serve(&store, learners, steps),
        Some(Section::Load(load)) => load.run(),
        Some(Section::Answer { store, contender, query, requests }) => {
            instructions::answer(&store, contender, query, requests);
        }
    }
}
