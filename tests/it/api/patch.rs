//! Updates: what is absent stays, null clears, and what cannot be cleared says so.

use serde_json::{Value, json};

use super::mutation::Mutation;
use crate::world::{World, text};

async fn learner(world: &World) -> String {
    let input = json!({ "name": "Ada", "externalId": "ada", "email": "Ada@example.com", "stack": "go" });
    text(&world.call("registerLearner", "", input).await["learner"]["id"])
}

/// Calls an update with one field only; answers whether something changed, or what was refused.
async fn patched(world: &World, mutation: &str, of: Value, field: &str, value: Value) -> Value {
    let mut input = of;
    input[field] = value;
    let payload = Mutation::named(mutation).call(world, input).await;
    match crate::world::errors(&payload).pop() {
        Some(refusal) => json!(refusal),
        None => payload["changed"].clone(),
    }
}

#[tokio::test]
async fn a_learner() {
    let world = World::new();
    let of = json!({ "learner": { "id": learner(&world).await } });
    let id = text(&of["learner"]["id"]);
    let all = "name externalId email stack { slug }";
    let before = world.of(&id, all).await;
    assert_eq!(patched(&world, "updateLearner", of.clone(), "reason", json!("none")).await, false);
    assert_eq!(world.of(&id, all).await, before);
    assert_eq!(patched(&world, "updateLearner", of.clone(), "name", json!(null)).await, "INVALID_INPUT name");
    for field in ["externalId", "email", "stack"] {
        assert_eq!(patched(&world, "updateLearner", of.clone(), field, json!(null)).await, true, "{field}");
        assert_eq!(patched(&world, "updateLearner", of.clone(), field, json!(null)).await, false);
    }
    let cleared = json!({ "name": "Ada", "externalId": null, "email": null, "stack": null });
    assert_eq!(world.of(&id, all).await, cleared);
}

#[tokio::test]
async fn a_goal() {
    let world = World::new();
    let id = learner(&world).await;
    let input = json!({ "learner": { "id": id }, "title": "Job", "level": "junior", "stack": "go",
        "targetDate": "2027-01-01", "hoursPerWeek": 10 });
    let goal = text(&world.call("setGoal", "goal { id }", input).await["goal"]["id"]);
    let of = json!({ "goal": goal });
    for field in ["title", "level"] {
        let refused = patched(&world, "updateGoal", of.clone(), field, json!(null)).await;
        assert_eq!(refused, format!("INVALID_INPUT {field}"));
    }
    for field in ["stack", "targetDate", "hoursPerWeek"] {
        assert_eq!(patched(&world, "updateGoal", of.clone(), field, json!(null)).await, true, "{field}");
    }
    let read = world.of(&id, "goals { title level stack { slug } targetDate hoursPerWeek }").await;
    let cleared =
        json!({ "title": "Job", "level": "junior", "stack": null, "targetDate": null, "hoursPerWeek": null });
    assert_eq!(read["goals"], json!([cleared]));
}

#[tokio::test]
async fn a_project() {
    let world = World::new();
    let id = learner(&world).await;
    let input = json!({ "learner": { "id": id }, "name": "Shop", "stack": "go", "framework": "Gin",
        "repositoryUrl": "https://example.com/shop", "aspects": ["API", "DATABASE", "API"] });
    let project = text(&world.call("addProject", "project { id }", input).await["project"]["id"]);
    let of = json!({ "project": project });
    for field in ["name", "aspects"] {
        let refused = patched(&world, "updateProject", of.clone(), field, json!(null)).await;
        assert_eq!(refused, format!("INVALID_INPUT {field}"));
    }
    let same = json!(["DATABASE", "API"]);
    assert_eq!(patched(&world, "updateProject", of.clone(), "aspects", same).await, false);
    assert_eq!(patched(&world, "updateProject", of.clone(), "framework", json!(null)).await, true);
    let read = "projects { name stack { slug } framework repositoryUrl aspects }";
    let kept = json!({ "name": "Shop", "stack": { "slug": "go" }, "framework": null,
        "repositoryUrl": "https://example.com/shop", "aspects": ["API", "DATABASE"] });
    assert_eq!(world.of(&id, read).await["projects"], json!([kept]));
    for (field, value) in [("stack", json!(null)), ("repositoryUrl", json!(null)), ("aspects", json!([]))] {
        assert_eq!(patched(&world, "updateProject", of.clone(), field, value).await, true, "{field}");
    }
    let bare =
        json!({ "name": "Shop", "stack": null, "framework": null, "repositoryUrl": null, "aspects": [] });
    assert_eq!(world.of(&id, read).await["projects"], json!([bare]));
}
