//! What the fault campaigns have in common: how big they are, chance that can be repeated, where
//! they work, the process that writes, and the script that says what must be there afterwards.
//!
//! What is expected is known outside of the store: a script says what is written about whom, and
//! acknowledgements on the way say how much of it must be there. `MILEPOST_FAULTS=long` makes the
//! campaigns as long as they are before a release, a number makes them as many times longer.
//! `MILEPOST_SEED` repeats what a campaign decided; what the operating system decides stays chance.

pub mod image;
pub mod process;
pub mod script;
pub mod told;
pub mod writer;

mod disk_full;
mod history;
mod load;
mod power_cut;

use std::{
    env,
    hash::{BuildHasher as _, RandomState},
    path::Path,
    time::Duration,
};

use tempfile::TempDir;

/// A fault campaign: so many rounds, by chance that a seed repeats.
pub struct Campaign {
    pub rounds: usize,
    pub chance: Chance,
}

impl Campaign {
    /// So many rounds in every run, and so many before a release.
    pub fn new(name: &str, rounds: usize, long: usize) -> Self {
        let rounds = match env::var("MILEPOST_FAULTS").ok().filter(|it| !it.is_empty()).as_deref() {
            None => rounds,
            Some("long") => long,
            Some(times) => {
                let times: f64 = times.parse().expect("MILEPOST_FAULTS is `long` or a number");
                (rounds as f64 * times).ceil() as usize
            }
        };
        let seed = match env::var("MILEPOST_SEED") {
            Ok(seed) => seed.parse().expect("MILEPOST_SEED is a number"),
            Err(_) => RandomState::new().hash_one(name),
        };
        println!("{name}: {rounds} rounds, MILEPOST_SEED={seed}");
        Self { rounds, chance: Chance(seed) }
    }
}

/// Numbers that look like chance and follow from a seed (SplitMix64).
#[derive(Clone)]
pub struct Chance(pub u64);

impl Chance {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Chance of its own for a part, so that the other parts do not depend on how much it needs.
    pub fn part(&mut self) -> Chance {
        Chance(self.next())
    }

    /// A number below that.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    /// True once in so many times.
    pub fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// A time below that.
    pub fn time_below(&mut self, end: Duration) -> Duration {
        Duration::from_micros(self.below(end.as_micros() as u64))
    }
}

/// A directory in memory where the system has one: what does not test the disk need not wait for
/// it, and a killed process leaves there what it leaves on a disk.
pub fn scratch() -> TempDir {
    let memory = Path::new("/dev/shm");
    let in_memory = memory.is_dir().then(|| TempDir::with_prefix_in("milepost-", memory).ok());
    in_memory.flatten().unwrap_or_else(|| TempDir::with_prefix("milepost-").unwrap())
}
