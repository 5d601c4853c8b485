//! Each row of the milestones: what there is, what is missing, when it is done.

mod deployment;
mod language;
mod projects;
mod sql;

use expect_test::Expect;

use super::{GUIDE, way};
use crate::domain::story::Story;

/// How the criterion stands on day 100 after each of the stories.
fn check(criterion: &str, stories: &[&Story], expect: Expect) {
    expect.assert_eq(&way(&GUIDE, criterion, 100, stories));
}

fn python() -> Story {
    Story::of("python")
}
