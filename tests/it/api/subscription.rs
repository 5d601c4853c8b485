//! Events as they come: what was there, then what happens; none is missed and none comes twice.

use std::time::Duration;

use async_graphql::Variables;
use futures_util::{Stream, StreamExt, stream::BoxStream};
use milepost::graphql::Asked;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::mutation::Somebody;
use crate::world::{World, codes, column, text};

/// What a subscription answers, message by message.
fn follow(world: &World, query: &str, variables: Value) -> BoxStream<'static, Value> {
    let variables = Variables::from_json(variables);
    world.messages(Asked { query: Some(query.to_owned()), variables, ..Asked::default() })
}

fn follow_learner(world: &World, learner: &str, after: Value) -> BoxStream<'static, Value> {
    let query = "subscription($id: ID!, $after: Int) { learnerEvents(learner: { id: $id }, afterVersion: $after) {
        event { version kind } learner { version name } milestonesReached { slug } milestonesLost { slug } } }";
    follow(world, query, json!({ "id": learner, "after": after }))
}

fn follow_all(world: &World, after: Option<&str>) -> BoxStream<'static, Value> {
    let query = "subscription($after: String) { events(after: $after) { cursor event { version learner { name } } } }";
    follow(world, query, json!({ "after": after }))
}

/// The next message; `None`: the stream has ended.
async fn next(stream: &mut (impl Stream<Item = Value> + Unpin)) -> Option<Value> {
    let message = timeout(Duration::from_secs(5), stream.next()).await.expect("a message in time")?;
    assert_eq!(message.get("errors"), None, "{message:#}");
    message["data"].as_object().unwrap().values().next().cloned()
}

async fn versions(stream: &mut (impl Stream<Item = Value> + Unpin), n: usize) -> Vec<u64> {
    let mut versions = vec![];
    for _ in 0..n {
        versions.push(next(stream).await.unwrap()["event"]["version"].as_u64().unwrap());
    }
    versions
}

async fn is_silent(stream: &mut (impl Stream<Item = Value> + Unpin)) -> bool {
    timeout(Duration::from_millis(50), stream.next()).await.is_err()
}

#[tokio::test]
async fn history_comes_first_and_then_what_happens() {
    let world = World::new();
    let learner = Somebody::of(&world).await.learner;
    let mut stream = follow_learner(&world, &learner, json!(null));
    assert_eq!(versions(&mut stream, 7).await, [1, 2, 3, 4, 5, 6, 7]);
    assert!(is_silent(&mut stream).await);
    for name in ["Blog", "Chat"] {
        world.project(&learner, name).await;
    }
    assert_eq!(versions(&mut stream, 2).await, [8, 9]);
    world.project(&learner, "News").await;
    let message = next(&mut stream).await.unwrap();
    assert_eq!(message["event"], json!({ "version": 10, "kind": "PROJECT_ADDED" }));
    assert_eq!(message["learner"], json!({ "version": 10, "name": "Ada" }));
}

#[tokio::test]
async fn a_message_shows_the_learner_right_after_its_event() {
    let world = World::new();
    let learner = world.learner("Ada", None).await;
    let rename = json!({ "learner": { "id": learner }, "name": "Ada Lovelace" });
    let event = world.call("updateLearner", "", rename).await["event"]["id"].clone();
    world.call("undoEvent", "", json!({ "event": event })).await;
    let mut stream = follow_learner(&world, &learner, json!(0));
    for (version, name) in [(1, "Ada"), (2, "Ada Lovelace"), (3, "Ada")] {
        let learner = json!({ "version": version, "name": name });
        assert_eq!(next(&mut stream).await.unwrap()["learner"], learner);
    }
}

#[tokio::test]
async fn a_follower_resumes_where_it_left() {
    let world = World::new();
    let learner = Somebody::of(&world).await.learner;
    let mut stream = follow_learner(&world, &learner, json!(5));
    assert_eq!(versions(&mut stream, 2).await, [6, 7]);
    world.project(&learner, "Blog").await;
    assert_eq!(versions(&mut stream, 1).await, [8]);
    let mut stream = follow_learner(&world, &learner, json!(8));
    assert!(is_silent(&mut stream).await);
}

#[tokio::test]
async fn a_follower_may_wait_for_what_is_still_far() {
    let world = World::new();
    let learner = world.learner("Ada", None).await;
    let mut stream = follow_learner(&world, &learner, json!(2));
    assert!(is_silent(&mut stream).await);
    world.call("updateLearner", "", json!({ "learner": { "id": learner }, "name": "Ada L." })).await;
    assert!(is_silent(&mut stream).await);
    world.project(&learner, "Blog").await;
    let message = next(&mut stream).await.unwrap();
    assert_eq!(message["learner"], json!({ "version": 3, "name": "Ada L." }));
}

