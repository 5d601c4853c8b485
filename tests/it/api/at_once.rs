//! What is written at once is what the ordinary executor answers, to the letter: on the examples, on
//! what is easily got wrong, and on selections made up at random.

mod handed_over;
mod selection;

use async_graphql::{Request, Variables};
use milepost::{
    app::fill_with_demo,
    graphql::{self, Asked, Endpoint, EndpointOptions, RequestId, Viewer},
};
use serde_json::{Value, json};
use uuid::Uuid;

use self::selection::Selections;
use crate::{examples, world::World};

/// The product asked in both ways.
struct Both {
    endpoint: Endpoint,
    ordinary: graphql::Schema,
    world: World,
}

impl Both {
    async fn new() -> Self {
        let world = World::new();
        fill_with_demo(&world.app).await.expect("the demo");
        let endpoint = Endpoint::new(world.app.clone(), EndpointOptions::default()).expect("threads");
        Self { endpoint, ordinary: graphql::schema(world.app.clone()), world }
    }

    /// The answer of each, as text.
    async fn ask(&self, query: &str, operation: Option<&str>, variables: Value) -> [String; 2] {
        let variables = Variables::from_json(variables);
        let asked = || Asked {
            query: Some(query.to_owned()),
            operation_name: operation.map(str::to_owned),
            variables: variables.clone(),
            ..Asked::default()
        };
        let at_once = self.ask_endpoint(asked()).await;
        // What was written at once is executed with less the next time.
        assert_eq!(at_once, self.ask_endpoint(asked()).await, "the second time: {query}");
        let mut request = Request::new(query).variables(variables);
        request.operation_name = operation.map(str::to_owned);
        let ordinary = self.ordinary.execute(request).await;
        let data = serde_json::to_string(&ordinary.data).expect("JSON");
        let errors = match ordinary.errors.is_empty() {
            true => String::new(),
            false => format!("\"errors\":{},", serde_json::to_string(&ordinary.errors).expect("JSON")),
        };
        [at_once, format!("{{{errors}\"data\":{data}}}")]
    }

    async fn ask_endpoint(&self, asked: Asked) -> String {
        let prepared = self.endpoint.prepare(asked).unwrap_or_else(|it| panic!("{:?}", it.errors));
        let viewer = Viewer::admin();
        let answer = self.endpoint.execute(prepared, viewer, RequestId(Uuid::nil())).await;
        String::from_utf8(answer.body).expect("text")
    }

