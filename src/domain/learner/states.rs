//! The states of one learner at many instants, in one pass over the events where they come in order.

use std::{collections::BTreeSet, sync::Arc};

use super::{Learner, fold};
use crate::domain::{event::Event, id::LearnerId, time::Timestamp};

/// The state at each of these instants, which are in order: the fold of the events that were there by then. `since`
/// says from when on an event is there; `None`: always.
pub fn states_at<'a>(
    id: LearnerId,
    events: &'a [Event],
    instants: &'a [Timestamp],
    since: impl Fn(&Event) -> Option<Timestamp> + 'a,
) -> impl Iterator<Item = Arc<Learner>> + 'a {
    let mut coming: Vec<&Event> = events.iter().collect();
    coming.sort_by_key(|it| since(it));
    let mut coming = coming.into_iter().peekable();
    let (mut there, mut state) = (vec![], Arc::new(Learner::new(id)));
    instants.iter().map(move |at| {
        let mut new = vec![];
        while let Some(event) = coming.next_if(|it| since(it).is_none_or(|it| it <= *at)) {
            new.push(event);
        }
        if !new.is_empty() {
            state = Arc::new(with_new(&state, &mut there, new));
        }
        state.clone()
    })
}

/// The state once the new events are there too. They are only added to it where they come later than all that happened
/// and have nothing to do with undos and redos; otherwise all is folded again.
fn with_new<'a>(state: &Learner, there: &mut Vec<&'a Event>, mut new: Vec<&'a Event>) -> Learner {
    new.sort_unstable_by_key(|it| it.version);
    let corrected: BTreeSet<_> = there.iter().filter_map(|it| it.change.corrected()).collect();
    let last = there.iter().rev().find(|it| it.change.corrected().is_none()).map(|it| it.version);
    let are_later = last.is_some_and(|it| it < new[0].version);
    let are_plain = new.iter().all(|it| it.change.corrected().is_none() && !corrected.contains(&it.version));
    let added = (are_later && are_plain).then(|| added(state, there.last(), &new));
    there.append(&mut new);
    there.sort_unstable_by_key(|it| it.version);
    added.unwrap_or_else(|| fold(state.id, there))
}

/// The state with these events. An undo that is there from the first on may be newer than they are.
fn added(state: &Learner, newest: Option<&&Event>, new: &[&Event]) -> Learner {
    let mut next = state.clone();
    new.iter().for_each(|it| next.add(it));
    if let Some(newest) = newest.filter(|it| next.version < it.version) {
        (next.version, next.updated_at) = (newest.version, newest.recorded_at);
    }
    next
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
            let states: Vec<_> = states_at(events[0].learner, &events, &instants, since).collect();
            prop_assert_eq!(states.len(), instants.len());
            for (state, at) in states.iter().zip(&instants) {
                let there: Vec<_> = events.iter().filter(|it| since(it).is_none_or(|it| it <= *at)).collect();
                prop_assert_eq!(&**state, &fold(events[0].learner, &there));
            }
        }
    }
}
