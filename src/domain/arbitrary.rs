//! For tests: histories at random, senseless ones too. Few names, so that events meet.

use proptest::{collection, option, prelude::*, sample::select};

use super::{
    event::{Change, Closed, Event, Ground, Patch, Verdict},
    guide::{Aspect, EvidenceKind, backend_2026},
    slug::Slug,
    story::{day, event, evidence_id, goal_id, project_id, slug},
    time::{Day, Timestamp},
};

/// Mostly within a year from day 0, often at the same midnight as others; now and then anywhere.
pub(crate) fn instant() -> impl Strategy<Value = Timestamp> {
    let near = (0_i64..365, prop_oneof![3 => Just(0_i64), 1 => -1_i64..2]);
    let near = near.prop_map(|(n, micros)| Timestamp::from_micros(day(n).as_micros() + micros));
    prop_oneof![30 => near, 1 => any::<i64>().prop_map(Timestamp::from_micros)]
}

/// Up to so many events of one learner, numbered from 1. Most begin with a registration.
pub(crate) fn events(max: usize) -> impl Strategy<Value = Vec<Event>> {
    let rest = collection::vec((instant(), change()), 0..max);
    let first = prop_oneof![9 => registered(), 1 => change()];
    (instant(), first, rest).prop_map(|(at, first, rest)| numbered(std::iter::once((at, first)).chain(rest)))
}

/// Events that happened then, numbered from 1.
pub(crate) fn numbered(changes: impl IntoIterator<Item = (Timestamp, Change)>) -> Vec<Event> {
    (1..).zip(changes).map(|(version, (at, change))| event(version, at, change)).collect()
}

/// Anything that can happen.
pub(crate) fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        1 => registered(),
        2 => updated(),
        2 => goal_change(),
        4 => course().prop_flat_map(course_change),
        4 => (0_u128..4).prop_flat_map(project_added),
        8 => (0_u128..4).prop_flat_map(project_change),
        8 => (0_u128..8).prop_flat_map(evidence_submitted),
        4 => (0_u128..8).prop_flat_map(evidence_change),
        1 => waived(),
        1 => criterion().prop_map(|criterion| Change::CriterionLapsed { criterion }),
        1 => (0_u32..40).prop_map(|undone| Change::EventUndone { undone }),
        1 => (0_u32..40).prop_map(|redone| Change::EventRedone { redone }),
    ]
}

/// A registration.
pub(crate) fn registered() -> impl Strategy<Value = Change> {
    option::of(stack()).prop_map(|stack| Change::LearnerRegistered {
        name: "Ada".into(),
        external_id: None,
        email: None,
        stack,
    })
}

fn updated() -> impl Strategy<Value = Change> {
    patch(stack()).prop_map(|stack| Change::LearnerUpdated {
        name: None,
        external_id: Patch::Keep,
        email: Patch::Keep,
        stack,
    })
}

fn goal_change() -> impl Strategy<Value = Change> {
    let target = || option::of(instant().prop_map(Timestamp::day));
    let goal = || (0_u128..3).prop_map(goal_id);
    let set = (goal(), target()).prop_map(|(goal, target_date): (_, Option<Day>)| Change::GoalSet {
        goal,
        title: "Job".into(),
        level: slug("junior"),
        stack: None,
        target_date,
        hours_per_week: None,
    });
    let closed = goal().prop_map(|goal| Change::GoalClosed { goal, status: Closed::Achieved });
    prop_oneof![2 => set, 1 => closed]
}

/// What can happen with a course.
pub(crate) fn course_change(course: Slug) -> impl Strategy<Value = Change> {
    let (one, two, three, four) = (course.clone(), course.clone(), course.clone(), course);
    prop_oneof![
        1 => Just(Change::CourseStarted { course: one }),
        1 => any::<u8>().prop_map(move |percent| Change::CourseProgressed { course: two.clone(), percent }),
        3 => Just(Change::CourseCompleted { course: three, certificate_url: None }),
        1 => Just(Change::CourseReopened { course: four }),
    ]
}

/// A project comes.
pub(crate) fn project_added(n: u128) -> impl Strategy<Value = Change> {
    let parts = (option::of(stack()), option::of(text()), option::of(text()), aspects());
    parts.prop_map(move |(stack, framework, repository_url, aspects)| Change::ProjectAdded {
        project: project_id(n),
        name: format!("P{n}"),
        stack,
        framework,
        repository_url,
        aspects,
    })
}

/// What can happen with a project.
pub(crate) fn project_change(n: u128) -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => project_updated(n),
        1 => Just(Change::ProjectRemoved { project: project_id(n) }),
        8 => deployment_checked(n),
        1 => Just(incident(n)),
    ]
}

/// A project changes.
pub(crate) fn project_updated(n: u128) -> impl Strategy<Value = Change> {
    let parts = (patch(stack()), patch(text()), patch(text()), option::of(aspects()));
    parts.prop_map(move |(stack, framework, repository_url, aspects)| Change::ProjectUpdated {
        project: project_id(n),
        name: None,
        stack,
        framework,
        repository_url,
        aspects,
    })
}

