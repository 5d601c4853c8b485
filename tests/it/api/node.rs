//! Anything by its global id.

use serde_json::{Value, json};

use super::mutation::Somebody;
use crate::world::World;

async fn nodes(world: &World, ids: &[Value]) -> Value {
    let query = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }";
    World::data(world.ask(query, json!({ "ids": ids })).await)["nodes"].clone()
}

/// A thing of each kind that has a global id, by the name of its type.
pub async fn one_of_each_kind(world: &World) -> [(&'static str, Value); 10] {
    let it = Somebody::of(world).await;
    let guide = world
        .get(
            r#"{ guide { id stack(slug: "go") { id } course(slug: "capstone-project") { id }
                milestone(slug: "sql") { id criteria { id } } } }"#,
        )
        .await["guide"]
        .clone();
    [
        ("Guide", guide["id"].clone()),
        ("Stack", guide["stack"]["id"].clone()),
        ("Course", guide["course"]["id"].clone()),
        ("Milestone", guide["milestone"]["id"].clone()),
        ("Criterion", guide["milestone"]["criteria"][0]["id"].clone()),
        ("Learner", json!(it.learner)),
        ("Goal", json!(it.goal)),
        ("Project", json!(it.project)),
        ("Evidence", json!(it.evidence)),
        ("Event", json!(it.event)),
    ]
}

#[tokio::test]
async fn everything_with_an_id_is_found_again() {
    let world = World::new();
    let known = one_of_each_kind(&world).await;
    let expected: Vec<_> = known.iter().map(|(kind, id)| json!({ "__typename": kind, "id": id })).collect();
    assert_eq!(nodes(&world, &known.map(|it| it.1)).await, json!(expected));

    let schema = world.get(r#"{ __type(name: "Node") { possibleTypes { name } } }"#).await;
    let mut kinds = crate::world::column(&schema["__type"]["possibleTypes"], "name");
    kinds.sort();
    let mut tested: Vec<_> = expected.iter().map(|it| it["__typename"].as_str().unwrap()).collect();
    tested.sort();
    assert_eq!(kinds, tested);
}

#[tokio::test]
async fn what_is_no_id_is_null_and_order_and_repetition_are_kept() {
    let world = World::new();
    let ada = json!(world.learner("Ada", None).await);
    let long = "A".repeat(10_000);
    let ids =
        [json!(""), ada.clone(), json!("bA"), json!("🦀"), json!(long), json!(7), ada.clone(), json!("bA==")];
    let node = json!({ "__typename": "Learner", "id": ada });
    assert_eq!(nodes(&world, &ids).await, json!([null, node, null, null, null, null, node, null]));
}

#[tokio::test]
async fn a_hundred_ids_and_no_more() {
    let world = World::new();
    assert_eq!(nodes(&world, &vec![json!("x"); 100]).await.as_array().unwrap().len(), 100);
    let query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    let answer = world.ask(query, json!({ "ids": vec!["x"; 101] })).await;
    assert_eq!(crate::world::codes(&answer), ["BAD_USER_INPUT"]);
}

#[tokio::test]
async fn what_was_taken_away_is_null() {
    let world = World::new();
    let it = Somebody::of(&world).await;
    world.call("removeProject", "", json!({ "project": it.project })).await;
    world.call("retractEvidence", "", json!({ "evidence": it.evidence })).await;
    assert_eq!(nodes(&world, &[json!(it.project), json!(it.evidence)]).await, json!([null, null]));
}
