//! Documents: what is refused before anything executes, and why.

mod abuse;
mod limits;
mod persisted;
mod variables;

use std::sync::LazyLock;

use async_graphql::Variables;
use milepost::graphql::{Asked, Endpoint, EndpointOptions, Operation, Reason, Refused};
use serde_json::Value;

use crate::world::World;

/// The API over an empty store, to prepare operations and execute none.
fn endpoint() -> Endpoint {
    Endpoint::new(World::new().app, EndpointOptions::default()).expect("threads")
}

/// One for many tries.
static ENDPOINT: LazyLock<Endpoint> = LazyLock::new(endpoint);

fn asked(query: impl Into<String>) -> Asked {
    Asked { query: Some(query.into()), ..Asked::default() }
}

fn asked_with(query: &str, variables: Value) -> Asked {
    Asked { variables: Variables::from_json(variables), ..asked(query) }
}

/// The errors of a refusal, as clients read them.
fn errors(refused: &Refused) -> Vec<Value> {
    serde_json::from_slice(&refused.errors_json()).expect("a list")
}

/// The code of the first error.
fn code(refused: &Refused) -> String {
    errors(refused)[0]["extensions"]["code"].as_str().expect("a code").to_owned()
}

/// The code and the message with which a document is refused.
#[track_caller]
fn refused(endpoint: &Endpoint, asked: Asked) -> (String, String) {
    let refused = endpoint.prepare(asked).expect_err("a refusal");
    (code(&refused), errors(&refused)[0]["message"].as_str().expect("a message").to_owned())
}

/// What graphql-js says of a document: nothing, `Syntax`, or the rule that it breaks.
type Verdict = (Option<String>, String);

#[test]
fn graphql_js_says_the_same_of_all_documents() {
    let documents: Vec<Verdict> =
        serde_json::from_str(include_str!("../../fixtures/validation.json")).expect("the fixture");
    let endpoint = endpoint();
    let says = |prepared: Result<Operation, Refused>| match prepared {
        Ok(_) => None,
        Err(it) => Some(code(&it)).filter(|_| !matches!(it.reason, Reason::Variables | Reason::Operation)),
    };
    let mut wrong = vec![];
    for (broken, document) in &documents {
        let expected = broken.as_ref().map(|it| match it.as_str() {
            "Syntax" => "GRAPHQL_PARSE_FAILED",
            _ => "GRAPHQL_VALIDATION_FAILED",
        });
        let said = says(endpoint.prepare(asked(document)));
        if said.as_deref() != expected {
            wrong.push(format!("{broken:?} {said:?} {document}"));
        }
    }
    assert!(500 <= documents.len());
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), documents.len());
}

#[test]
fn errors_are_plain_short_and_few() {
    let endpoint = endpoint();
    let (long, sum) = ("x".repeat(1_000), "x".repeat(100));
    let fields: String = (0..30).map(|it| format!("{long}{it} ")).collect();
    let refused = endpoint.prepare(asked(format!("{{\n  é{{ {fields} }} }}"))).expect_err("no GraphQL");
    assert_eq!(refused.reason, Reason::Syntax);
    let refused =
        endpoint.prepare(asked(format!("{{\n  guide {{ {fields} }} }}"))).expect_err("no such fields");
    let errors = errors(&refused);
    assert_eq!(errors.len(), 20);
    let message = format!("type `Guide` does not have a field `{sum}…`");
    assert_eq!(errors[0]["message"], message);
    assert_eq!(errors[0]["locations"], serde_json::json!([{ "line": 2, "column": 11 }]));
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { failure_persistence: None, ..Default::default() })]

    /// Pieces of documents, and what has no place in one, in any order.
    #[test]
    fn whatever_is_sent_is_read_or_refused(
        text in "(query |fragment A on Guide|\\{|\\}|\\(|\\)|\\[|\"x\"|\"\"\"|\"|guide|\\$a: Int = 1|\\.\\.\\.|@skip|#|\\n|\\\\|é|\u{a0}|\u{feff}|\u{ff01}|🦀| |\\PC){0,16}",
    ) {
        if let Err(refused) = ENDPOINT.prepare(asked(text)) {
            proptest::prop_assert_ne!(refused.reason, Reason::Internal);
        }
    }
}

#[test]
fn syntax_errors_say_where() {
    for (query, line, column) in
        [("{ guide { slug }", 1, 17), ("{ é }", 1, 3), ("{\n  \"é\" }", 2, 3), ("{ a(b: \"c\") é }", 1, 13)]
    {
        let refused = endpoint().prepare(asked(query)).expect_err("no GraphQL");
        assert_eq!(code(&refused), "GRAPHQL_PARSE_FAILED");
        let error = &errors(&refused)[0];
        assert!(
            error["message"].as_str().is_some_and(|it| it.starts_with("this is not GraphQL: ")),
            "{error}"
        );
        assert_eq!(error["locations"], serde_json::json!([{ "line": line, "column": column }]), "{query}");
    }
}

#[test]
fn syntax_errors_say_nothing_of_the_text() {
    for (query, expected) in [
        ("{ guide \"a secret", "a text has no end"),
        ("{ guide(a: \"a secret\nmore\") }", "a text has no end on its line"),
        ("{ guide { slug } \"a secret\"", "expected `}`"),
        ("{ guide { slug", "expected `}`"),
        ("{ guide(a: 1 \"a secret\") { slug } }", "expected `)`"),
        ("query($a: [Int \"a secret\") { guide { slug } }", "expected `]`"),
        ("{ guide ? }", "unexpected character"),
        ("{ guide(a: 1secret) }", "unexpected character"),
        ("{ guide(a: 1.e) }", "unexpected character"),
        ("{ guide(a: \"\\uZZ secret\") }", "invalid unicode escape sequence"),
        ("{ guide(a: \"\\q secret\") }", "unexpected escaped character"),
        ("secret", "expected definition"),
        ("\"a secret\" secret", "expected definition"),
        ("{ guide(a: ) }", "expected a valid value"),
        ("", "it ends too early"),
    ] {
        let said = refused(&endpoint(), asked(query)).1;
        assert_eq!(said, format!("this is not GraphQL: {expected}"), "{query}");
    }
}

#[test]
fn operations_are_chosen_by_name() {
    let endpoint = endpoint();
    let named = |query: &str, name: &str| Asked { operation_name: Some(name.into()), ..asked(query) };
    let both = "query A { guide { slug } } mutation B { __typename }";
    assert!(endpoint.prepare(named(both, "B")).is_ok_and(|it| it.kind == milepost::graphql::Kind::Mutation));
    assert!(endpoint.prepare(named("query A { __typename }", "A")).is_ok());
    for asked in [asked(both), named(both, "C"), named("{ __typename }", "A"), named(both, "")] {
        let refused = endpoint.prepare(asked).expect_err("no such operation");
        assert_eq!((refused.reason, &*code(&refused)), (Reason::Operation, "OPERATION_RESOLUTION_FAILURE"));
    }
}
