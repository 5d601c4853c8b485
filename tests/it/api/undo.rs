//! Undo and redo: the state is as if an event had never happened, and history shows both.

use async_graphql::Variables;
use futures_util::StreamExt as _;
use milepost::graphql::Asked;
use serde_json::{Value, json};

use super::mutation::{ALL, Somebody};
use crate::world::{World, column};

/// All that a learner is, but for what counts events.
const STATE: &str =
    "name stack { slug } goals { id title status } courseProgress { course { slug } status percent }
    projects { id name deployed incidents { title } } evidence { id status note }
    readiness { ready progress { done } milestones { status criteria { status because missing since } } }";

#[tokio::test]
async fn every_event_can_be_undone_and_redone() {
    let special = ["registerLearner", "eraseLearner", "undoEvent", "redoEvent"];
    for mutation in ALL.iter().filter(|it| !special.contains(&it.name)) {
        let world = World::new();
        let somebody = Somebody::of(&world).await;
        let before = world.of(&somebody.learner, STATE).await;
        let event = mutation.call(&world, (mutation.input)(&somebody)).await["event"]["id"].clone();
        let after = world.of(&somebody.learner, STATE).await;
        assert_ne!(after, before, "{}", mutation.name);
        assert_eq!(world.call("undoEvent", "", json!({ "event": event })).await["changed"], true);
        assert_eq!(world.of(&somebody.learner, STATE).await, before, "{}", mutation.name);
        assert_eq!(world.call("redoEvent", "", json!({ "event": event })).await["changed"], true);
        assert_eq!(world.of(&somebody.learner, STATE).await, after, "{}", mutation.name);
    }
}

#[tokio::test]
async fn undoing_a_completion_takes_the_claim_back() {
    let world = World::new();
    let learner = world.learner("Ada", None).await;
    let input = json!({ "learner": { "id": learner }, "course": "cicd-automation" });
    let event = world.call("completeCourse", "", input).await["event"]["id"].clone();
    let pipeline =
        "readiness { milestone(slug: \"deployment\") { status criteria { criterion { slug } status } } }";
    let status = |it: Value| it["readiness"]["milestone"]["criteria"][2]["status"].clone();
    assert_eq!(status(world.of(&learner, pipeline).await), "CLAIMED");
    let selection = format!("learner {{ {pipeline} }} undone {{ kind voided }}");
    let payload = world.call("undoEvent", &selection, json!({ "event": event })).await;
    assert_eq!(payload["undone"], json!({ "kind": "COURSE_COMPLETED", "voided": true }));
    assert_eq!(status(payload["learner"].clone()), "UNMET");
}

#[tokio::test]
async fn registrations_undos_and_redos_cannot_be_undone_or_redone() {
    let world = World::new();
    let somebody = Somebody::of(&world).await;
    world.call("redoEvent", "", json!({ "event": somebody.undone })).await;
    let events = world.of(&somebody.learner, "events { nodes { id kind } }").await["events"]["nodes"].clone();
    for kind in ["LEARNER_REGISTERED", "EVENT_UNDONE", "EVENT_REDONE"] {
        let of_kind = events.as_array().unwrap().iter().find(|it| it["kind"] == kind).unwrap();
        for mutation in ["undoEvent", "redoEvent"] {
            let refusals = world.refusals(mutation, json!({ "event": of_kind["id"] })).await;
            assert_eq!(refusals, ["NOT_APPLICABLE event"], "{mutation} {kind}");
        }
    }
}

#[tokio::test]
async fn redoing_what_holds_is_no_change() {
    let world = World::new();
    let somebody = Somebody::of(&world).await;
    let payload = world.call("redoEvent", "redone { voided }", json!({ "event": somebody.event })).await;
    assert_eq!((&payload["changed"], &payload["event"]), (&json!(false), &json!(null)));
    assert_eq!((&payload["redone"]["voided"], &payload["learner"]["version"]), (&json!(false), &json!(7)));
}

