//! Readiness at any instant, on both clocks, and what follows from it.

use serde_json::{Value, json};

use crate::world::{World, column, text};

async fn complete(world: &World, learner: &str, occurred_at: &str) -> String {
    let input =
        json!({ "learner": { "id": learner }, "course": "cicd-automation", "occurredAt": occurred_at });
    text(&world.call("completeCourse", "", input).await["event"]["id"])
}

/// The status of `deployment.pipeline`, which the course claims.
async fn pipeline(world: &World, learner: &str, arguments: &str) -> String {
    let selection = format!(
        "readiness{arguments} {{ milestone(slug: \"deployment\") {{
        criteria {{ criterion {{ slug }} status }} }} }}"
    );
    let read = world.of(learner, &selection).await;
    let criterion = read["readiness"]["milestone"]["criteria"][2].clone();
    assert_eq!(criterion["criterion"]["slug"], "deployment.pipeline");
    text(&criterion["status"])
}

#[tokio::test]
async fn as_of_asks_what_was_known_then_or_how_things_were_then() {
    let world = World::new();
    world.at("2026-02-01T00:00:00Z");
    let learner = world.learner("Ada", None).await;
    world.at("2026-03-01T00:00:00Z");
    let event = complete(&world, &learner, "2026-02-10T00:00:00Z").await;
    world.at("2026-04-01T00:00:00Z");
    world.call("undoEvent", "", json!({ "event": event })).await;
    world.at("2026-05-01T00:00:00Z");
    for (as_of, recorded, occurred) in [
        ("2025-01-01T00:00:00Z", "UNMET", "UNMET"),
        ("2026-02-20T00:00:00Z", "UNMET", "UNMET"),
        ("2026-03-01T00:00:00Z", "CLAIMED", "UNMET"),
        ("2026-03-31T23:59:59Z", "CLAIMED", "UNMET"),
        ("2026-04-01T00:00:00Z", "UNMET", "UNMET"),
        ("2026-06-01T00:00:00Z", "UNMET", "UNMET"),
    ] {
        let at = |clock| format!("(asOf: \"{as_of}\", clock: {clock})");
        assert_eq!(pipeline(&world, &learner, &at("RECORDED")).await, recorded, "{as_of}");
        assert_eq!(pipeline(&world, &learner, &at("OCCURRED")).await, occurred, "{as_of}");
    }
    world.call("redoEvent", "", json!({ "event": event })).await;
    for (as_of, recorded, occurred) in [
        ("2026-02-09T00:00:00Z", "UNMET", "UNMET"),
        ("2026-02-10T00:00:00Z", "UNMET", "CLAIMED"),
        ("2026-04-15T00:00:00Z", "UNMET", "CLAIMED"),
        ("2026-05-01T00:00:00Z", "CLAIMED", "CLAIMED"),
    ] {
        let at = |clock| format!("(asOf: \"{as_of}\"{clock})");
        assert_eq!(pipeline(&world, &learner, &at("")).await, recorded, "{as_of}");
        assert_eq!(pipeline(&world, &learner, &at(", clock: OCCURRED")).await, occurred, "{as_of}");
    }
    assert_eq!(pipeline(&world, &learner, "").await, "CLAIMED");
}

#[tokio::test]
async fn as_of_now_is_readiness_and_a_malformed_instant_an_error() {
    let world = World::new();
    let learner = world.learner("Ada", Some("nodejs")).await;
    world.gets_ready(&learner).await;
    let all = "{ ready asOf progress { done total percent } warnings { code }
        milestones { status metAt metUntil criteria { status because missing nextActor since evidence { id } } } }";
    let now = world.of(&learner, "readiness { asOf }").await["readiness"]["asOf"].clone();
    let now = text(&now);
    let selection = format!(
        "now: readiness {all} recorded: readiness(asOf: \"{now}\") {all}
         occurred: readiness(asOf: \"{now}\", clock: OCCURRED) {all}"
    );
    let read = world.of(&learner, &selection).await;
    assert_eq!(read["now"]["ready"], true);
    assert_eq!((&read["recorded"], &read["occurred"]), (&read["now"], &read["now"]));
    let query = "query($id: ID!) { learner(by: { id: $id }) { readiness(asOf: \"then\") { ready } } }";
    let answer = world.ask(query, json!({ "id": learner })).await;
    assert_eq!(crate::world::codes(&answer), ["BAD_USER_INPUT"]);
}

