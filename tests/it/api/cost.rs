//! What an operation may cost, and errors that carry codes.

use serde_json::json;

use crate::world::{World, codes};

async fn refused(query: &str) -> Vec<String> {
    World::new().codes(query).await
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
        ("query A { guide { slug } } query B { guide { slug } }", "BAD_USER_INPUT"),
    ] {
        assert_eq!(refused(query).await, [code], "{query}");
    }
}

/// An operation that goes that many times from a learner to an event and back.
fn circles(n: usize, page: &str) -> String {
    let there = format!("events(first: {page}) {{ nodes {{ learner {{ ");
    format!(r#"{{ learner(by: {{ id: "" }}) {{ {}id{} }} }}"#, there.repeat(n), " } } }".repeat(n))
}

#[tokio::test]
async fn a_selection_may_be_15_deep() {
    assert_eq!(refused(&circles(4, "1")).await, [""; 0]);
    for n in [5, 9] {
        assert_eq!(refused(&circles(n, "1")).await, ["GRAPHQL_VALIDATION_FAILED"]);
    }
    assert_eq!(refused(&circles(10_000, "1")).await, ["GRAPHQL_PARSE_FAILED"]);
}

#[tokio::test]
async fn going_in_circles_is_too_costly_and_never_too_much_to_count() {
    for n in 2..=10 {
        assert_eq!(refused(&circles(n, "100")).await, ["GRAPHQL_VALIDATION_FAILED"], "{n}");
    }
    let criteria = |n: usize| {
        let there = "criteria { milestone { ".repeat(n);
        format!("{{ guide {{ milestones {{ {there}slug{} }} }} }}", " } }".repeat(n))
    };
    assert_eq!(refused(&criteria(3)).await, [""; 0]);
    assert_eq!(refused(&criteria(6)).await, ["GRAPHQL_VALIDATION_FAILED"]);
}

#[tokio::test]
async fn pages_within_pages_are_too_costly() {
    let page = "nodes { name events(first: 100) { nodes { kind version } } }";
    assert_eq!(
        refused(&format!("{{ learners(first: 100) {{ {page} }} }}")).await,
        ["GRAPHQL_VALIDATION_FAILED"]
    );
    assert_eq!(
        refused(&format!("{{ learners(last: 100) {{ {page} }} }}")).await,
        ["GRAPHQL_VALIDATION_FAILED"]
    );
    assert_eq!(refused(&format!("{{ learners(first: 10) {{ {page} }} }}")).await, [""; 0]);
    let by_fragment =
        format!("{{ learners(first: 100) {{ ...P }} }} fragment P on LearnerConnection {{ {page} }}");
    assert_eq!(refused(&by_fragment).await, ["GRAPHQL_VALIDATION_FAILED"]);
    let by_variable = format!("query($n: Int) {{ learners(first: $n) {{ {page} }} }}");
    let answer = World::new().ask(&by_variable, json!({ "n": 100 })).await;
    assert_eq!(codes(&answer), ["GRAPHQL_VALIDATION_FAILED"]);
    let ids = format!(
        "query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Learner {{ {} }} }} }}",
        "events(first: 100) { nodes { kind version } }"
    );
    let answer = World::new().ask(&ids, json!({ "ids": vec!["x"; 100] })).await;
    assert_eq!(codes(&answer), ["GRAPHQL_VALIDATION_FAILED"]);
}

#[tokio::test]
async fn many_aliases_and_directives_are_too_costly() {
    let aliases: String = (0..10_001).map(|it| format!("a{it}: guide {{ slug }} ")).collect();
    assert_eq!(refused(&format!("{{ {aliases} }}")).await, ["GRAPHQL_VALIDATION_FAILED"]);
    let directives = "@include(if: true) ".repeat(11);
    assert_eq!(refused(&format!("{{ guide {directives} {{ slug }} }}")).await.len(), 1);
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
async fn a_mutation_whose_input_cannot_be_read_is_null_alone() {
    let world = World::new();
    let query = r#"mutation { a: registerLearner(input: { name: "Ada", externalId: "ada" }) { changed }
        b: recordCourseProgress(input: { learner: { externalId: "ada" }, course: "capstone-project",
            percent: 99999999999 }) { changed }
        c: startCourse(input: { learner: { externalId: "ada" }, course: "capstone-project" }) { changed } }"#;
    let answer = world.ask(query, json!({})).await;
    let data = json!({ "a": { "changed": true }, "b": null, "c": { "changed": true } });
    assert_eq!(answer["data"], data);
    assert_eq!(codes(&answer), ["BAD_USER_INPUT"]);
    assert_eq!(answer["errors"][0]["path"], json!(["b"]));
}

#[tokio::test]
async fn lists_without_pages_and_the_past_have_their_price() {
    for field in ["evidence { text }", "readiness(asOf: \"2026-01-01T00:00:00Z\") { ready }"] {
        let aliases: String = (0..500).map(|it| format!("a{it}: {field} ")).collect();
        let query = format!("{{ learner(by: {{ externalId: \"ada\" }}) {{ {aliases} }} }}");
        assert_eq!(refused(&query).await, ["GRAPHQL_VALIDATION_FAILED"], "{field}");
    }
}

#[tokio::test]
async fn what_does_not_parse_is_not_sent_back() {
    let answer = World::new().ask(&format!("{{ {} @@ }}", "x".repeat(50_000)), json!({})).await;
    assert_eq!(codes(&answer), ["GRAPHQL_PARSE_FAILED"]);
    let message = answer["errors"][0]["message"].as_str().unwrap();
    assert!(message.starts_with("this is not GraphQL: expected ") && message.len() < 300, "{message}");
    assert!(answer["errors"][0]["locations"][0]["column"].is_number());
}
