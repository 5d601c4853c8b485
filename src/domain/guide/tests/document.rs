//! The built-in document as a text: complete, cited, in our own words, and as the schema says.

use std::collections::BTreeSet;

use expect_test::expect_file;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::super::*;

const SECTIONS: [&str; 15] = [
    "Introduction",
    "What Back End Development Actually Involves",
    "Back End Development Languages and Stacks in 2026",
    "JavaScript / Node.js",
    "Python",
    "Java and .NET",
    "Go and Rust",
    "Back End Development Salary: 2026 Data",
    "By Experience Level (United States)",
    "By Location",
    "By Industry Vertical",
    "What Hiring Managers Actually Look For",
    "Top Courses for Back End Development",
    "FAQ",
    "Bottom Line",
];

fn document() -> Value {
    serde_json::from_str(BACKEND_2026).expect("JSON")
}

/// Calls `visit` with every value in here and the key that it stands under.
fn walk<'a>(key: &'a str, value: &'a Value, visit: &mut impl FnMut(&'a str, &'a Value)) {
    visit(key, value);
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, it)| walk(key, it, visit)),
        Value::Array(items) => items.iter().for_each(|it| walk(key, it, visit)),
        _ => {}
    }
}

#[test]
fn it_passes_its_check() {
    assert_eq!(check(BACKEND_2026).err(), None);
}

#[test]
fn every_statement_of_the_guide_is_cited() {
    let (document, mut cited) = (document(), BTreeSet::new());
    walk("", &document, &mut |key, value| {
        cited.extend(value.as_str().filter(|_| key == "rows").map(str::to_owned));
    });
    let statements: BTreeSet<_> = (1..=84).map(|number| format!("G{number:02}")).collect();
    assert_eq!(cited, statements);
}

#[test]
fn every_citation_names_a_section_of_the_guide_and_a_statement() {
    let document = document();
    walk("", &document, &mut |_, value| {
        let Some(section) = value.get("section") else { return };
        let known = SECTIONS.iter().any(|it| section == it);
        assert!(known && value.get("rows").is_some(), "{value}");
    });
}

/// `runs_of_eight.txt` holds the first ten hex digits of the SHA-256 of every run of eight words of
/// the guide (lower case, a space between them), so that the guide itself need not be here.
#[test]
fn no_sentence_is_copied() {
    let copied: BTreeSet<_> = include_str!("runs_of_eight.txt").split_whitespace().collect();
    assert!(2000 < copied.len());
    let document = document();
    walk("", &document, &mut |key, value| {
        // Names of sections and courses are names.
        let Some(text) = value.as_str().filter(|_| !matches!(key, "section" | "title")) else { return };
        let text = text.to_lowercase();
        let words: Vec<_> =
            text.split(|it: char| !it.is_ascii_alphanumeric()).filter(|it| !it.is_empty()).collect();
        for run in words.windows(8).map(|it| it.join(" ")) {
            let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(&run));
            assert!(!copied.contains(&hash[..10]), "copied: {run}");
        }
    });
}

#[test]
fn advice_is_a_sentence() {
    for criterion in backend_2026().criteria() {
        assert!(criterion.advice.ends_with('.') && criterion.question.ends_with('?'), "{}", criterion.slug);
    }
}

/// `UPDATE_EXPECT=1 cargo test` rewrites the file.
#[test]
fn the_schema_file_is_what_the_code_says() {
    let schema = serde_json::to_string_pretty(&json_schema()).expect("JSON");
    expect_file!["../../../../schema/guide.schema.json"].assert_eq(&format!("{schema}\n"));
}

#[test]
fn writing_it_and_reading_it_again_changes_nothing() {
    let again = serde_json::to_value(backend_2026()).expect("JSON");
    let once_more: Guide = serde_json::from_value(again.clone()).expect("a guide");
    assert_eq!(serde_json::to_value(once_more).expect("JSON"), again);
    assert!(check(&again.to_string()).is_ok());
}
