//! Small documents beside the learners.

use std::sync::Arc;

use milepost::store::{MAX_NOTE, Store, StoreError};

use super::engines;

engines! {
    a_note_is_kept_changed_and_removed
    notes_are_listed_by_how_they_begin
    odd_names_are_refused
    a_note_has_a_length
    at_once_one_of_them_stays
    a_closed_store_keeps_none
}

async fn a_note_is_kept_changed_and_removed(store: Arc<dyn Store>) {
    assert_eq!(store.note("a").await.unwrap(), None);
    store.keep_note("a", None).await.unwrap();
    for text in [&b"one"[..], b"another", b""] {
        store.keep_note("a", Some(text)).await.unwrap();
        assert_eq!(store.note("a").await.unwrap().as_deref(), Some(text));
        assert_eq!(store.note("b").await.unwrap(), None);
    }
    store.keep_note("a", None).await.unwrap();
    assert_eq!(store.note("a").await.unwrap(), None);
}

async fn notes_are_listed_by_how_they_begin(store: Arc<dyn Store>) {
    assert_eq!(store.notes("").await.unwrap(), [""; 0]);
    for name in ["b.2", "a", "b.1", "bb", "b"] {
        store.keep_note(name, Some(b"x")).await.unwrap();
    }
    assert_eq!(store.notes("").await.unwrap(), ["a", "b", "b.1", "b.2", "bb"]);
    assert_eq!(store.notes("b.").await.unwrap(), ["b.1", "b.2"]);
    assert_eq!(store.notes("c").await.unwrap(), [""; 0]);
}

async fn odd_names_are_refused(store: Arc<dyn Store>) {
    let long = "a".repeat(101);
    for name in
        ["", ".", "..", "../up", "a/b", "/a", "A", "a b", "a_b", "-a", ".a", "a.tmp", "ä", "a\0", &long]
    {
        let kept = store.keep_note(name, Some(b"x")).await;
        assert!(matches!(kept, Err(StoreError::Refused(_))), "{name:?}");
        assert!(matches!(store.note(name).await, Err(StoreError::Refused(_))), "{name:?}");
    }
    assert_eq!(store.notes("").await.unwrap(), [""; 0]);
    store.keep_note(&long[1..], Some(b"x")).await.unwrap();
}

async fn a_note_has_a_length(store: Arc<dyn Store>) {
    store.keep_note("a", Some(&vec![7; MAX_NOTE])).await.unwrap();
    let longer = store.keep_note("a", Some(&vec![8; MAX_NOTE + 1])).await;
    assert!(matches!(longer, Err(StoreError::TooLong(_))));
    assert_eq!(store.note("a").await.unwrap().unwrap(), vec![7; MAX_NOTE]);
}

async fn at_once_one_of_them_stays(store: Arc<dyn Store>) {
    let writers = (0..20_u8).map(|it| {
        let store = store.clone();
        tokio::spawn(async move { store.keep_note("a", Some(&vec![it; 10_000])).await })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap().unwrap();
    }
    let note = store.note("a").await.unwrap().unwrap();
    assert_eq!(note, vec![note[0]; 10_000]);
    assert_eq!(store.notes("").await.unwrap(), ["a"]);
}

async fn a_closed_store_keeps_none(store: Arc<dyn Store>) {
    store.keep_note("a", Some(b"one")).await.unwrap();
    store.close().await.unwrap();
    for note in [Some(&b"two"[..]), None] {
        assert!(matches!(store.keep_note("a", note).await, Err(StoreError::Closed(_))));
    }
}
