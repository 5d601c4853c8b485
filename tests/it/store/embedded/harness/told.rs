//! What a store acknowledged, and the question whether it is still there.

use std::collections::{BTreeMap, BTreeSet};

use milepost::{
    domain::{id::Version, summary::Filter},
    store::Store,
};

use super::{
    super::check_feeds,
    script::{Progress, Scripts},
};
use crate::given::second;

/// What a store acknowledged so far.
#[derive(Clone, Default)]
pub struct Told {
    /// How far each learner is, also who was erased since.
    pub versions: BTreeMap<u128, Version>,
    pub erased: BTreeSet<u128>,
    pub n_acks: usize,
}

impl Told {
    /// The learner of that number is at that version.
    pub fn written(&mut self, number: u128, version: Version) {
        let before = self.versions.insert(number, version).unwrap_or(0);
        assert!(before < version, "version {version} of {number} was acknowledged after {before}");
        self.n_acks += 1;
    }

    /// The learner of that number is erased.
    pub fn erased(&mut self, number: u128) {
        assert!(self.erased.insert(number), "{number} was erased twice");
        self.n_acks += 1;
    }

    /// Hears what a process said.
    pub fn hear(&mut self, lines: impl IntoIterator<Item = String>) {
        for line in lines {
            match line.split(' ').collect::<Vec<_>>()[..] {
                ["written", number, version] => {
                    self.written(number.parse().unwrap(), version.parse().unwrap());
                }
                ["erased", number] => self.erased(number.parse().unwrap()),
                _ => {}
            }
        }
    }

    pub fn n_learners(&self) -> usize {
        self.versions.len()
    }

    /// Everything that was acknowledged is there, and what else is there is right.
    pub async fn check(&self, store: &dyn Store, scripts: &mut Scripts) {
        let (mut n_here, mut n_places) = (0, 0);
        let last = self.versions.keys().last().unwrap_or(&0);
        // Whoever wrote about the last ones may have begun with others and not told.
        for number in 1..=last + 2 * super::writer::N_WRITERS {
            let acked = self.versions.get(&number).copied().unwrap_or(0);
            match scripts.check(store, number).await {
                Progress::Erased => n_places += scripts.events(number).len() as u64,
                Progress::At(version) => {
                    assert!(acked <= version, "{number}: {acked} was acknowledged, {version} is there");
                    assert!(!self.erased.contains(&number), "{number} is back");
                    n_here += u64::from(0 < version);
                    n_places += u64::from(version);
                }
            }
        }
        assert_eq!(store.count(&Filter::default(), second(0)).await.unwrap(), n_here);
        assert_eq!(check_feeds(store).await, n_places);
    }
}
