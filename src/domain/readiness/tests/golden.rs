//! The whole way of a learner, on each stack: from nothing to ready.

use expect_test::{Expect, expect};

use super::{GUIDE, REVIEWED, line, render};
use crate::domain::{
    event::Verdict::{Accepted, Rejected},
    guide::{
        Aspect::{
            Api, Authentication, AutomatedTests, Container, Database, HandwrittenSql, Migration, Pipeline,
        },
        EvidenceKind::{Link, QueryPlan, WriteUp},
        Guide,
    },
    readiness::assess,
    story::{Story, day},
};

/// Every station of the way, with its day.
fn way(start: Story, stack: &str, framework: Option<&str>) -> Vec<(i64, &'static str, Story)> {
    let mut way = vec![(0, "registers", start)];
    let mut go = |on: i64, what: &'static str, step: &dyn Fn(Story) -> Story| {
        let story = way.last().expect("a start").2.clone();
        way.push((on, what, step(story)));
    };
    let repository = Some("https://git.example/p");
    go(10, "project", &|it| it.project_with(10, 1, Some(stack), framework, repository, &[Api]));
    go(12, "async", &|it| it.evidence(12, 1, "language.async", Link, 0));
    go(20, "queries", &|it| it.evidence(20, 2, "sql.query-execution", WriteUp, 50));
    go(21, "indexes", &|it| it.evidence(21, 3, "sql.indexes", Link, 0));
    go(22, "plans", &|it| it.evidence(22, 4, "sql.query-plans", QueryPlan, 10));
    go(30, "sql", &|it| it.aspects(30, 1, &[Api, HandwrittenSql, Migration, Database]));
    go(40, "second project", &|it| {
        it.project(40, 2, stack, &[Container, Pipeline, AutomatedTests, Authentication])
    });
    go(41, "deploys", &|it| it.checked(41, 1, true).checked(41, 2, true));
    go(50, "third project", &|it| it.project(50, 3, stack, &[]));
    go(51, "deploys it", &|it| it.checked(51, 3, true));
    go(60, "incident", &|it| it.incident(60, 1));
    go(90, "waits", &|it| it);
    way
}

fn check(start: Story, stack: &str, framework: Option<&str>, expect: Expect) {
    check_by(&GUIDE, way(start, stack, framework), expect);
}

