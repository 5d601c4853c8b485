//! Rows that are ahead of what they are said to be up to.

use std::sync::Arc;

use uuid::Uuid;

use super::*;

fn calls(view: &View) -> (Changes, Option<Head>) {
    let learner = LearnerId(Uuid::from_u128(1));
    let meta = Meta {
        store: Uuid::nil(),
        summarizer: 0,
        applied: 0,
        n_learners: 0,
        n_erased: 0,
        n_events: 0,
        n_receipts: 0,
    };
    let mut draft = Draft::new(view, meta);
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
