//! Undo and redo: the state is as if an event had never happened, and history shows both.

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
