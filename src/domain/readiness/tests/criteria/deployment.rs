//! The criteria of the milestone `deployment`.

use expect_test::expect;

use super::{check, python};
use crate::domain::guide::{
    Aspect::{Alerting, AutomatedTests, Container, Logging, Metrics, Orchestration, Pipeline, Tracing},
    EvidenceKind::{CiRun, Image},
};

#[test]
fn deployed() {
    let bare = python().project_with(2, 1, None, None, None, &[]);
    let failed = bare.clone().checked(3, 1, false);
    let done = failed.clone().checked(5, 1, true).checked(7, 1, false);
    check(
        "deployment.deployed",
        &[&python(), &bare, &failed, &done],
        expect![[r#"
            Unmet: There is no project with a successful deployment check yet.
              -> Learner: Add a project, and record a successful check of where it is deployed.
            Unmet: There is no project with a successful deployment check yet.
              -> Learner: Record a successful check of where “P1” is deployed.
            Unmet: There is no project with a successful deployment check yet.
              -> Learner: Record a successful check of where “P1” is deployed.
            Evidenced since 2026-01-06: “P1” has a successful deployment check.
        "#]],
    );
}

#[test]
fn container() {
    let done = python().project(2, 1, "go", &[Container]);
    let image = python().evidence(4, 1, "deployment.container", Image, 0);
    check(
        "deployment.container",
        &[&python(), &done, &image],
        expect![[r#"
            Unmet: There is no project with a repository and a container image yet.
              -> Learner: Add a project with a repository and a container image, or link to an image.
            Evidenced since 2026-01-03: “P1” has a repository and a container image.
            Evidenced since 2026-01-05: A container image was handed in on 2026-01-05.
        "#]],
    );
}

#[test]
fn pipeline() {
    let done = python().project(2, 1, "go", &[Pipeline]);
    let run = python().evidence(4, 1, "deployment.pipeline", CiRun, 0);
    check(
        "deployment.pipeline",
        &[&python(), &done, &run],
        expect![[r#"
            Unmet: There is no project with a repository and a CI/CD pipeline yet.
              -> Learner: Add a project with a repository and a CI/CD pipeline, or link to a CI run.
            Evidenced since 2026-01-03: “P1” has a repository and a CI/CD pipeline.
            Evidenced since 2026-01-05: A CI run was handed in on 2026-01-05.
        "#]],
    );
}

#[test]
fn automated_tests() {
    let done = python().project(2, 1, "go", &[AutomatedTests]);
    let run = python().evidence(4, 1, "deployment.automated-tests", CiRun, 0);
    check(
        "deployment.automated-tests",
        &[&python(), &done, &run],
        expect![[r#"
            Unmet: There is no project with a repository and automated tests yet.
              -> Learner: Add a project with a repository and automated tests, or link to a CI run.
            Evidenced since 2026-01-03: “P1” has a repository and automated tests.
            Evidenced since 2026-01-05: A CI run was handed in on 2026-01-05.
        "#]],
    );
}

#[test]
fn operations() {
    let watched = python().project_with(2, 1, None, None, None, &[Logging, Metrics, Alerting]);
    let done = watched.clone().checked(4, 1, true);
    let all = [Logging, Metrics, Alerting, Tracing];
    let traced = done.clone().project(5, 2, "go", &all).checked(6, 2, true);
    let split = python()
        .project(2, 1, "go", &[Logging, Metrics])
        .project(2, 2, "go", &[Alerting])
        .checked(3, 1, true)
        .checked(3, 2, true);
    check(
        "deployment.operations",
        &[&python(), &watched, &done, &traced, &split],
        expect![[r#"
            Unmet: There is no project with logging, metrics, alerting and a successful deployment check yet.
              -> Learner: Add a project with logging, metrics and alerting, and record a successful check of where it is deployed.
            Unmet: There is no project with logging, metrics, alerting and a successful deployment check yet.
              -> Learner: Record a successful check of where “P1” is deployed.
            Evidenced since 2026-01-05: “P1” has logging, metrics, alerting and a successful deployment check.
            Evidenced since 2026-01-05: “P2” has logging, metrics, alerting and a successful deployment check. It also has distributed tracing.
            Unmet: There is no project with logging, metrics, alerting and a successful deployment check yet.
              -> Learner: Add alerting to “P1”.
        "#]],
    );
}

#[test]
fn orchestration() {
    let done = python().project(2, 1, "go", &[Orchestration]);
    check(
        "deployment.orchestration",
        &[&python(), &done],
        expect![[r#"
            Unmet: There is no project with a repository and orchestration yet.
              -> Learner: Add a project with a repository and orchestration.
            Evidenced since 2026-01-03: “P1” has a repository and orchestration.
        "#]],
    );
}