/// What comes while others are told is read ahead, and may not have been there yet.
#[tokio::test]
async fn what_comes_while_others_are_told_is_told_too() {
    let world = World::new();
    let learner = world.learner("Ada", None).await;
    for number in 1..96 {
        world.project(&learner, &number.to_string()).await;
    }
    let mut stream = follow_learner(&world, &learner, json!(0));
    assert_eq!(versions(&mut stream, 80).await, (1..=80).collect::<Vec<_>>());
    // By now it was seen that nothing comes after these.
    tokio::task::yield_now().await;
    for name in ["Blog", "Chat"] {
        world.project(&learner, name).await;
        assert_eq!(versions(&mut stream, 9).await.len(), 9);
    }
    assert!(is_silent(&mut stream).await);
}

#[tokio::test]
async fn messages_tell_which_milestones_an_event_moved() {
    let world = World::new();
    let learner = world.learner("Ada", Some("nodejs")).await;
    let mut stream = follow_learner(&world, &learner, json!(1));
    let reached = world.gets_ready(&learner).await;
    let mut told = vec![];
    while told.len() < reached.len() {
        told.extend(column(&next(&mut stream).await.unwrap()["milestonesReached"], "slug"));
    }
    assert_eq!(told, reached);
    let last =
        world.of(&learner, "events(last: 1) { nodes { id } }").await["events"]["nodes"][0]["id"].clone();
    world.call("undoEvent", "", json!({ "event": last })).await;
    assert_eq!(column(&next(&mut stream).await.unwrap()["milestonesLost"], "slug"), ["sql"]);
}

/// All that there is to say of an event.
const EVENT: &str = "id version kind summary occurredAt recordedAt actor reason batch voided
    milestonesReached { slug } milestonesLost { slug }";

