//! Claims, reviews, waivers and lapses: which status wins, since when, and who must act.

use expect_test::expect;

use super::{GUIDE, REVIEWED, way, with_validity};
use crate::domain::{
    event::{
        Change,
        Verdict::{Accepted, Rejected},
    },
    guide::{
        Aspect::{Api, HandwrittenSql},
        EvidenceKind::{Link, Recording, WriteUp},
        Guide, Rule, backend_2026,
    },
    readiness::{EvidenceStatus, Progress, assess, evidence_status, valid_until},
    story::{Story, day, evidence_id, slug},
};

fn queries(on: i64, n: u128) -> Story {
    Story::of("python").evidence(on, n, "sql.query-execution", WriteUp, 9)
}

#[test]
fn a_course_claims_and_no_more() {
    let claimed = Story::of("nodejs").completed(5, "async-js-game");
    let shown = claimed.clone().evidence(6, 1, "language.async", Link, 0);
    let reopened = claimed.clone().then(7, Change::CourseReopened { course: slug("async-js-game") });
    expect![[r#"
        Claimed since 2026-01-06: “API Basics 3: Build a Game (Async JS, Callbacks & Promises)” was completed on 2026-01-06. That is a claim; it still has to be shown. There is neither a repository nor a link for “Asynchronous JavaScript in a built project” yet.
          -> Learner: Hand in a repository or a link for “Asynchronous JavaScript in a built project”.
        Evidenced since 2026-01-07: A link was handed in on 2026-01-07.
        Unmet: There is neither a repository nor a link for “Asynchronous JavaScript in a built project” yet.
          -> Learner: Hand in a repository or a link for “Asynchronous JavaScript in a built project”.
    "#]].assert_eq(&way(&GUIDE, "language.async", 10, &[&claimed, &shown, &reopened]));
}

#[test]
fn a_course_of_another_stack_claims_nothing() {
    let stories = ["dotnet", "python"].map(|it| Story::of(it).completed(5, "dotnet-backend"));
    let none = Story::without_stack().completed(5, "dotnet-backend");
    let shown = way(&GUIDE, "deployment.deployed", 10, &[&stories[0], &stories[1], &none]);
    expect![[r#"
        Claimed since 2026-01-06: “Back-End Development with .NET” was completed on 2026-01-06. That is a claim; it still has to be shown. There is no project with a successful deployment check yet.
          -> Learner: Add a project, and record a successful check of where it is deployed.
        Unmet: There is no project with a successful deployment check yet.
          -> Learner: Add a project, and record a successful check of where it is deployed.
        Unmet: There is no project with a successful deployment check yet.
          -> Learner: Add a project, and record a successful check of where it is deployed.
    "#]].assert_eq(&shown);
}

#[test]
fn a_course_for_every_stack_claims_without_one() {
    let story = Story::without_stack().completed(5, "cicd-automation");
    expect![[r#"
        Claimed since 2026-01-06: “Mastering Backend Deployment with CI/CD Automation” was completed on 2026-01-06. That is a claim; it still has to be shown. There is no project with a repository and a CI/CD pipeline yet.
          -> Learner: Add a project with a repository and a CI/CD pipeline, or link to a CI run.
    "#]].assert_eq(&way(&GUIDE, "deployment.pipeline", 10, &[&story]));
}

#[test]
fn courses_never_add_a_project() {
    let story = Story::of("go").completed(5, "capstone-project").project(6, 1, "go", &[]);
    expect![[r#"
        Claimed since 2026-01-06: “Back-end Application Development Capstone Project” was completed on 2026-01-06. That is a claim; it still has to be shown. 1 of 3 projects with a repository: “P1”.
          -> Learner: Add 2 projects with a repository.
    "#]].assert_eq(&way(&GUIDE, "projects.three-real", 10, &[&story]));
}

#[test]
fn a_review_verifies_or_discards() {
    let submitted = queries(2, 1);
    let accepted = submitted.clone().reviewed(4, 1, Accepted);
    let rejected = submitted.clone().reviewed(4, 1, Rejected);
    let better = rejected.clone().evidence(6, 2, "sql.query-execution", WriteUp, 9);
    let stories = [&submitted, &accepted, &rejected, &better];
    expect![[r#"
        Evidenced since 2026-01-03: A write-up was handed in on 2026-01-03.
        Verified since 2026-01-05: A reviewer accepted the write-up of 2026-01-03 on 2026-01-05.
        Unmet: A reviewer rejected the write-up of 2026-01-03 on 2026-01-05.
          -> Learner: Hand in a write-up for “How a query executes”.
        Evidenced since 2026-01-07: A write-up was handed in on 2026-01-07.
    "#]]
    .assert_eq(&way(&GUIDE, "sql.query-execution", 10, &stories));
}

#[test]
fn where_reviews_decide_a_reviewer_is_next() {
    let submitted = queries(2, 1);
    let accepted = submitted.clone().reviewed(4, 1, Accepted);
    let rejected = submitted.clone().reviewed(4, 1, Rejected);
    let claimed = Story::of("go").completed(1, "cicd-automation").project(3, 1, "go", &[]);
    let shown = way(&REVIEWED, "sql.query-execution", 10, &[&submitted, &accepted, &rejected]);
    let courses = way(&REVIEWED, "deployment.pipeline", 10, &[&claimed]);
    expect![[r#"
        Claimed since 2026-01-03: The write-up of 2026-01-03 awaits review.
          -> Reviewer: Have a reviewer look at the write-up of 2026-01-03.
        Verified since 2026-01-05: A reviewer accepted the write-up of 2026-01-03 on 2026-01-05.
        Unmet: A reviewer rejected the write-up of 2026-01-03 on 2026-01-05.
          -> Learner: Hand in a write-up for “How a query executes”.
        Claimed since 2026-01-02: “Mastering Backend Deployment with CI/CD Automation” was completed on 2026-01-02. That is a claim; it still has to be shown. There is no project with a repository and a CI/CD pipeline yet.
          -> Learner: Add a CI/CD pipeline to “P1”, or link to a CI run.
    "#]].assert_eq(&(shown + &courses));
}

#[test]
fn facts_count_without_a_review() {
    let linked = Story::of("go").evidence(2, 1, "sql.handwritten", Link, 0);
    let built = linked.clone().project(5, 1, "go", &[HandwrittenSql]);
    let accepted = built.clone().reviewed(7, 1, Accepted);
    let shown = way(&REVIEWED, "sql.handwritten", 10, &[&linked, &built, &accepted]);
    expect![[r#"
        Claimed since 2026-01-03: The link of 2026-01-03 awaits review.
          -> Reviewer: Have a reviewer look at the link of 2026-01-03.
        Evidenced since 2026-01-06: “P1” has a repository and handwritten SQL.
        Verified since 2026-01-08: A reviewer accepted the link of 2026-01-03 on 2026-01-08.
    "#]]
    .assert_eq(&shown);
}

#[test]
fn where_reviews_decide_the_design_is_a_must() {
    let total = |guide, stack| assess(guide, &Story::of(stack).learner(), day(0)).progress.n_total;
    assert_eq!(["nodejs", "go"].map(|it| total(&GUIDE, it)), [18, 16]);
    assert_eq!(["nodejs", "go"].map(|it| total(&REVIEWED, it)), [19, 17]);
    let story = Story::of("go").evidence(2, 1, "language.design-explained", Recording, 0);
    expect![[r#"
        Claimed since 2026-01-03: The recording of 2026-01-03 awaits review.
          -> Reviewer: Have a reviewer look at the recording of 2026-01-03.
    "#]]
    .assert_eq(&way(&REVIEWED, "language.design-explained", 10, &[&story]));
}

#[test]
fn a_waiver_gives_way_to_evidence() {
    let waived = Story::of("go").completed(1, "capstone-project").waived(3, "sql.query-execution");
    let shown = waived.clone().evidence(6, 1, "sql.query-execution", WriteUp, 9);
    let accepted = shown.clone().reviewed(8, 1, Accepted);
    let done = way(&GUIDE, "sql.query-execution", 10, &[&waived, &shown, &accepted]);
    expect![[r#"
        Waived since 2026-01-04: Waived on 2026-01-04: shown in a test.
        Evidenced since 2026-01-07: A write-up was handed in on 2026-01-07.
        Verified since 2026-01-09: A reviewer accepted the write-up of 2026-01-07 on 2026-01-09.
    "#]]
    .assert_eq(&done);
    let readiness = assess(&GUIDE, &accepted.learner(), day(10));
    let criterion = readiness.criterion("sql.query-execution").expect("applies");
    assert_eq!(criterion.done_since, Some(day(3)), "it was done before, if only by the waiver");
}

#[test]
fn a_waiver_wins_over_claims_and_lapses() {
    let claimed = Story::of("go").completed(1, "capstone-project").waived(3, "projects.coverage");
    let lapsed = Story::of("go").project(1, 1, "go", &[]).checked(2, 1, true).waived(40, "projects.live");
    let shown =
        way(&GUIDE, "projects.coverage", 10, &[&claimed]) + &way(&GUIDE, "projects.live", 90, &[&lapsed]);
    expect![[r#"
        Waived since 2026-01-04: Waived on 2026-01-04: shown in a test.
        Waived since 2026-02-10: Waived on 2026-02-10: shown in a test.
    "#]]
    .assert_eq(&shown);
}

#[test]
fn evidence_lapses_after_its_days() {
    let guide = with_validity(backend_2026(), 20);
    let submitted = queries(0, 1);
    let accepted = submitted.clone().reviewed(15, 1, Accepted);
    let late = submitted.clone().reviewed(30, 1, Accepted);
    let stories = [&submitted, &accepted, &late];
    let shown: String = [20, 21, 36].map(|at| way(&guide, "sql.query-execution", at, &stories)).join("--\n");
    expect![[r#"
        Evidenced since 2026-01-01 until 2026-01-21: A write-up was handed in on 2026-01-01.
        Verified since 2026-01-16 until 2026-02-05: A reviewer accepted the write-up of 2026-01-01 on 2026-01-16.
        Verified since 2026-01-31 until 2026-02-20: A reviewer accepted the write-up of 2026-01-01 on 2026-01-31.
        --
        ReviewDue since 2026-01-21: The write-up of 2026-01-01 counted until 2026-01-21.
          -> Learner: Hand in a new write-up for “How a query executes”.
        Verified since 2026-01-16 until 2026-02-05: A reviewer accepted the write-up of 2026-01-01 on 2026-01-16.
        Verified since 2026-01-31 until 2026-02-20: A reviewer accepted the write-up of 2026-01-01 on 2026-01-31.
        --
        ReviewDue since 2026-01-21: The write-up of 2026-01-01 counted until 2026-01-21.
          -> Learner: Hand in a new write-up for “How a query executes”.
        ReviewDue since 2026-02-05: The write-up of 2026-01-01 counted until 2026-02-05.
          -> Learner: Hand in a new write-up for “How a query executes”.
        Verified since 2026-01-31 until 2026-02-20: A reviewer accepted the write-up of 2026-01-01 on 2026-01-31.
    "#]].assert_eq(&shown);
}

#[test]
fn the_status_of_a_piece() {
    let guide = with_validity(backend_2026(), 20);
    let statuses = |story: &Story| {
        let learner = story.learner();
        let evidence = learner.evidence(evidence_id(1)).expect("handed in").clone();
        let until = valid_until(&guide, &evidence).map(|it| it.day().to_string());
        ([19, 21].map(|at| evidence_status(&guide, &evidence, day(at))), until)
    };
    let submitted = queries(0, 1);
    use EvidenceStatus::{Accepted as IsAccepted, Lapsed, Rejected as IsRejected, Submitted};
    assert_eq!(statuses(&submitted), ([Submitted, Lapsed], Some("2026-01-21".into())));
    let accepted = submitted.clone().reviewed(15, 1, Accepted);
    assert_eq!(statuses(&accepted), ([IsAccepted, IsAccepted], Some("2026-02-05".into())));
    assert_eq!(statuses(&submitted.reviewed(5, 1, Rejected)), ([IsRejected, IsRejected], None));
    let short = Story::of("go").evidence(0, 1, "language.design-explained", WriteUp, 199);
    assert_eq!(statuses(&short), ([Submitted, Submitted], None), "what does not count cannot lapse");
}

#[test]
fn only_all_is_100_percent() {
    let percent = |n_done, n_total| Progress { n_done, n_total }.percent();
    assert_eq!([percent(0, 18), percent(17, 18), percent(18, 18)], [Some(0), Some(94), Some(100)]);
    assert_eq!([percent(0, 0), percent(999, 1000), percent(u32::MAX, u32::MAX)], [None, Some(99), Some(100)]);
}

#[test]
fn signals_are_never_progress() {
    let story = Story::of("go").evidence(2, 1, "sql.diagnosed-fix", WriteUp, 1);
    let readiness = assess(&GUIDE, &story.learner(), day(5));
    expect!["1/16 6% | language InProgress 1/2, sql NotStarted 0/5, deployment NotStarted 0/4, projects NotStarted 0/5"].assert_eq(&super::line(&readiness));
    let signals: Vec<_> = readiness.signals().map(|it| (it.criterion.as_str(), it.status)).collect();
    expect![[r#"
        [
            (
                "language.design-explained",
                Unmet,
            ),
            (
                "sql.diagnosed-fix",
                Evidenced,
            ),
            (
                "sql.storage-choice",
                Unmet,
            ),
            (
                "deployment.operations",
                Unmet,
            ),
            (
                "deployment.orchestration",
                Unmet,
            ),
            (
                "projects.unfamiliar-code",
                Unmet,
            ),
            (
                "projects.system-design",
                Unmet,
            ),
        ]
    "#]]
    .assert_debug_eq(&signals);
}

#[test]
fn each_piece_counts_by_itself() {
    let story = queries(2, 1).evidence(6, 2, "sql.query-execution", WriteUp, 9);
    let early = &story.clone().reviewed(8, 1, Accepted);
    let guide = with_validity(backend_2026(), 20);
    let shown = way(&GUIDE, "sql.query-execution", 9, &[&story, early])
        + &way(&guide, "sql.query-execution", 27, &[&story, early]);
    expect![[r#"
        Evidenced since 2026-01-03: A write-up was handed in on 2026-01-03.
        Verified since 2026-01-09: A reviewer accepted the write-up of 2026-01-03 on 2026-01-09.
        ReviewDue since 2026-01-27: The write-up of 2026-01-07 counted until 2026-01-27.
          -> Learner: Hand in a new write-up for “How a query executes”.
        Verified since 2026-01-09 until 2026-01-29: A reviewer accepted the write-up of 2026-01-03 on 2026-01-09.
    "#]].assert_eq(&shown);
}

#[test]
fn a_review_does_not_move_the_day_when_a_milestone_was_met() {
    let story = Story::of("nodejs").evidence(2, 1, "language.async", Link, 0).reviewed(9, 1, Accepted);
    let story = story.waived(4, "language.real-project").waived(5, "language.framework");
    let readiness = assess(&GUIDE, &story.learner(), day(10));
    assert_eq!(readiness.milestone("language").and_then(|it| it.met_at), Some(day(5)));
    let criterion = readiness.criterion("language.async").expect("applies");
    assert_eq!((criterion.since, criterion.done_since), (Some(day(9)), Some(day(2))));
}

/// Handwritten SQL by a project and a link, both.
fn both(mut guide: Guide) -> Guide {
    let criteria = guide.milestones.iter_mut().flat_map(|it| &mut it.criteria);
    for criterion in criteria.filter(|it| it.slug == "sql.handwritten") {
        if let Rule::Any(rules) = &mut criterion.done_when {
            criterion.done_when = Rule::All(std::mem::take(rules));
        }
    }
    guide
}

#[test]
fn all_means_each() {
    let none = Story::of("go");
    let linked = none.clone().evidence(2, 1, "sql.handwritten", Link, 0);
    let built = none.clone().project(3, 1, "go", &[HandwrittenSql]);
    let done = linked.clone().project(3, 1, "go", &[HandwrittenSql]);
    let accepted = done.clone().reviewed(5, 1, Accepted);
    let stories = [&none, &linked, &built, &done, &accepted];
    let submitted = way(&both(backend_2026()), "sql.handwritten", 9, &stories);
    expect![[r#"
        Unmet: There is no project with a repository and handwritten SQL yet. There is no link for “SQL written by hand” yet.
          -> Learner: Add a project with a repository and handwritten SQL, and hand in a link for “SQL written by hand”.
        Unmet: There is no project with a repository and handwritten SQL yet. A link was handed in on 2026-01-03.
          -> Learner: Add a project with a repository and handwritten SQL.
        Unmet: “P1” has a repository and handwritten SQL. There is no link for “SQL written by hand” yet.
          -> Learner: Hand in a link for “SQL written by hand”.
        Evidenced since 2026-01-04: “P1” has a repository and handwritten SQL. A link was handed in on 2026-01-03.
        Verified since 2026-01-06: “P1” has a repository and handwritten SQL. A reviewer accepted the link of 2026-01-03 on 2026-01-06.
    "#]].assert_eq(&submitted);
    expect![[r#"
        Unmet: There is no project with a repository and handwritten SQL yet. There is no link for “SQL written by hand” yet.
          -> Learner: Add a project with a repository and handwritten SQL, and hand in a link for “SQL written by hand”.
        Unmet: There is no project with a repository and handwritten SQL yet. The link of 2026-01-03 awaits review.
          -> Learner: Add a project with a repository and handwritten SQL, and have a reviewer look at the link of 2026-01-03.
        Unmet: “P1” has a repository and handwritten SQL. There is no link for “SQL written by hand” yet.
          -> Learner: Hand in a link for “SQL written by hand”.
        Claimed since 2026-01-03: “P1” has a repository and handwritten SQL. The link of 2026-01-03 awaits review.
          -> Reviewer: Have a reviewer look at the link of 2026-01-03.
        Verified since 2026-01-06: “P1” has a repository and handwritten SQL. A reviewer accepted the link of 2026-01-03 on 2026-01-06.
    "#]].assert_eq(&way(&both(REVIEWED.clone()), "sql.handwritten", 9, &stories));
}

#[test]
fn evidence_is_listed_oldest_first() {
    let story = queries(9, 1).evidence(4, 2, "sql.query-execution", WriteUp, 9);
    let story = story.evidence(4, 3, "sql.query-execution", Link, 9).project(1, 1, "go", &[Api]);
    let readiness = assess(&GUIDE, &story.learner(), day(10));
    let criterion = readiness.criterion("sql.query-execution").expect("applies");
    assert_eq!(criterion.evidence, [evidence_id(2), evidence_id(1)]);
}
