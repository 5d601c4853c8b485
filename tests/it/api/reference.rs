//! References that name nothing.

use data_encoding::BASE64URL_NOPAD;
use serde_json::json;

use super::mutation::{ALL, Mutation, Somebody};
use crate::world::World;

/// A global id of that kind whose parts are `learner` and whatever the kind has beside it.
fn id(kind: u8, learner: &str, rest: &[u8]) -> String {
    let learner = BASE64URL_NOPAD.decode(learner.as_bytes()).unwrap();
    BASE64URL_NOPAD.encode(&[&[kind], &learner[1..], rest].concat())
}

/// A learner's id that nobody has.
fn nobody() -> String {
    BASE64URL_NOPAD.encode(&[&b"l"[..], &[7; 16]].concat())
}

#[tokio::test]
async fn unknown_learners_are_not_found() {
    let world = World::new();
    let somebody = Somebody::of(&world).await;
    let references = [
        json!({ "id": "" }),
        json!({ "id": "nobody" }),
        json!({ "id": nobody() }),
        json!({ "id": somebody.goal }),
        json!({ "externalId": "nobody" }),
        json!({ "externalId": "" }),
    ];
    for mutation in ALL.iter().filter(|it| !(it.input)(&somebody)["learner"].is_null()) {
        for learner in &references {
            let input = mutation.with(&somebody, "learner", learner.clone());
            let refusals = world.refusals(mutation.name, input).await;
            assert_eq!(refusals, ["NOT_FOUND learner"], "{} {learner}", mutation.name);
        }
    }
}

#[tokio::test]
async fn unknown_things_of_learners_are_not_found() {
    let world = World::new();
    let somebody = Somebody::of(&world).await;
    for (field, kind, rest) in [
        ("goal", b'g', &[7; 16][..]),
        ("project", b'p', &[7; 16]),
        ("evidence", b'd', &[7; 16]),
        ("event", b'e', &[0, 0, 0, 99]),
        ("event", b'e', &[0, 0, 0, 0]),
    ] {
        let (unknown, of_nobody) = (id(kind, &somebody.learner, rest), id(kind, &nobody(), rest));
        let ids = ["", "nothing", &somebody.learner, &unknown, &of_nobody].map(|it| json!(it));
        for mutation in ALL.iter().filter(|it| !(it.input)(&somebody)[field].is_null()) {
            for id in &ids {
                let input = mutation.with(&somebody, field, id.clone());
                let refusals = world.refusals(mutation.name, input).await;
                assert_eq!(refusals, [format!("NOT_FOUND {field}")], "{} {id}", mutation.name);
            }
        }
    }
}

#[tokio::test]
async fn a_thing_of_one_learner_is_not_found_through_another() {
    let world = World::new();
    let somebody = Somebody::of(&world).await;
    let other = world.learner("Bob", None).await;
    let project = BASE64URL_NOPAD.decode(somebody.project.as_bytes()).unwrap();
    let through_other = id(b'p', &other, &project[17..]);
    let input = json!({ "project": through_other });
    assert_eq!(world.refusals("removeProject", input).await, ["NOT_FOUND project"]);
}

#[tokio::test]
async fn unknown_slugs_are_not_found() {
    let world = World::new();
    let somebody = Somebody::of(&world).await;
    for (mutation, field) in [
        ("registerLearner", "stack"),
        ("updateLearner", "stack"),
        ("setGoal", "stack"),
        ("setGoal", "level"),
        ("updateGoal", "stack"),
        ("updateGoal", "level"),
        ("addProject", "stack"),
        ("updateProject", "stack"),
        ("startCourse", "course"),
        ("recordCourseProgress", "course"),
        ("completeCourse", "course"),
        ("reopenCourse", "course"),
        ("submitEvidence", "criterion"),
        ("waiveCriterion", "criterion"),
    ] {
        for slug in ["cobol", "", "NodeJS", "Ünknown slug", &"x".repeat(10_000)] {
            let input = Mutation::named(mutation).with(&somebody, field, json!(slug));
            let refusals = world.refusals(mutation, input).await;
            assert_eq!(refusals, [format!("NOT_FOUND {field}")], "{mutation}");
        }
    }
    assert_eq!(world.of(&somebody.learner, "version").await["version"], 7);
}

#[tokio::test]
async fn unknown_references_at_the_root_are_null() {
    let world = World::new();
    let nobody = nobody();
    let data = world
        .get(&format!(
            r#"{{ a: learner(by: {{ id: "nobody" }}) {{ id }} b: learner(by: {{ id: "{nobody}" }}) {{ id }}
                 c: learner(by: {{ externalId: "nobody" }}) {{ id }} d: node(id: "{nobody}") {{ id }}
                 e: whatIf(learner: {{ id: "{nobody}" }}, steps: []) {{ ready }}
                 guide {{ stack(slug: "x") {{ id }} course(slug: "x") {{ id }} milestone(slug: "x") {{ id }} }} }}"#
        ))
        .await;
    let guide = json!({ "stack": null, "course": null, "milestone": null });
    assert_eq!(data, json!({ "a": null, "b": null, "c": null, "d": null, "e": null, "guide": guide }));
}