fn check_by(guide: &Guide, way: Vec<(i64, &'static str, Story)>, expect: Expect) {
    let show = |(at, what, story): (i64, &str, Story)| {
        format!("{what}: {}\n", line(&assess(guide, &story.learner(), day(at))))
    };
    expect.assert_eq(&way.into_iter().map(show).collect::<String>());
}

#[test]
fn nodejs_has_18() {
    check(
        Story::of("nodejs"),
        "nodejs",
        Some("Express"),
        expect![[r#"
        registers: 1/18 5% | language InProgress 1/4, sql NotStarted 0/5, deployment NotStarted 0/4, projects NotStarted 0/5
        project: 3/18 16% | language InProgress 3/4, sql NotStarted 0/5, deployment NotStarted 0/4, projects NotStarted 0/5
        async: 4/18 22% | language Met 2026-01-13 4/4, sql NotStarted 0/5, deployment NotStarted 0/4, projects NotStarted 0/5
        queries: 5/18 27% | language Met 2026-01-13 4/4, sql InProgress 1/5, deployment NotStarted 0/4, projects NotStarted 0/5
        indexes: 6/18 33% | language Met 2026-01-13 4/4, sql InProgress 2/5, deployment NotStarted 0/4, projects NotStarted 0/5
        plans: 7/18 38% | language Met 2026-01-13 4/4, sql InProgress 3/5, deployment NotStarted 0/4, projects NotStarted 0/5
        sql: 9/18 50% | language Met 2026-01-13 4/4, sql Met 2026-01-31 5/5, deployment NotStarted 0/4, projects NotStarted 0/5
        second project: 13/18 72% | language Met 2026-01-13 4/4, sql Met 2026-01-31 5/5, deployment InProgress 3/4, projects InProgress 1/5
        deploys: 15/18 83% | language Met 2026-01-13 4/4, sql Met 2026-01-31 5/5, deployment Met 2026-02-11 4/4, projects InProgress 2/5
        third project: 16/18 88% | language Met 2026-01-13 4/4, sql Met 2026-01-31 5/5, deployment Met 2026-02-11 4/4, projects InProgress 3/5
        deploys it: 17/18 94% | language Met 2026-01-13 4/4, sql Met 2026-01-31 5/5, deployment Met 2026-02-11 4/4, projects InProgress 4/5
        incident: 18/18 100% READY | language Met 2026-01-13 4/4, sql Met 2026-01-31 5/5, deployment Met 2026-02-11 4/4, projects Met 2026-03-02 5/5
        waits: 17/18 94% | language Met 2026-01-13 4/4, sql Met 2026-01-31 5/5, deployment Met 2026-02-11 4/4, projects InProgress 4/5
    "#]],
    );
}

#[test]
fn nodejs_has_19_where_reviews_decide() {
    let mut way = way(Story::of("nodejs"), "nodejs", Some("Express"));
    way.pop();
    let mut go = |on: i64, what: &'static str, step: &dyn Fn(Story) -> Story| {
        let story = way.last().expect("a start").2.clone();
        way.push((on, what, step(story)));
    };
    go(61, "design", &|it| it.evidence(61, 5, "language.design-explained", WriteUp, 200));
    go(62, "async accepted", &|it| it.reviewed(62, 1, Accepted));
    go(63, "queries accepted", &|it| it.reviewed(63, 2, Accepted));
    go(63, "indexes rejected", &|it| it.reviewed(63, 3, Rejected));
    go(63, "plans accepted", &|it| it.reviewed(63, 4, Accepted));
    go(64, "design accepted", &|it| it.reviewed(64, 5, Accepted));
    go(65, "indexes again", &|it| it.evidence(65, 6, "sql.indexes", WriteUp, 80));
    go(66, "indexes accepted", &|it| it.reviewed(66, 6, Accepted));
    check_by(
        &REVIEWED,
        way,
        expect![[r#"
        registers: 1/19 5% | language InProgress 1/5, sql NotStarted 0/5, deployment NotStarted 0/4, projects NotStarted 0/5
        project: 3/19 15% | language InProgress 3/5, sql NotStarted 0/5, deployment NotStarted 0/4, projects NotStarted 0/5
        async: 3/19 15% | language InProgress 3/5, sql NotStarted 0/5, deployment NotStarted 0/4, projects NotStarted 0/5
        queries: 3/19 15% | language InProgress 3/5, sql InProgress 0/5, deployment NotStarted 0/4, projects NotStarted 0/5
        indexes: 3/19 15% | language InProgress 3/5, sql InProgress 0/5, deployment NotStarted 0/4, projects NotStarted 0/5
        plans: 3/19 15% | language InProgress 3/5, sql InProgress 0/5, deployment NotStarted 0/4, projects NotStarted 0/5
        sql: 5/19 26% | language InProgress 3/5, sql InProgress 2/5, deployment NotStarted 0/4, projects NotStarted 0/5
        second project: 9/19 47% | language InProgress 3/5, sql InProgress 2/5, deployment InProgress 3/4, projects InProgress 1/5
        deploys: 11/19 57% | language InProgress 3/5, sql InProgress 2/5, deployment Met 2026-02-11 4/4, projects InProgress 2/5
        third project: 12/19 63% | language InProgress 3/5, sql InProgress 2/5, deployment Met 2026-02-11 4/4, projects InProgress 3/5
        deploys it: 13/19 68% | language InProgress 3/5, sql InProgress 2/5, deployment Met 2026-02-11 4/4, projects InProgress 4/5
        incident: 14/19 73% | language InProgress 3/5, sql InProgress 2/5, deployment Met 2026-02-11 4/4, projects Met 2026-03-02 5/5
        design: 14/19 73% | language InProgress 3/5, sql InProgress 2/5, deployment Met 2026-02-11 4/4, projects Met 2026-03-02 5/5
        async accepted: 15/19 78% | language InProgress 4/5, sql InProgress 2/5, deployment Met 2026-02-11 4/4, projects Met 2026-03-02 5/5
        queries accepted: 16/19 84% | language InProgress 4/5, sql InProgress 3/5, deployment Met 2026-02-11 4/4, projects Met 2026-03-02 5/5
        indexes rejected: 16/19 84% | language InProgress 4/5, sql InProgress 3/5, deployment Met 2026-02-11 4/4, projects Met 2026-03-02 5/5
        plans accepted: 17/19 89% | language InProgress 4/5, sql InProgress 4/5, deployment Met 2026-02-11 4/4, projects Met 2026-03-02 5/5
        design accepted: 18/19 94% | language Met 2026-03-06 5/5, sql InProgress 4/5, deployment Met 2026-02-11 4/4, projects Met 2026-03-02 5/5
        indexes again: 18/19 94% | language Met 2026-03-06 5/5, sql InProgress 4/5, deployment Met 2026-02-11 4/4, projects Met 2026-03-02 5/5
        indexes accepted: 19/19 100% READY | language Met 2026-03-06 5/5, sql Met 2026-03-08 5/5, deployment Met 2026-02-11 4/4, projects Met 2026-03-02 5/5
    "#]],
    );
}

#[test]
fn python_has_17() {
    check(
        Story::of("python"),
        "python",
        Some("FastAPI"),
        expect![[r#"
        registers: 1/17 5% | language InProgress 1/3, sql NotStarted 0/5, deployment NotStarted 0/4, projects NotStarted 0/5
        project: 3/17 17% | language Met 2026-01-11 3/3, sql NotStarted 0/5, deployment NotStarted 0/4, projects NotStarted 0/5
        async: 3/17 17% | language Met 2026-01-11 3/3, sql NotStarted 0/5, deployment NotStarted 0/4, projects NotStarted 0/5
        queries: 4/17 23% | language Met 2026-01-11 3/3, sql InProgress 1/5, deployment NotStarted 0/4, projects NotStarted 0/5
        indexes: 5/17 29% | language Met 2026-01-11 3/3, sql InProgress 2/5, deployment NotStarted 0/4, projects NotStarted 0/5
        plans: 6/17 35% | language Met 2026-01-11 3/3, sql InProgress 3/5, deployment NotStarted 0/4, projects NotStarted 0/5
        sql: 8/17 47% | language Met 2026-01-11 3/3, sql Met 2026-01-31 5/5, deployment NotStarted 0/4, projects NotStarted 0/5
        second project: 12/17 70% | language Met 2026-01-11 3/3, sql Met 2026-01-31 5/5, deployment InProgress 3/4, projects InProgress 1/5
        deploys: 14/17 82% | language Met 2026-01-11 3/3, sql Met 2026-01-31 5/5, deployment Met 2026-02-11 4/4, projects InProgress 2/5
        third project: 15/17 88% | language Met 2026-01-11 3/3, sql Met 2026-01-31 5/5, deployment Met 2026-02-11 4/4, projects InProgress 3/5
        deploys it: 16/17 94% | language Met 2026-01-11 3/3, sql Met 2026-01-31 5/5, deployment Met 2026-02-11 4/4, projects InProgress 4/5
        incident: 17/17 100% READY | language Met 2026-01-11 3/3, sql Met 2026-01-31 5/5, deployment Met 2026-02-11 4/4, projects Met 2026-03-02 5/5
        waits: 16/17 94% | language Met 2026-01-11 3/3, sql Met 2026-01-31 5/5, deployment Met 2026-02-11 4/4, projects InProgress 4/5
    "#]],
    );
}

#[test]
fn java_has_17() {
    check(
        Story::of("java"),
        "java",
        Some("Spring Boot"),
        expect![[r#"
        registers: 1/17 5% | language InProgress 1/3, sql NotStarted 0/5, deployment NotStarted 0/4, projects NotStarted 0/5
        project: 3/17 17% | language Met 2026-01-11 3/3, sql NotStarted 0/5, deployment NotStarted 0/4, projects NotStarted 0/5
        async: 3/17 17% | language Met 2026-01-11 3/3, sql NotStarted 0/5, deployment NotStarted 0/4, projects NotStarted 0/5
        queries: 4/17 23% | language Met 2026-01-11 3/3, sql InProgress 1/5, deployment NotStarted 0/4, projects NotStarted 0/5
        indexes: 5/17 29% | language Met 2026-01-11 3/3, sql InProgress 2/5, deployment NotStarted 0/4, projects NotStarted 0/5
        plans: 6/17 35% | language Met 2026-01-11 3/3, sql InProgress 3/5, deployment NotStarted 0/4, projects NotStarted 0/5
        sql: 8/17 47% | language Met 2026-01-11 3/3, sql Met 2026-01-31 5/5, deployment NotStarted 0/4, projects NotStarted 0/5
        second project: 12/17 70% | language Met 2026-01-11 3/3, sql Met 2026-01-31 5/5, deployment InProgress 3/4, projects InProgress 1/5
        deploys: 14/17 82% | language Met 2026-01-11 3/3, sql Met 2026-01-31 5/5, deployment Met 2026-02-11 4/4, projects InProgress 2/5
        third project: 15/17 88% | language Met 2026-01-11 3/3, sql Met 2026-01-31 5/5, deployment Met 2026-02-11 4/4, projects InProgress 3/5
        deploys it: 16/17 94% | language Met 2026-01-11 3/3, sql Met 2026-01-31 5/5, deployment Met 2026-02-11 4/4, projects InProgress 4/5
        incident: 17/17 100% READY | language Met 2026-01-11 3/3, sql Met 2026-01-31 5/5, deployment Met 2026-02-11 4/4, projects Met 2026-03-02 5/5
        waits: 16/17 94% | language Met 2026-01-11 3/3, sql Met 2026-01-31 5/5, deployment Met 2026-02-11 4/4, projects InProgress 4/5
    "#]],
    );
}

#[test]
fn dotnet_has_17() {
    check(
        Story::of("dotnet"),
        "dotnet",
        Some("ASP.NET Core"),
        expect![[r#"
        registers: 1/17 5% | language InProgress 1/3, sql NotStarted 0/5, deployment NotStarted 0/4, projects NotStarted 0/5
        project: 3/17 17% | language Met 2026-01-11 3/3, sql NotStarted 0/5, deployment NotStarted 0/4, projects NotStarted 0/5
        async: 3/17 17% | language Met 2026-01-11 3/3, sql NotStarted 0/5, deployment NotStarted 0/4, projects NotStarted 0/5
        queries: 4/17 23% | language Met 2026-01-11 3/3, sql InProgress 1/5, deployment NotStarted 0/4, projects NotStarted 0/5
        indexes: 5/17 29% | language Met 2026-01-11 3/3, sql InProgress 2/5, deployment NotStarted 0/4, projects NotStarted 0/5
        plans: 6/17 35% | language Met 2026-01-11 3/3, sql InProgress 3/5, deployment NotStarted 0/4, projects NotStarted 0/5
        sql: 8/17 47% | language Met 2026-01-11 3/3, sql Met 2026-01-31 5/5, deployment NotStarted 0/4, projects NotStarted 0/5
        second project: 12/17 70% | language Met 2026-01-11 3/3, sql Met 2026-01-31 5/5, deployment InProgress 3/4, projects InProgress 1/5
        deploys: 14/17 82% | language Met 2026-01-11 3/3, sql Met 2026-01-31 5/5, deployment Met 2026-02-11 4/4, projects InProgress 2/5
        third project: 15/17 88% | language Met 2026-01-11 3/3, sql Met 2026-01-31 5/5, deployment Met 2026-02-11 4/4, projects InProgress 3/5
        deploys it: 16/17 94% | language Met 2026-01-11 3/3, sql Met 2026-01-31 5/5, deployment Met 2026-02-11 4/4, projects InProgress 4/5
        incident: 17/17 100% READY | language Met 2026-01-11 3/3, sql Met 2026-01-31 5/5, deployment Met 2026-02-11 4/4, projects Met 2026-03-02 5/5
        waits: 16/17 94% | language Met 2026-01-11 3/3, sql Met 2026-01-31 5/5, deployment Met 2026-02-11 4/4, projects InProgress 4/5
    "#]],
    );
}

#[test]
fn go_has_16() {
    check(
        Story::of("go"),
        "go",
        None,
        expect![[r#"
        registers: 1/16 6% | language InProgress 1/2, sql NotStarted 0/5, deployment NotStarted 0/4, projects NotStarted 0/5
        project: 2/16 12% | language Met 2026-01-11 2/2, sql NotStarted 0/5, deployment NotStarted 0/4, projects NotStarted 0/5
        async: 2/16 12% | language Met 2026-01-11 2/2, sql NotStarted 0/5, deployment NotStarted 0/4, projects NotStarted 0/5
        queries: 3/16 18% | language Met 2026-01-11 2/2, sql InProgress 1/5, deployment NotStarted 0/4, projects NotStarted 0/5
        indexes: 4/16 25% | language Met 2026-01-11 2/2, sql InProgress 2/5, deployment NotStarted 0/4, projects NotStarted 0/5
        plans: 5/16 31% | language Met 2026-01-11 2/2, sql InProgress 3/5, deployment NotStarted 0/4, projects NotStarted 0/5
        sql: 7/16 43% | language Met 2026-01-11 2/2, sql Met 2026-01-31 5/5, deployment NotStarted 0/4, projects NotStarted 0/5
        second project: 11/16 68% | language Met 2026-01-11 2/2, sql Met 2026-01-31 5/5, deployment InProgress 3/4, projects InProgress 1/5
        deploys: 13/16 81% | language Met 2026-01-11 2/2, sql Met 2026-01-31 5/5, deployment Met 2026-02-11 4/4, projects InProgress 2/5
        third project: 14/16 87% | language Met 2026-01-11 2/2, sql Met 2026-01-31 5/5, deployment Met 2026-02-11 4/4, projects InProgress 3/5
        deploys it: 15/16 93% | language Met 2026-01-11 2/2, sql Met 2026-01-31 5/5, deployment Met 2026-02-11 4/4, projects InProgress 4/5
        incident: 16/16 100% READY | language Met 2026-01-11 2/2, sql Met 2026-01-31 5/5, deployment Met 2026-02-11 4/4, projects Met 2026-03-02 5/5
        waits: 15/16 93% | language Met 2026-01-11 2/2, sql Met 2026-01-31 5/5, deployment Met 2026-02-11 4/4, projects InProgress 4/5
    "#]],
    );
}

#[test]
fn rust_has_16() {
    check(
        Story::of("rust"),
        "rust",
        None,
        expect![[r#"
        registers: 1/16 6% | language InProgress 1/2, sql NotStarted 0/5, deployment NotStarted 0/4, projects NotStarted 0/5
        project: 2/16 12% | language Met 2026-01-11 2/2, sql NotStarted 0/5, deployment NotStarted 0/4, projects NotStarted 0/5
        async: 2/16 12% | language Met 2026-01-11 2/2, sql NotStarted 0/5, deployment NotStarted 0/4, projects NotStarted 0/5
        queries: 3/16 18% | language Met 2026-01-11 2/2, sql InProgress 1/5, deployment NotStarted 0/4, projects NotStarted 0/5
        indexes: 4/16 25% | language Met 2026-01-11 2/2, sql InProgress 2/5, deployment NotStarted 0/4, projects NotStarted 0/5
        plans: 5/16 31% | language Met 2026-01-11 2/2, sql InProgress 3/5, deployment NotStarted 0/4, projects NotStarted 0/5
        sql: 7/16 43% | language Met 2026-01-11 2/2, sql Met 2026-01-31 5/5, deployment NotStarted 0/4, projects NotStarted 0/5
        second project: 11/16 68% | language Met 2026-01-11 2/2, sql Met 2026-01-31 5/5, deployment InProgress 3/4, projects InProgress 1/5
        deploys: 13/16 81% | language Met 2026-01-11 2/2, sql Met 2026-01-31 5/5, deployment Met 2026-02-11 4/4, projects InProgress 2/5
        third project: 14/16 87% | language Met 2026-01-11 2/2, sql Met 2026-01-31 5/5, deployment Met 2026-02-11 4/4, projects InProgress 3/5
        deploys it: 15/16 93% | language Met 2026-01-11 2/2, sql Met 2026-01-31 5/5, deployment Met 2026-02-11 4/4, projects InProgress 4/5
        incident: 16/16 100% READY | language Met 2026-01-11 2/2, sql Met 2026-01-31 5/5, deployment Met 2026-02-11 4/4, projects Met 2026-03-02 5/5
        waits: 15/16 93% | language Met 2026-01-11 2/2, sql Met 2026-01-31 5/5, deployment Met 2026-02-11 4/4, projects InProgress 4/5
    "#]],
    );
}

#[test]
fn without_a_stack_there_are_17() {
    check(
        Story::without_stack(),
        "nodejs",
        Some("Express"),
        expect![[r#"
        registers: 0/17 0% | language NotStarted 0/3, sql NotStarted 0/5, deployment NotStarted 0/4, projects NotStarted 0/5
        project: 0/17 0% | language NotStarted 0/3, sql NotStarted 0/5, deployment NotStarted 0/4, projects NotStarted 0/5
        async: 0/17 0% | language NotStarted 0/3, sql NotStarted 0/5, deployment NotStarted 0/4, projects NotStarted 0/5
        queries: 1/17 5% | language NotStarted 0/3, sql InProgress 1/5, deployment NotStarted 0/4, projects NotStarted 0/5
        indexes: 2/17 11% | language NotStarted 0/3, sql InProgress 2/5, deployment NotStarted 0/4, projects NotStarted 0/5
        plans: 3/17 17% | language NotStarted 0/3, sql InProgress 3/5, deployment NotStarted 0/4, projects NotStarted 0/5
        sql: 5/17 29% | language NotStarted 0/3, sql Met 2026-01-31 5/5, deployment NotStarted 0/4, projects NotStarted 0/5
        second project: 9/17 52% | language NotStarted 0/3, sql Met 2026-01-31 5/5, deployment InProgress 3/4, projects InProgress 1/5
        deploys: 11/17 64% | language NotStarted 0/3, sql Met 2026-01-31 5/5, deployment Met 2026-02-11 4/4, projects InProgress 2/5
        third project: 12/17 70% | language NotStarted 0/3, sql Met 2026-01-31 5/5, deployment Met 2026-02-11 4/4, projects InProgress 3/5
        deploys it: 13/17 76% | language NotStarted 0/3, sql Met 2026-01-31 5/5, deployment Met 2026-02-11 4/4, projects InProgress 4/5
        incident: 14/17 82% | language NotStarted 0/3, sql Met 2026-01-31 5/5, deployment Met 2026-02-11 4/4, projects Met 2026-03-02 5/5
        waits: 13/17 76% | language NotStarted 0/3, sql Met 2026-01-31 5/5, deployment Met 2026-02-11 4/4, projects InProgress 4/5
    "#]],
    );
}

#[test]
fn every_verdict_has_its_reason() {
    let (_, _, story) = way(Story::of("go"), "go", None).swap_remove(9);
    let readiness = assess(&GUIDE, &story.learner(), day(55));
    let show = |it| format!("{} {}", &it, render(readiness.criterion(it).expect("applies")));
    let shown: String = readiness.criteria().map(|it| show(it.criterion.as_str())).collect();
    expect![[r#"
        language.primary-stack Evidenced since 2026-01-01: The stack is Go, since 2026-01-01.
        language.real-project Evidenced since 2026-01-11: “P1” is in Go and has a repository and an API.
        language.design-explained Unmet: There is neither a write-up of at least 200 words nor a recording for “A design explained” yet.
          -> Learner: Hand in a write-up of at least 200 words or a recording for “A design explained”.
        sql.query-execution Evidenced since 2026-01-21: A write-up was handed in on 2026-01-21.
        sql.indexes Evidenced since 2026-01-22: A link was handed in on 2026-01-22.
        sql.query-plans Evidenced since 2026-01-23: A query plan was handed in on 2026-01-23.
        sql.handwritten Evidenced since 2026-01-31: “P1” has a repository and handwritten SQL.
        sql.schema-migrations Evidenced since 2026-01-31: “P1” has a repository and schema migrations.
        sql.diagnosed-fix Unmet: There is no write-up for “A slow query, diagnosed and fixed” yet.
          -> Learner: Hand in a write-up for “A slow query, diagnosed and fixed”.
        sql.storage-choice Unmet: There is no write-up for “Storage chosen with reasons” yet.
          -> Learner: Hand in a write-up for “Storage chosen with reasons”.
        deployment.deployed Evidenced since 2026-02-11: “P1” has a successful deployment check.
        deployment.container Evidenced since 2026-02-10: “P2” has a repository and a container image.
        deployment.pipeline Evidenced since 2026-02-10: “P2” has a repository and a CI/CD pipeline.
        deployment.automated-tests Evidenced since 2026-02-10: “P2” has a repository and automated tests.
        deployment.operations Unmet: There is no project with logging, metrics, alerting and a successful deployment check yet.
          -> Learner: Add logging, metrics and alerting to “P1”.
        deployment.orchestration Unmet: There is no project with a repository and orchestration yet.
          -> Learner: Add orchestration to “P1”.
        projects.three-real Evidenced since 2026-02-20: 3 of 3 projects with a repository: “P1”, “P2” and “P3”.
        projects.all-deployed Unmet: 2 of 3 projects with a repository and a successful deployment check: “P1” and “P2”.
          -> Learner: Record a successful check of where “P3” is deployed.
        projects.incident Unmet: There is no project with an incident traced and fixed yet.
          -> Learner: Report an incident of “P1” with its cause and fix.
        projects.live Evidenced since 2026-02-11 until 2026-03-13: “P2” has a successful deployment check from the last 30 days. It last answered on 2026-02-11.
        projects.coverage Evidenced since 2026-02-10: Projects with a repository cover an API, authentication and a database: 3 of 3.
        projects.unfamiliar-code Unmet: There is no link for “Work on code of others” yet.
          -> Learner: Hand in a link for “Work on code of others”.
        projects.system-design Unmet: There is no write-up for “A system designed” yet.
          -> Learner: Hand in a write-up for “A system designed”.
    "#]].assert_eq(&shown);
}
