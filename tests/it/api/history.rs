//! Readiness over time: each instant is what `readiness(asOf: …)` answers for it, on either clock.

use serde_json::{Value, json};

use super::mutation::Somebody;
use crate::world::{World, column};

const POINT: &str = "asOf ready progress { done total percent } milestonesMet { slug }";
const READINESS: &str = "asOf ready progress { done total percent } milestones { status milestone { slug } }";

/// A learner of whom things were learnt late, undone and redone, in the first months of 2026.
async fn somebody(world: &World) -> String {
    world.at("2026-01-05T10:00:00Z");
    let somebody = Somebody::of(world).await;
    let course = |course: &str, at: &str| json!({ "learner": { "id": somebody.learner }, "course": course, "occurredAt": at });
    world.at("2026-02-10T10:00:00Z");
    world.call("completeCourse", "", course("cicd-automation", "2026-01-20T00:00:00Z")).await;
    world.call("completeCourse", "", course("async-js-game", "2026-02-09T00:00:00Z")).await;
    world.at("2026-03-01T10:00:00Z");
    world.call("undoEvent", "", json!({ "event": somebody.event })).await;
    let evidence =
        json!({ "evidence": somebody.evidence, "verdict": "ACCEPTED", "occurredAt": "2026-02-01T00:00:00Z" });
    world.call("reviewEvidence", "", evidence).await;
    world.at("2026-03-20T10:00:00Z");
    world.call("redoEvent", "", json!({ "event": somebody.event })).await;
    world.at("2026-04-01T00:00:00Z");
    somebody.learner
}

async fn history(world: &World, learner: &str, arguments: &str, selection: &str) -> Value {
    world.of(learner, &format!("readinessHistory({arguments}) {{ {selection} }}")).await["readinessHistory"]
        .clone()
}

#[tokio::test]
async fn each_instant_is_as_readiness_says_of_it() {
    let world = World::new();
    let learner = somebody(&world).await;
    let mut seen = std::collections::BTreeSet::new();
    for clock in ["RECORDED", "OCCURRED"] {
        for every in ["DAY", "WEEK", "MONTH"] {
            let arguments = format!(
                "from: \"2026-01-01T00:00:00Z\", to: \"2026-04-01T00:00:00Z\", every: {every}, clock: {clock}"
            );
            let history = history(&world, &learner, &arguments, POINT).await;
            let history = history.as_array().unwrap();
            assert_eq!(
                history.len(),
                match every {
                    "DAY" => 91,
                    "WEEK" => 13,
                    _ => 4,
                }
            );
            for point in history {
                let at = point["asOf"].as_str().unwrap();
                let of_it = format!("readiness(asOf: \"{at}\", clock: {clock}) {{ {READINESS} }}");
                let mut readiness = world.of(&learner, &of_it).await["readiness"].clone();
                let milestones = readiness["milestones"].take();
                let met = milestones.as_array().unwrap().iter().filter(|it| it["status"] == "MET");
                let met: Vec<_> = met.map(|it| it["milestone"].clone()).collect();
                readiness.as_object_mut().unwrap().remove("milestones");
                readiness["milestonesMet"] = json!(met);
                assert_eq!(readiness, *point);
                seen.insert(point["progress"].to_string());
            }
        }
    }
    assert!(seen.len() > 1, "it changes over time: {seen:?}");
}

#[tokio::test]
async fn instants_are_counted_from_the_first_and_may_lie_ahead() {
    let world = World::new();
    let learner = somebody(&world).await;
    let as_of = async |arguments: &str| column(&history(&world, &learner, arguments, "asOf").await, "asOf");
    let months =
        as_of("from: \"2026-03-31T12:00:00+02:00\", to: \"2026-06-30T10:00:00Z\", every: MONTH").await;
    assert_eq!(
        months,
        ["2026-03-31T10:00:00Z", "2026-04-30T10:00:00Z", "2026-05-31T10:00:00Z", "2026-06-30T10:00:00Z"]
    );
    // Weeks, where nothing is said.
    let weeks = as_of("from: \"2026-03-31T00:00:00Z\", to: \"2026-04-13T23:59:59Z\"").await;
    assert_eq!(weeks, ["2026-03-31T00:00:00Z", "2026-04-07T00:00:00Z"]);
    let one = as_of("from: \"2026-03-31T00:00:00Z\", to: \"2026-03-31T00:00:00Z\"").await;
    assert_eq!(one, ["2026-03-31T00:00:00Z"]);
    // Before anything was known of them, nothing is done.
    let before = history(
        &world,
        &learner,
        "from: \"2020-01-01T00:00:00Z\", to: \"2020-01-01T00:00:00Z\"",
        "ready progress { done }",
    )
    .await;
    assert_eq!(before, json!([{ "ready": false, "progress": { "done": 0 } }]));
}

#[tokio::test]
async fn there_are_at_most_400_instants_in_order() {
    let world = World::new();
    let learner = somebody(&world).await;
    let ask = async |from: &str, to: &str| {
        let query = format!(
            "{{ learner(by: {{ id: \"{learner}\" }}) {{ readinessHistory(from: \"{from}\", to: \"{to}\", every: DAY) {{ ready }} }} }}"
        );
        world.ask(&query, json!({})).await
    };
    let all = ask("2025-01-01T00:00:00Z", "2026-02-04T00:00:00Z").await;
    assert_eq!(all["data"]["learner"]["readinessHistory"].as_array().unwrap().len(), 400);
    for (from, to, message) in [
        (
            "2025-01-01T00:00:00Z",
            "2026-02-05T00:00:00Z",
            "a history can have at most 400 instants: let them be further apart",
        ),
        (
            "0001-01-01T00:00:00Z",
            "9999-12-30T00:00:00Z",
            "a history can have at most 400 instants: let them be further apart",
        ),
        ("2026-02-05T00:00:00Z", "2026-02-04T00:00:00Z", "`from` must not be later than `to`"),
    ] {
        let refused = ask(from, to).await;
        assert_eq!(refused["errors"][0]["message"], message);
        assert_eq!(refused["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
    }
}
