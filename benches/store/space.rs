//! How much of the disk a store takes while the same learners change again and again, beside what is
//! in it: the bytes of the ledger and of the states.

use std::{path::Path, sync::Arc};

use crate::{
    disk,
    load::{Crowd, Until},
    ours::{self, Ours, ledger_bytes},
    person, print,
    scratch::Scratch,
};

/// How much changes.
#[derive(clap::Args)]
pub(crate) struct Space {
    /// How many learners there are.
    #[arg(long, default_value_t = 10_000)]
    learners: usize,
    /// How many times each of them changes.
    #[arg(long, default_value_t = 100)]
    rounds: usize,
}

/// How many clients write.
const N_CLIENTS: usize = 256;

/// Whether a round is one after which to look: 1, 2, 5, 10, 20, 50 and so on.
fn is_shown(round: usize, last: usize) -> bool {
    let mut digit = round;
    while digit != 0 && digit.is_multiple_of(10) {
        digit /= 10;
    }
    round == last || matches!(digit, 0 | 1 | 2 | 5)
}

impl Space {
    /// A run that only shows that all of it works.
    pub(crate) fn small() -> Self {
        Self { learners: 1_000, rounds: 10 }
    }

    pub(crate) async fn run(&self, scratch: &Scratch) {
        print::title("space: what a store takes of the disk");
        let directory = scratch.directory("space");
        let ours = Arc::new(Ours::open(directory.path(), ours::options()));
        let mut crowd = Crowd::register(&ours, self.learners).await;
        println!("{:>7} {:>12} {:>12} {:>12} {:>9}", "updates", "on disk", "ledger", "states", "factor");
        for round in 0..=self.rounds {
            if round != 0 {
                crowd.write(&ours, N_CLIENTS, Until::Each(1)).await;
            }
            if is_shown(round, self.rounds) {
                print_factor(directory.path(), &crowd, &round.to_string());
            }
        }
        Arc::into_inner(ours).expect("nobody writes any more").close().await;
        let factor = print_factor(directory.path(), &crowd, "closed");
        print::ratio("on disk / (ledger + states), closed", factor, "at most 4");
    }
}

fn print_factor(directory: &Path, crowd: &Crowd, when: &str) -> f64 {
    let (usage, ledger) = (disk::usage(directory), ledger_bytes(directory));
    let states = crowd.people().iter().map(|it| person::size(&it.state) as u64).sum();
    let factor = usage as f64 / (ledger + states) as f64;
    let [usage, ledger, states] = [usage, ledger, states].map(print::megabytes);
    println!("{when:>7} {usage:>12} {ledger:>12} {states:>12} {factor:>9.2}");
    factor
}
