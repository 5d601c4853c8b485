//! Rows that are ahead of what they are said to be up to, and claims that two learners have.

use std::sync::Arc;

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

fn calls(view: &View) -> (Changes, Option<Head>) {
    let learner = LearnerId(Uuid::from_u128(1));
    let mut draft = Draft::new(view, no_rows());
    for call in 0..=RECEIPTS as u64 {
        // The call before the learner is there has no event, and so do those after they came.
        let (base, n_events) = (u32::from(1 < call), u32::from(call == 1));
        let (offset, key) = (call, format!("key {call}"));
        let written = Written { learner, offset, base, position: 1, n_events, receipt: Some(&key) };
        draft.commit(&written).expect("added");
    }
    let head = draft.head(learner).expect("read");
    (draft.finish(1).0, head)
}

#[test]
fn receipts_that_are_ahead_of_their_head_are_not_counted_twice() {
    let dir = tempfile::TempDir::new().expect("a directory");
    let view = View::new(Arc::new(Table::open(dir.path(), 1 << 20).expect("rows")));
    let (changes, head) = calls(&view);
    let mut ahead = changes.in_order();
    ahead.retain(|(key, _)| key[2] != key::Kind::Head as u8 && **key != *key::META);
    view.table().apply(ahead).expect("written");
    assert!(matches!(&head, Some(Head::Here(it)) if it.n_receipts == 1 + RECEIPTS as u32), "{head:?}");
    assert_eq!(calls(&view).1, head);
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
        let written = Written { learner, offset: position, base: 0, position, n_events: 1, receipt: None };
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
