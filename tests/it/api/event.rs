//! A learner's events, page by page.

use serde_json::{Value, json};

use super::mutation::Somebody;
use crate::world::{World, codes, text};

async fn world() -> (World, String) {
    let world = World::new();
    let learner = Somebody::of(&world).await.learner;
    (world, learner)
}

async fn page(world: &World, learner: &str, arguments: &str) -> Value {
    let selection = format!(
        "events({arguments}) {{ nodes {{ version }} totalCount edges {{ cursor node {{ version }} }}
            pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }}"
    );
    world.of(learner, &selection).await["events"].clone()
}

fn versions(page: &Value) -> Vec<u64> {
    page["nodes"].as_array().unwrap().iter().map(|it| it["version"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn events_tell_what_happened_when_and_who_said_so() {
    let world = World::new();
    world.at("2026-03-01T12:00:00Z");
    let learner = world.learner("Ada", None).await;
    let input = json!({ "learner": { "id": learner }, "course": "capstone-project", "reason": " I finished it. ",
        "occurredAt": "2026-02-28T00:00:00Z" });
    world.call("completeCourse", "", input).await;
    let selection = "events(last: 1) { nodes { kind summary occurredAt recordedAt actor reason batch voided
        learner { name } } }";
    let event = world.of(&learner, selection).await["events"]["nodes"][0].clone();
    let summary = text(&event["summary"]);
    assert!(!summary.is_empty());
    let expected = json!({ "kind": "COURSE_COMPLETED", "summary": summary, "actor": "admin", "batch": null,
        "occurredAt": "2026-02-28T00:00:00Z", "recordedAt": "2026-03-01T12:00:00Z", "voided": false,
        "reason": "I finished it.", "learner": { "name": "Ada" } });
    assert_eq!(event, expected);
}

#[tokio::test]
async fn pages_forwards_and_backwards() {
    let (world, learner) = world().await;
    for (size, cursor, more, of) in
        [("first", "after", "hasNextPage", "endCursor"), ("last", "before", "hasPreviousPage", "startCursor")]
    {
        let (mut walked, mut from) = (vec![], String::new());
        loop {
            let page = page(&world, &learner, &format!("{size}: 3 {from}")).await;
            assert_eq!(page["totalCount"], 7);
            walked.extend(versions(&page));
            if page["pageInfo"][more] == false {
                break;
            }
            from = format!("{cursor}: \"{}\"", text(&page["pageInfo"][of]));
        }
        walked.sort();
        assert_eq!(walked, [1, 2, 3, 4, 5, 6, 7]);
    }
    assert_eq!(versions(&page(&world, &learner, "last: 2").await), [6, 7]);
    assert_eq!(versions(&page(&world, &learner, "after: null").await), [1, 2, 3, 4, 5, 6, 7]);
}

#[tokio::test]
async fn the_next_page_goes_on_where_the_last_one_ended_though_more_has_happened() {
    let (world, learner) = world().await;
    let end = text(&page(&world, &learner, "first: 100").await["pageInfo"]["endCursor"]);
    let after = format!(r#"after: "{end}""#);
    assert_eq!(versions(&page(&world, &learner, &after).await), [0; 0]);
    world.project(&learner, "Later").await;
    assert_eq!(versions(&page(&world, &learner, &after).await), [8]);
}

#[tokio::test]
async fn what_makes_no_sense_is_an_error_with_a_code() {
    let (world, learner) = world().await;
    let of_learners = text(
        &world.get("{ learners(orderBy: { field: NAME }) { pageInfo { endCursor } } }").await["learners"]["pageInfo"]
            ["endCursor"],
    );
    for (arguments, code) in [
        ("first: -1".to_owned(), "BAD_USER_INPUT"),
        ("first: 101".to_owned(), "BAD_USER_INPUT"),
        ("last: 101".to_owned(), "BAD_USER_INPUT"),
        ("first: 1, last: 1".to_owned(), "BAD_USER_INPUT"),
        (r#"after: "7""#.to_owned(), "INVALID_CURSOR"),
        (format!(r#"after: "{of_learners}""#), "INVALID_CURSOR"),
    ] {
        let query = format!(
            "query($id: ID!) {{ learner(by: {{ id: $id }}) {{ events({arguments}) {{ totalCount }} }} }}"
        );
        assert_eq!(codes(&world.ask(&query, json!({ "id": learner })).await), [code], "{arguments}");
    }
}