#[tokio::test]
async fn events_say_whether_they_are_voided() {
    let world = World::new();
    let somebody = Somebody::of(&world).await;
    let voided = async || {
        let nodes =
            world.of(&somebody.learner, "events { nodes { voided } }").await["events"]["nodes"].clone();
        let nodes = nodes.as_array().unwrap().clone();
        (1..).zip(nodes).filter(|it| it.1["voided"] == true).map(|it| it.0).collect::<Vec<_>>()
    };
    assert_eq!(voided().await, [6]);
    world.call("undoEvent", "", json!({ "event": somebody.event })).await;
    assert_eq!(voided().await, [5, 6]);
    world.call("redoEvent", "", json!({ "event": somebody.undone })).await;
    assert_eq!(voided().await, [5]);
}

#[tokio::test]
async fn undo_and_redo_tell_which_milestones_they_move() {
    let world = World::new();
    let learner = world.learner("Ada", Some("go")).await;
    let input = json!({ "learner": { "id": learner }, "name": "Shop", "stack": "go", "aspects": ["API"],
        "repositoryUrl": "https://example.com/shop" });
    let event = json!({ "event": world.call("addProject", "", input).await["event"]["id"] });
    for (mutation, reached, lost) in [
        ("undoEvent", &[][..], &["language"][..]),
        ("redoEvent", &["language"], &[]),
        ("redoEvent", &[], &[]),
    ] {
        let payload = world.call(mutation, "", event.clone()).await;
        assert_eq!(column(&payload["milestonesReached"], "slug"), reached, "{mutation}");
        assert_eq!(column(&payload["milestonesLost"], "slug"), lost, "{mutation}");
    }
}

#[tokio::test]
async fn what_was_removed_comes_back_and_can_be_changed_again() {
    let world = World::new();
    let somebody = Somebody::of(&world).await;
    let project = json!({ "project": somebody.project });
    let event = world.call("removeProject", "", project).await["event"]["id"].clone();
    let rename = json!({ "project": somebody.project, "name": "Other" });
    assert_eq!(world.refusals("updateProject", rename.clone()).await, ["NOT_APPLICABLE project"]);
    world.call("undoEvent", "", json!({ "event": event })).await;
    assert_eq!(world.refusals("updateProject", rename).await, [""; 0]);
}

/// A project with a rename, a check and an incident: versions 2 to 5.
async fn used_project(world: &World) -> (String, Vec<Value>) {
    let learner = world.learner("Ada", None).await;
    let project = world.project(&learner, "Shop").await;
    for (mutation, rest) in [
        ("updateProject", json!({ "name": "Shop 2" })),
        ("recordDeployment", json!({ "url": "https://example.com", "ok": true })),
        ("reportIncident", json!({ "title": "Down", "cause": "A leak", "fix": "A patch" })),
    ] {
        let mut input = rest;
        input["project"] = json!(project);
        assert_eq!(world.call(mutation, "", input).await["changed"], true);
    }
    let events = world.of(&learner, "events { nodes { id } }").await["events"]["nodes"].clone();
    (learner, events.as_array().unwrap().iter().map(|it| it["id"].clone()).collect())
}

const HELP: &str = "userErrors { code message field events { version kind voided learner { name } } }";

