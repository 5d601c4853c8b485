//! Variables: what each type takes, and what happens to those that are left out.

use milepost::graphql::Reason;
use serde_json::{Value, json};

use super::{asked_with, endpoint, errors, refused};
use crate::world::{World, codes};

/// Uses a variable of each type that arguments have.
const QUERY: &str = "query(
    $int: Int, $text: String, $id: ID, $ids: [ID!], $date: DateTime, $clock: Clock, $by: LearnerRef,
    $steps: [WhatIfStep!], $order: LearnerOrder, $if: Boolean = true
) {
    learners(first: $int, after: $text, orderBy: $order) @include(if: $if) { totalCount }
    ids: nodes(ids: $ids) { id }
    node(id: $id) { id }
    learner(by: $by) { readiness(asOf: $date, clock: $clock) { ready } }
    whatIf(learner: $by, steps: $steps) { ready }
}";

/// A query in which every variable fits where it is used.
fn query() -> String {
    let query = QUERY.replace("$id: ID,", "$id: ID = \"\",").replace("$ids: [ID!],", "$ids: [ID!] = [],");
    let query = query.replace("$by: LearnerRef,", "$by: LearnerRef = { id: \"\" },");
    query.replace("$steps: [WhatIfStep!],", "$steps: [WhatIfStep!] = [],")
}

#[test]
fn each_type_takes_what_the_specification_says() {
    let endpoint = endpoint();
    for (name, value) in [
        ("int", json!(7)),
        ("int", json!(7.0)),
        ("int", json!(i32::MIN)),
        ("int", json!(i32::MAX)),
        ("int", json!(null)),
        ("text", json!("")),
        ("id", json!("x")),
        ("id", json!(7)),
        ("ids", json!(["x", 7])),
        ("ids", json!("x")),
        ("ids", json!([])),
        ("date", json!("2026-01-01T00:00:00Z")),
        ("clock", json!("OCCURRED")),
        ("by", json!({ "id": 7 })),
        ("by", json!({ "externalId": "x" })),
        ("steps", json!({ "waive": "x" })),
        ("steps", json!([{ "waive": "x" }, { "completeCourse": "x" }])),
        ("order", json!({ "field": "NAME" })),
        ("order", json!({ "field": "NAME", "direction": "DESC" })),
        ("if", json!(false)),
        ("undeclared", json!({ "any": [[["thing"]]] })),
    ] {
        let prepared = endpoint.prepare(asked_with(&query(), json!({ name: value })));
        assert!(prepared.is_ok(), "{name} {value} {prepared:?}");
    }
}

#[test]
fn what_does_not_fit_is_named() {
    let endpoint = endpoint();
    for (name, value, message) in [
        ("int", json!("7"), "`$int` must be a whole number of 32 bits"),
        ("int", json!(7.5), "`$int` must be a whole number of 32 bits"),
        ("int", json!(2_147_483_648_i64), "`$int` must be a whole number of 32 bits"),
        ("int", json!(-2_147_483_649_i64), "`$int` must be a whole number of 32 bits"),
        ("int", json!(u64::MAX), "`$int` must be a whole number of 32 bits"),
        ("int", json!(1e300), "`$int` must be a whole number of 32 bits"),
        ("int", json!([7]), "`$int` must be a whole number of 32 bits"),
        ("text", json!(7), "`$text` must be a text"),
        ("text", json!(["x"]), "`$text` must be a text"),
        ("id", json!(7.5), "`$id` must be a text or a whole number"),
        ("id", json!(true), "`$id` must be a text or a whole number"),
        ("ids", json!(["x", null]), "`$ids[1]` must not be null"),
        ("ids", json!([["x"]]), "`$ids[0]` must be a text or a whole number"),
        ("date", json!(7), "`$date` must be a text"),
        ("clock", json!("NEVER"), "`$clock` must be one of the values of `Clock`"),
        ("clock", json!(1), "`$clock` must be one of the values of `Clock`"),
        ("by", json!("x"), "`$by` must be an object, a `LearnerRef`"),
        ("by", json!({}), "`$by` must have exactly one field of `LearnerRef`, and not null"),
        (
            "by",
            json!({ "id": "x", "externalId": "y" }),
            "`$by` must have exactly one field of `LearnerRef`, and not null",
        ),
        ("by", json!({ "id": null }), "`$by` must have exactly one field of `LearnerRef`, and not null"),
        ("by", json!({ "name": "x" }), "`$by.name` is no field of `LearnerRef`"),
        (
            "steps",
            json!([{ "waive": "x" }, {}]),
            "`$steps[1]` must have exactly one field of `WhatIfStep`, and not null",
        ),
        ("steps", json!([null]), "`$steps[0]` must not be null"),
        ("order", json!({}), "`$order.field` is required"),
        ("order", json!({ "field": null }), "`$order.field` must not be null"),
        (
            "order",
            json!({ "field": "NAME", "direction": 1 }),
            "`$order.direction` must be one of the values of `OrderDirection`",
        ),
        ("order", json!({ "field": "NAME", "nope": 1 }), "`$order.nope` is no field of `LearnerOrder`"),
        ("if", json!("true"), "`$if` must be true or false"),
    ] {
        let refused = refused(&endpoint, asked_with(&query(), json!({ name: value.clone() })));
        assert_eq!(refused, ("BAD_USER_INPUT".to_owned(), message.to_owned()), "{value}");
    }
    let required = refused(&endpoint, asked_with("query($id: ID!) { node(id: $id) { id } }", json!({})));
    assert_eq!(required.1, "`$id` is required");
}

