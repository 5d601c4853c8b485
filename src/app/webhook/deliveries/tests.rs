//! What becomes of what is sent, step by step.

use uuid::Uuid;

use super::*;

fn event(learner: u128, position: Position) -> EventPlace {
    let learner = LearnerId(Uuid::from_u128(learner));
    EventPlace { learner, version: 1, kind: "GOAL_SET".into(), bucket: 7, position }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(0).plus_seconds(seconds)
}

fn answer(status: u16) -> Attempt {
    Attempt { status: Some(status), ..Attempt::default() }
}

fn heads(of_bucket_7: Position) -> Vec<Position> {
    let mut heads = vec![0; 1_024];
    heads[7] = of_bucket_7;
    heads
}

fn start() -> Deliveries {
    Deliveries::after(FeedCursor::start())
}

/// Lets an event fail until it is given up, or cannot be.
fn fail(deliveries: &mut Deliveries, event: &EventPlace) -> bool {
    (1..=11).map(|it| deliveries.tried(event.clone(), at(it), answer(500))).last() == Some(true)
}

#[test]
fn a_bucket_waits_for_what_failed_and_no_longer() {
    let mut it = start();
    assert_eq!(it.due(&heads(2), at(0)).collect::<Vec<_>>(), [7]);
    assert!(!it.tried(event(1, 1), at(0), answer(500)));
    assert_eq!((it.due(&heads(2), at(4)).count(), it.due(&heads(2), at(6)).count()), (0, 1));
    assert_eq!((it.behind(&heads(2)), it.failing[&7].attempts, it.failing[&7].since), (2, 1, at(0)));
    assert!(it.tried(event(1, 1), at(6), answer(299)));
    assert_eq!((it.behind(&heads(2)), it.failing.len()), (1, 0));
    assert_eq!(
        it.log.iter().map(|it| (it.number, it.outcome)).collect::<Vec<_>>(),
        [(2, Outcome::Delivered), (1, Outcome::Retrying)]
    );
}

#[test]
fn only_success_is_success() {
    for (status, is_delivered) in
        [(199, false), (200, true), (204, true), (299, true), (300, false), (304, false)]
    {
        assert_eq!(answer(status).is_delivered(), is_delivered, "{status}");
    }
    assert!(!Attempt { trouble: Some(Trouble::TimedOut), ..Attempt::default() }.is_delivered());
}

#[test]
fn no_more_is_parked_than_there_is_room_for_and_nothing_is_lost() {
    let mut it = start();
    for position in 1..=1_000 {
        assert!(!it.is_stuck());
        assert!(fail(&mut it, &event(1, position)));
    }
    assert_eq!((it.parked.len(), it.is_stuck()), (MAX_PARKED, false));
    assert!(!fail(&mut it, &event(1, 1_001)));
    assert!(it.is_stuck());
    assert_eq!((it.parked.len(), it.behind(&heads(1_001)), it.log.len()), (MAX_PARKED, 1, MAX_LOG));
    let note = serde_json::to_vec(&it).expect("plain data").len();
    assert!(note < crate::store::MAX_NOTE / 2, "{note}");
    // Whatever makes room lets it go on.
    it.retry(None, at(99));
    it.tried_parked(event(1, 5), at(99), answer(200));
    assert!(!it.is_stuck());
    assert!(it.tried(event(1, 1_001), at(100), answer(500)));
}

/// What is stuck waits for what becomes of the parked, once somebody asks for them.
#[test]
fn what_is_parked_comes_first_where_there_is_no_room() {
    let mut it = start();
    for position in 1..=1_001 {
        fail(&mut it, &event(1, position));
    }
    assert!(it.is_stuck());
    assert_eq!(it.due(&heads(1_001), at(99)).collect::<Vec<_>>(), [7]);
    it.resume(at(99));
    assert_eq!((it.is_stuck(), it.due(&heads(1_001), at(99)).count()), (false, 0));
    for position in 1..=999 {
        it.tried_parked(event(1, position), at(99), answer(500));
        assert_eq!((it.is_stuck(), it.due(&heads(1_001), at(99)).count()), (false, 0), "{position}");
    }
    it.tried_parked(event(1, 1_000), at(99), answer(500));
    assert_eq!((it.is_stuck(), it.due(&heads(1_001), at(99)).count()), (true, 1));
    assert_eq!((it.drop_parked(Some((event(1, 0).learner, 2))), it.drop_parked(None)), (0, 1_000));
    assert!(it.tried(event(1, 1_001), at(100), answer(500)));
    // Where there is room, nobody asked for what is parked.
    it.resume(at(101));
    assert_eq!(it.asked_for(), None);
}

#[test]
fn a_note_with_as_much_as_there_can_be_fits() {
    let mut it = start();
    for position in 1..=1_000 {
        fail(&mut it, &event(u128::MAX, position));
    }
    for bucket in 0..1_024 {
        it.cursor.0[usize::from(bucket)] = u64::MAX / 2;
        let place = EventPlace { bucket, kind: "DEPLOYMENT_CHECKED".into(), ..event(u128::MAX, u64::MAX) };
        it.tried(place, at(1), Attempt { trouble: Some(Trouble::AddressNotAllowed), ..Attempt::default() });
    }
    let note = serde_json::to_vec(&it).expect("plain data");
    assert!(note.len() < crate::store::MAX_NOTE, "{}", note.len());
    assert_eq!(serde_json::from_slice::<Deliveries>(&note).expect("a note"), it);
}

#[test]
fn going_back_forgets_what_comes_again() {
    let mut it = start();
    for position in 1..=3 {
        fail(&mut it, &event(1, position));
    }
    it.tried(event(1, 4), at(0), answer(500));
    let mut cursor = FeedCursor::start();
    cursor.0[7] = 1;
    it.replay(cursor);
    assert_eq!(it.parked.iter().map(|it| it.event.position).collect::<Vec<_>>(), [1]);
    assert_eq!((it.failing.len(), it.behind(&heads(4))), (0, 3));
}

#[test]
fn nothing_is_left_of_who_is_forgotten() {
    let mut it = start();
    fail(&mut it, &event(1, 1));
    fail(&mut it, &event(2, 2));
    it.tried(event(1, 3), at(0), answer(500));
    assert_eq!(it.learners().len(), 2);
    assert!(it.forget(event(1, 0).learner));
    assert!(!it.forget(event(1, 0).learner));
    assert_eq!(it.learners().into_iter().collect::<Vec<_>>(), [event(2, 0).learner]);
    assert_eq!((it.parked.len(), it.failing.len()), (1, 0));
}

#[test]
fn a_feed_that_does_not_reach_as_far_is_gone_on_with_from_its_end() {
    let mut it = start();
    for position in 1..=3 {
        fail(&mut it, &event(1, position));
    }
    it.tried(event(1, 4), at(0), answer(500));
    it.keep_within(&heads(2));
    assert_eq!((it.parked.len(), it.failing.len(), it.behind(&heads(3))), (2, 0, 1));
}
