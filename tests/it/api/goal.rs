//! Goals: set, changed, closed.

use serde_json::{Value, json};

use crate::world::{World, errors, text};

async fn world_with_goal() -> (World, String, String) {
    let world = World::new();
    let learner = world.learner("Ada", None).await;
    let input = json!({ "learner": { "id": learner }, "title": "Job", "level": "junior", "stack": "go",
        "targetDate": "2027-01-01", "hoursPerWeek": 10 });
    let goal = text(&world.call("setGoal", "goal { id }", input).await["goal"]["id"]);
    (world, learner, goal)
}

async fn close(world: &World, goal: &str, status: &str) -> Value {
    world.call("closeGoal", "goal { status closedAt }", json!({ "goal": goal, "status": status })).await
}

#[tokio::test]
async fn a_goal_is_closed_once_and_in_one_way() {
    let (world, learner, goal) = world_with_goal().await;
    assert_eq!(errors(&close(&world, &goal, "ACTIVE").await), ["INVALID_INPUT status"]);
    let closed = close(&world, &goal, "ABANDONED").await["goal"].clone();
    assert_eq!(closed, json!({ "status": "ABANDONED", "closedAt": "2026-01-01T00:00:00Z" }));
    assert_eq!(errors(&close(&world, &goal, "ACHIEVED").await), ["NOT_APPLICABLE goal"]);
    let goals = "goals(status: ABANDONED) { title } active: goals(status: ACTIVE) { title }";
    assert_eq!(world.of(&learner, goals).await, json!({ "goals": [{ "title": "Job" }], "active": [] }));
}

#[tokio::test]
async fn a_closed_goal_does_not_change_and_can_be_set_anew() {
    let (world, learner, goal) = world_with_goal().await;
    close(&world, &goal, "ACHIEVED").await;
    let update = |title: &str| json!({ "goal": goal, "title": title });
    assert_eq!(world.refusals("updateGoal", update("Other")).await, ["NOT_APPLICABLE goal"]);
    assert_eq!(world.refusals("updateGoal", update("Job")).await, [""; 0]);
    let again = json!({ "learner": { "id": learner }, "title": "Job", "level": "junior", "stack": "go",
        "targetDate": "2027-01-01", "hoursPerWeek": 10 });
    let set = world.call("setGoal", "goal { id status }", again).await;
    assert_eq!((&set["changed"], &set["goal"]["status"]), (&json!(true), &json!("ACTIVE")));
    assert_ne!(set["goal"]["id"], json!(goal));
}

#[tokio::test]
async fn a_goal_that_differs_in_anything_is_another() {
    let (world, learner, goal) = world_with_goal().await;
    let same = json!({ "learner": { "id": learner }, "title": " Job ", "level": "junior", "stack": "go",
        "targetDate": "2027-01-01", "hoursPerWeek": 10 });
    let again = world.call("setGoal", "goal { id }", same.clone()).await;
    assert_eq!((&again["changed"], &again["goal"]["id"]), (&json!(false), &json!(goal)));
    for (field, value) in [
        ("title", json!("Work")),
        ("level", json!("mid")),
        ("stack", json!(null)),
        ("targetDate", json!("2027-01-02")),
        ("hoursPerWeek", json!(11)),
    ] {
        let mut other = same.clone();
        other[field] = value;
        assert_eq!(world.call("setGoal", "", other).await["changed"], true, "{field}");
    }
}
