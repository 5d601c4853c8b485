//! Tests of the guide: of the built-in document, of its traps, and of what the check refuses.

mod broken;
mod decisions;
mod document;
mod form;
mod milestones;
mod traps;

use expect_test::Expect;

use super::{BACKEND_2026, Guide, GuideError, check};
use crate::domain::slug::Slug;

/// What the check says of the built-in document after these replacements of text, each of which
/// must find its text.
fn check_with(replacements: &[(&str, &str)]) -> Result<Guide, Vec<GuideError>> {
    let mut text = BACKEND_2026.to_owned();
    for (from, to) in replacements {
        assert!(text.contains(from), "the document has no {from}");
        text = text.replacen(from, to, 1);
    }
    check(&text)
}

/// All errors of a document with all of these replacements.
#[track_caller]
fn refused(replacements: &[(&str, &str)], expected: &Expect) {
    let errors = check_with(replacements).expect_err("a broken document");
    expected.assert_eq(&errors.iter().map(|it| format!("{it}\n")).collect::<String>());
}

/// The errors of as many documents as there are replacements, each with one of them.
#[track_caller]
fn each_refused(replacements: &[(&str, &str)], expected: &Expect) {
    let errors = replacements.iter().flat_map(|it| check_with(&[*it]).expect_err("a broken document"));
    expected.assert_eq(&errors.map(|it| format!("{it}\n")).collect::<String>());
}

fn slug(text: &str) -> Slug {
    Slug::parse(text).expect("a slug")
}

fn texts(slugs: &[Slug]) -> Vec<&str> {
    slugs.iter().map(Slug::as_str).collect()
}
