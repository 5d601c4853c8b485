//! The criteria of the milestone `projects`.

use expect_test::expect;

use super::{
    super::{GUIDE, way},
    check, python,
};
use crate::domain::guide::{
    Aspect::{Api, Authentication, Database},
    EvidenceKind::{Link, WriteUp},
};

#[test]
fn three_real() {
    let one = python().project(2, 1, "go", &[]).project_with(3, 2, None, None, None, &[]);
    let two = one.clone().project(4, 3, "go", &[]);
    let three = two.clone().repository(6, 2);
    let four = three.clone().project(8, 4, "go", &[]);
    check(
        "projects.three-real",
        &[&python(), &one, &two, &three, &four],
        expect![[r#"
        Unmet: 0 of 3 projects with a repository.
          -> Learner: Add 3 projects with a repository.
        Unmet: 1 of 3 projects with a repository: “P1”.
          -> Learner: Add a repository to “P2”, and add a project with a repository.
        Unmet: 2 of 3 projects with a repository: “P1” and “P3”.
          -> Learner: Add a repository to “P2”.
        Evidenced since 2026-01-07: 3 of 3 projects with a repository: “P1”, “P3” and “P2”.
        Evidenced since 2026-01-07: 3 of 3 projects with a repository: “P1”, “P3” and “P2”.
    "#]],
    );
}

#[test]
fn all_deployed() {
    let built = python().project(2, 1, "go", &[]).project(2, 2, "go", &[]).project(2, 3, "go", &[]);
    let two = built.clone().checked(4, 1, true).checked(5, 2, true);
    let bare = two.clone().project_with(6, 4, None, None, None, &[]).checked(6, 4, true);
    let three = two.clone().checked(7, 3, true);
    check(
        "projects.all-deployed",
        &[&python(), &built, &two, &bare, &three],
        expect![[r#"
            Unmet: 0 of 3 projects with a repository and a successful deployment check.
              -> Learner: Add 3 projects with a repository, and record a successful check of where each is deployed.
            Unmet: 0 of 3 projects with a repository and a successful deployment check.
              -> Learner: Record a successful check of where each of “P1”, “P2” and “P3” is deployed.
            Unmet: 2 of 3 projects with a repository and a successful deployment check: “P1” and “P2”.
              -> Learner: Record a successful check of where “P3” is deployed.
            Unmet: 2 of 3 projects with a repository and a successful deployment check: “P1” and “P2”.
              -> Learner: Record a successful check of where “P3” is deployed.
            Evidenced since 2026-01-08: 3 of 3 projects with a repository and a successful deployment check: “P1”, “P2” and “P3”.
        "#]],
    );
}

#[test]
fn incident() {
    let built = python().project_with(2, 1, None, None, None, &[]);
    let done = built.clone().incident(9, 1).incident(4, 1);
    check(
        "projects.incident",
        &[&python(), &built, &done],
        expect![[r#"
            Unmet: There is no project with an incident traced and fixed yet.
              -> Learner: Add a project, and report an incident of it with its cause and fix.
            Unmet: There is no project with an incident traced and fixed yet.
              -> Learner: Report an incident of “P1” with its cause and fix.
            Evidenced since 2026-01-05: “P1” has an incident traced and fixed.
        "#]],
    );
}

/// What a criterion says is true under both readings of the guide.
#[test]
fn both_readings() {
    let mut once = GUIDE.clone();
    once.policy.deploy_each = false;
    let mut each = GUIDE.clone();
    each.policy.debug_each = true;
    let built = python().project(2, 1, "go", &[]).project(2, 2, "go", &[]);
    let done = built.clone().checked(3, 1, true).incident(4, 1);
    expect![[r#"
        Unmet: There is no project with a repository and a successful deployment check yet.
          -> Learner: Record a successful check of where “P1” is deployed.
        Evidenced since 2026-01-04: “P1” has a repository and a successful deployment check.
    "#]]
    .assert_eq(&way(&once, "projects.all-deployed", 100, &[&built, &done]));
    expect![[r#"
        Unmet: 0 of 3 projects with an incident traced and fixed.
          -> Learner: Report an incident of each of “P1” and “P2” with its cause and fix; add a project, and report an incident of it with its cause and fix.
        Unmet: 1 of 3 projects with an incident traced and fixed: “P1”.
          -> Learner: Report an incident of “P2” with its cause and fix; add a project, and report an incident of it with its cause and fix.
    "#]].assert_eq(&way(&each, "projects.incident", 100, &[&built, &done]));
}

#[test]
fn live() {
    let built = python().project_with(2, 1, None, None, None, &[]);
    let lapsed = built.clone().checked(69, 1, true);
    let at_last = built.clone().checked(70, 1, true).checked(80, 1, false);
    check(
        "projects.live",
        &[&python(), &built, &lapsed, &at_last],
        expect![[r#"
            Unmet: There is no project with a successful deployment check from the last 30 days yet.
              -> Learner: Add a project, and record a successful check of where it is deployed, at most 30 days old.
            Unmet: There is no project with a successful deployment check from the last 30 days yet.
              -> Learner: Record a successful check of where “P1” is deployed, at most 30 days old.
            ReviewDue since 2026-04-10: “P1” last answered on 2026-03-11, which is too long ago.
              -> Learner: Record a successful check of where “P1” is deployed, at most 30 days old.
            Evidenced since 2026-03-12 until 2026-04-11: “P1” has a successful deployment check from the last 30 days. It last answered on 2026-03-12.
        "#]],
    );
}

#[test]
fn live_tells_of_the_project_that_answered_last() {
    let both = python().project(2, 1, "go", &[]).project(2, 2, "go", &[]);
    let other_is_fresher = both.checked(75, 1, true).checked(80, 2, true);
    let checked_again = other_is_fresher.clone().checked(90, 1, true);
    check(
        "projects.live",
        &[&other_is_fresher, &checked_again],
        expect![[r#"
        Evidenced since 2026-03-17 until 2026-04-21: “P2” has a successful deployment check from the last 30 days. It last answered on 2026-03-22.
        Evidenced since 2026-03-17 until 2026-05-01: “P1” has a successful deployment check from the last 30 days. It last answered on 2026-04-01.
    "#]],
    );
}

#[test]
fn coverage() {
    let one = python().project(2, 1, "go", &[Api]).project_with(3, 2, None, None, None, &[Database]);
    let two = one.clone().project(4, 3, "go", &[Authentication]);
    let all = two.clone().repository(6, 2);
    check(
        "projects.coverage",
        &[&python(), &one, &two, &all],
        expect![[r#"
            Unmet: No project with a repository covers an API, authentication or a database yet: 0 of 3.
              -> Learner: Cover an API, authentication and a database in projects with a repository.
            Unmet: Projects with a repository cover an API, but not authentication or a database: 1 of 3.
              -> Learner: Cover authentication and a database in projects with a repository.
            Unmet: Projects with a repository cover an API and authentication, but not a database: 2 of 3.
              -> Learner: Cover a database in a project with a repository.
            Evidenced since 2026-01-07: Projects with a repository cover an API, authentication and a database: 3 of 3.
        "#]],
    );
}

#[test]
fn unfamiliar_code() {
    let done = python().evidence(2, 1, "projects.unfamiliar-code", Link, 0);
    check(
        "projects.unfamiliar-code",
        &[&python(), &done],
        expect![[r#"
            Unmet: There is no link for “Work on code of others” yet.
              -> Learner: Hand in a link for “Work on code of others”.
            Evidenced since 2026-01-03: A link was handed in on 2026-01-03.
        "#]],
    );
}

#[test]
fn system_design() {
    let done = python().evidence(2, 1, "projects.system-design", WriteUp, 1);
    check(
        "projects.system-design",
        &[&python(), &done],
        expect![[r#"
            Unmet: There is no write-up for “A system designed” yet.
              -> Learner: Hand in a write-up for “A system designed”.
            Evidenced since 2026-01-03: A write-up was handed in on 2026-01-03.
        "#]],
    );
}
