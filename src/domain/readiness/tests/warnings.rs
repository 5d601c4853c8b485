//! What is warned of, from when, until when.

use expect_test::expect;

use super::GUIDE;
use crate::domain::{
    guide::Aspect::{Api, AutomatedTests, Container, Pipeline},
    readiness::assess,
    story::{Story, day},
    time::Timestamp,
};

fn warnings(story: &Story, now: Timestamp) -> String {
    let warnings = assess(&GUIDE, &story.learner(), now).warnings;
    warnings.iter().map(|it| format!("{}: {}\n", it.code, it.message)).collect()
}

fn micros_before(at: Timestamp, micros: i64) -> Timestamp {
    Timestamp::from_micros(at.as_micros() - micros)
}

#[test]
fn too_early_until_what_comes_first_is_there() {
    let early = Story::of("python").started(5, "cicd-automation");
    let project = early.clone().project(9, 1, "python", &[Api]);
    let framework = project.clone().framework(10, 1, "Django");
    let shown: String = [&early, &project, &framework].map(|it| warnings(it, day(12))).join("--\n");
    expect![[r#"
        TOO_EARLY: “Mastering Backend Deployment with CI/CD Automation” was started on 2026-01-06; what should come before it is open: “A real project in that stack” and “A framework put to use”.
        --
        TOO_EARLY: “Mastering Backend Deployment with CI/CD Automation” was started on 2026-01-06; what should come before it is open: “A framework put to use”.
        --
    "#]].assert_eq(&shown);
}

#[test]
fn too_early_where_only_the_completion_is_known() {
    let completed = Story::of("go").completed(5, "cicd-automation");
    expect![[r#"
        TOO_EARLY: “Mastering Backend Deployment with CI/CD Automation” was started on 2026-01-06; what should come before it is open: “A real project in that stack”.
    "#]].assert_eq(&warnings(&completed, day(12)));
}

#[test]
fn too_early_is_true_of_who_changes_the_stack_after_it() {
    let story = Story::of("go").project(1, 1, "go", &[Api]).started(5, "cicd-automation").stack(8, "rust");
    expect![[r#"
        TOO_EARLY: “Mastering Backend Deployment with CI/CD Automation” was started on 2026-01-06; what should come before it is open: “A real project in that stack”.
    "#]].assert_eq(&warnings(&story, day(12)));
}

#[test]
fn too_early_asks_only_for_what_applies() {
    let go = Story::of("go").project(1, 1, "go", &[Api]).started(5, "cicd-automation");
    assert_eq!(warnings(&go, day(12)), "");
}

#[test]
fn a_gap_before_and_after_the_target() {
    let story = Story::of("go").goal(1, 1, Some(day(60).day())).goal(2, 2, None);
    assert_eq!(warnings(&story, micros_before(day(30), 1)), "");
    expect![[r#"
        GAP: The goal “Goal 1” is to be reached by 2026-03-02, and “Deployed somewhere” is not met yet.
    "#]]
    .assert_eq(&warnings(&story, day(30)));
    assert_eq!(warnings(&story, day(30)), warnings(&story, micros_before(day(61), 1)));
    expect![[r#"
        GAP: The goal “Goal 1” was to be reached by 2026-03-02, and “Deployed somewhere” is still not met.
    "#]]
    .assert_eq(&warnings(&story, day(61)));
    assert_eq!(warnings(&story.goal_closed(62, 1), day(62)), "", "only active goals");
}

#[test]
fn no_gap_where_deployment_is_met() {
    let story = Story::of("go")
        .goal(1, 1, Some(day(60).day()))
        .project(2, 1, "go", &[Container, Pipeline, AutomatedTests])
        .checked(3, 1, true);
    assert_eq!(warnings(&story, day(55)), "");
}

#[test]
fn a_review_is_announced_seven_days_before() {
    let story = Story::of("go").project(2, 1, "go", &[]).checked(10, 1, true);
    let from = Timestamp::from_micros(day(33).as_micros() + 1);
    assert_eq!(warnings(&story, micros_before(from, 1)), "");
    expect![[r#"
        REVIEW_SOON: “Something that runs now” counts only until 2026-02-10: renew it by then. “P1” has a successful deployment check from the last 30 days. It last answered on 2026-01-11.
    "#]].assert_eq(&warnings(&story, from));
    assert_eq!(warnings(&story, Timestamp::from_micros(day(40).as_micros() + 1)), "");
}

#[test]
fn time_alone_changes_nothing_before_it_is_said_to() {
    let story =
        Story::of("go").goal(1, 1, Some(day(200).day())).project(2, 1, "go", &[]).checked(10, 1, true);
    let mut now = day(11);
    let mut lapses = vec![];
    while let Some(next) = assess(&GUIDE, &story.learner(), now).lapses_at {
        lapses.push(next.to_string());
        now = next;
    }
    expect![[r#"
        [
            "2026-02-03T00:00:00.000001Z",
            "2026-02-10T00:00:00.000001Z",
            "2026-06-20T00:00:00Z",
            "2026-07-21T00:00:00Z",
        ]
    "#]]
    .assert_debug_eq(&lapses);
}
