//! Queries by GET: parameters of the URL, and no foreign page.

use super::{Asked, check};
use crate::world::World;

const QUERY: &str = "query=%7Bguide%7Bslug%7D%7D";

#[tokio::test]
async fn parameters_are_read_strictly() {
    let rows = [
        (QUERY, "200 json"),
        ("query={guide{slug}}", "200 json"),
        ("query=%7B+guide+%7B+slug+%7D+%7D", "200 json"),
        ("query=query%20A{guide{slug}}query%20B{guide{slug}}&operationName=A", "200 json"),
        (
            "query=query($n:String!){__type(name:$n){name}}&variables=%7B%22n%22:%22R%C3%A9%22%7D&extensions=%7B%7D",
            "200 json",
        ),
        ("query={guide{slug}}&variables=&extensions=&operationName=&other=1", "200 json"),
        ("query={guide{slug}}&variables=null&&", "200 json"),
        ("query={guide{slug}}&query={guide{slug}}", "400 json BAD_REQUEST"),
        ("query={guide{slug}}&%71uery={guide{slug}}", "400 json BAD_REQUEST"),
        ("query={guide{slug}}&variables=%7B%7D&variables=%7B%7D", "400 json BAD_REQUEST"),
        ("query={guide{slug}}&variables=[]", "400 json BAD_REQUEST"),
        ("query={guide{slug}}&variables=%7B%22a%22:1,%22a%22:2%7D", "400 json BAD_REQUEST"),
        ("query={guide{slug}}&extensions=secret", "400 json BAD_REQUEST"),
        ("query={guide{slug}}&documentId=secret", "400 json BAD_REQUEST"),
        ("query=%", "400 json BAD_REQUEST"),
        ("query=%7", "400 json BAD_REQUEST"),
        ("query=%zz", "400 json BAD_REQUEST"),
        ("query=%ff%fe", "400 json BAD_REQUEST"),
        ("query=%ed%a0%80", "400 json BAD_REQUEST"),
    ];
    check(&World::new(), rows.map(|(query, expected)| (Asked::get(query), expected))).await;
}

#[tokio::test]
async fn a_url_has_an_end() {
    let long = |n_bytes: usize| format!("{QUERY}&other={}", "x".repeat(n_bytes));
    let rows =
        [(Asked::get(&long(16_000)), "200 json"), (Asked::get(&long(16_384)), "414 json URI_TOO_LONG")];
    check(&World::new(), rows).await;
}

#[tokio::test]
async fn mutations_are_not_sent_by_get() {
    let world = World::new();
    let mutation = "query=mutation{registerLearner(input:{name:%22Ada%22}){changed}}";
    for method in ["GET", "HEAD"] {
        let answered = Asked { method, ..Asked::get(mutation) }.send(&world).await;
        assert_eq!((answered.status.as_u16(), answered.header("allow")), (405, "POST"), "{method}");
    }
    check(&world, [(Asked::get(mutation), "405 json METHOD_NOT_ALLOWED")]).await;
    assert_eq!(world.get("{ learners { totalCount } }").await["learners"]["totalCount"], 0);
}

#[tokio::test]
async fn a_foreign_page_cannot_send_a_get() {
    let get = |headers: &[(&str, &str)]| Asked::new("GET", format!("/graphql?{QUERY}")).with(headers);
    let refused = "403 json CSRF_PREVENTION";
    let rows = [
        (get(&[]), refused),
        (get(&[("graphql-require-preflight", "")]), refused),
        (get(&[("accept", "application/graphql-response+json")]), "403 graphql CSRF_PREVENTION"),
        (get(&[("sec-fetch-site", "cross-site")]), refused),
        (get(&[("sec-fetch-site", "same-site")]), refused),
        (get(&[JSON_TYPE]), refused),
        (get(&[("sec-fetch-site", "same-origin")]), "200 json"),
        (get(&[("sec-fetch-site", "none")]), "200 json"),
        (get(&[("graphql-require-preflight", "1")]), "200 json"),
        (get(&[("apollo-require-preflight", "true")]), "200 json"),
        (get(&[("x-apollo-operation-name", "A")]), "200 json"),
        (get(&[("origin", "http://localhost")]), "200 json"),
    ];
    check(&World::new(), rows).await;
}

const JSON_TYPE: (&str, &str) = ("content-type", "text/plain");
