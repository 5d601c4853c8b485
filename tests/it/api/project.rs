//! Projects: their deployments and incidents.

use serde_json::{Value, json};

use crate::world::{World, text};

async fn world_with_project() -> (World, String) {
    let world = World::new();
    let learner = world.learner("Ada", None).await;
    let project = world.project(&learner, "Shop").await;
    (world, project)
}

async fn check(world: &World, project: &str, ok: bool, checked_at: Value) -> Value {
    let input =
        json!({ "project": project, "url": "https://example.com", "ok": ok, "checkedAt": checked_at });
    world.call("recordDeployment", "project { deployed live deployments { ok checkedAt } }", input).await
}

#[tokio::test]
async fn a_project_is_live_for_30_days_after_a_good_check() {
    let (world, project) = world_with_project().await;
    let bad = check(&world, &project, false, json!(null)).await["project"].clone();
    assert_eq!((&bad["deployed"], &bad["live"]), (&json!(false), &json!(false)));
    let good = check(&world, &project, true, json!(null)).await["project"].clone();
    assert_eq!((&good["deployed"], &good["live"]), (&json!(true), &json!(true)));
    for (days, live) in [(30, true), (1, false)] {
        world.wait(days);
        let query = format!(r#"{{ node(id: "{project}") {{ ... on Project {{ deployed live }} }} }}"#);
        assert_eq!(world.get(&query).await["node"], json!({ "deployed": true, "live": live }), "{days}");
    }
}

#[tokio::test]
async fn an_equal_check_within_a_minute_says_nothing_new() {
    let (world, project) = world_with_project().await;
    for (now, changed) in
        [("2026-03-01T12:00:00Z", true), ("2026-03-01T12:01:00Z", false), ("2026-03-01T12:01:01Z", true)]
    {
        world.at(now);
        assert_eq!(check(&world, &project, true, json!(null)).await["changed"], changed, "{now}");
    }
    let at = json!("2026-03-01T12:00:30Z");
    assert_eq!(check(&world, &project, true, at.clone()).await["changed"], true);
    assert_eq!(check(&world, &project, true, at.clone()).await["changed"], false);
    assert_eq!(check(&world, &project, false, at).await["changed"], true);
}

#[tokio::test]
async fn the_ten_newest_checks_are_shown_newest_first() {
    let (world, project) = world_with_project().await;
    for day in [5, 1, 9, 3, 12, 7, 2, 10, 4, 8, 6, 11] {
        check(&world, &project, true, json!(format!("2025-12-{day:02}T00:00:00Z"))).await;
    }
    let query =
        format!(r#"{{ node(id: "{project}") {{ ... on Project {{ deployments {{ checkedAt }} }} }} }}"#);
    let deployments = world.get(&query).await["node"]["deployments"].clone();
    let days: Vec<_> = deployments.as_array().unwrap().iter().map(|it| text(&it["checkedAt"])).collect();
    let expected: Vec<_> = (3..=12).rev().map(|it| format!("2025-12-{it:02}T00:00:00Z")).collect();
    assert_eq!(days, expected);
}

#[tokio::test]
async fn the_same_incident_at_another_time_is_another() {
    let (world, project) = world_with_project().await;
    let report = async |occurred_at: Value| {
        let input = json!({ "project": project, "title": "Down", "cause": "A leak", "fix": "A patch",
            "occurredAt": occurred_at });
        world.call("reportIncident", "project { incidents { occurredAt } }", input).await
    };
    assert_eq!(report(json!("2025-12-01T00:00:00Z")).await["changed"], true);
    assert_eq!(report(json!("2025-12-01T00:00:00Z")).await["changed"], false);
    assert_eq!(report(json!(null)).await["changed"], false);
    let second = report(json!("2025-12-02T00:00:00Z")).await;
    assert_eq!(second["project"]["incidents"].as_array().unwrap().len(), 2);
}
