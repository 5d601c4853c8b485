//! Readiness, remembered: whole of few learners, since one answer shows it in several places, and in
//! short of many, since lists show that, and assessing each of them anew is most of what a list costs.
//!
//! It is of one version of a learner and of the time until something in it changes by time alone, so
//! that it is never stale: whoever asks later, or earlier, assesses.

use std::sync::Arc;

use quick_cache::sync::Cache;

use super::App;
use crate::domain::{
    guide::Guide,
    id::{LearnerId, Version},
    learner::Learner,
    readiness::{Progress, Readiness, assess},
    time::Timestamp,
};

/// Of how many learners it is remembered in short; about 100 bytes each.
const MANY: usize = 32_768;
/// Of how many it is remembered whole; about 10 kB each.
const FEW: usize = 8_192;

/// Readiness in short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Whether every milestone is met.
    pub ready: bool,
    /// Over all MUST criteria that apply.
    pub progress: Progress,
}

/// What is remembered.
pub(super) struct Remembered {
    short: Cache<LearnerId, Known<Standing>>,
    whole: Cache<LearnerId, Known<Arc<Readiness>>>,
}

/// A readiness, and of what it is one.
#[derive(Debug, Clone)]
struct Known<T> {
    readiness: T,
    version: Version,
    /// When the learner's newest event was recorded.
    updated_at: Timestamp,
    /// From when, and until when if ever.
    from: Timestamp,
    until: Option<Timestamp>,
}

impl Standing {
    /// The short form.
    pub fn of(readiness: &Readiness) -> Self {
        Self { ready: readiness.ready, progress: readiness.progress }
    }
}

impl<T> Known<T> {
    fn new(learner: &Learner, of: &Readiness, readiness: T) -> Self {
        let (version, updated_at) = (learner.version, learner.updated_at);
        Self { readiness, version, updated_at, from: of.as_of, until: of.lapses_at }
    }

    /// It, where it still holds of the learner as they are.
    fn at(self, learner: &Learner, now: Timestamp) -> Option<T> {
        let is_same = (self.version, self.updated_at) == (learner.version, learner.updated_at);
        let holds = self.from <= now && self.until.is_none_or(|it| now < it);
        (is_same && holds).then_some(self.readiness)
    }
}

impl Remembered {
    pub(super) fn new() -> Self {
        Self { short: Cache::new(MANY), whole: Cache::new(FEW) }
    }

    fn whole(&self, guide: &Guide, learner: &Learner, now: Timestamp) -> Arc<Readiness> {
        if let Some(known) = self.whole.get(&learner.id).and_then(|it| it.at(learner, now)) {
            return known;
        }
        let readiness = Arc::new(assess(guide, learner, now));
        self.short.insert(learner.id, Known::new(learner, &readiness, Standing::of(&readiness)));
        self.whole.insert(learner.id, Known::new(learner, &readiness, readiness.clone()));
        readiness
    }

    fn short(&self, learner: &Learner, now: Timestamp) -> Option<Standing> {
        self.short.get(&learner.id)?.at(learner, now)
    }
}

impl App {
    /// A learner's readiness at this instant. Its `as_of` is this instant or an earlier one since which
    /// nothing in it has changed.
    pub fn readiness(&self, learner: &Learner) -> Arc<Readiness> {
        self.readiness_at(learner, self.env.now())
    }

    /// The same at an instant that may have passed since.
    ///
    /// What is remembered is found by the learner's version and the instant of their newest event. So this is for
    /// states that the ledger has had at a version; one that is supposed, or as of an instant, is assessed.
    pub fn readiness_at(&self, learner: &Learner, now: Timestamp) -> Arc<Readiness> {
        self.remembered.whole(&self.guide, learner, now)
    }

    /// A learner's readiness in short, where it is remembered.
    pub fn known_standing(&self, learner: &Learner, now: Timestamp) -> Option<Standing> {
        self.remembered.short(learner, now)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;
    use crate::domain::{
        arbitrary::{events, instant},
        guide::backend_2026,
        learner::fold,
    };

    static GUIDE: LazyLock<Guide> = LazyLock::new(backend_2026);

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// States of one learner, asked of in turns at any instants, back and forth.
        #[test]
        fn it_is_what_assessing_says(
            events in events(24),
            asked in proptest::collection::vec((any::<prop::sample::Index>(), instant(), -1_i64..2, any::<bool>()), 1..24),
        ) {
            let remembered = Remembered::new();
            let mut lapses_at = None;
            for (n_events, at, near, is_near) in asked {
                // Where something lapses is where it goes wrong, if anywhere.
                let near = lapses_at.map(|it: Timestamp| Timestamp::from_micros(it.as_micros() + near));
                let now = near.filter(|_| is_near).unwrap_or(at);
                let learner = fold(events[0].learner, &events[..=n_events.index(events.len())]);
                let readiness = assess(&GUIDE, &learner, now);
                if let Some(short) = remembered.short(&learner, now) {
                    prop_assert_eq!(short, Standing::of(&readiness));
                }
                let whole = remembered.whole(&GUIDE, &learner, now);
                prop_assert!(whole.as_of <= now);
                prop_assert_eq!(&Readiness { as_of: now, ..(*whole).clone() }, &readiness);
                lapses_at = readiness.lapses_at;
            }
        }
    }
}
