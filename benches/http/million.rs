//! What a point query costs among a million learners, in parts of what it costs among ten thousand.

use std::{fs, path::Path};

use crate::{
    compare::{asked_about, median},
    load::Load,
    query::Query,
    server::{Contender, Serving},
};

const FEW: u64 = 10_000;
/// How many steps each learner takes; as many in both stores, and not so many that filling takes hours.
const N_STEPS: u64 = 5;

/// Compares them.
pub(crate) fn run(directory: &Path, n_learners: u64, seconds: f64, n_rounds: usize) {
    let scratch = tempfile::tempdir_in(directory).expect("a directory");
    let rates = [FEW, n_learners].map(|it| rate(&scratch.path().join(it.to_string()), it, seconds, n_rounds));
    let [few, many] = rates;
    println!("point query: {few:.0} requests/s among {FEW} learners, {many:.0} among {n_learners}");
    println!("  cost among many ÷ few {:>6.2}   at most 1.5, reach for 1.2", few / many);
}

fn rate(scratch: &Path, n_learners: u64, seconds: f64, n_rounds: usize) -> f64 {
    fs::create_dir_all(scratch).expect("a directory");
    let serving = Serving::start(&scratch.join("store"), n_learners, N_STEPS);
    let about = scratch.join("about");
    fs::write(&about, asked_about(&serving, Query::Point).join("\n")).expect("written");
    let port = serving.port(Contender::Ours);
    let asked = (0..=n_rounds).map(|_| Load::start(port, Query::Point, &about, seconds));
    median(asked.skip(1).collect()).rate
}
