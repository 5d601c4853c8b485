//! Compares the embedded engine with what limits it and with its peers, within one run.
//!
//! `cargo bench --bench store -- durable` and so on; without a command all of them run, small. What
//! is printed are numbers and ratios beside what was aimed at. Nothing fails because of a number:
//! another machine, or another program on it, would make a test of time a coin toss.

mod child;
mod clock;
mod contender;
mod disk;
mod durable;
mod floor;
mod grouped;
mod import;
mod load;
mod measure;
mod memory;
mod open;
mod ours;
mod peer;
mod person;
mod print;
mod random;
mod reads;
mod scratch;
mod space;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use self::{
    child::Task, durable::Durable, import::Import, open::Open, reads::Reads, scratch::Scratch, space::Space,
};

// All contenders allocate as the program does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Compares the embedded engine with what limits it and with its peers.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    section: Option<Section>,
    /// Where to write; it must be on a real disk.
    #[arg(long, global = true, env = "MILEPOST_BENCH_DIRECTORY", default_value = env!("CARGO_TARGET_TMPDIR"))]
    directory: PathBuf,
    /// What cargo says.
    #[arg(long, global = true, hide = true)]
    bench: bool,
}

#[derive(Subcommand)]
enum Section {
    /// Durable commits a second.
    Durable(Durable),
    /// Reading one learner.
    Reads(Reads),
    /// Opening a store.
    Open(Open),
    /// Taking progress in from a file.
    Import(Import),
    /// Use of the disk.
    Space(Space),
    /// What a process of its own does.
    #[command(subcommand, hide = true)]
    Child(Task),
}

#[tokio::main]
async fn main() {
    let Arguments { section, directory, .. } = Arguments::parse();
    let scratch = Scratch(directory);
    match section {
        Some(Section::Durable(durable)) => durable.run(&scratch).await,
        Some(Section::Reads(reads)) => reads.run(&scratch).await,
        Some(Section::Open(open)) => open.run(&scratch),
        Some(Section::Import(import)) => import.run(&scratch).await,
        Some(Section::Space(space)) => space.run(&scratch).await,
        Some(Section::Child(task)) => task.run().await,
        None => {
            Durable::small().run(&scratch).await;
            Reads::small().run(&scratch).await;
            Open::small().run(&scratch);
            Import::small().run(&scratch).await;
            Space::small().run(&scratch).await;
        }
    }
}
