//! What an operation may cost, and errors that carry codes.

use async_graphql::Variables;
use milepost::graphql::{Asked, Cost, Endpoint, EndpointOptions, Form, limits::MAX_COST};
use serde_json::{Value, json};

use crate::world::{World, codes};

async fn refused(query: &str) -> Vec<String> {
    World::new().codes(query).await
}

/// What an operation costs, or why it is refused.
fn cost(query: &str, variables: Value) -> Result<u64, String> {
    cost_in(Form::Plain, query, variables)
}

fn cost_in(form: Form, query: &str, variables: Value) -> Result<u64, String> {
    let options = EndpointOptions { form, ..EndpointOptions::default() };
    let endpoint = Endpoint::new(World::new().app, options).expect("threads");
    let variables = Variables::from_json(variables);
    let asked = Asked { query: Some(query.to_owned()), variables, ..Asked::default() };
    let prepared = endpoint.prepare(asked);
    prepared.map(|it| it.cost.requested).map_err(|it| it.errors[0].message.clone())
}

#[tokio::test]
async fn what_does_not_parse_or_fit_the_schema_has_a_code() {
    for (query, code) in [
        ("", "GRAPHQL_PARSE_FAILED"),
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ guide { slug }", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ guide }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ node { id } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ guide { stack(slug: 7) { id } } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ learner(by: {}) { id } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ learner(by: { id: \"a\", externalId: \"b\" }) { id } }", "GRAPHQL_VALIDATION_FAILED"),
        ("query($id: ID!) { node(id: $id) { id } }", "BAD_USER_INPUT"),
        ("query A { guide { slug } } query B { guide { slug } }", "OPERATION_RESOLUTION_FAILURE"),
    ] {
        assert_eq!(refused(query).await, [code], "{query}");
    }
}

#[test]
fn each_field_costs_one_and_those_of_a_list_as_often_as_it_has_items() {
    for (query, expected) in [
        ("{ __typename }", 1),
        ("{ guide { slug title } }", 3),
        ("{ guide { slug ...F } } fragment F on Guide { title ... { slug } }", 4),
        ("{ guide { milestones { slug } } }", 1 + 1 + 4),
        ("{ guide { milestones { slug criteria { slug } } } }", 1 + 1 + 4 * (1 + 1 + 7)),
        ("{ nodes(ids: []) { id } }", 1),
        ("{ nodes(ids: \"a\") { id } }", 1 + 1),
        ("{ nodes(ids: [\"a\" \"b\" \"c\"]) { id __typename } }", 1 + 3 * 2),
        ("{ learners { totalCount } }", 1 + 250),
        ("{ learners(filter: {}) { nodes { name } } }", 251 + 1 + 20),
        ("{ learners(filter: null) { nodes { name } } }", 1 + 1 + 20),
        ("{ learners { nodes { name } } }", 1 + 1 + 20),
        ("{ learners(first: 7) { nodes { name } pageInfo { hasNextPage } } }", 1 + 1 + 7 + 2),
        ("{ learners(last: 7) { edges { cursor node { name } } } }", 1 + 1 + 7 * 3),
        (
            "{ learners(first: 2, last: 7) { ...F } } fragment F on LearnerConnection { nodes { name } }",
            1 + 1 + 7,
        ),
        ("{ learners(first: 0) { nodes { name } } }", 1 + 1),
        ("{ learners(first: null) { nodes { name } } }", 1 + 1 + 20),
        ("{ learner(by: { id: \"\" }) { nextSteps { __typename } } }", 1 + 25 + 3),
        ("{ learner(by: { id: \"\" }) { nextSteps(first: 9) { __typename } } }", 1 + 25 + 9),
        ("{ learner(by: { id: \"\" }) { evidence { id } } }", 1 + 1 + 50),
        ("{ learner(by: { id: \"\" }) { readiness { ready } } }", 1 + 5 + 1),
        ("{ learner(by: { id: \"\" }) { readiness(asOf: null) { ready } } }", 1 + 5 + 1),
        (
            "{ learner(by: { id: \"\" }) { readiness(asOf: \"2026-01-01T00:00:00Z\") { ready } } }",
            1 + 505 + 1,
        ),
        ("{ learner(by: { id: \"\" }) { forecast { basis } goals { onTrack } } }", 1 + 25 + 1 + 1 + 5 * 25),
        ("{ learner(by: { id: \"\" }) { events(first: 2) { nodes { id } } } }", 1 + 20 + 1 + 2),
        ("{ whatIf(learner: { id: \"\" }, steps: []) { ready } }", 25 + 1),
        ("{ whatIf(learner: { id: \"\" }, steps: { waive: \"\" }) { ready } }", 25 + 10 + 1),
        (
            "{ whatIf(learner: { id: \"\" }, steps: [{ waive: \"\" }, { waive: \"\" }]) { ready } }",
            25 + 20 + 1,
        ),
        ("mutation { compactStore(input: {}) { changed userErrors { code } } }", 1 + 1 + 1 + 1),
        ("{ __type(name: \"Guide\") { name } }", 50 + 1),
        ("{ __schema { types { name } } }", 5_000 + 2),
    ] {
        assert_eq!(cost(query, json!({})), Ok(expected), "{query}");
    }
}

