//! What must hold of any history, under several guides.

use proptest::prelude::*;

use super::{generators::*, *};
use crate::domain::{
    arbitrary::{self, instant, numbered},
    event::{Change, Event},
    id::Version,
    story::event,
    summary::Summary,
};

/// Stronger statuses have higher ranks.
fn rank(status: CriterionStatus) -> u8 {
    match status {
        CriterionStatus::Unmet => 0,
        CriterionStatus::Claimed => 1,
        CriterionStatus::ReviewDue => 2,
        CriterionStatus::Waived => 3,
        CriterionStatus::Evidenced => 4,
        CriterionStatus::Verified => 5,
    }
}

/// The first criterion that stands lower in the other; both are of the same stack.
fn lowered(one: &Readiness, other: &Readiness) -> Option<String> {
    let pairs = one.criteria().zip(other.criteria());
    let lower = |(one, other): &(&CriterionReadiness, &CriterionReadiness)| {
        assert_eq!(one.criterion, other.criterion);
        rank(other.status) < rank(one.status)
    };
    let found = pairs.into_iter().find(lower);
    found.map(|(one, other)| format!("{}: {:?} to {:?}", one.criterion, one.status, other.status))
}

/// A quarter of what `PROPTEST_CASES` asks for, since every case assesses several times.
fn config() -> ProptestConfig {
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    ProptestConfig { cases: config.cases / 4, ..config }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_judgement_is_an_assessment_without_words(guide in guide(), learner in learner(), now in instant()) {
        let mut assessed = assess(guide, &learner, now);
        for criterion in assessed.milestones.iter_mut().flat_map(|it| &mut it.criteria) {
            (criterion.because, criterion.missing) = (String::new(), None);
        }
        let judged = judge(guide, &learner, now);
        let lapses_at = judged.lapses_at;
        prop_assert_eq!(judged, Readiness { warnings: vec![], lapses_at, ..assessed });
    }

    #[test]
    fn every_part_agrees_with_the_whole(guide in guide(), learner in learner(), now in instant()) {
        let readiness = assess(guide, &learner, now);
        let parts = readiness.milestones.iter().map(|it| it.progress);
        prop_assert_eq!(parts.fold(Progress::default(), Progress::plus), readiness.progress);
        prop_assert_eq!(readiness.ready, readiness.progress.n_done == readiness.progress.n_total);
        for it in &readiness.milestones {
            let Progress { n_done, n_total } = it.progress;
            prop_assert!(n_done <= n_total);
            let is_met = it.status == MilestoneStatus::Met;
            prop_assert_eq!(is_met, n_done == n_total);
            prop_assert_eq!(it.progress.percent() == Some(100), is_met);
            prop_assert_eq!(it.met_at.is_some(), is_met);
            prop_assert!(it.met_until.is_none_or(|until| is_met && now < until));
        }
    }

    #[test]
    fn every_criterion_is_explained(guide in guide(), learner in learner(), now in instant()) {
        for it in assess(guide, &learner, now).criteria() {
            prop_assert!(!it.because.is_empty());
            prop_assert_eq!(it.missing.is_none(), it.is_done());
            prop_assert!(it.missing.as_ref().is_none_or(|it| it.len() > 5 && it.ends_with('.')));
            prop_assert_eq!(it.next_actor == NextActor::Nobody, it.is_done());
            prop_assert_eq!(it.done_since.is_some(), it.is_done());
            prop_assert_eq!(it.since.is_some(), it.status != CriterionStatus::Unmet);
            prop_assert!(it.done_since.is_none_or(|done| Some(done) <= it.since));
            prop_assert!(it.valid_until.is_none_or(|until| it.is_done() && now < until));
        }
    }

    #[test]
    fn nothing_panics_at_any_time(guide in guide(), learner in learner(), now in any::<i64>()) {
        for now in [i64::MIN, now, i64::MAX].map(Timestamp::from_micros) {
            assess(guide, &learner, now);
            next_steps(guide, &learner, now);
            forecast(guide, &learner, now);
            Summary::of(guide, &learner, now);
            learner.goals.iter().for_each(|it| _ = on_track(guide, &learner, it, now));
            learner.evidence.iter().for_each(|it| _ = evidence_status(guide, it, now));
        }
    }

    #[test]
    fn one_more_event_is_the_same_as_a_fold(events in arbitrary::events(60)) {
        for (n, event) in events.iter().enumerate() {
            if let Some(after) = state(&events[..n]).after(event) {
                prop_assert_eq!(after, state(&events[..=n]));
            }
        }
    }

    #[test]
    fn undo_and_redo_leave_no_trace(
        guide in guide(), events in arbitrary::events(60), at in any::<prop::sample::Index>(), now in instant(),
    ) {
        let before = state(&events);
        let target = &events[at.index(events.len())];
        prop_assume!(target.change.is_undoable() && !before.voided.contains(&target.version));
        let mut events = events.clone();
        let version = Version::try_from(events.len()).expect("few events");
        events.push(event(version + 1, now, Change::EventUndone { undone: target.version }));
        prop_assert!(state(&events).voided.contains(&target.version));
        events.push(event(version + 2, now, Change::EventRedone { redone: target.version }));
        let mut after = state(&events);
        prop_assert_eq!(assess(guide, &after, now), assess(guide, &before, now));
        (after.version, after.updated_at) = (before.version, before.updated_at);
        prop_assert_eq!(after, before);
    }

    #[test]
    fn an_undone_event_is_as_if_it_had_never_been(
        guide in guide(), events in arbitrary::events(40), at in any::<prop::sample::Index>(), now in instant(),
    ) {
        let undoing = |it: &Event| matches!(it.change, Change::EventUndone { .. } | Change::EventRedone { .. });
        let events: Vec<_> = events.into_iter().filter(|it| !undoing(it)).collect();
        prop_assume!(!events.is_empty());
        let events = numbered(events.into_iter().map(|it| (it.occurred_at, it.change)));
        let target = events[at.index(events.len())].clone();
        prop_assume!(target.change.is_undoable() && target.version != 1);
        let without: Vec<_> = events.iter().filter(|it| it.version != target.version).cloned().collect();
        let mut undone = events;
        let version = Version::try_from(undone.len() + 1).expect("few events");
        undone.push(event(version, now, Change::EventUndone { undone: target.version }));
        prop_assert_eq!(assess(guide, &state(&undone), now), assess(guide, &state(&without), now));
    }

    #[test]
    fn more_never_counts_less(
        guide in guide(), events in arbitrary::events(60), more in more(), at in instant(), now in instant(),
    ) {
        let before = state(&events);
        let mut events = events;
        for change in more {
            let change = with_old_aspects(change, &before);
            let version = Version::try_from(events.len() + 1).expect("few events");
            events.push(event(version, at, change));
        }
        let (before, after) = (assess(guide, &before, now), assess(guide, &state(&events), now));
        prop_assert_eq!(lowered(&before, &after), None);
        prop_assert!(before.progress.n_done <= after.progress.n_done);
    }

    #[test]
    fn supposing_never_counts_less(guide in guide(), learner in learner(), step in step(), now in instant()) {
        let supposed = suppose(guide, &learner, &step, now);
        let (before, after) = (assess(guide, &learner, now), assess(guide, &supposed, now));
        prop_assert_eq!(lowered(&before, &after), None);
    }

    #[test]
    fn time_alone_only_takes_away(guide in guide(), learner in learner(), one in instant(), other in instant()) {
        let (earlier, later) = (assess(guide, &learner, one.min(other)), assess(guide, &learner, one.max(other)));
        prop_assert_eq!(lowered(&later, &earlier), None);
    }

    #[test]
    fn nothing_changes_before_it_lapses(guide in guide(), learner in learner(), now in instant()) {
        let at = |now| Readiness { as_of: now, ..assess(guide, &learner, now) };
        let readiness = at(now);
        let Some(lapses_at) = readiness.lapses_at else {
            let end = at(Timestamp::from_micros(i64::MAX));
            prop_assert_eq!(Readiness { as_of: now, ..end }, readiness);
            return Ok(());
        };
        prop_assert!(now < lapses_at);
        let last = at(Timestamp::from_micros(lapses_at.as_micros() - 1));
        prop_assert_eq!(Readiness { as_of: now, ..last }, readiness);
    }

    #[test]
    fn what_is_done_is_done_exactly_until_it_says(guide in guide(), learner in learner(), now in instant()) {
        for it in assess(guide, &learner, now).criteria() {
            let Some(until) = it.valid_until else { continue };
            let is_done = |now| assess(guide, &learner, now).criterion(it.criterion.as_str()).map(CriterionReadiness::is_done);
            prop_assert_eq!(is_done(Timestamp::from_micros(until.as_micros() - 1)), Some(true));
            prop_assert_eq!(is_done(until), Some(false));
        }
    }

    #[test]
    fn the_order_of_independent_events_does_not_matter(
        guide in guide(), chains in chains(), one in keys(), other in keys(), now in instant(),
    ) {
        let (one, other) = (state(&interleaved(&chains, &one)), state(&interleaved(&chains, &other)));
        prop_assert_eq!(assess(guide, &one, now), assess(guide, &other, now));
        prop_assert_eq!(next_steps(guide, &one, now), next_steps(guide, &other, now));
        prop_assert_eq!(forecast(guide, &one, now), forecast(guide, &other, now));
    }

    #[test]
    fn steps_serve_every_open_must_once_and_keep_their_word(
        guide in guide(), learner in learner(), now in instant(),
    ) {
        let readiness = assess(guide, &learner, now);
        let steps = next_steps(guide, &learner, now);
        let mut served: Vec<_> = steps.iter().flat_map(|it| it.criteria.clone()).collect();
        served.sort();
        let open = readiness.musts().filter(|it| !it.is_done());
        let mut open: Vec<_> = open.map(|it| it.criterion.clone()).collect();
        open.sort();
        prop_assert_eq!(served, open);
        prop_assert_eq!(steps.is_empty(), readiness.ready);
        for step in steps {
            let waive = |learner: Learner, it: &Slug| suppose(guide, &learner, &Supposition::Waive(it.clone()), now);
            let then = assess(guide, &step.criteria.iter().fold(learner.clone(), waive), now);
            let newly_met = then.milestones.iter().zip(&readiness.milestones);
            let newly_met = newly_met.filter(|(then, it)| then.status != it.status && then.status == MilestoneStatus::Met);
            let newly_met: Vec<_> = newly_met.map(|it| it.0.milestone.clone()).collect();
            prop_assert_eq!(step.would_meet, newly_met);
            let course = step.course.and_then(|it| guide.course(it.as_str()));
            prop_assert!(course.is_none_or(|it| it.suits(learner.stack_slug())));
        }
    }
}