#[tokio::test]
async fn what_others_depend_on_is_undone_with_them_or_not_at_all() {
    let world = World::new();
    let (learner, events) = used_project(&world).await;
    let before = world.of(&learner, STATE).await;
    let refused = world.call("undoEvent", HELP, json!({ "event": events[1] })).await;
    let dependants = ["PROJECT_UPDATED", "DEPLOYMENT_CHECKED", "INCIDENT_REPORTED"];
    let dependants = (3..).zip(dependants).map(|(version, kind)| {
        json!({ "version": version, "kind": kind, "voided": false, "learner": { "name": "Ada" } })
    });
    let expected = json!([{
        "code": "NOT_APPLICABLE",
        "message": "later events depend on this one: undo them first, or say `cascade: true`",
        "field": ["input", "event"],
        "events": dependants.collect::<Vec<_>>(),
    }]);
    assert_eq!(refused["userErrors"], expected);
    assert_eq!((world.of(&learner, STATE).await, &refused["changed"]), (before.clone(), &json!(false)));

    let input = json!({ "event": events[1], "cascade": true, "idempotencyKey": "key" });
    let selection = "undone { version voided } alsoUndone { version voided } event { batch }";
    let undone = world.call("undoEvent", selection, input.clone()).await;
    assert_eq!(undone["undone"], json!({ "version": 2, "voided": true }));
    assert_eq!(undone["alsoUndone"].as_array().unwrap().len(), 3);
    assert_eq!(undone["alsoUndone"][2], json!({ "version": 5, "voided": true }));
    assert_eq!(world.of(&learner, "projects { name }").await["projects"], json!([]));
    let batches = "events { nodes { kind version batch } }";
    let written = world.of(&learner, batches).await["events"]["nodes"].as_array().unwrap()[5..].to_vec();
    assert_eq!(written.len(), 4);
    assert!(written.iter().all(|it| it["kind"] == "EVENT_UNDONE" && it["batch"] == undone["event"]["batch"]));
    assert!(undone["event"]["batch"].is_string());
    // Repeated with its key, it says the same.
    let mut again = world.call("undoEvent", selection, input).await;
    assert_eq!(again["replayed"], true);
    again["replayed"] = json!(false);
    assert_eq!(again, undone);

    let input = json!({ "event": events[1], "cascade": true });
    let redone = world.call("redoEvent", "alsoRedone { version voided }", input.clone()).await;
    let back = (3..6).map(|it| json!({ "version": it, "voided": false })).collect::<Vec<_>>();
    assert_eq!((&redone["alsoRedone"], redone["learner"]["version"].as_i64()), (&json!(back), Some(13)));
    assert_eq!(world.of(&learner, STATE).await, before);
    assert_eq!(world.call("redoEvent", "", input).await["changed"], false);
}

#[tokio::test]
async fn what_depends_on_something_undone_is_redone_with_it_or_not_at_all() {
    let world = World::new();
    let (learner, events) = used_project(&world).await;
    let before = world.of(&learner, STATE).await;
    world.call("undoEvent", "", json!({ "event": events[1], "cascade": true })).await;
    let refused = world.call("redoEvent", HELP, json!({ "event": events[3] })).await;
    let needed =
        json!([{ "version": 2, "kind": "PROJECT_ADDED", "voided": true, "learner": { "name": "Ada" } }]);
    assert_eq!(refused["userErrors"][0]["code"], "NOT_APPLICABLE");
    assert_eq!(refused["userErrors"][0]["events"], needed);
    // The project alone comes back, and then one of the events about it.
    world.call("redoEvent", "", json!({ "event": events[1] })).await;
    let project = "projects { name deployed }";
    assert_eq!(world.of(&learner, project).await["projects"], json!([{ "name": "Shop", "deployed": false }]));
    assert_eq!(world.call("redoEvent", "", json!({ "event": events[3] })).await["changed"], true);
    assert_eq!(world.of(&learner, project).await["projects"], json!([{ "name": "Shop", "deployed": true }]));
    for event in [&events[2], &events[4]] {
        world.call("redoEvent", "", json!({ "event": event })).await;
    }
    assert_eq!(world.of(&learner, STATE).await, before);
}

#[tokio::test]
async fn taking_a_course_up_again_depends_on_the_last_completion() {
    let world = World::new();
    let learner = world.learner("Ada", None).await;
    let course = |certificate: Option<&str>| json!({ "learner": { "id": learner }, "course": "cicd-automation", "certificateUrl": certificate });
    let first = world.call("completeCourse", "", course(None)).await["event"]["id"].clone();
    let second =
        world.call("completeCourse", "", course(Some("https://example.com/c"))).await["event"]["id"].clone();
    let reopen = json!({ "learner": { "id": learner }, "course": "cicd-automation" });
    assert_eq!(world.call("reopenCourse", "", reopen).await["changed"], true);
    let undo = |event: &Value| json!({ "event": event });
    assert_eq!(world.refusals("undoEvent", undo(&second)).await, ["NOT_APPLICABLE event"]);
    assert_eq!(world.call("undoEvent", "", undo(&first)).await["changed"], true);
    assert_eq!(world.call("redoEvent", "", undo(&first)).await["changed"], true);
    let input = json!({ "event": second, "cascade": true });
    assert_eq!(
        world.call("undoEvent", "alsoUndone { kind }", input).await["alsoUndone"],
        json!([{ "kind": "COURSE_REOPENED" }])
    );
    let status =
        world.of(&learner, "courseProgress { status certificateUrl }").await["courseProgress"].clone();
    assert_eq!(status, json!([{ "status": "COMPLETED", "certificateUrl": null }]));
}