#[test]
fn variables_say_how_long_lists_are() {
    let query = "query($n: Int, $m: Int = 30, $ids: [ID!] = []) {
        learners(first: $n, last: $m) { nodes { name } } nodes(ids: $ids) { id }
    }";
    for (variables, expected) in [
        (json!({}), 30),
        (json!({ "m": null }), 20),
        (json!({ "n": 40 }), 40),
        (json!({ "n": 40, "m": 50 }), 50),
        (json!({ "n": 2_147_483_647 }), 100),
        (json!({ "n": -1, "m": null }), 0),
        (json!({ "ids": ["a", "b"] }), 32),
        (json!({ "ids": "a" }), 31),
    ] {
        assert_eq!(cost(query, variables.clone()), Ok(3 + expected), "{variables}");
    }
}

#[test]
fn variables_say_what_arguments_add() {
    let query = "query($at: DateTime, $filter: LearnerFilter, $steps: [WhatIfStep!] = []) {
        learner(by: { id: \"\" }) { readiness(asOf: $at) { ready } }
        learners(first: 0, filter: $filter) { pageInfo { hasNextPage } }
        whatIf(learner: { id: \"\" }, steps: $steps) { ready }
    }";
    for (variables, expected) in [
        (json!({}), 0),
        (json!({ "at": null, "filter": null }), 0),
        (json!({ "at": "2026-01-01T00:00:00Z" }), 500),
        (json!({ "filter": {} }), 250),
        (json!({ "steps": { "waive": "" } }), 10),
        (json!({ "steps": vec![json!({ "waive": "" }); 100] }), 1_000),
    ] {
        assert_eq!(cost(query, variables.clone()), Ok(7 + 3 + 26 + expected), "{variables}");
    }
}

/// Up to this an operation executes on the threads of its connection.
const LIGHT: u64 = 5_000;

#[test]
fn what_people_mostly_ask_is_light_and_what_takes_long_is_not() {
    let tree = "readiness { ready progress { percent } milestones { status criteria { status missing evidence { kind } } } }";
    let of =
        |n: usize, selection: &str| format!("{{ learners(first: {n}) {{ nodes {{ name {selection} }} }} }}");
    for query in [
        format!(
            "{{ learner(by: {{ id: \"\" }}) {{ name {tree} nextSteps {{ title }} forecast {{ basis }} }} }}"
        ),
        of(100, "readiness { progress { percent } }"),
        of(20, "readiness { ready progress { percent } } nextSteps { title }"),
    ] {
        let cost = cost(&query, json!({}));
        assert!(cost.as_ref().is_ok_and(|it| *it <= LIGHT), "{cost:?} {query}");
    }
    for query in [
        of(100, "nextSteps(first: 100) { title }"),
        of(100, "goals { onTrack }"),
        of(100, "forecast { basis } nextSteps { title }"),
        of(20, "readiness(asOf: \"2026-01-01T00:00:00Z\") { ready }"),
    ] {
        let cost = cost(&query, json!({}));
        assert!(cost.as_ref().map_or(true, |it| LIGHT < *it), "{cost:?} {query}");
    }
}

#[test]
fn entities_cost_as_often_as_they_are_asked_for() {
    let cost = |query: &str, variables| cost_in(Form::Subgraph, query, variables);
    let query =
        "query($them: [_Any!]!) { _entities(representations: $them) { __typename ... on Node { id } } }";
    for n in [0, 1, 100] {
        let them = vec![json!({ "__typename": "Guide", "id": "" }); n];
        assert_eq!(cost(query, json!({ "them": them })), Ok(1 + 2 * n as u64));
    }
    let literal = "{ _entities(representations: [{ id: 1 }, { id: 2 }, { id: 3 }]) { __typename } }";
    assert_eq!(cost(literal, json!({})), Ok(1 + 3));
}

#[test]
fn the_limit_is_exact_and_the_refusal_names_the_field_that_is_dear() {
    let query = |n: usize| {
        let names = "name ".repeat(199);
        let rest = "slug ".repeat(n);
        format!(
            "query($first: Int) {{ learners(first: $first) {{ nodes {{ {names} }} }} guide {{ {rest} }} }}"
        )
    };
    assert_eq!(cost(&query(97), json!({ "first": 100 })), Ok(MAX_COST));
    let message = "the operation costs 20001, the limit is 20000; most of it at `learners.nodes`";
    assert_eq!(cost(&query(98), json!({ "first": 100 })), Err(message.to_owned()));
    assert_eq!(cost(&query(98), json!({ "first": 10 })), Ok(20_001 - 90 * 199));
}

#[test]
fn no_cost_is_too_great_to_count() {
    let (way, back) = ("events(first: 100) { nodes { learner { ".repeat(5), "} } } ".repeat(5));
    let message = cost(&format!("{{ learners(first: 100) {{ nodes {{ {way} id {back} }} }} }}"), json!({}));
    let message = message.expect_err("too deep or too dear");
    assert!(message.contains("deeper than 15"), "{message}");
    let (way, back) = ("events(first: 100) { nodes { learner { ".repeat(4), "} } } ".repeat(4));
    let message = cost(&format!("{{ learners(first: 100) {{ nodes {{ {way} id {back} }} }} }}"), json!({}));
    let expected = "the operation costs 22222222102, the limit is 20000; most of it at ";
    assert!(message.as_ref().is_err_and(|it| it.starts_with(expected)), "{message:?}");
}

/// A list of objects that says nothing of its length would count as one object.
#[test]
fn every_list_of_objects_says_how_long_it_is() {
    let sdl = milepost::graphql::sdl();
    let is_object =
        |name: &str| ["type", "interface"].iter().any(|it| sdl.contains(&format!("\n{it} {name} ")));
    let is_silent = |line: &&str| {
        let list = line.split_once(": [").and_then(|(_, it)| it.split(['!', ']']).next());
        let is_of_connection = line.trim().starts_with("edges: ") || line.trim().starts_with("nodes: ");
        list.is_some_and(is_object) && !line.contains("@listSize") && !is_of_connection
    };
    let silent: Vec<_> = sdl.lines().filter(is_silent).collect();
    assert!(silent.is_empty(), "{silent:#?}");
}

#[tokio::test]
async fn what_was_asked_for_is_told_on_request() {
    let endpoint = Endpoint::new(World::new().app, EndpointOptions::default()).expect("threads");
    let asked = Asked { query: Some("{ guide { slug } }".into()), tell_cost: true, ..Asked::default() };
    let operation = endpoint.prepare(asked).expect("it fits");
    assert!(operation.tell_cost);
    assert_eq!(operation.cost, Cost { requested: 2, limit: MAX_COST });
    assert!(format!("{operation:?}").len() < 100, "{operation:?}");
}

#[tokio::test]
async fn one_failing_mutation_leaves_its_siblings_alone() {
    let world = World::new();
    let query = r#"mutation { a: registerLearner(input: { name: "" }) { userErrors { code } }
        b: registerLearner(input: { name: "Ada" }) { changed userErrors { code } } }"#;
    let data = world.get(query).await;
    assert_eq!(data["a"]["userErrors"], json!([{ "code": "INVALID_INPUT" }]));
    assert_eq!(data["b"], json!({ "changed": true, "userErrors": [] }));
}

#[tokio::test]
async fn a_mutation_whose_input_cannot_be_read_is_not_begun() {
    let world = World::new();
    let query = r#"mutation { a: registerLearner(input: { name: "Ada", externalId: "ada" }) { changed }
        b: recordCourseProgress(input: { learner: { externalId: "ada" }, course: "capstone-project",
            percent: 99999999999 }) { changed } }"#;
    assert_eq!(world.codes(query).await, ["GRAPHQL_VALIDATION_FAILED"]);
    let query = r#"mutation($percent: Int!) {
        a: registerLearner(input: { name: "Ada", externalId: "ada" }) { changed }
        b: recordCourseProgress(input: { learner: { externalId: "ada" }, course: "capstone-project",
            percent: $percent }) { changed } }"#;
    let answer = world.ask(query, json!({ "percent": 99_999_999_999_i64 })).await;
    assert_eq!(codes(&answer), ["BAD_USER_INPUT"]);
    assert_eq!(
        world.get(r#"{ learner(by: { externalId: "ada" }) { id } }"#).await,
        json!({ "learner": null })
    );
}

#[tokio::test]
async fn what_does_not_parse_is_not_sent_back() {
    let answer = World::new().ask(&format!("{{ {} @@ }}", "x".repeat(50_000)), json!({})).await;
    assert_eq!(codes(&answer)[0], "GRAPHQL_PARSE_FAILED");
    let message = answer["errors"][0]["message"].as_str().unwrap();
    assert!(message.starts_with("this is not GraphQL: expected ") && message.len() < 300, "{message}");
    assert!(answer["errors"][0]["locations"][0]["column"].is_number());
}
