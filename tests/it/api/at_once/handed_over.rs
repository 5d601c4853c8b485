//! That pure data is handed over at all.

use async_graphql::{Request, Value};
use milepost::{
    app::fill_with_demo,
    graphql::{Permit, schema},
};

use crate::world::World;

fn n_handed_over(value: &Value) -> usize {
    match value {
        Value::Binary(_) => 1,
        Value::List(items) => items.iter().map(n_handed_over).sum(),
        Value::Object(fields) => fields.values().map(n_handed_over).sum(),
        _ => 0,
    }
}

/// How often the ordinary executor hands over.
async fn check(selection: &str, n_expected: usize) {
    let world = World::new();
    fill_with_demo(&world.app).await.expect("the demo");
    let schema = schema(world.app.clone());
    let query = selection.replace("amara", "learner(by: { externalId: \"amara\" })");
    let ordinary = schema.execute(&query).await;
    assert_eq!(n_handed_over(&ordinary.data), 0, "without a permit: {query}");
    let answer = schema.execute(Request::new(&query).data(Permit::default())).await;
    assert_eq!(n_handed_over(&answer.data), n_expected, "{query}");
}

#[tokio::test]
async fn pure_data_is_handed_over_as_near_to_the_root_as_can_be() {
    check("{ guide { slug stacks { name } } }", 1).await;
    check("{ amara { name readiness { ready milestones { status } } nextSteps { title } } }", 1).await;
    check("{ learners(first: 3) { edges { cursor node { name } } pageInfo { endCursor } } }", 1).await;
    check("{ a: guide { slug } b: guide { slug } }", 2).await;
}

#[tokio::test]
async fn what_waits_is_not_and_its_neighbours_are() {
    check("{ amara { name events { totalCount } readiness { ready } nextSteps { title } } }", 3).await;
    check("{ amara { readiness(asOf: \"2020-01-01T00:00:00Z\") { ready } } }", 1).await;
    check("{ learners(first: 3) { totalCount edges { node { name } } } }", 1).await;
}

#[tokio::test]
async fn fields_of_the_same_key_are_merged_by_the_ordinary_executor() {
    check("{ guide { slug } guide { title } }", 0).await;
    check("{ ...A ...B } fragment A on Query { guide { slug } } fragment B on Query { guide { title } }", 0)
        .await;
    check("{ guide { slug } ... on Query { amara { name } } }", 2).await;
}

#[tokio::test]
async fn after_something_went_wrong_nothing_is_handed_over() {
    check("{ amara { nextSteps(first: 101) { title } } guide { slug } }", 0).await;
}