#[tokio::test]
async fn so_many_events_at_once_are_too_many() {
    let world = World::new();
    let learner = world.learner("Ada", None).await;
    let project = world.project(&learner, "Shop").await;
    for check in 0..1_000 {
        let input = json!({ "project": project, "url": format!("https://example.com/{check}"), "ok": true });
        world.call("recordDeployment", "", input).await;
    }
    let events = world.of(&learner, "events(first: 3) { nodes { id } }").await["events"]["nodes"].clone();
    let input = json!({ "event": events[1]["id"], "cascade": true });
    assert_eq!(world.refusals("undoEvent", input.clone()).await, ["LIMIT_REACHED cascade"]);
    let shown = world.call("undoEvent", HELP, json!({ "event": events[1]["id"] })).await;
    assert_eq!(shown["userErrors"][0]["events"].as_array().unwrap().len(), 100);
    world.call("undoEvent", "", json!({ "event": events[2]["id"] })).await;
    let undone = world.call("undoEvent", "alsoUndone { version }", input).await;
    assert_eq!(undone["alsoUndone"].as_array().unwrap().len(), 100);
    assert_eq!(world.of(&learner, "version").await["version"], 1_002 + 1 + 1_000);
}

#[tokio::test]
async fn what_went_together_comes_back_once() {
    let world = World::new();
    let (learner, events) = used_project(&world).await;
    let before = world.of(&learner, STATE).await;
    world.call("undoEvent", "", json!({ "event": events[1], "cascade": true })).await;
    // One that depends on the project brings it back with all the rest, each once.
    let redone = world
        .call("redoEvent", "alsoRedone { version }", json!({ "event": events[2], "cascade": true }))
        .await;
    assert_eq!(redone["alsoRedone"], json!([{ "version": 2 }, { "version": 4 }, { "version": 5 }]));
    assert_eq!(redone["learner"]["version"], 13);
    assert_eq!(world.of(&learner, STATE).await, before);
}

#[tokio::test]
async fn what_was_undone_by_itself_since_stays_undone() {
    let world = World::new();
    let (_, events) = used_project(&world).await;
    world.call("undoEvent", "", json!({ "event": events[1], "cascade": true })).await;
    for (mutation, event) in [("redoEvent", &events[1]), ("redoEvent", &events[3]), ("undoEvent", &events[3])]
    {
        assert_eq!(world.call(mutation, "", json!({ "event": event })).await["changed"], true);
    }
    // The check was undone for a reason of its own.
    let redone = world
        .call("redoEvent", "alsoRedone { version }", json!({ "event": events[2], "cascade": true }))
        .await;
    assert_eq!((&redone["changed"], &redone["alsoRedone"]), (&json!(true), &json!([{ "version": 5 }])));
}

#[tokio::test]
async fn what_went_with_something_can_come_back_later() {
    let world = World::new();
    let (learner, events) = used_project(&world).await;
    let before = world.of(&learner, STATE).await;
    world.call("undoEvent", "", json!({ "event": events[1], "cascade": true })).await;
    world.call("redoEvent", "", json!({ "event": events[1] })).await;
    let selection = "redone { version } alsoRedone { version }";
    let input = json!({ "event": events[1], "cascade": true });
    let redone = world.call("redoEvent", selection, input.clone()).await;
    assert_eq!((&redone["changed"], &redone["redone"]["version"]), (&json!(true), &json!(2)));
    assert_eq!(redone["alsoRedone"], json!([{ "version": 3 }, { "version": 4 }, { "version": 5 }]));
    assert_eq!(world.of(&learner, STATE).await, before);
    assert_eq!(world.call("redoEvent", "", input).await["changed"], false);
}

