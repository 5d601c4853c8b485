//! What time takes away is told once, whatever else happens.

use proptest::prelude::*;

use super::{
    generators::{guide, learner, state},
    *,
};
use crate::domain::{
    arbitrary::{self, instant},
    event::{Change, Event},
    id::Version,
    learner::Learner,
    story::event,
    summary::Summary,
};

/// The events of a learner and the milestones that are met, going by what was told of each event.
struct Ledger<'a> {
    guide: &'a Guide,
    events: Vec<Event>,
    told: Vec<Slug>,
}

impl Ledger<'_> {
    fn learner(&self) -> Learner {
        state(&self.events)
    }

    /// As the application does it: what has lapsed is told before anything else happens.
    fn record(&mut self, occurred_at: Timestamp, change: Change, now: Timestamp) {
        self.tell(now);
        let before = assess(self.guide, &self.learner(), now);
        self.push(occurred_at, change, now);
        let after = assess(self.guide, &self.learner(), now);
        self.moved(after.newly_met_since(&before), before.newly_met_since(&after));
    }

    fn tell(&mut self, now: Timestamp) {
        let learner = self.learner();
        let lapses = assess(self.guide, &learner, now).lapses_since(learner.updated_at);
        let due_at = Summary::of(self.guide, &learner, learner.updated_at).due_at;
        assert_eq!(due_at.filter(|it| *it <= now), lapses.first().map(|it| it.at));
        for Lapse { criterion, at, lost } in lapses {
            self.push(at, Change::CriterionLapsed { criterion }, now);
            self.moved(vec![], lost.into_iter().collect());
        }
        assert_eq!(assess(self.guide, &self.learner(), now).lapses_since(now), []);
    }

    fn push(&mut self, occurred_at: Timestamp, change: Change, now: Timestamp) {
        let version = Version::try_from(self.events.len() + 1).expect("few events");
        self.events.push(Event { recorded_at: now, ..event(version, occurred_at, change) });
    }

    /// Nothing is reached that is met, and nothing is lost that is not.
    fn moved(&mut self, reached: Vec<Slug>, lost: Vec<Slug>) {
        for milestone in lost {
            let place = self.told.iter().position(|it| *it == milestone);
            self.told.remove(place.expect("it was reached before"));
        }
        for milestone in reached {
            assert!(!self.told.contains(&milestone), "{milestone} is reached twice");
            self.told.push(milestone);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_lapsed_is_what_was_done_and_is_not(
        guide in guide(), learner in learner(), one in instant(), other in instant(),
    ) {
        let (before, after) = (assess(guide, &learner, one.min(other)), assess(guide, &learner, one.max(other)));
        let lapses = after.lapses_since(before.as_of);
        let is_gone = |it: &&CriterionReadiness| it.is_done() && after.criterion(it.criterion.as_str()).is_some_and(|it| !it.is_done());
        let mut gone: Vec<_> = before.criteria().filter(is_gone).collect();
        gone.sort_by_key(|it| it.valid_until);
        let gone: Vec<_> = gone.into_iter().map(|it| (&it.criterion, it.valid_until)).collect();
        prop_assert_eq!(lapses.iter().map(|it| (&it.criterion, Some(it.at))).collect::<Vec<_>>(), gone);
        for it in &lapses {
            let status = after.criterion(it.criterion.as_str()).map(|it| it.status);
            prop_assert_eq!(status, Some(CriterionStatus::ReviewDue));
        }
        let mut lost: Vec<_> = lapses.iter().filter_map(|it| it.lost.clone()).collect();
        lost.sort();
        let mut expected = before.newly_met_since(&after);
        expected.sort();
        prop_assert_eq!(lost, expected);
    }

    #[test]
    fn what_was_reached_and_not_lost_is_what_is_met(
        guide in guide(), events in arbitrary::events(40),
        steps in proptest::collection::vec((0_i64..40, any::<bool>()), 40),
    ) {
        let (mut ledger, mut now) = (Ledger { guide, events: vec![], told: vec![] }, crate::domain::story::day(0));
        for (happened, (days, tells)) in events.into_iter().zip(steps) {
            ledger.record(happened.occurred_at, happened.change, now);
            now = now.plus_days(days);
            if tells {
                ledger.tell(now);
            }
        }
        ledger.tell(now);
        let mut told = ledger.told.clone();
        told.sort();
        let mut met: Vec<_> = assess(guide, &ledger.learner(), now).met().cloned().collect();
        met.sort();
        prop_assert_eq!(told, met);
    }
}
