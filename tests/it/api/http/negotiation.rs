//! `Accept`, and which status says what.

use super::{Asked, check, drafting};
use crate::world::World;

/// `Accept`, and the format of the answer to a query.
const ACCEPTED: [(&str, &str); 27] = [
    ("", "json"),
    ("*/*", "json"),
    ("application/*", "json"),
    ("application/json", "json"),
    ("APPLICATION/JSON", "json"),
    ("application/json; charset=utf-8", "json"),
    ("application/json;charset=utf-16, */*;q=0.1", "json"),
    ("application/graphql-response+json", "graphql"),
    ("application/graphql-response+json; charset=utf-8", "graphql"),
    ("application/graphql-response+json, application/json", "graphql"),
    ("application/json, application/graphql-response+json", "graphql"),
    ("application/graphql-response+json;q=0.5, application/json", "json"),
    ("application/graphql-response+json, application/json;q=0.9", "graphql"),
    ("application/graphql-response+json;q=0, */*", "json"),
    ("application/json;q=0, application/*", "graphql"),
    ("application/graphql-response+json;q=0.9, */*", "json"),
    ("text/html, */*;q=0.8", "json"),
    ("garbage, application/json", "json"),
    (",;q=,application/graphql-response+json", "graphql"),
    (
        "multipart/mixed;deferSpec=20220824,application/graphql-response+json,application/json;q=0.9",
        "graphql",
    ),
    (r#"multipart/mixed;boundary="graphql";subscriptionSpec=1.0,application/json"#, "json"),
    ("text/event-stream, application/json", "json"),
    ("text/html", ""),
    ("garbage", ""),
    ("application/json;q=0", ""),
    ("application/json;q=2", ""),
    ("image/*, text/plain;q=0.9", ""),
];

const QUERY: &str = r#"{"query":"{ guide { slug } }"}"#;

#[tokio::test]
async fn the_client_chooses_the_format() {
    let rows = ACCEPTED.map(|(accept, format)| {
        let expected = match format {
            "json" => "200 json",
            "graphql" => "200 graphql",
            _ => "406 json NOT_ACCEPTABLE",
        };
        (Asked::post(QUERY).with(&[("accept", accept)]), expected)
    });
    check(&World::new(), rows).await;
    let twice = Asked::post(QUERY).with(&[("accept", "text/html"), ("accept", "application/json")]);
    check(&World::new(), [(twice, "200 json")]).await;
}

#[tokio::test]
async fn a_subscription_needs_something_that_goes_on() {
    let body = r#"{"query":"subscription { events { event { id } } }"}"#;
    let rows = ["", "*/*", "application/json", "application/graphql-response+json"].map(|accept| {
        let format = if accept.contains("response") {
            "406 graphql NOT_ACCEPTABLE"
        } else {
            "406 json NOT_ACCEPTABLE"
        };
        (Asked::post(body).with(&[("accept", accept)]), format)
    });
    check(&World::new(), rows).await;
}

/// A body, and the statuses for `application/json` and for `application/graphql-response+json`, first as the
/// audits of graphql-http have it, then as the draft has it.
const STATUSES: [(&str, [u16; 4], &str); 9] = [
    (r#"{"query":"{ guide { slug } }"}"#, [200, 200, 200, 200], ""),
    (r#"{"query":"{"}"#, [200, 400, 400, 400], "GRAPHQL_PARSE_FAILED"),
    (r#"{"query":"{ secret }"}"#, [200, 400, 422, 422], "GRAPHQL_VALIDATION_FAILED"),
    (r#"{"query":"query A { guide { slug } } query B { guide { slug } }"}"#, [200, 400, 422, 422], "*"),
    (r#"{"query":"query A { guide { slug } }","operationName":"B"}"#, [200, 400, 422, 422], "*"),
    (
        r#"{"query":"query($id: ID!) { node(id: $id) { id } }","variables":{"id":null}}"#,
        [200, 400, 422, 422],
        "*",
    ),
    (r#"{"notquery":"{ guide { slug } }"}"#, [400, 400, 400, 400], "*"),
    ("{ \"not a JSON", [400, 400, 400, 400], "BAD_REQUEST"),
    ("", [400, 400, 400, 400], "BAD_REQUEST"),
];

#[tokio::test]
async fn the_status_says_what_became_of_the_request() {
    let (usual, draft) = (World::new(), World::new().offered(drafting()));
    for (body, statuses, code) in STATUSES {
        for (at, expected) in statuses.into_iter().enumerate() {
            let accept = ["application/json", "application/graphql-response+json"][at % 2];
            let world = if at < 2 { &usual } else { &draft };
            let answered = Asked::post(body).with(&[("accept", accept)]).send(world).await;
            let summary = answered.summary();
            assert_eq!(answered.status.as_u16(), expected, "{body} {accept}: {summary}");
            assert!(code == "*" || summary.ends_with(code), "{body} {accept}: {summary}");
            if !code.is_empty() {
                assert_eq!(answered.json().get("data"), None, "{body}");
            }
        }
    }
}

#[tokio::test]
async fn data_beside_errors_is_a_success_and_says_so_in_the_draft() {
    let world = World::new();
    let learner = world.learner("Ada", None).await;
    let query = format!(
        r#"{{"query":"{{ learner(by: {{ id: \"{learner}\" }}) {{ name events(after: \"x\") {{ totalCount }} }} }}"}}"#
    );
    let summary = async |world: &World| Asked::post(query.clone()).send(world).await.summary();
    assert_eq!(summary(&world).await, "200 json INVALID_CURSOR");
    assert_eq!(summary(&world.offered(drafting())).await, "294 json INVALID_CURSOR");
}
