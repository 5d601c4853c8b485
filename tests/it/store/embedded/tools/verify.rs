//! `verify` reads everything, names what is damaged, and changes nothing.

use std::{fs, io, sync::Arc};

use milepost::store::{
    Store,
    embedded::{Act, EmbeddedOptions, FileOp, tools},
};
use tempfile::TempDir;

use super::{damage, digest, entries, overwrite, segments, tool, town, tree, village};
use crate::{
    given::Person,
    store::embedded::{Town, faults, open, open_with, options},
};

#[tokio::test]
async fn a_good_store_is_whole_and_nothing_changes() {
    for is_clean in [true, false] {
        let dir = TempDir::new().unwrap();
        town(dir.path()).await;
        let store = open(dir.path());
        if is_clean {
            store.close().await.unwrap();
        }
        drop(store);
        fs::write(dir.path().join("ledger/00000000000000000999.ledger.tmp"), "left behind").unwrap();
        let before = tree(dir.path());
        let verified = tools::verify(dir.path(), &tool()).unwrap();
        assert!(!verified.is_damaged(), "{verified}");
        let totals = &verified.totals;
        assert_eq!((totals.n_records, totals.last_seq), (164, 164));
        assert_eq!((totals.n_learners, totals.n_erased), (30, 1));
        assert_eq!(totals.n_events, 30 * 2 + (0..30).sum::<u64>() * 3 + 1 + 1);
        let rows = if is_clean { "as the clean close left them" } else { "not closed cleanly" };
        assert!(verified.to_string().contains(rows), "{verified}");
        assert!(verified.to_string().ends_with("the ledger is whole"), "{verified}");
        assert_eq!(tree(dir.path()), before);
    }
}

#[tokio::test]
async fn changed_rows_are_said_and_no_damage() {
    let dir = TempDir::new().unwrap();
    town(dir.path()).await;
    overwrite(&dir.path().join("sled/db"), |it| it[100] ^= 1);
    let verified = tools::verify(dir.path(), &tool()).unwrap();
    assert!(!verified.is_damaged());
    assert!(verified.to_string().contains("nothing is lost by that"), "{verified}");
    fs::remove_dir_all(dir.path().join("sled")).unwrap();
    assert!(tools::verify(dir.path(), &tool()).unwrap().to_string().contains("there are none"));
}

#[tokio::test]
async fn the_digest_is_that_of_the_records_however_the_files_are_cut() {
    let mut digests = vec![];
    for segment_bytes in [4 << 10, 64 << 20] {
        let dir = TempDir::new().unwrap();
        let store = open_with(dir.path(), EmbeddedOptions { segment_bytes, ..options() }).unwrap();
        let mut town = Town::build(&*store).await;
        store.close().await.unwrap();
        digests.push(digest(dir.path()));
        let store = open(dir.path());
        store.commit(town.people[0].completes("git")).await.unwrap();
        store.close().await.unwrap();
        assert_ne!(digest(dir.path()), digests[0]);
    }
    assert_eq!(digests[0], digests[1]);
}

#[tokio::test]
async fn who_has_the_store_is_named() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    let process = format!("in use by process {}", std::process::id());
    let check = |error: String| assert!(error.contains(&process), "{error}");
    check(tools::verify(dir.path(), &tool()).unwrap_err().to_string());
    check(tools::repair(dir.path(), &tool()).unwrap_err().to_string());
    check(tools::backup(dir.path(), &dir.path().join("backups/copy"), &tool()).unwrap_err().to_string());
    check(tools::export(dir.path(), &mut vec![], &tool()).unwrap_err().to_string());
    drop(store);
    tools::verify(dir.path(), &tool()).unwrap();
}

#[test]
fn where_there_is_no_store_nothing_is_made() {
    let dir = TempDir::new().unwrap();
    for path in [dir.path().to_owned(), dir.path().join("nowhere")] {
        let error = tools::verify(&path, &tool()).unwrap_err().to_string();
        assert!(error.contains("there is no store in"), "{error}");
        tools::repair(&path, &tool()).unwrap_err();
        tools::export(&path, &mut vec![], &tool()).unwrap_err();
    }
    assert!(tree(dir.path()).is_empty() && !dir.path().join("nowhere").exists());
}

#[tokio::test]
async fn every_kind_of_damage_is_named() {
    let whole = TempDir::new().unwrap();
    town(whole.path()).await;
    let n_records = entries(whole.path()).len() as u64;
    for kind in damage::ALL {
        let dir = TempDir::new().unwrap();
        crate::store::embedded::copy(whole.path(), dir.path());
        (kind.act)(dir.path());
        let before = tree(dir.path());
        let verified = tools::verify(dir.path(), &tool()).unwrap();
        assert!(verified.is_damaged(), "{}", kind.name);
        assert!(verified.to_string().contains(kind.says), "{}: {verified}", kind.name);
        assert_eq!(verified.n_wrongs, 0, "{}: {verified}", kind.name);
        assert_eq!(verified.totals.n_records + verified.n_gone, n_records, "{}: {verified}", kind.name);
        assert!(kind.name == "bytes put in" || verified.n_gone != 0, "{}: {verified}", kind.name);
        assert_eq!(tree(dir.path()), before);
    }
}

#[tokio::test]
async fn any_flipped_bit_of_a_header_is_noticed() {
    let dir = TempDir::new().unwrap();
    village(dir.path()).await;
    for bit in 0..46 * 8 {
        damage::flip_header(dir.path(), bit);
        let verified = tools::verify(dir.path(), &tool()).unwrap();
        let said = verified.to_string();
        assert!(said.contains("byte 0: the header of the file is broken"), "bit {bit}: {said}");
        assert_eq!(verified.n_gone, 0);
        damage::flip_header(dir.path(), bit);
    }
    digest(dir.path());
}

