//! The states of one learner at many instants, in one pass over the events.

use std::sync::Arc;

use super::{Learner, fold};
use crate::domain::{event::Event, id::LearnerId, time::Timestamp};

/// The state at each of these instants, which are in order: the fold of the events that were there by then. `since`
/// says from when on an event is there; `None`: always.
pub fn states_at(
    id: LearnerId,
    events: &[Event],
    instants: &[Timestamp],
    since: impl Fn(&Event) -> Option<Timestamp>,
) -> Vec<Arc<Learner>> {
    let mut coming: Vec<&Event> = events.iter().collect();
    coming.sort_by_key(|it| since(it));
    let mut coming = coming.into_iter().peekable();
    let (mut there, mut state) = (vec![], Arc::new(Learner::new(id)));
    let state_at = |at: &Timestamp| {
        let n_before = there.len();
        while let Some(event) = coming.next_if(|it| since(it).is_none_or(|it| it <= *at)) {
            there.push(event);
        }
        if n_before < there.len() {
            state = Arc::new(with_new(&state, &mut there, n_before));
        }
        state.clone()
    };
    instants.iter().map(state_at).collect()
}

/// The state once those after the first `n_before` are there too. They are only added to it where they all come later
/// and none corrects another; otherwise all is folded again.
fn with_new(state: &Learner, there: &mut Vec<&Event>, n_before: usize) -> Learner {
    let (before, new) = there.split_at_mut(n_before);
    new.sort_unstable_by_key(|it| it.version);
    let are_later = before.last().is_none_or(|last| last.version < new[0].version);
    if are_later && new.iter().all(|it| it.change.corrected().is_none()) {
        let mut next = state.clone();
        new.iter().for_each(|it| next.add(it));
        return next;
    }
    there.sort_unstable_by_key(|it| it.version);
    fold(state.id, there)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::arbitrary::{events, instant};

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// On either clock, and with undos that are there from the first on or when they were recorded.
        #[test]
        fn each_is_the_fold_of_what_was_there(
            events in events(40), mut instants in proptest::collection::vec(instant(), 1..12), is_recorded in any::<bool>(),
        ) {
            instants.sort();
            let since = |it: &Event| match it.change.corrected() {
                Some(_) if !is_recorded => None,
                _ if is_recorded => Some(it.recorded_at),
                _ => Some(it.occurred_at),
            };
            let states = states_at(events[0].learner, &events, &instants, since);
            prop_assert_eq!(states.len(), instants.len());
            for (state, at) in states.iter().zip(&instants) {
                let there: Vec<_> = events.iter().filter(|it| since(it).is_none_or(|it| it <= *at)).collect();
                prop_assert_eq!(&**state, &fold(events[0].learner, &there));
            }
        }
    }
}
