//! How many things a learner can have. What is there already is put there at once, through the
//! store; the API adds the last that fits and the first that does not.

use milepost::domain::{
    event::Change,
    id::{GoalId, ProjectId},
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    given::{Person, evidence, registered, slug},
    world::World,
};

async fn world_with(changes: impl Iterator<Item = Change>) -> World {
    let world = World::new();
    let commit = Person::new(1 << 64).then([registered("Ada", Some("ada"), None)].into_iter().chain(changes));
    world.app.store.commit(commit).await.unwrap();
    world
}

fn ada() -> Value {
    json!({ "externalId": "ada" })
}

#[tokio::test]
async fn two_hundred_projects_at_a_time() {
    let project = |number: u128| Change::ProjectAdded {
        project: ProjectId(Uuid::from_u128(1 << 65 | number)),
        name: format!("Project {number}"),
        stack: None,
        framework: None,
        repository_url: None,
        aspects: vec![],
    };
    let world = world_with((0..199).map(project)).await;
    let add = |name: &str| json!({ "learner": ada(), "name": name });
    let last = world.call("addProject", "project { id }", add("Last")).await;
    assert_eq!(last["changed"], true);
    assert_eq!(world.refusals("addProject", add("More")).await, ["LIMIT_REACHED -"]);
    assert_eq!(world.refusals("addProject", add("Last")).await, [""; 0]);
    let removal = json!({ "project": last["project"]["id"] });
    let removed = world.call("removeProject", "", removal).await;
    assert_eq!(world.refusals("addProject", add("More")).await, [""; 0]);
    let undo = json!({ "event": removed["event"]["id"] });
    assert_eq!(world.refusals("undoEvent", undo).await, ["LIMIT_REACHED event"]);
}

#[tokio::test]
async fn a_thousand_pieces_of_evidence_at_a_time() {
    let world = world_with((0..999).map(|it| evidence(1 << 65 | it))).await;
    let submit = |url: &str| {
        json!({ "learner": ada(), "criterion": "sql.indexes", "kind": "LINK",
            "url": format!("https://example.com/{url}") })
    };
    let last = world.call("submitEvidence", "evidence { id }", submit("last")).await;
    assert_eq!(last["changed"], true);
    assert_eq!(world.refusals("submitEvidence", submit("more")).await, ["LIMIT_REACHED -"]);
    let undo = json!({ "event": last["event"]["id"] });
    assert_eq!(world.refusals("undoEvent", undo.clone()).await, [""; 0]);
    assert_eq!(world.refusals("submitEvidence", submit("more")).await, [""; 0]);
    assert_eq!(world.refusals("redoEvent", undo).await, ["LIMIT_REACHED event"]);
}

#[tokio::test]
async fn a_hundred_goals() {
    let goal = |number: u128| Change::GoalSet {
        goal: GoalId(Uuid::from_u128(1 << 65 | number)),
        title: format!("Goal {number}"),
        level: slug("junior"),
        stack: None,
        target_date: None,
        hours_per_week: None,
    };
    let world = world_with((0..99).map(goal)).await;
    let set = |title: &str| json!({ "learner": ada(), "title": title, "level": "junior" });
    assert_eq!(world.refusals("setGoal", set("Last")).await, [""; 0]);
    assert_eq!(world.refusals("setGoal", set("More")).await, ["LIMIT_REACHED -"]);
}

#[tokio::test]
async fn a_hundred_incidents_of_a_project() {
    let world = World::new();
    let learner = world.learner("Ada", None).await;
    let (shop, blog) = (world.project(&learner, "Shop").await, world.project(&learner, "Blog").await);
    let report = |project: &str, number: i32| json!({ "project": project, "title": format!("{number}"), "cause": "A leak", "fix": "A patch" });
    for number in 0..100 {
        assert_eq!(world.refusals("reportIncident", report(&shop, number)).await, [""; 0]);
    }
    assert_eq!(world.refusals("reportIncident", report(&shop, 100)).await, ["LIMIT_REACHED -"]);
    assert_eq!(world.refusals("reportIncident", report(&blog, 100)).await, [""; 0]);
}

#[tokio::test]
async fn a_hundred_thousand_events() {
    let progress = |it: u32| Change::CourseProgressed {
        course: slug("cicd-automation"),
        percent: u8::try_from(it % 100).unwrap(),
    };
    let world = world_with((2..100_000).map(progress)).await;
    let start = |course: &str| json!({ "learner": ada(), "course": course });
    assert_eq!(world.refusals("startCourse", start("capstone-project")).await, [""; 0]);
    assert_eq!(world.refusals("startCourse", start("async-js-game")).await, ["LIMIT_REACHED -"]);
    assert_eq!(world.refusals("startCourse", start("capstone-project")).await, [""; 0]);
}