#[tokio::test]
async fn a_damaged_record_is_named_by_number_file_and_byte() {
    let dir = TempDir::new().unwrap();
    town(dir.path()).await;
    let second = &segments(dir.path())[1];
    let first: u64 = second.file_stem().unwrap().to_str().unwrap().parse().unwrap();
    overwrite(second, |it| it[60] ^= 1);
    let verified = tools::verify(dir.path(), &tool()).unwrap();
    let file = second.file_name().unwrap().to_str().unwrap();
    let expected = format!("damaged: record {first} ({file}, byte 46): its checksum does not fit\n");
    assert!(verified.to_string().contains(&expected), "{verified}");
    assert!(verified.to_string().ends_with("the ledger is damaged: 1 record is gone"), "{verified}");
}

#[tokio::test]
async fn what_was_never_acknowledged_is_no_damage() {
    let dir = TempDir::new().unwrap();
    let (fault, switch) = faults::failing(faults::syncs, faults::broken);
    let store = open_with(dir.path(), EmbeddedOptions { fault: Some(fault), ..options() }).unwrap();
    let town = Town::build(&*store).await;
    switch.store(true, std::sync::atomic::Ordering::SeqCst);
    store.commit(Person::new(1_000).registers(&"Torn ".repeat(400))).await.unwrap_err();
    drop(store);
    overwrite(segments(dir.path()).last().unwrap(), |it| {
        let used = it.iter().rposition(|it| *it != 0).unwrap() / 512 * 512;
        it[used..].fill(0);
    });
    let before = tree(dir.path());
    let verified = tools::verify(dir.path(), &tool()).unwrap();
    assert!(!verified.is_damaged(), "{verified}");
    assert!(verified.to_string().contains("never wholly written"), "{verified}");
    assert_eq!(verified.totals.n_records, 164);
    let repaired = tools::repair(dir.path(), &tool()).unwrap();
    assert!(repaired.to_string().contains("nothing to repair"), "{repaired}");
    let changed: Vec<_> =
        tree(dir.path()).into_iter().filter(|it| before.get(&it.0) != Some(&it.1)).collect();
    assert!(changed.iter().all(|it| it.0.ends_with("LOCK")), "{changed:?}");
    town.check(&*open(dir.path())).await;
}

#[tokio::test]
async fn an_acknowledged_end_that_is_gone_is_damage() {
    for is_known_by in ["CLEAN", "ACKNOWLEDGED"] {
        let dir = TempDir::new().unwrap();
        let store = open(dir.path());
        for number in 1..=5 {
            store.commit(Person::new(number).registers("Somebody")).await.unwrap();
        }
        store.close().await.unwrap();
        for other in ["CLEAN", "ACKNOWLEDGED"].into_iter().filter(|it| *it != is_known_by) {
            fs::remove_file(dir.path().join(other)).unwrap();
        }
        overwrite(&segments(dir.path())[0], |it| {
            let used = it.iter().rposition(|it| *it != 0).unwrap() + 1;
            it[46 + (used - 46) / 5 * 3..].fill(0);
        });
        let verified = tools::verify(dir.path(), &tool()).unwrap();
        assert_eq!((verified.n_gone, verified.totals.last_seq), (2, 5), "{verified}");
        assert!(verified.to_string().contains("records 4 to 5"), "{verified}");
    }
}

#[tokio::test]
async fn what_a_disk_cannot_read_is_walked_over() {
    let dir = TempDir::new().unwrap();
    town(dir.path()).await;
    let second = segments(dir.path())[1].clone();
    let fault = move |it: &FileOp<'_>| match it {
        FileOp::Read { path, at, length }
            if **path == second && (*at..*at + *length as u64).contains(&5_000) =>
        {
            Err(io::Error::other("a bad sector"))
        }
        _ => Ok(Act::Do),
    };
    let options = tools::ToolOptions { fault: Some(Arc::new(fault)), ..tool() };
    let verified = tools::verify(dir.path(), &options).unwrap();
    assert!(verified.to_string().contains("4096 bytes of it cannot be read"), "{verified}");
    assert_eq!(verified.totals.n_records + verified.n_gone, 164);
    assert!((1..20).contains(&verified.n_gone), "{verified}");
    digest(dir.path());
}

#[tokio::test]
async fn whole_records_that_contradict_each_other_are_named() {
    let (dir, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    town(dir.path()).await;
    let mut text = vec![];
    tools::export(dir.path(), &mut text, &tool()).unwrap();
    let text = String::from_utf8(text).unwrap();
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    let last: serde_json::Value = serde_json::from_str(lines.last().unwrap()).unwrap();
    let copied = tools::backup(dir.path(), &other.path().join("copy"), &tool()).unwrap();
    assert_eq!((&last["count"], &last["digest"]), (&164.into(), &copied.digest.into()));
    let other = other.path().join("imported");
    // The third record twice: import looks for contradictions, too.
    let entry = lines[3].replacen(r#"{"seq":3,"#, r#"{"seq":165,"#, 1);
    lines.insert(165, entry);
    let error = tools::import(&mut lines.join("\n").as_bytes(), &other, &tool()).unwrap_err();
    assert!(error.to_string().contains("cut or damaged"), "{error}");
    let error = tools::import(&mut (lines.join("\n") + "\n").as_bytes(), &other, &tool()).unwrap_err();
    assert!(error.to_string().contains("not those that the last line names"), "{error}");
}
