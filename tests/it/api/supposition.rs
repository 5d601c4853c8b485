//! What if: readiness as it would be, and nothing is written.

use serde_json::{Value, json};

use crate::world::{World, codes};

const READINESS: &str = "ready asOf progress { done total percent } warnings { code message }
    milestones { status progress { done } metAt criteria { criterion { slug } status because missing nextActor since } }";

async fn what_if(world: &World, learner: &str, steps: Value) -> Value {
    let query = format!(
        "query($id: ID!, $steps: [WhatIfStep!]!) {{ whatIf(learner: {{ id: $id }}, steps: $steps) {{ {READINESS} }} }}"
    );
    world.ask(&query, json!({ "id": learner, "steps": steps })).await
}

#[tokio::test]
async fn completing_a_course_is_foretold_as_it_comes() {
    for course in ["cicd-automation", "dotnet-backend", "capstone-project", "async-js-game"] {
        let world = World::new();
        let learner = world.learner("Ada", Some("nodejs")).await;
        let foretold = World::data(what_if(&world, &learner, json!([{ "completeCourse": course }])).await);
        assert_eq!(world.of(&learner, "version").await["version"], 1, "nothing is written");
        world.call("completeCourse", "", json!({ "learner": { "id": learner }, "course": course })).await;
        let came = world.of(&learner, &format!("readiness {{ {READINESS} }}")).await;
        assert_eq!(foretold["whatIf"], came["readiness"], "{course}");
    }
}

#[tokio::test]
async fn evidence_and_waivers_meet_what_they_are_for() {
    let world = World::new();
    let learner = world.learner("Ada", Some("nodejs")).await;
    let steps = json!([{ "submitEvidence": "sql.query-plans" }, { "waive": "sql.indexes" }, { "waive": "sql.indexes" }]);
    let foretold = World::data(what_if(&world, &learner, steps).await)["whatIf"].clone();
    let sql = foretold["milestones"][1]["criteria"].as_array().unwrap();
    let status = |slug| sql.iter().find(|it| it["criterion"]["slug"] == slug).unwrap()["status"].clone();
    assert_eq!((status("sql.query-plans"), status("sql.indexes")), (json!("VERIFIED"), json!("WAIVED")));
    let now = world.of(&learner, &format!("version readiness {{ {READINESS} }}")).await;
    assert_eq!(now["version"], 1);
    let nothing = World::data(what_if(&world, &learner, json!([])).await);
    assert_eq!(nothing["whatIf"], now["readiness"]);
}

#[tokio::test]
async fn what_the_guide_does_not_know_is_an_error() {
    let world = World::new();
    let learner = world.learner("Ada", None).await;
    for step in ["completeCourse", "submitEvidence", "waive"] {
        let answer = what_if(&world, &learner, json!([{ step: "juggling" }])).await;
        assert_eq!(codes(&answer), ["BAD_USER_INPUT"], "{step}");
        assert_eq!(answer["data"]["whatIf"], json!(null));
    }
    let facts_only = what_if(&world, &learner, json!([{ "submitEvidence": "projects.live" }])).await;
    assert_eq!(codes(&facts_only), ["BAD_USER_INPUT"]);
    let many = what_if(&world, &learner, json!(vec![json!({ "waive": "sql.indexes" }); 101])).await;
    assert_eq!(codes(&many), ["BAD_USER_INPUT"]);
    let two = json!([{ "waive": "sql.indexes", "completeCourse": "capstone-project" }]);
    assert_eq!(codes(&what_if(&world, &learner, two).await).len(), 1);
}