#[test]
fn all_errors_are_named_up_to_a_bound_and_long_lists_not_read() {
    let endpoint = endpoint();
    let query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    let refuse =
        |ids: Vec<Value>| endpoint.prepare(asked_with(query, json!({ "ids": ids }))).expect_err("refused");
    assert_eq!(errors(&refuse(vec![json!(null); 3])).len(), 3);
    let refused = refuse(vec![json!(null); 1_000]);
    assert_eq!((errors(&refused).len(), refused.reason), (20, Reason::Variables));
    let errors = errors(&refuse(vec![json!("x"); 1_001]));
    assert_eq!(errors[0]["extensions"]["code"], "LIMIT_EXCEEDED");
    assert_eq!(errors[0]["locations"], json!([{ "line": 1, "column": 7 }]));
}

#[tokio::test]
async fn arguments_that_are_left_out_have_their_default() {
    let world = World::new();
    let id = world.learner("Ada", Some("nodejs")).await;
    let query = "query($id: ID!, $first: Int, $clock: Clock, $page: Int) {
        learner(by: { id: $id }) {
            nextSteps(first: $first) { __typename }
            ...F
        }
        learners(first: $page, filter: { stack: null }) { totalCount }
    }
    fragment F on Learner { readiness(clock: $clock) { ready } ... { again: nextSteps(first: $first) { __typename } } }";
    let data = World::data(world.ask(query, json!({ "id": id })).await);
    for field in ["nextSteps", "again"] {
        assert_eq!(data["learner"][field].as_array().map(Vec::len), Some(3), "{field}");
    }
    let data = World::data(world.ask(query, json!({ "id": id, "first": 1, "clock": "OCCURRED" })).await);
    assert_eq!(data["learner"]["again"].as_array().map(Vec::len), Some(1));
    let answer = world.ask(query, json!({ "id": id, "first": null })).await;
    assert!(codes(&answer).contains(&"BAD_USER_INPUT".to_owned()), "null is not absent: {answer}");
}

#[tokio::test]
async fn input_fields_that_are_left_out_are_absent() {
    let world = World::new();
    let learner = world.learner("Ada", None).await;
    let query = "mutation($id: ID!, $aspects: [ProjectAspect!], $framework: String) {
        addProject(input: { learner: { id: $id }, name: \"Shop\", aspects: $aspects, framework: $framework }) {
            project { aspects framework }
        }
    }";
    let data = World::data(world.ask(query, json!({ "id": learner })).await);
    assert_eq!(data["addProject"]["project"], json!({ "aspects": [], "framework": null }));
}

#[tokio::test]
async fn defaults_decide_what_is_skipped() {
    let world = World::new();
    let query = "query($yes: Boolean = true, $no: Boolean! = false) {
        a: __typename @include(if: $yes) b: __typename @skip(if: $no) c: __typename @skip(if: $yes)
    }";
    assert_eq!(World::data(world.ask(query, json!({})).await), json!({ "a": "Query", "b": "Query" }));
    let no = json!({ "yes": false, "no": true });
    assert_eq!(World::data(world.ask(query, no).await), json!({ "c": "Query" }));
}
