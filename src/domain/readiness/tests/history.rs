//! Since when, until when, and switches of the guide's policy.

use expect_test::expect;

use super::{GUIDE, line, way};
use crate::domain::{
    guide::{Aspect::Api, EvidenceKind::Link, Guide, backend_2026},
    readiness::{MilestoneStatus, assess},
    story::{Story, day},
    summary::Summary,
    time::Timestamp,
};

fn three() -> Story {
    Story::of("go").project(2, 1, "go", &[]).project(3, 2, "go", &[]).project(4, 3, "go", &[])
}

fn switched(switch: impl FnOnce(&mut Guide)) -> Guide {
    let mut guide = backend_2026();
    switch(&mut guide);
    guide
}

#[test]
fn one_deployment_is_enough_where_the_guide_is_read_so() {
    let guide = switched(|it| it.policy.deploy_each = false);
    let one = three().checked(6, 2, true);
    expect![[r#"
        Unmet: There is no project with a repository and a successful deployment check yet.
          -> Learner: Record a successful check of where “P1” is deployed.
        Evidenced since 2026-01-07: “P2” has a repository and a successful deployment check.
    "#]]
    .assert_eq(&way(&guide, "projects.all-deployed", 9, &[&three(), &one]));
}

#[test]
fn an_incident_in_each_where_the_guide_is_read_so() {
    let guide = switched(|it| it.policy.debug_each = true);
    let one = three().incident(6, 2);
    let all = one.clone().incident(7, 1).incident(8, 3);
    expect![[r#"
        Unmet: 1 of 3 projects with an incident traced and fixed: “P2”.
          -> Learner: Report an incident of each of “P1” and “P3” with its cause and fix.
        Evidenced since 2026-01-09: 3 of 3 projects with an incident traced and fixed: “P2”, “P1” and “P3”.
    "#]]
    .assert_eq(&way(&guide, "projects.incident", 9, &[&one, &all]));
}

#[test]
fn exactly_thirty_days_are_not_too_old() {
    let learner = three().checked(10, 1, true).learner();
    let at = |micros: i64| Timestamp::from_micros(day(40).as_micros() + micros);
    let is_done =
        |now| assess(&GUIDE, &learner, now).criterion("projects.live").is_some_and(|it| it.is_done());
    assert!(is_done(at(0)));
    assert!(!is_done(at(1)));
    assert_eq!(
        assess(&GUIDE, &learner, at(0)).criterion("projects.live").and_then(|it| it.valid_until),
        Some(at(1))
    );
}

#[test]
fn live_since_the_first_of_checks_without_a_gap() {
    let steady = (0..60).fold(three(), |it, n| it.checked(5 + 3 * n, 1, true));
    let gap = three().checked(5, 1, true).checked(60, 1, true).checked(80, 1, true);
    let failing = (0..12).fold(three().checked(5, 1, true), |it, n| it.checked(50 + n, 1, false));
    let shown = way(&GUIDE, "projects.live", 185, &[&steady])
        + &way(&GUIDE, "projects.live", 85, &[&gap])
        + &way(&GUIDE, "projects.live", 62, &[&failing]);
    expect![[r#"
        Evidenced since 2026-01-06 until 2026-08-01: “P1” has a successful deployment check from the last 30 days. It last answered on 2026-07-02.
        Evidenced since 2026-03-02 until 2026-04-21: “P1” has a successful deployment check from the last 30 days. It last answered on 2026-03-22.
        ReviewDue since 2026-02-05: “P1” last answered on 2026-01-06, which is too long ago.
          -> Learner: Record a successful check of where “P1” is deployed, at most 30 days old.
    "#]].assert_eq(&shown);
}

#[test]
fn a_fact_holds_since_its_last_part() {
    let story = Story::of("go").project_with(3, 1, Some("go"), None, None, &[Api]).repository(9, 1).project(
        20,
        2,
        "go",
        &[Api],
    );
    expect![[r#"
        Evidenced since 2026-01-10: “P1” is in Go and has a repository and an API.
    "#]]
    .assert_eq(&way(&GUIDE, "language.real-project", 30, &[&story]));
}

#[test]
fn a_changed_stack_rederives() {
    let node = Story::of("nodejs").project_with(3, 1, Some("nodejs"), Some("Express"), Some("u"), &[Api]);
    let node = node.evidence(5, 1, "language.async", Link, 0);
    let stories = [&node, &node.clone().stack(7, "go"), &node.clone().stack(7, "go").stack(9, "nodejs")];
    let shown: String = stories.map(|it| line(&assess(&GUIDE, &it.learner(), day(10))) + "\n").concat();
    expect![[r#"
        4/18 22% | language Met 2026-01-06 4/4, sql NotStarted 0/5, deployment NotStarted 0/4, projects NotStarted 0/5
        1/16 6% | language InProgress 1/2, sql NotStarted 0/5, deployment NotStarted 0/4, projects NotStarted 0/5
        4/18 22% | language Met 2026-01-10 4/4, sql NotStarted 0/5, deployment NotStarted 0/4, projects NotStarted 0/5
    "#]].assert_eq(&shown);
}

#[test]
fn a_summary_knows_until_when_a_milestone_is_met() {
    let waived = |story: Story, slug: &str| story.waived(1, slug);
    let slugs = ["three-real", "all-deployed", "incident", "coverage"].map(|it| format!("projects.{it}"));
    let story = slugs.iter().fold(three().checked(10, 1, true), |it, slug| waived(it, slug));
    let learner = story.learner();
    let projects = assess(&GUIDE, &learner, day(20)).milestone("projects").cloned().expect("there");
    assert_eq!((projects.status, projects.met_at), (MilestoneStatus::Met, Some(day(10))));
    let summary = Summary::of(&GUIDE, &learner, day(20));
    assert_eq!((summary.n_done, summary.n_total), (7, 16));
    assert_eq!(summary.met.len(), 1);
    assert_eq!(summary.met[0].until, Some(Timestamp::from_micros(day(40).as_micros() + 1)));
    assert_eq!(Summary::of(&GUIDE, &learner, day(41)).met, []);
}
