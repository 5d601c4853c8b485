//! How long an answer may be: longer ones are refused while they are made, however they are made.

use milepost::graphql::MAX_ANSWER;
use serde_json::{Value, json};

use crate::world::World;

/// How many characters the text of a piece of evidence has here, and how many pieces there are.
const LENGTH: usize = 20_000;
const PIECES: usize = 50;

async fn world() -> (World, String) {
    let world = World::new();
    let learner = world.learner("Ada", None).await;
    for piece in 0..PIECES {
        let text = format!("{piece:0LENGTH$}");
        let input = json!({
            "learner": { "id": learner }, "criterion": "sql.indexes", "kind": "WRITE_UP", "text": text,
        });
        world.call("submitEvidence", "evidence { id }", input).await;
    }
    (world, learner)
}

/// Asks for all texts that many times, by nothing but fields that are written at once, or by others too.
async fn ask(world: &World, learner: &str, times: usize, others: &str) -> Value {
    let texts = (0..times).map(|it| format!("a{it}: evidence {{ text }} ")).collect::<String>();
    let query = format!("query($id: ID!) {{ learner(by: {{ id: $id }}) {{ {texts} {others} }} }}");
    world.ask(&query, json!({ "id": learner })).await
}

#[tokio::test]
async fn what_is_longer_than_an_answer_may_be_is_refused() {
    let (world, learner) = world().await;
    let fit = MAX_ANSWER / (LENGTH * PIECES);
    for others in ["", "events(first: 1) { nodes { id } }"] {
        let answer = ask(&world, &learner, fit - 1, others).await;
        let texts = answer["data"]["learner"]["a0"].as_array().expect("texts").len();
        assert_eq!((texts, answer.get("errors")), (PIECES, None), "{others}");
        let answer = ask(&world, &learner, fit + 1, others).await;
        assert_eq!(answer.get("data"), None, "{others}");
        assert_eq!(answer["errors"][0]["extensions"]["code"], "ANSWER_TOO_LARGE", "{others}");
    }
}

#[tokio::test]
async fn what_was_short_before_is_refused_when_it_is_long() {
    let (world, learner) = world().await;
    let short = world.learner("Bo", None).await;
    let times = MAX_ANSWER / (LENGTH * PIECES) + 1;
    for _ in 0..2 {
        let answer = ask(&world, &short, times, "").await;
        assert_eq!((&answer["data"]["learner"]["a0"], answer.get("errors")), (&json!([]), None));
    }
    let answer = ask(&world, &learner, times, "").await;
    assert_eq!(answer.get("data"), None);
    assert_eq!(answer["errors"][0]["extensions"]["code"], "ANSWER_TOO_LARGE");
}

#[tokio::test]
async fn what_a_mutation_changed_is_changed() {
    let (world, learner) = world().await;
    let texts = (0..10).map(|it| format!("a{it}: evidence {{ text }} ")).collect::<String>();
    let mutation = format!(
        "mutation($input: AddProjectInput!, $other: AddProjectInput!) {{
            first: addProject(input: $input) {{ learner {{ {texts} }} }}
            second: addProject(input: $other) {{ learner {{ {texts} }} }}
        }}"
    );
    let input = |name: &str| json!({ "learner": { "id": learner }, "name": name });
    let answer = world.ask(&mutation, json!({ "input": input("Shop"), "other": input("Blog") })).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "ANSWER_TOO_LARGE");
    let projects = world.of(&learner, "projects { name }").await["projects"].clone();
    assert_eq!(projects, json!([{ "name": "Shop" }, { "name": "Blog" }]));
}
