//! What is selected twice at the root is executed once, however it is selected.

use std::time::Duration;

use async_graphql::Variables;
use futures_util::StreamExt;
use milepost::graphql::Asked;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::world::World;

const TWICE: [&str; 5] = [
    "registerLearner(input: $input) { changed } registerLearner(input: $input) { learner { version } }",
    "...A ...B",
    "...A registerLearner(input: $input) { learner { version } } ... on Mutation { ...A ...B }",
    "... @include(if: $yes) { ...A } ... { ...B } other: registerLearner(input: $input) @skip(if: $yes) { changed }",
    "a: registerLearner(input: $input) @include(if: $no) { changed } ...A ...B ...N @include(if: $no)",
];

const FRAGMENTS: &str = "fragment A on Mutation { registerLearner(input: $input) { changed } }
    fragment B on Mutation { registerLearner(input: $input) { learner { version } } }";

#[tokio::test]
async fn a_mutation_that_is_selected_twice_is_done_once() {
    for selections in TWICE {
        let world = World::new();
        let mut query = format!(
            "mutation($input: RegisterLearnerInput!, $yes: Boolean! = true, $no: Boolean! = false) {{
                {selections} ... @skip(if: $yes) {{ n: __typename }} ... @include(if: $no) {{ n: __typename }} }}"
        );
        if selections.contains("...A") {
            query.push_str(FRAGMENTS);
        }
        if selections.contains("...N") {
            query.push_str(" fragment N on Mutation { b: registerLearner(input: $input) { changed } }");
        }
        let data = World::data(world.ask(&query, json!({ "input": { "name": "Ada" } })).await);
        let payload = json!({ "changed": true, "learner": { "version": 1 } });
        assert_eq!(data, json!({ "registerLearner": payload }), "{selections}");
        let learners = world.get("{ learners { totalCount } }").await;
        assert_eq!(learners, json!({ "learners": { "totalCount": 1 } }), "{selections}");
    }
}

/// The first messages of a subscription.
async fn messages(world: &World, query: &str, n: usize) -> Vec<Value> {
    let asked = Asked {
        query: Some(query.to_owned()),
        variables: Variables::from_json(json!({})),
        ..Asked::default()
    };
    let messages = world.messages(asked).take(n).collect();
    timeout(Duration::from_secs(5), messages).await.expect("messages in time")
}

#[tokio::test]
async fn a_subscription_is_opened_once_and_by_fragments_too() {
    let world = World::new();
    let learner = world.learner("Ada", None).await;
    world.project(&learner, "Shop").await;
    let event = |version: u32| json!({ "event": { "version": version, "learner": { "name": "Ada" } } });
    let expected = [1, 2].map(|it| json!({ "data": { "events": event(it) } }));
    for query in [
        "subscription { events { event { version learner { name } } } }",
        "subscription { ...F } fragment F on Subscription { events { event { version learner { name } } } }",
        "subscription { ... { ... on Subscription { events { event { version learner { name } } } } } }",
        "subscription { events { event { version } } events { event { learner { name } } } }",
        "subscription { ...F ...G } fragment F on Subscription { events { event { version } } }
            fragment G on Subscription { events { event { learner { name } } } }",
    ] {
        assert_eq!(messages(&world, query, 2).await, expected, "{query}");
    }
}
