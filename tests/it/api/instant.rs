//! Instants and days that callers give.

use serde_json::{Value, json};

use super::mutation::{ALL, Mutation, Somebody};
use crate::world::{World, text};

async fn refused(mutation: &str, field: &str, value: &str) -> Vec<String> {
    let world = World::new();
    world.at("2026-03-01T12:00:00Z");
    let somebody = Somebody::of(&world).await;
    let input = Mutation::named(mutation).with(&somebody, field, json!(value));
    world.refusals(mutation, input).await
}

#[tokio::test]
async fn instants_lie_between_2000_and_a_day_from_now() {
    for (mutation, field) in [("startCourse", "occurredAt"), ("recordDeployment", "checkedAt")] {
        for good in [
            "2000-01-01T00:00:00Z",
            "2026-03-01t10:00:00.5z",
            "2026-03-01T10:00:00-08:00",
            "2026-03-02T12:00:00Z",
            "2026-03-02T14:00:00+02:00",
        ] {
            assert_eq!(refused(mutation, field, good).await, [""; 0], "{good}");
        }
        let early = refused(mutation, field, "1999-12-31T23:59:59.999999Z").await;
        assert_eq!(early, [format!("OUT_OF_RANGE {field}")]);
        for late in ["2026-03-02T12:00:00.000001Z", "9999-12-30T00:00:00Z"] {
            assert_eq!(refused(mutation, field, late).await, [format!("IN_THE_FUTURE {field}")]);
        }
    }
}

#[tokio::test]
async fn malformed_instants_are_user_errors() {
    for bad in [
        "",
        "yesterday",
        "2026-03-01",
        "2026-03-01T10:00:00",
        "2026-13-01T00:00:00Z",
        "1772355600",
        "20260301T100000Z",
        "2026-03-01T10Z",
        "2026-03-01T10:00Z",
        "2026-03-01 10:00:00Z",
        "2026-03-01T10:00:00+02",
        "2026-03-01T10:00:00+0200",
        "2026-03-01T10:00:00+24:00",
        "2026-03-01T10:00:00-25:59",
        "2026-03-01T10:00:00+02:00[Europe/Paris]",
        "2026-03-01T10:00:00,5Z",
        " 2026-03-01T10:00:00Z",
        "9999-12-31T00:00:00Z",
    ] {
        assert_eq!(refused("recordDeployment", "checkedAt", bad).await, ["INVALID_INPUT checkedAt"], "{bad}");
    }
    for mutation in ALL {
        let refusals = refused(mutation.name, "occurredAt", "yesterday").await;
        assert_eq!(refusals, ["INVALID_INPUT occurredAt"], "{}", mutation.name);
    }
}

#[tokio::test]
async fn days() {
    for mutation in ["setGoal", "updateGoal"] {
        for bad in ["", "tomorrow", "2026-02-30", "2026-3-1", "20260301", "2026-03-01T00:00:00Z"] {
            let refusals = refused(mutation, "targetDate", bad).await;
            assert_eq!(refusals, ["INVALID_INPUT targetDate"], "{bad}");
        }
        for bad in ["1999-12-31", "2100-01-01"] {
            assert_eq!(refused(mutation, "targetDate", bad).await, ["OUT_OF_RANGE targetDate"]);
        }
        for good in ["2000-01-01", "2028-02-29", "2099-12-31"] {
            assert_eq!(refused(mutation, "targetDate", good).await, [""; 0], "{good}");
        }
    }
}

#[tokio::test]
async fn a_value_of_another_type_is_a_malformed_request() {
    let world = World::new();
    let somebody = Somebody::of(&world).await;
    for value in [json!(7), json!(true), json!(["2026-03-01T00:00:00Z"]), json!({})] {
        let input = Mutation::named("startCourse").with(&somebody, "occurredAt", value.clone());
        let query = "mutation($input: StartCourseInput!) { startCourse(input: $input) { changed } }";
        let answer = world.ask(query, json!({ "input": input })).await;
        assert_eq!(crate::world::codes(&answer).len(), 1, "{value} {answer:#}");
    }
}

#[tokio::test]
async fn instants_are_answered_in_utc_and_say_when_it_happened() {
    let world = World::new();
    world.at("2026-03-01T12:00:00Z");
    let learner = world.learner("Ada", None).await;
    let input = json!({ "learner": { "id": learner }, "course": "capstone-project",
        "occurredAt": "2026-02-01T01:30:00.123456+02:00" });
    let selection = "event { occurredAt recordedAt } courseProgress { completedAt }";
    let payload = world.call("completeCourse", selection, input).await;
    assert_eq!(text(&payload["event"]["occurredAt"]), "2026-01-31T23:30:00.123456Z");
    assert_eq!(text(&payload["event"]["recordedAt"]), "2026-03-01T12:00:00Z");
    assert_eq!(payload["courseProgress"]["completedAt"], payload["event"]["occurredAt"]);
    assert_eq!(payload["learner"]["id"], Value::String(learner));
}
