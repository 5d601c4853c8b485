//! Rows that are ahead of what they are said to be up to, and claims that two learners have.

use std::{collections::BTreeSet, ops::Range, sync::Arc};

use uuid::Uuid;

use super::*;

pub(super) fn no_rows() -> Meta {
    Meta {
        store: Uuid::nil(),
        summarizer: 0,
        applied: 0,
        n_learners: 0,
        n_erased: 0,
        n_events: 0,
        n_receipts: 0,
    }
}

/// Calls about a learner, from one on, each with that many receipts: the first one comes before they are there, and
/// the fourth and every third of the others have no event.
fn calls(view: &View, calls: Range<u64>, n_receipts: u64) -> Changes {
    draft(view, no_rows(), calls, n_receipts).finish(1).expect("finished").0
}

fn draft(view: &View, meta: Meta, calls: Range<u64>, n_receipts: u64) -> Draft<'_> {
    let learner = LearnerId(Uuid::from_u128(1));
    let is_event = |call: &u64| !call.is_multiple_of(3);
    let mut draft = Draft::new(view, meta);
    for call in calls {
        let base = (0..call).filter(is_event).count() as u32;
        let (n_events, position) = (u32::from(is_event(&call)), u64::from(base) + 1);
        let keys = (call * n_receipts..).take(n_receipts as usize).collect();
        let batches = BTreeSet::new();
        let written = Written { learner, offset: call, base, position, n_events, batches, keys };
        draft.commit(&written).expect("added");
    }
    draft
}

/// How many receipts there are: in the head, and in rows, as the head says and as they are.
fn count(view: &View) -> (usize, usize, usize) {
    let learner = LearnerId(Uuid::from_u128(1));
    let rows = view.starting_with(&key::of_learner(learner, key::Kind::Receipt));
    let Some(Head::Here(here)) = view.head(learner).expect("read") else { return (0, 0, rows.count()) };
    (here.receipts.len(), here.n_receipts as usize, rows.count())
}

/// Writes rows as far as a crash let them be.
fn apply(view: &View, changes: Changes, crash: Option<key::Kind>) {
    let mut rows = changes.in_order();
    rows.retain(|(key, _)| **key != *key::META && crash.is_none_or(|it| key[2] != it as u8));
    view.table().apply(rows).expect("written");
}

#[test]
fn receipts_are_counted_once_wherever_a_crash_left_the_rows() {
    for n_receipts in [1, 3] {
        // About where receipts get rows of their own.
        let full = RECEIPTS as u64 / n_receipts;
        for before in [0, 1, 2].into_iter().chain(full - 2..full + 3) {
            for after in [before + 1, before + 2, before + 70] {
                for crash in [Some(key::Kind::Head), None] {
                    let dir = tempfile::TempDir::new().expect("a directory");
                    let view = View::new(Arc::new(Table::open(dir.path(), 1 << 20).expect("rows")));
                    apply(&view, calls(&view, 0..before, n_receipts), None);
                    // The rows of these calls are written, but not that they are.
                    apply(&view, calls(&view, before..after, n_receipts), crash);
                    apply(&view, calls(&view, before..after, n_receipts), None);
                    let (in_head, said, in_rows) = count(&view);
                    let what = format!("calls {before}..{after} of {n_receipts} receipts, {crash:?}");
                    assert_eq!(said, if after < 2 { 0 } else { in_rows }, "{what}");
                    assert_eq!(in_head + in_rows, (after * n_receipts) as usize, "{what}");
                }
            }
        }
    }
}

#[test]
fn whoever_was_ahead_and_is_erased_leaves_nothing_but_that() {
    let learner = LearnerId(Uuid::from_u128(1));
    for after in [2, 63, 64, 65, 130] {
        for crash in [Some(key::Kind::Head), None] {
            let dir = tempfile::TempDir::new().expect("a directory");
            let view = View::new(Arc::new(Table::open(dir.path(), 1 << 20).expect("rows")));
            let (changes, meta) = draft(&view, no_rows(), 0..2, 3).finish(1).expect("finished");
            apply(&view, changes, None);
            apply(&view, calls(&view, 2..after, 3), crash);
            let mut again = draft(&view, meta, 2..after, 3);
            again.erase(learner, Timestamp::from_micros(0)).expect("erased");
            let (changes, meta) = again.finish(1).expect("finished");
            apply(&view, changes, None);
            let head = view.head(learner).expect("read");
            assert!(matches!(head, Some(Head::Erased { .. })), "{after} calls, {crash:?}: {head:?}");
            assert_eq!((count(&view).2, meta.n_receipts), (0, 0), "{after} calls, {crash:?}");
        }
    }
}

#[test]
fn an_erasure_leaves_the_claims_of_others() {
    let dir = tempfile::TempDir::new().expect("a directory");
    let view = View::new(Arc::new(Table::open(dir.path(), 1 << 20).expect("rows")));
    let mut draft = Draft::new(&view, no_rows());
    let at = Timestamp::from_micros(0);
    let learners = [1, 2].map(|it| LearnerId(Uuid::from_u128(it)));
    // The second one may have it because the first one gave it up, which the ledger lost.
    for (learner, position) in learners.into_iter().zip(1..) {
        let (keys, batches) = (BTreeSet::new(), BTreeSet::new());
        let written = Written { learner, offset: position, base: 0, position, n_events: 1, batches, keys };
        draft.commit(&written).expect("added");
        let state = Learner { email: Some("ada@example.com".into()), ..Learner::new(learner) };
        let (name, stack, met, due_at) = (String::new(), None, vec![], None);
        let summary =
            Summary { name, stack, created_at: at, updated_at: at, n_done: 0, n_total: 0, met, due_at };
        draft.state(learner, State::of(&state, summary)).expect("added");
    }
    draft.erase(learners[0], at).expect("erased");
    let holder = |draft: &Draft<'_>| draft.holder(&Claim::Email("ada@example.com".into())).expect("read");
    assert_eq!(holder(&draft), Some(learners[1]));
    draft.erase(learners[1], at).expect("erased");
    assert_eq!(holder(&draft), None);
}
