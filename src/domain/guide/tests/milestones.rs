//! The milestones of the built-in document: which criteria, for whom, answered by what.

use expect_test::expect;

use super::{super::*, check_with, slug};

/// How many criteria readiness needs, by milestone and in all.
fn needed(guide: &Guide, stack: Option<&str>) -> (Vec<usize>, usize) {
    let stack = stack.map(slug);
    let needed = |it: &&Criterion| guide.necessity(it) == Necessity::Must && it.applies.to(stack.as_ref());
    let counts: Vec<_> =
        guide.milestones.iter().map(|it| it.criteria.iter().filter(needed).count()).collect();
    let sum = counts.iter().sum();
    (counts, sum)
}

#[test]
fn readiness_needs_16_to_18_criteria() {
    let guide = backend_2026();
    for (stack, counts, sum) in [
        (Some("nodejs"), [4, 5, 4, 5], 18),
        (Some("python"), [3, 5, 4, 5], 17),
        (Some("java"), [3, 5, 4, 5], 17),
        (Some("dotnet"), [3, 5, 4, 5], 17),
        (Some("go"), [2, 5, 4, 5], 16),
        (Some("rust"), [2, 5, 4, 5], 16),
        (None, [3, 5, 4, 5], 17),
    ] {
        assert_eq!(needed(&guide, stack), (counts.to_vec(), sum), "{stack:?}");
    }
}

#[test]
fn a_reviewed_guide_needs_the_explained_design_too() {
    let guide = check_with(&[(r#""evidence": "submitted""#, r#""evidence": "reviewed""#)]).expect("a guide");
    assert_eq!(needed(&guide, Some("nodejs")).1, 19);
}

#[test]
fn milestones_come_in_the_order_of_the_guide() {
    let guide = backend_2026();
    let order: Vec<_> = guide.milestones.iter().map(|it| (it.slug.as_str(), it.order)).collect();
    assert_eq!(order, [("language", 1), ("sql", 2), ("deployment", 2), ("projects", 3)]);
}

#[test]
fn criteria_and_their_rules() {
    let guide = backend_2026();
    let lines: String = guide
        .criteria()
        .map(|it| {
            let must = if it.necessity == Necessity::Must { "must  " } else { "should" };
            let rule = serde_json::to_string(&it.done_when).expect("JSON").replace('"', "");
            format!("{must} {} {rule}\n", it.slug)
        })
        .collect();
    expect![[r#"
        must   language.primary-stack stackChosen
        must   language.real-project {projects:{count:1,inStack:true,repository:true,aspects:[API]}}
        must   language.framework {projects:{count:1,inStack:true,repository:true,framework:true,aspects:[API]}}
        must   language.async {evidence:{kinds:[REPOSITORY,LINK]}}
        should language.design-explained {evidence:{kinds:[WRITE_UP,RECORDING],minWords:200}}
        must   sql.query-execution {evidence:{kinds:[WRITE_UP]}}
        must   sql.indexes {evidence:{kinds:[WRITE_UP,LINK]}}
        must   sql.query-plans {evidence:{kinds:[QUERY_PLAN]}}
        must   sql.handwritten {any:[{projects:{count:1,repository:true,aspects:[HANDWRITTEN_SQL]}},{evidence:{kinds:[LINK]}}]}
        must   sql.schema-migrations {any:[{projects:{count:1,repository:true,aspects:[MIGRATION]}},{evidence:{kinds:[LINK]}}]}
        should sql.diagnosed-fix {evidence:{kinds:[WRITE_UP]}}
        should sql.storage-choice {evidence:{kinds:[WRITE_UP]}}
        must   deployment.deployed {projects:{count:1,deployed:true}}
        must   deployment.container {any:[{projects:{count:1,repository:true,aspects:[CONTAINER]}},{evidence:{kinds:[IMAGE]}}]}
        must   deployment.pipeline {any:[{projects:{count:1,repository:true,aspects:[PIPELINE]}},{evidence:{kinds:[CI_RUN]}}]}
        must   deployment.automated-tests {any:[{projects:{count:1,repository:true,aspects:[AUTOMATED_TESTS]}},{evidence:{kinds:[CI_RUN]}}]}
        should deployment.operations {projects:{count:1,aspects:[LOGGING,METRICS,ALERTING],bonus:[TRACING],deployed:true}}
        should deployment.orchestration {projects:{count:1,repository:true,aspects:[ORCHESTRATION]}}
        must   projects.three-real {projects:{count:3,repository:true}}
        must   projects.all-deployed {projects:{count:{reading:deployEach,each:3,once:1},repository:true,deployed:true}}
        must   projects.incident {projects:{count:{reading:debugEach,each:3,once:1},incident:true}}
        must   projects.live {projects:{count:1,liveWithinDays:30}}
        must   projects.coverage {covered:[API,AUTHENTICATION,DATABASE]}
        should projects.unfamiliar-code {evidence:{kinds:[LINK]}}
        should projects.system-design {evidence:{kinds:[WRITE_UP]}}
    "#]].assert_eq(&lines);
}

#[test]
fn what_courses_claim() {
    let guide = backend_2026();
    let lines: String = guide
        .courses
        .iter()
        .map(|it| format!("{}: {}\n", it.slug, super::texts(&it.claims).join(", ")))
        .collect();
    expect![[r#"
        cicd-automation: deployment.container, deployment.pipeline, deployment.automated-tests
        dotnet-backend: language.real-project, language.framework, sql.schema-migrations, deployment.deployed
        capstone-project: projects.three-real, projects.coverage
        async-js-game: language.async
    "#]]
    .assert_eq(&lines);
}

#[test]
fn figures_of_ours_are_parameters() {
    let guide = backend_2026();
    assert_eq!((guide.warnings.gap.within_days, guide.warnings.review_soon.within_days), (30, 7));
    assert_eq!(guide.warnings.gap.milestone, "deployment");
    assert_eq!((guide.forecast.months_from, guide.forecast.months_to), (6, 12));
}

#[test]
fn a_milestone_made_of_known_rules_needs_no_code() {
    let added = r#""milestones": [
        {
          "slug": "security", "title": "Security", "summary": "Nothing leaks.", "order": 4,
          "criteria": [
            {
              "slug": "security.threats", "title": "Threats named", "question": "Are the threats known?",
              "necessity": "MUST", "applies": "everywhere",
              "doneWhen": {
                "all": [
                  { "evidence": { "kinds": ["WRITE_UP"], "minWords": 100, "validDays": 365 } },
                  { "any": ["stackChosen", { "projects": { "count": 2, "aspects": ["AUTHENTICATION"] } }] }
                ]
              },
              "advice": "Write down what could go wrong.",
              "citation": { "section": "None", "paraphrase": "An addition of our own." }
            }
          ],
          "citation": { "section": "None", "paraphrase": "An addition of our own." }
        },"#;
    let guide = check_with(&[(r#""milestones": ["#, added)]).expect("a guide");
    assert_eq!(guide.milestones.len(), 5);
    let criterion = guide.criterion("security.threats").expect("a criterion");
    assert_eq!(criterion.done_when.evidence_kinds(), [EvidenceKind::WriteUp]);
    assert_eq!(needed(&guide, Some("go")).1, 17);
}
