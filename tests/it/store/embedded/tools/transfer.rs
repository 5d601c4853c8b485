//! Export and import: the whole ledger as text, and back.

use milepost::store::embedded::tools;
use tempfile::TempDir;

use super::{backup::check_restored, digest, entries, interrupt, tool, town, tree, village};
use crate::store::embedded::open;

async fn exported() -> (TempDir, String) {
    let dir = TempDir::new().unwrap();
    town(dir.path()).await;
    let mut text = vec![];
    let before = tree(dir.path());
    tools::export(dir.path(), &mut text, &tool()).unwrap();
    assert_eq!(tree(dir.path()), before);
    (dir, String::from_utf8(text).unwrap())
}

#[tokio::test]
async fn what_is_imported_is_what_was_exported() {
    let (dir, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let town = town(dir.path()).await;
    let mut text = vec![];
    let exported = tools::export(dir.path(), &mut text, &tool()).unwrap();
    let imported = tools::import(&mut &*text, other.path(), &tool()).unwrap();
    assert_eq!(imported, exported);
    assert_eq!(digest(other.path()), exported.digest);
    assert_eq!(entries(other.path()), entries(dir.path()));
    town.check(&*open(other.path())).await;
}

#[tokio::test]
async fn the_form_never_changes() {
    let (_dir, text) = exported().await;
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(
        lines[0],
        r#"{"kind":"milepost export","format":1,"store":"00000000-0000-0000-0000-000000000007"}"#
    );
    assert!(lines[1].starts_with(r#"{"seq":1,"entry":{"commit":{"learner":"0000"#), "{}", lines[1]);
    assert!(lines[165].starts_with(r#"{"count":164,"digest":""#), "{}", lines[165]);
    assert_eq!(lines.len(), 166);
}

#[tokio::test]
async fn what_is_cut_or_changed_is_refused_and_nothing_can_be_seen() {
    let (_dir, text) = exported().await;
    let lines: Vec<_> = text.lines().collect();
    let join = |lines: &[&str]| lines.join("\n") + "\n";
    let mut broken = vec![
        String::new(),
        "no export\n".into(),
        join(&lines[..1]),
        join(&lines[..50]),
        join(&lines[1..]),
        text[..text.len() - 1].to_owned(),
        join(&[&lines[..10], &lines[11..]].concat()),
        join(&[&lines[..10], &lines[9..]].concat()),
        join(&[&lines[..164], &lines[165..]].concat()),
        text.clone() + "\n{}\n",
        text.replacen("Somebody", "Nobody..", 1),
        text.replacen(r#""format":1"#, r#""format":2"#, 1),
        text.replacen("milepost export", "other export", 1),
    ];
    broken.extend((1..20).map(|it| text[..text.len() / 20 * it].to_owned()));
    for text in broken {
        let dir = TempDir::new().unwrap();
        let to = dir.path().join("store");
        let error = tools::import(&mut text.as_bytes(), &to, &tool()).unwrap_err().to_string();
        assert!(error.contains("nothing was changed"), "{error}");
        assert!(!to.join("ledger").exists());
    }
}

#[tokio::test]
async fn nothing_is_written_over() {
    let (dir, text) = exported().await;
    let error = tools::import(&mut text.as_bytes(), dir.path(), &tool()).unwrap_err();
    assert!(error.to_string().contains("not empty"), "{error}");
    digest(dir.path());
}

#[tokio::test]
async fn an_import_can_be_interrupted_anywhere() {
    let (whole, mut text) = (TempDir::new().unwrap(), vec![]);
    village(whole.path()).await;
    tools::export(whole.path(), &mut text, &tool()).unwrap();
    let expected = digest(whole.path());
    interrupt(|options, failing| {
        let dir = TempDir::new().unwrap();
        let to = dir.path().join("store");
        let done = tools::import(&mut &*text, &to, &options);
        check_restored(&to, &expected, &|| {
            assert!(done.is_err(), "{failing:?}");
            tools::import(&mut &*text, &to, &tool()).map(drop)
        });
    });
}
