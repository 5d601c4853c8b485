//! The criteria of the milestone `sql`.

use expect_test::expect;

use super::{check, python};
use crate::domain::guide::{
    Aspect::{HandwrittenSql, Migration},
    EvidenceKind::{Link, QueryPlan, WriteUp},
};

#[test]
fn query_execution() {
    let link = python().evidence(2, 1, "sql.query-execution", Link, 0);
    let done = python().evidence(2, 1, "sql.query-execution", WriteUp, 1);
    check(
        "sql.query-execution",
        &[&python(), &link, &done],
        expect![[r#"
            Unmet: There is no write-up for “How a query executes” yet.
              -> Learner: Hand in a write-up for “How a query executes”.
            Unmet: There is no write-up for “How a query executes” yet.
              -> Learner: Hand in a write-up for “How a query executes”.
            Evidenced since 2026-01-03: A write-up was handed in on 2026-01-03.
        "#]],
    );
}

#[test]
fn indexes() {
    let done = python().evidence(2, 1, "sql.indexes", WriteUp, 1);
    let linked = python().evidence(2, 1, "sql.indexes", Link, 0);
    check(
        "sql.indexes",
        &[&python(), &done, &linked],
        expect![[r#"
            Unmet: There is neither a write-up nor a link for “What an index does, and what it does not” yet.
              -> Learner: Hand in a write-up or a link for “What an index does, and what it does not”.
            Evidenced since 2026-01-03: A write-up was handed in on 2026-01-03.
            Evidenced since 2026-01-03: A link was handed in on 2026-01-03.
        "#]],
    );
}

#[test]
fn query_plans() {
    let text = python().evidence(2, 1, "sql.query-plans", WriteUp, 300);
    let done = python().evidence(2, 1, "sql.query-plans", QueryPlan, 3);
    check(
        "sql.query-plans",
        &[&python(), &text, &done],
        expect![[r#"
        Unmet: There is no query plan yet.
          -> Learner: Hand in a query plan.
        Unmet: There is no query plan yet.
          -> Learner: Hand in a query plan.
        Evidenced since 2026-01-03: A query plan was handed in on 2026-01-03.
    "#]],
    );
}

#[test]
fn handwritten_sql() {
    let bare = python().project_with(2, 1, Some("go"), None, None, &[HandwrittenSql]);
    let done = bare.clone().repository(3, 1);
    let linked = python().evidence(4, 1, "sql.handwritten", Link, 0);
    check(
        "sql.handwritten",
        &[&python(), &bare, &done, &linked],
        expect![[r#"
            Unmet: There is no project with a repository and handwritten SQL yet.
              -> Learner: Add a project with a repository and handwritten SQL, or hand in a link that shows it.
            Unmet: There is no project with a repository and handwritten SQL yet.
              -> Learner: Add a repository to “P1”, or hand in a link that shows it.
            Evidenced since 2026-01-04: “P1” has a repository and handwritten SQL.
            Evidenced since 2026-01-05: A link was handed in on 2026-01-05.
        "#]],
    );
}

#[test]
fn schema_migrations() {
    let done = python().project(2, 1, "go", &[Migration]);
    let linked = python().evidence(4, 1, "sql.schema-migrations", Link, 0);
    let both = done.clone().evidence(1, 1, "sql.schema-migrations", Link, 0);
    check(
        "sql.schema-migrations",
        &[&python(), &done, &linked, &both],
        expect![[r#"
            Unmet: There is no project with a repository and schema migrations yet.
              -> Learner: Add a project with a repository and schema migrations, or hand in a link that shows it.
            Evidenced since 2026-01-03: “P1” has a repository and schema migrations.
            Evidenced since 2026-01-05: A link was handed in on 2026-01-05.
            Evidenced since 2026-01-02: “P1” has a repository and schema migrations.
        "#]],
    );
}

#[test]
fn diagnosed_fix() {
    let done = python().evidence(2, 1, "sql.diagnosed-fix", WriteUp, 1);
    check(
        "sql.diagnosed-fix",
        &[&python(), &done],
        expect![[r#"
            Unmet: There is no write-up for “A slow query, diagnosed and fixed” yet.
              -> Learner: Hand in a write-up for “A slow query, diagnosed and fixed”.
            Evidenced since 2026-01-03: A write-up was handed in on 2026-01-03.
        "#]],
    );
}

#[test]
fn storage_choice() {
    let done = python().evidence(2, 1, "sql.storage-choice", WriteUp, 1);
    check(
        "sql.storage-choice",
        &[&python(), &done],
        expect![[r#"
            Unmet: There is no write-up for “Storage chosen with reasons” yet.
              -> Learner: Hand in a write-up for “Storage chosen with reasons”.
            Evidenced since 2026-01-03: A write-up was handed in on 2026-01-03.
        "#]],
    );
}