#[tokio::test]
async fn who_is_ready_has_everything_met_and_nothing_to_do() {
    let world = World::new();
    let learner = world.learner("Ada", Some("nodejs")).await;
    let reached = world.gets_ready(&learner).await;
    assert_eq!(reached, ["deployment", "projects", "language", "sql"]);
    let selection = "readiness { ready progress { done total percent } milestones { milestone { slug } status }
        signals { criterion { necessity } } unknown: milestone(slug: \"x\") { status } guideRevision }
        forecast { paceDate guideEarliest guideLatest basis } nextSteps(first: 100) { criteria { necessity } }";
    let read = world.of(&learner, selection).await;
    let readiness = &read["readiness"];
    assert_eq!(readiness["progress"], json!({ "done": 18, "total": 18, "percent": 100 }));
    assert_eq!(readiness["ready"], true);
    assert!(column(&readiness["milestones"], "status").iter().all(|it| it == "MET"));
    assert_eq!(readiness["unknown"], Value::Null);
    let signals = readiness["signals"].as_array().unwrap();
    assert!(!signals.is_empty() && signals.iter().all(|it| it["criterion"]["necessity"] == "SHOULD"));
    assert_eq!(read["forecast"]["paceDate"], "2026-01-01");
    assert_eq!(read["forecast"]["guideEarliest"], "2026-07-01");
    assert_eq!(read["forecast"]["guideLatest"], "2027-01-01");
    let steps = read["nextSteps"].as_array().unwrap();
    assert!(steps.iter().all(|it| column(&it["criteria"], "necessity").iter().all(|it| it == "SHOULD")));
}

#[tokio::test]
async fn next_steps_are_three_unless_said_otherwise() {
    let world = World::new();
    let learner = world.learner("Ada", None).await;
    let selection = "a: nextSteps { title because } b: nextSteps(first: 1) { title because }
        none: nextSteps(first: 0) { title } all: nextSteps(first: 100) { title because }";
    let read = world.of(&learner, selection).await;
    let (three, all) = (read["a"].as_array().unwrap(), read["all"].as_array().unwrap());
    assert_eq!((three.len(), &read["b"][0], &read["none"]), (3, &three[0], &json!([])));
    assert!(3 < all.len() && all.starts_with(three));
    for bad in ["-1", "101"] {
        let query = format!(
            "query($id: ID!) {{ learner(by: {{ id: $id }}) {{ nextSteps(first: {bad}) {{ title }} }} }}"
        );
        let answer = world.ask(&query, json!({ "id": learner })).await;
        assert_eq!(crate::world::codes(&answer), ["BAD_USER_INPUT"]);
    }
}

#[tokio::test]
async fn goals_say_whether_the_pace_leads_there_in_time() {
    let world = World::new();
    let learner = world.learner("Ada", Some("nodejs")).await;
    for (title, target) in
        [("soon", json!("2026-02-01")), ("late", json!("2099-12-31")), ("whenever", json!(null))]
    {
        let input =
            json!({ "learner": { "id": learner }, "title": title, "level": "junior", "targetDate": target });
        assert_eq!(world.refusals("setGoal", input).await, [""; 0]);
    }
    let on_track = async || {
        let read = world.of(&learner, "goals { title onTrack }").await["goals"].clone();
        read.as_array().unwrap().iter().map(|it| it["onTrack"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(on_track().await, [json!(null), json!(null), json!(null)], "too little is done");
    for name in ["sql.query-execution", "sql.indexes", "sql.query-plans"] {
        world.wait(20);
        let input = json!({ "learner": { "id": learner }, "criterion": name, "ground": "TESTED_OUT", "reason": "Test" });
        world.call("waiveCriterion", "", input).await;
    }
    assert_eq!(on_track().await, [json!(false), json!(true), json!(null)]);
    let closed =
        world.of(&learner, "goals(status: ACHIEVED) { id } active: goals(status: ACTIVE) { id }").await;
    assert_eq!((&closed["goals"], closed["active"].as_array().unwrap().len()), (&json!([]), 3));
}

#[tokio::test]
async fn as_of_shows_evidence_as_it_was_then() {
    let world = World::new();
    world.at("2026-02-01T00:00:00Z");
    let learner = world.learner("Ada", None).await;
    let link = json!({ "learner": { "id": learner }, "criterion": "sql.indexes", "kind": "LINK",
        "url": "https://example.com/index" });
    let evidence = world.call("submitEvidence", "evidence { id }", link.clone()).await;
    world.at("2026-03-01T00:00:00Z");
    let review =
        json!({ "evidence": evidence["evidence"]["id"], "verdict": "REJECTED", "note": "Too short" });
    world.call("reviewEvidence", "", review).await;
    let selection = |as_of: &str| {
        format!(
            "readiness(asOf: \"{as_of}\") {{ milestone(slug: \"sql\") {{
            criteria {{ criterion {{ slug }} status evidence {{ status note }} }} }} }}"
        )
    };
    let before = world.of(&learner, &selection("2026-02-15T00:00:00Z")).await;
    let indexes = before["readiness"]["milestone"]["criteria"][1].clone();
    assert_eq!(indexes["status"], "EVIDENCED");
    assert_eq!(indexes["evidence"], json!([{ "status": "SUBMITTED", "note": null }]));

    let again = world.call("submitEvidence", "evidence { status }", link.clone()).await;
    assert_eq!((&again["changed"], &again["evidence"]["status"]), (&json!(true), &json!("SUBMITTED")));
    assert_eq!(world.call("submitEvidence", "", link).await["changed"], false);
}

#[tokio::test]
async fn a_deployment_happened_when_it_was_checked() {
    let world = World::new();
    world.at("2026-03-01T00:00:00Z");
    let learner = world.learner("Ada", None).await;
    let added =
        json!({ "learner": { "id": learner }, "name": "ferry", "occurredAt": "2026-01-01T00:00:00Z" });
    let project = world.call("addProject", "project { id }", added).await;
    let check = json!({ "project": project["project"]["id"], "url": "https://example.com", "ok": true,
        "checkedAt": "2026-01-05T00:00:00Z" });
    world.call("recordDeployment", "", check).await;
    for (as_of, status) in [("2026-01-04T00:00:00Z", "UNMET"), ("2026-02-01T00:00:00Z", "EVIDENCED")] {
        let selection = format!(
            "readiness(asOf: \"{as_of}\", clock: OCCURRED) {{ milestone(slug: \"deployment\") {{
            criteria {{ status }} }} }}"
        );
        let read = world.of(&learner, &selection).await;
        assert_eq!(read["readiness"]["milestone"]["criteria"][0]["status"], status, "{as_of}");
    }
}
