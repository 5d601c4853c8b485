//! The API as a subgraph: every node is found again by its key, and the plain API knows nothing of it.

use milepost::graphql;
use serde_json::{Value, json};

use super::{mutation::Somebody, node::one_of_each_kind};
use crate::world::World;

const ENTITIES: &str =
    "query($them: [_Any!]!) { _entities(representations: $them) { __typename ... on Node { id } } }";

async fn entities(world: &World, them: &[Value]) -> Value {
    world.ask(ENTITIES, json!({ "them": them })).await
}

#[tokio::test]
async fn every_kind_of_node_is_an_entity() {
    let world = World::subgraph();
    let known = one_of_each_kind(&world).await;
    let them = known.map(|(kind, id)| json!({ "__typename": kind, "id": id }));
    assert_eq!(entities(&world, &them).await, json!({ "data": { "_entities": them } }));
    let sdl = graphql::subgraph_sdl();
    let keyed = sdl.lines().filter(|it| it.contains("@key(fields: \"id\")")).count();
    assert_eq!(keyed, them.len());
    let nodes = sdl.lines().filter(|it| it.starts_with("type ") && it.contains(" implements Node")).count();
    assert_eq!(nodes, them.len());
}

#[tokio::test]
async fn what_is_not_there_is_null_alone() {
    let world = World::subgraph();
    let it = Somebody::of(&world).await;
    let known = json!({ "__typename": "Learner", "id": it.learner });
    let them = [
        known.clone(),
        json!({ "__typename": "Learner", "id": "nobody" }),
        json!({ "__typename": "Goal", "id": it.learner }),
        json!({ "__typename": "Nothing", "id": it.learner }),
        known.clone(),
    ];
    let answer = entities(&world, &them).await;
    assert_eq!(answer, json!({ "data": { "_entities": [known, null, null, null, known] } }));
}

#[tokio::test]
async fn a_malformed_representation_is_an_error_of_its_own() {
    let world = World::subgraph();
    let it = Somebody::of(&world).await;
    let known = json!({ "__typename": "Learner", "id": it.learner });
    for bad in [json!({}), json!({ "__typename": "Learner" }), json!({ "__typename": "Learner", "id": 7 })] {
        let answer = entities(&world, &[known.clone(), bad, known.clone()]).await;
        assert_eq!(answer["data"]["_entities"], json!([known, null, known]));
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
        assert_eq!(answer["errors"][0]["path"], json!(["_entities", 1]));
    }
}

#[tokio::test]
async fn a_gateway_learns_the_schema() {
    let world = World::subgraph();
    assert_eq!(world.get("{ _service { sdl } }").await["_service"]["sdl"], graphql::subgraph_sdl());
    let on_query = world.get("{ ...All } fragment All on Query { __typename _service { __typename } }").await;
    assert_eq!(on_query, json!({ "__typename": "Query", "_service": { "__typename": "_Service" } }));
}

#[tokio::test]
async fn the_plain_schema_knows_nothing_of_it() {
    let plain = graphql::sdl();
    for name in ["_entities", "_service", "_Any", "_Entity", "_Service", "@key", "@link", "@shareable"] {
        assert!(!plain.contains(name), "{name}");
    }
    let answer = World::new().ask("{ _service { sdl } }", json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED");
}