/// Somebody looks whether a project answers.
pub(crate) fn deployment_checked(n: u128) -> impl Strategy<Value = Change> {
    (any::<bool>(), instant()).prop_map(move |(ok, checked_at)| Change::DeploymentChecked {
        project: project_id(n),
        url: "https://app.example".into(),
        ok,
        checked_at,
    })
}

/// Something broke in a project.
pub(crate) fn incident(n: u128) -> Change {
    Change::IncidentReported {
        project: project_id(n),
        title: "Down".into(),
        cause: "Pool exhausted".into(),
        fix: "Pool sized".into(),
        url: None,
    }
}

/// A piece of evidence is handed in, which need not fit its criterion.
pub(crate) fn evidence_submitted(n: u128) -> impl Strategy<Value = Change> {
    let n_words = prop_oneof![Just(0_usize), Just(199), Just(200)];
    let fitting = prop_oneof![3 => any::<prop::sample::Index>().prop_map(Some), 1 => Just(None)];
    (criterion(), kind(), fitting, n_words).prop_map(move |(criterion, kind, fitting, n_words)| {
        let kinds = kinds_of(&criterion);
        let fitting = fitting.filter(|_| !kinds.is_empty()).map(|it| kinds[it.index(kinds.len())]);
        Change::EvidenceSubmitted {
            evidence: evidence_id(n),
            criterion,
            evidence_kind: fitting.unwrap_or(kind),
            url: None,
            text: Some("word ".repeat(n_words)),
        }
    })
}

/// A piece of evidence is accepted or rejected.
pub(crate) fn evidence_reviewed(n: u128) -> impl Strategy<Value = Change> {
    let verdict = prop_oneof![3 => Just(Verdict::Accepted), 1 => Just(Verdict::Rejected)];
    verdict.prop_map(move |verdict| Change::EvidenceReviewed {
        evidence: evidence_id(n),
        verdict,
        note: None,
    })
}

fn evidence_change(n: u128) -> impl Strategy<Value = Change> {
    let retracted = Just(Change::EvidenceRetracted { evidence: evidence_id(n) });
    prop_oneof![6 => evidence_reviewed(n), 1 => retracted]
}

/// A criterion is waived.
pub(crate) fn waived() -> impl Strategy<Value = Change> {
    criterion().prop_map(|criterion| Change::CriterionWaived { criterion, ground: Ground::Equivalent })
}

/// A course of the guide, or one that it does not know.
pub(crate) fn course() -> impl Strategy<Value = Slug> {
    select(
        ["cicd-automation", "dotnet-backend", "capstone-project", "async-js-game", "unknown"]
            .map(slug)
            .to_vec(),
    )
}

/// A criterion of the guide, or one that it does not know.
pub(crate) fn criterion() -> impl Strategy<Value = Slug> {
    let mut criteria: Vec<_> = backend_2026().criteria().map(|it| it.slug.clone()).collect();
    criteria.push(slug("unknown"));
    let often = ["sql.query-execution", "sql.handwritten", "deployment.pipeline"].map(slug);
    prop_oneof![select(criteria), select(often.to_vec())]
}

fn kinds_of(criterion: &Slug) -> Vec<EvidenceKind> {
    static GUIDE: std::sync::LazyLock<super::guide::Guide> = std::sync::LazyLock::new(backend_2026);
    GUIDE.criterion(criterion.as_str()).map(|it| it.done_when.evidence_kinds()).unwrap_or_default()
}

fn stack() -> impl Strategy<Value = Slug> {
    select(["nodejs", "dotnet", "go", "cobol"].map(slug).to_vec())
}

fn text() -> impl Strategy<Value = String> {
    Just("https://git.example/p".to_owned())
}

/// A kind of evidence.
pub(crate) fn kind() -> impl Strategy<Value = EvidenceKind> {
    use EvidenceKind::{CiRun, Image, Link, QueryPlan, Recording, Repository, WriteUp};
    select(vec![CiRun, Image, Link, QueryPlan, Recording, Repository, WriteUp])
}

/// An aspect of a project.
pub(crate) fn aspect() -> impl Strategy<Value = Aspect> {
    use Aspect::{
        Alerting, Api, Authentication, AutomatedTests, Container, Database, HandwrittenSql, Logging, Metrics,
        Migration, Orchestration, Pipeline, Tracing,
    };
    let sql = [Database, HandwrittenSql, Migration];
    let run = [Container, Pipeline, AutomatedTests, Logging, Metrics, Tracing, Alerting, Orchestration];
    select([&[Api, Authentication], &sql[..], &run].concat())
}

fn aspects() -> impl Strategy<Value = Vec<Aspect>> {
    collection::vec(aspect(), 0..10)
}

fn patch<T: Clone + std::fmt::Debug>(value: impl Strategy<Value = T>) -> impl Strategy<Value = Patch<T>> {
    let kinds = (0..4_u8, value);
    kinds.prop_map(|(kind, value)| match kind {
        0 => Patch::Clear,
        1 | 2 => Patch::Keep,
        _ => Patch::Set(value),
    })
}