#[tokio::test]
async fn an_event_is_the_same_wherever_it_is_told() {
    let world = World::embedded();
    let learner = world.learner("Ada", Some("nodejs")).await;
    world.gets_ready(&learner).await;
    let added =
        world.of(&learner, "events(first: 2) { nodes { id } }").await["events"]["nodes"][1]["id"].clone();
    let selection = format!("event {{ {EVENT} }}");
    let undo = json!({ "event": added, "cascade": true, "reason": "It was another's." });
    let undone = world.call("undoEvent", &selection, undo).await["event"].clone();
    let redone =
        world.call("redoEvent", &selection, json!({ "event": added, "cascade": true })).await["event"]
            .clone();

    let history = format!("events(first: 100) {{ nodes {{ {EVENT} }} }} version");
    let history = world.of(&learner, &history).await;
    let of_learner = history["events"]["nodes"].as_array().unwrap().clone();
    assert_eq!(history["version"], of_learner.len());
    for event in [undone, redone] {
        assert!(of_learner.contains(&event), "{event:#}");
    }
    let moved = |field: &str| of_learner.iter().flat_map(|it| column(&it[field], "slug")).collect::<Vec<_>>();
    // What was reached first was lost by the undo and reached again by the redo.
    assert!(!moved("milestonesLost").is_empty());
    let mut again = moved("milestonesReached");
    again.retain(|it| moved("milestonesLost").contains(it));
    assert_eq!(again.len(), 2 * moved("milestonesLost").len(), "{again:?}");

    for query in [
        format!(
            "subscription($id: ID!) {{ learnerEvents(learner: {{ id: $id }}) {{ event {{ {EVENT} }} }} }}"
        ),
        format!("subscription {{ events {{ event {{ {EVENT} }} }} }}"),
    ] {
        let mut stream = follow(&world, &query, json!({ "id": learner }));
        for event in &of_learner {
            let mut told = next(&mut stream).await.unwrap()["event"].clone();
            // The one stream shows the learner of then, the other the learner of now.
            told["voided"] = event["voided"].clone();
            assert_eq!(told, *event);
        }
        assert!(is_silent(&mut stream).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_follower_misses_nothing_while_many_write() {
    let world = World::new();
    let learner = world.learner("Ada", None).await;
    let writers = (0..40).map(|it| {
        let (world, learner) = (world.clone(), learner.clone());
        tokio::spawn(async move { world.project(&learner, &format!("Project {it}")).await })
    });
    let writers: Vec<_> = writers.collect();
    let (mut one, mut all) = (follow_learner(&world, &learner, json!(0)), follow_all(&world, None));
    let expected: Vec<_> = (1..=41).collect();
    assert_eq!(versions(&mut one, 41).await, expected);
    assert_eq!(versions(&mut all, 41).await, expected);
    for writer in writers {
        writer.await.unwrap();
    }
    assert!(is_silent(&mut one).await && is_silent(&mut all).await);
}

#[tokio::test]
async fn the_feed_of_everyone_resumes_by_cursor() {
    let world = World::new();
    for name in ["Ada", "Bob", "Eve"] {
        let learner = world.learner(name, None).await;
        world.project(&learner, "Shop").await;
    }
    let (mut cursor, mut seen) = (None, vec![]);
    while seen.len() < 6 {
        let mut stream = follow_all(&world, cursor.as_deref());
        for _ in 0..2 {
            let message = next(&mut stream).await.unwrap();
            cursor = Some(text(&message["cursor"]));
            seen.push(format!(
                "{} {}",
                text(&message["event"]["learner"]["name"]),
                message["event"]["version"]
            ));
        }
    }
    seen.sort();
    assert_eq!(seen, ["Ada 1", "Ada 2", "Bob 1", "Bob 2", "Eve 1", "Eve 2"]);
    let mut stream = follow_all(&world, cursor.as_deref());
    assert!(is_silent(&mut stream).await);
    world.learner("Dan", None).await;
    assert_eq!(next(&mut stream).await.unwrap()["event"]["learner"]["name"], "Dan");
}

#[tokio::test]
async fn a_follower_is_told_of_the_end_when_the_learner_is_erased() {
    let world = World::new();
    let (ada, bob) = (world.learner("Ada", None).await, world.learner("Bob", None).await);
    let (mut one, mut all) = (follow_learner(&world, &ada, json!(0)), follow_all(&world, None));
    assert_eq!(versions(&mut one, 1).await, [1]);
    assert_eq!(versions(&mut all, 2).await, [1, 1]);
    assert!(is_silent(&mut one).await && is_silent(&mut all).await);
    world.call("eraseLearner", "", json!({ "learner": { "id": ada } })).await;
    assert_eq!(next(&mut one).await, None);
    assert!(is_silent(&mut all).await);
    let message = next(&mut follow_all(&world, None)).await.unwrap();
    assert_eq!(message["event"]["learner"]["name"], "Bob", "what is forgotten is not told");
    world.project(&bob, "Shop").await;
    assert_eq!(versions(&mut all, 1).await, [2]);
}

#[tokio::test]
async fn nothing_more_is_told_of_somebody_who_is_erased_meanwhile() {
    let world = World::new();
    let learner = Somebody::of(&world).await.learner;
    let mut stream = follow_learner(&world, &learner, json!(0));
    assert_eq!(versions(&mut stream, 2).await, [1, 2]);
    world.call("eraseLearner", "", json!({ "learner": { "id": learner } })).await;
    assert_eq!(next(&mut stream).await, None);
}

#[tokio::test]
async fn what_cannot_be_followed_is_an_error_with_a_code() {
    let world = World::new();
    let learner = world.learner("Ada", None).await;
    world.call("eraseLearner", "", json!({ "learner": { "id": learner } })).await;
    let bob = world.learner("Bob", None).await;
    for (subscription, code) in [
        (
            format!("learnerEvents(learner: {{ id: \"{bob}\" }}, afterVersion: -1) {{ event {{ id }} }}"),
            "BAD_USER_INPUT",
        ),
        ("learnerEvents(learner: { id: \"nobody\" }) { event { id } }".to_owned(), "NOT_FOUND"),
        (format!("learnerEvents(learner: {{ id: \"{learner}\" }}) {{ event {{ id }} }}"), "NOT_FOUND"),
        ("events(after: \"none\") { cursor }".to_owned(), "INVALID_CURSOR"),
        ("events(after: 7) { cursor }".to_owned(), "GRAPHQL_VALIDATION_FAILED"),
        ("nothing".to_owned(), "GRAPHQL_VALIDATION_FAILED"),
        ("{".to_owned(), "GRAPHQL_PARSE_FAILED"),
    ] {
        let mut stream = follow(&world, &format!("subscription {{ {subscription} }}"), json!({}));
        let message = timeout(Duration::from_secs(5), stream.next()).await.unwrap().unwrap();
        assert_eq!(codes(&message), [code], "{subscription}");
        let end = timeout(Duration::from_secs(5), stream.next()).await.expect("the end in time");
        assert_eq!(end, None, "{subscription}");
    }
}