#[tokio::test]
async fn something_is_not_taken_away_again_while_something_is_about_it() {
    let world = World::new();
    let learner = world.learner("Ada", None).await;
    let project = world.project(&learner, "Shop").await;
    let removed = world.call("removeProject", "", json!({ "project": project })).await["event"]["id"].clone();
    world.call("undoEvent", "", json!({ "event": removed })).await;
    let rename = json!({ "project": project, "name": "Other" });
    let renamed = world.call("updateProject", "", rename).await["event"]["id"].clone();
    for cascade in [false, true] {
        let refused = world.call("redoEvent", HELP, json!({ "event": removed, "cascade": cascade })).await;
        let error = &refused["userErrors"][0];
        assert_eq!((&error["code"], &error["events"][0]["version"]), (&json!("NOT_APPLICABLE"), &json!(5)));
    }
    world.call("undoEvent", "", json!({ "event": renamed })).await;
    assert_eq!(world.call("redoEvent", "", json!({ "event": removed })).await["changed"], true);
    // Nor is something redone that is about what is gone.
    let refused = world.call("redoEvent", HELP, json!({ "event": renamed, "cascade": true })).await;
    assert_eq!(refused["userErrors"][0]["events"][0]["kind"], "PROJECT_REMOVED");
    assert_eq!(world.of(&learner, "projects { name }").await["projects"], json!([]));
}

#[tokio::test]
async fn nor_is_it_taken_away_again_with_something_else() {
    let world = World::new();
    let learner = world.learner("Ada", None).await;
    let project = world.project(&learner, "Shop").await;
    world.call("removeProject", "", json!({ "project": project })).await;
    let added = world.of(&learner, "events { nodes { id } }").await["events"]["nodes"][1]["id"].clone();
    let (alone, cascade) = (json!({ "event": added }), json!({ "event": added, "cascade": true }));
    world.call("undoEvent", "", cascade.clone()).await;
    world.call("redoEvent", "", alone).await;
    let rename = world.call("updateProject", "", json!({ "project": project, "name": "Other" })).await;
    // The removal went with the project and would come back with it.
    let refused = world.call("redoEvent", HELP, cascade.clone()).await;
    assert_eq!(refused["userErrors"][0]["events"][0]["version"], rename["event"]["version"]);
    world.call("undoEvent", "", json!({ "event": rename["event"]["id"] })).await;
    assert_eq!(world.call("redoEvent", "", cascade).await["changed"], true);
    assert_eq!(world.of(&learner, "projects { name }").await["projects"], json!([]));
}

#[tokio::test]
async fn a_follower_is_told_of_each_event_of_a_batch() {
    let world = World::new();
    let (learner, events) = used_project(&world).await;
    let input = json!({ "event": events[1], "cascade": true, "reason": "It was another's." });
    world.call("undoEvent", "", input).await;
    world.call("updateLearner", "", json!({ "learner": { "id": learner }, "name": "Ada L." })).await;
    world.call("redoEvent", "", json!({ "event": events[1], "cascade": true })).await;
    let query = "subscription($id: ID!) { learnerEvents(learner: { id: $id }, afterVersion: 5) {
        event { version reason } learner { version name projects { name } } } }";
    let asked = Asked {
        query: Some(query.to_owned()),
        variables: Variables::from_json(json!({ "id": learner })),
        ..Asked::default()
    };
    let messages: Vec<Value> = world.messages(asked).take(9).collect().await;
    let told: Vec<_> = messages.iter().map(|it| &it["data"]["learnerEvents"]).collect();
    let versions: Vec<_> = told.iter().map(|it| it["event"]["version"].as_i64().unwrap()).collect();
    assert_eq!(versions, (6..15).collect::<Vec<_>>());
    assert!(told.iter().all(|it| it["learner"]["version"] == it["event"]["version"]));
    let reasons: Vec<_> = told.iter().filter(|it| !it["event"]["reason"].is_null()).collect();
    assert_eq!((reasons.len(), &reasons[0]["event"]["version"]), (1, &json!(6)));
    assert_eq!(told[0]["learner"]["projects"], json!([]));
    assert_eq!(
        (&told[4]["learner"]["name"], &told[8]["learner"]["projects"]),
        (&json!("Ada L."), &json!([{ "name": "Shop 2" }]))
    );
}
