//! The harness itself: bugs are planted, and it has to find each of them.

use super::{campaign::Tally, chains::follow, crashes::finds, recorder::Lie};

#[tokio::test]
async fn an_acknowledgement_before_the_sync_is_found() {
    assert!(finds(Lie::Sync).await);
}

#[tokio::test]
async fn a_lost_last_group_is_found() {
    assert!(finds(Lie::Write).await);
}

#[tokio::test]
async fn a_ledger_that_is_written_after_the_acknowledgement_is_found() {
    assert!(finds(Lie::Late).await);
}

#[tokio::test]
async fn a_new_file_whose_name_is_not_on_the_disk_is_found() {
    assert!(finds(Lie::SyncDirectory).await);
}

#[tokio::test]
async fn trust_in_what_can_be_seen_after_a_failed_sync_is_found() {
    let mut tally = Tally::default();
    for case in 0..20 {
        follow(case, Some(Lie::Settling), &mut tally).await;
        if let Some(failure) = tally.failures.first() {
            return println!("it was found in {} states: {failure}", tally.n_cases);
        }
    }
    panic!("it was not found in {} states", tally.n_cases);
}
