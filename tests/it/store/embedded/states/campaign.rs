//! How large a campaign is, and where its choices come from.
//!
//! `MILEPOST_FAULTS=long` runs the long one, `MILEPOST_FAULTS=7` seven times the usual one;
//! `MILEPOST_SEED` makes other choices, and the same ones again.

use std::{env, path::Path};

use proptest::{
    prelude::Rng as _,
    test_runner::{RngAlgorithm, TestRng},
};
use tempfile::TempDir;

/// So many failures of a campaign are told.
const N_TOLD: usize = 5;

/// How many cases there are: as usual, or in a long campaign.
pub fn size(usual: usize, long: usize) -> usize {
    match env::var("MILEPOST_FAULTS") {
        Err(_) => usual,
        Ok(it) if it == "long" => long,
        Ok(it) => usual * it.parse::<usize>().expect("MILEPOST_FAULTS is `long` or a number"),
    }
}

/// Where the choices of a campaign begin.
pub fn seed() -> u64 {
    env::var("MILEPOST_SEED").map_or(1, |it| it.parse().expect("MILEPOST_SEED is a number"))
}

/// Choices, the same ones for the same seed.
pub struct Random(TestRng);

impl Random {
    /// The choices of one case of a campaign.
    pub fn new(seed: u64, case: usize) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        bytes[8..16].copy_from_slice(&(case as u64).to_le_bytes());
        Self(TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
    }

    /// A number below another.
    pub fn below(&mut self, end: usize) -> usize {
        (self.0.next_u64() % end.max(1) as u64) as usize
    }

    /// Yes, once in so many times.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

/// What came of the cases of a campaign.
#[derive(Default)]
pub struct Tally {
    pub n_cases: usize,
    pub failures: Vec<String>,
}

impl Tally {
    /// Counts a case.
    pub fn add(&mut self, case: impl FnOnce() -> String, result: Result<(), String>) {
        self.n_cases += 1;
        if let Err(error) = result {
            self.failures.push(format!("{}: {error}", case()));
        }
    }

    /// Says how it was; there must be no failure.
    pub fn end(self, what: &str) {
        let Self { n_cases, failures } = self;
        println!("{n_cases} {what}, {} wrong (seed {})", failures.len(), seed());
        let told = failures.iter().take(N_TOLD).map(String::as_str).collect::<Vec<_>>().join("\n");
        assert!(failures.is_empty(), "seed {}, {} of {n_cases} wrong:\n{told}", seed(), failures.len());
    }
}

/// A directory that goes away, in memory where there is such a thing.
pub fn directory() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { TempDir::new_in(memory).unwrap() } else { TempDir::new().unwrap() }
}
