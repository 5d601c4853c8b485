//! The criteria of the milestone `language`.

use expect_test::expect;

use super::{check, python};
use crate::domain::{
    guide::{
        Aspect::Api,
        EvidenceKind::{Recording, Repository, WriteUp},
    },
    story::Story,
};

#[test]
fn primary_stack() {
    let none = Story::without_stack();
    let one = none.clone().stack(3, "go");
    let other = one.clone().stack(5, "rust");
    check(
        "language.primary-stack",
        &[&none, &one, &other],
        expect![[r#"
        Unmet: No stack has been chosen.
          -> Learner: Choose one stack.
        Evidenced since 2026-01-04: The stack is Go, since 2026-01-04.
        Evidenced since 2026-01-06: The stack is Rust, since 2026-01-06.
    "#]],
    );
}

#[test]
fn real_project() {
    let bare = python().project_with(2, 1, Some("python"), None, None, &[]);
    let repository = bare.clone().repository(4, 1);
    let api = repository.clone().aspects(6, 1, &[Api]);
    let elsewhere = api.clone().stack(8, "go");
    check(
        "language.real-project",
        &[&python(), &bare, &repository, &api, &elsewhere],
        expect![[r#"
            Unmet: There is no project in Python with a repository and an API yet.
              -> Learner: Add a project in Python with a repository and an API.
            Unmet: There is no project in Python with a repository and an API yet.
              -> Learner: Add a repository and an API to “P1”.
            Unmet: There is no project in Python with a repository and an API yet.
              -> Learner: Add an API to “P1”.
            Evidenced since 2026-01-07: “P1” is in Python and has a repository and an API.
            Unmet: There is no project in Go with a repository and an API yet.
              -> Learner: Add a project in Go with a repository and an API.
        "#]],
    );
}

#[test]
fn real_project_without_a_stack() {
    let none = Story::without_stack().project(2, 1, "go", &[Api]);
    let chosen = none.clone().stack(9, "go");
    check(
        "language.real-project",
        &[&none, &chosen],
        expect![[r#"
            Unmet: There is no project in the chosen stack with a repository and an API yet.
              -> Learner: Choose one stack.
            Evidenced since 2026-01-10: “P1” is in Go and has a repository and an API.
        "#]],
    );
}

#[test]
fn framework() {
    let unnamed = python().project(2, 1, "python", &[Api]);
    let named = unnamed.clone().framework(4, 1, "FastAPI");
    let go = Story::of("go").project(2, 1, "go", &[Api]);
    check(
        "language.framework",
        &[&unnamed, &named, &go],
        expect![[r#"
            Unmet: There is no project in Python with a repository, a named framework and an API yet.
              -> Learner: Name the framework of “P1”.
            Evidenced since 2026-01-05: “P1” is in Python and has a repository, a named framework and an API.
            absent
        "#]],
    );
}

#[test]
fn asynchronous_code() {
    let node = Story::of("nodejs");
    let unfit = node.clone().evidence(2, 1, "language.async", WriteUp, 500);
    let fit = node.clone().evidence(2, 1, "language.async", Repository, 0);
    check(
        "language.async",
        &[&python(), &node, &unfit, &fit],
        expect![[r#"
            absent
            Unmet: There is neither a repository nor a link for “Asynchronous JavaScript in a built project” yet.
              -> Learner: Hand in a repository or a link for “Asynchronous JavaScript in a built project”.
            Unmet: There is neither a repository nor a link for “Asynchronous JavaScript in a built project” yet.
              -> Learner: Hand in a repository or a link for “Asynchronous JavaScript in a built project”.
            Evidenced since 2026-01-03: A repository was handed in on 2026-01-03.
        "#]],
    );
}

#[test]
fn design_explained() {
    let short = python().evidence(2, 1, "language.design-explained", WriteUp, 199);
    let one_word = python().evidence(2, 1, "language.design-explained", WriteUp, 1);
    let long = python().evidence(2, 1, "language.design-explained", WriteUp, 200);
    let told = python().evidence(2, 1, "language.design-explained", Recording, 0);
    check(
        "language.design-explained",
        &[&python(), &short, &long, &told, &one_word],
        expect![[r#"
            Unmet: There is neither a write-up of at least 200 words nor a recording for “A design explained” yet.
              -> Learner: Hand in a write-up of at least 200 words or a recording for “A design explained”.
            Unmet: The write-up of 2026-01-03 has 199 words, which is too short.
              -> Learner: Hand in a write-up of at least 200 words or a recording for “A design explained”.
            Evidenced since 2026-01-03: A write-up was handed in on 2026-01-03.
            Evidenced since 2026-01-03: A recording was handed in on 2026-01-03.
            Unmet: The write-up of 2026-01-03 has 1 word, which is too short.
              -> Learner: Hand in a write-up of at least 200 words or a recording for “A design explained”.
        "#]],
    );
}