    async fn check(&self, query: &str, variables: Value) {
        let [at_once, ordinary] = self.ask(query, None, variables).await;
        assert_eq!(at_once, ordinary, "{query}");
        assert!(ordinary.len() > r#"{"data":{}}"#.len(), "{query} asks for nothing");
    }
}

#[tokio::test]
async fn the_examples_are_answered_alike() {
    let both = Both::new().await;
    for example in examples::queries() {
        let [at_once, ordinary] =
            both.ask(&example.document, Some(&example.operation), example.variables).await;
        assert_eq!(at_once, ordinary, "{}", example.operation);
    }
}

#[tokio::test]
async fn what_is_easily_got_wrong() {
    let both = Both::new().await;
    let amara = r#"learner(by: { externalId: "amara" })"#;
    for query in [
        // Keys in the order of their first place, merged at every level.
        "{ guide { milestones { slug } title milestones { title criteria { slug } } milestones { criteria { title } } } }",
        // The same field twice where the ordinary executor merges.
        "{ guide { slug } guide { title } }",
        "{ ...A ...B } fragment A on Query { guide { slug } } fragment B on Query { guide { title stacks { slug } } }",
        "{ nodes(ids: [\"bA\", \"dWJhY2tlbmQtMjAyNg\"]) { ... on Guide { stacks { slug } } ...G } } fragment G on Guide { stacks { name } }",
        // Fragments on the type, on its interface, on another type, on none, within each other.
        "{ guide { ... on Guide { slug } ... on Node { id } ... { title } ...F } } fragment F on Guide { ...G asOf } fragment G on Node { __typename }",
        "{ b: __typename ...A guide { title } a: __typename } fragment A on Query { guide { slug } c: __typename a: __typename }",
        "{ ... { ...A @include(if: false) } b: __typename @skip(if: true) ...A a: __typename b: __typename } fragment A on Query { b: __typename c: __typename @skip(if: true) }",
        "{ guide { __typename t: __typename stacks { __typename a: slug b: slug } } }",
        "{ guide { slug @skip(if: true) title @include(if: true) ... @include(if: false) { asOf } } }",
        "{ guide { slug @skip(if: true) } }",
        "{ guide { stack(slug: \"none\") { slug } milestone(slug: \"sql\") { slug } levelsAt(years: 2) { slug } } }",
        // What does not fit an argument fails in its place.
        "{ guide { slug stacks { slug } levelsAt(years: -1) { slug } } }",
    ] {
        both.check(query, json!({})).await;
    }
    for selection in [
        "name nextSteps { title } steps: nextSteps(first: 1) { title }",
        // Fields that fail: what may be null and what may not, deep and shallow.
        "name nextSteps(first: 101) { title }",
        "name goals { title } nextSteps(first: -1) { title } readiness { ready }",
        // Fields that wait, beside and below such that do not.
        "evidence { kind text } readiness { ready milestones { criteria { evidence { kind } } } }",
        "readiness { milestones { criteria { evidence { note } } } }",
        "readiness(asOf: \"2025-12-01T00:00:00Z\") { ready progress { percent } }",
        "readiness(asOf: \"yesterday\") { ready } name",
        "events(last: 2) { nodes { kind learner { name } } pageInfo { hasNextPage } totalCount } name",
        "readiness { ready } ...R readiness { progress { done } }",
        "projects { name incidents { title occurredAt } deployments { url ok checkedAt } aspects live }",
    ] {
        let fragment = match selection.contains("...R") {
            true => "fragment R on Learner { readiness { progress { total } asOf } events { totalCount } }",
            false => "",
        };
        both.check(&format!("{{ {amara} {{ {selection} }} }} {fragment}"), json!({})).await;
    }
    let query = "query($n: Int!, $yes: Boolean!, $slug: String = \"sql\") { learners(first: 2) {
        edges { cursor node { name nextSteps(first: $n) { title } externalId @include(if: $yes) } }
        nodes { readiness { milestone(slug: $slug) { status } } } totalCount } }";
    both.check(query, json!({ "n": 2, "yes": false })).await;
    both.check(query, json!({ "n": 1_000, "yes": true, "slug": "deployment" })).await;
    // The second time less is executed: whatever goes wrong then goes wrong in the same place.
    let query = "query($n: Int, $slug: String = \"sql\") { learners(first: 2) { ...L __typename } }
        fragment L on LearnerConnection { nodes { name nextSteps(first: $n) { title }
            readiness { milestone(slug: $slug) { status } } } totalCount ...L2 }
        fragment L2 on LearnerConnection { edges { cursor } nodes { externalId } }";
    for variables in [
        json!({ "n": 2 }),
        json!({ "n": 1_000, "slug": "deployment" }),
        json!({ "n": 1, "slug": "none" }),
        json!({ "n": -1 }),
    ] {
        both.check(query, variables).await;
    }
    // The ordinary executor takes a variable that is left out for null.
    let [left_out, _] = both.ask(query, None, json!({ "slug": "sql" })).await;
    assert!(
        left_out.starts_with(r#"{"data":{"learners":{"nodes":[{"name":"Amara Okafor","nextSteps":["#),
        "{left_out}"
    );
    // There is nobody the second time, and somebody the third.
    let query = "query($who: String!) { learner(by: { externalId: $who }) { name readiness { ready } } }";
    for who in ["amara", "nobody", "amara"] {
        both.check(query, json!({ "who": who })).await;
    }
    // Each operation of a document is as it is, whatever was seen of the other.
    let query =
        "query A { guide { slug } } query B { guide { title asOf } } query C { learners { totalCount } }";
    for operation in ["A", "B", "C", "B", "A"] {
        let [at_once, ordinary] = both.ask(query, Some(operation), json!({})).await;
        assert_eq!(at_once, ordinary, "{operation}");
    }
}

#[tokio::test]
async fn names_with_signs_are_written_as_they_are() {
    let both = Both::new().await;
    let name = "Zoë \"Z\" O'Neil \\ \u{1f980} </script>";
    let learner = both.world.learner(name, None).await;
    let query = format!("{{ learner(by: {{ id: \"{learner}\" }}) {{ name email stack {{ slug }} }} }}");
    both.check(&query, json!({})).await;
    assert_eq!(both.world.of(&learner, "name").await["name"], name);
}

#[tokio::test]
async fn selections_made_up_at_random_are_answered_alike() {
    let both = Both::new().await;
    let mut selections = Selections::of(&graphql::sdl(), 0xA70_9CE);
    let mut n_checked = 0;
    for _ in 0..600 {
        let query = selections.query();
        let asked = Asked {
            query: Some(query.clone()),
            variables: Variables::from_json(json!({ "yes": true, "no": false })),
            ..Asked::default()
        };
        // Some go beyond a limit.
        if both.endpoint.prepare(asked).is_ok() {
            both.check(&query, json!({ "yes": true, "no": false })).await;
            n_checked += 1;
        }
    }
    assert!(n_checked > 400, "only {n_checked} were within the limits");
}
