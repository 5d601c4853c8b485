//! What is read as a request and what is not.

use super::{Asked, check};
use crate::world::World;

/// With a query that answers `200`, whatever else there is.
const READ: [&str; 14] = [
    r#"{"query":"{ guide { slug } }"}"#,
    r#" { "query" : "{ guide { slug } }" } "#,
    r#"{"\u0071uery":"{ guide { slug } }"}"#,
    r#"{"query":"query A { guide { slug } }","operationName":"A"}"#,
    r#"{"query":"{ guide { slug } }","operationName":null,"variables":null,"extensions":null,"documentId":null}"#,
    r#"{"query":"{ guide { slug } }","variables":{}}"#,
    r#"{"query":"{ guide { slug } }","extensions":{"some":"value"}}"#,
    r#"{"query":"{ guide { slug } }","extensions":{"persistedQuery":null,"cost":false}}"#,
    r#"{"query":"{ guide { slug } }","unknown":{"deep":[1,2.5,-3,true,null,"x"]}}"#,
    r#"{"query":"{ __type(name: \"Run🏃Swim🏊\") { name } }"}"#,
    r#"{"query":"{ __type(name: \"\ud83c\udfc3\") { name } }"}"#,
    r#"{"query":"query T($name: String!) { __type(name: $name) { name } }","variables":{"name":"x"}}"#,
    r#"{"query":"query T($name: String!) { __type(name: $name) { name } }","variables":{"name":"x","other":[{}]}}"#,
    r#"{"query":"{ guide { slug } }","extensions":{"cost":true}}"#,
];

/// What is no request, whatever the format.
const MALFORMED: [&str; 47] = [
    "",
    " ",
    "secret",
    "{",
    "}",
    "7",
    "null",
    "true",
    r#""secret""#,
    "{}{}",
    "\u{0}",
    "\u{feff}{}",
    r#"{"query":"{ guide { slug } }"} x"#,
    r#"{"query":"{ guide { slug } }",}"#,
    r#"{'query':'{ guide { slug } }'}"#,
    r#"{"query":7}"#,
    r#"{"query":0}"#,
    r#"{"query":false}"#,
    r#"{"query":{"obj":"ect"}}"#,
    r#"{"query":["array"]}"#,
    r#"{"query":"{ guide { slug } }","operationName":{"obj":"ect"}}"#,
    r#"{"query":"{ guide { slug } }","operationName":0}"#,
    r#"{"query":"{ guide { slug } }","operationName":["array"]}"#,
    r#"{"query":"{ guide { slug } }","variables":"string"}"#,
    r#"{"query":"{ guide { slug } }","variables":0}"#,
    r#"{"query":"{ guide { slug } }","variables":false}"#,
    r#"{"query":"{ guide { slug } }","variables":["array"]}"#,
    r#"{"query":"{ guide { slug } }","extensions":"string"}"#,
    r#"{"query":"{ guide { slug } }","extensions":0}"#,
    r#"{"query":"{ guide { slug } }","extensions":["array"]}"#,
    r#"{"query":"{ guide { slug } }","extensions":{"cost":"secret"}}"#,
    r#"{"query":"{ guide { slug } }","extensions":{"persistedQuery":"secret"}}"#,
    r#"{"query":"{ guide { slug } }","extensions":{"persistedQuery":{"version":2,"sha256Hash":"ab"}}}"#,
    r#"{"query":"{ guide { slug } }","extensions":{"persistedQuery":{"version":1,"sha256Hash":7}}}"#,
    r#"{"query":"{ guide { slug } }","documentId":"md5:ab"}"#,
    r#"{"query":"{ guide { slug } }","documentId":7}"#,
    r#"{"documentId":"sha256:a","extensions":{"persistedQuery":{"version":1,"sha256Hash":"b"}}}"#,
    r#"{"query":"{ guide { slug } }","query":"{ guide { slug } }"}"#,
    r#"{"query":"{ guide { slug } }","\u0071uery":"{ guide { slug } }"}"#,
    r#"{"query":"{ guide { slug } }","variables":{},"variables":{}}"#,
    r#"{"query":"{ guide { slug } }","variables":{"a":1,"a":1}}"#,
    r#"{"query":"{ guide { slug } }","variables":{"a":[{"b":{"c":1,"c":2}}]}}"#,
    r#"{"query":"{ guide { slug } }","other":1,"other":2}"#,
    r#"{"query":"{ guide { slug } }","other":{"a":1,"a":2}}"#,
    r#"{"query":"{ guide { slug } }","variables":{"a":1e999}}"#,
    r#"{"query":"{ guide { slug } }","variables":{"a":NaN}}"#,
    r#"{"query":"{ guide { slug } }","variables":{"a":"\ud800"}}"#,
];

#[tokio::test]
async fn what_is_a_request_is_read() {
    check(&World::new(), READ.map(|body| (Asked::post(body), "200 json"))).await;
}

#[tokio::test]
async fn what_is_no_request_is_refused_in_the_format_of_the_client() {
    let world = World::new();
    check(&world, MALFORMED.map(|body| (Asked::post(body), "400 json BAD_REQUEST"))).await;
    let graphql = [("accept", "application/graphql-response+json")];
    check(&world, MALFORMED.map(|body| (Asked::post(body).with(&graphql), "400 graphql BAD_REQUEST"))).await;
}

#[tokio::test]
async fn text_that_is_no_utf_8_is_refused() {
    let query =
        |bytes: &[u8]| [br#"{"query":"{ guide { slug } }","variables":{"a":""#, bytes, br#""}}"#].concat();
    let utf_16 = r#"{"query":"{ guide { slug } }"}"#.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let bodies: [Vec<u8>; 5] = [
        vec![0xff, 0xfe],
        query(&[0xc3, 0x28]),
        query(&[0xed, 0xa0, 0x80]),
        query(&[0xf5, 0x80, 0x80, 0x80]),
        utf_16,
    ];
    check(&World::new(), bodies.map(|body| (Asked::post(body), "400 json BAD_REQUEST"))).await;
}

#[tokio::test]
async fn lists_of_operations_are_not_executed() {
    let bodies = ["[]", "[7]", r#" [{"query":"{ guide { slug } }"}]"#, "[", r#"["{ guide { slug } }"]"#];
    let world = World::new();
    check(&world, bodies.map(|body| (Asked::post(body), "400 json BATCHING_NOT_SUPPORTED"))).await;
    let long = format!("[{}]", vec![r#"{"query":"{ guide { slug } }"}"#; 30_000].join(","));
    check(&world, [(Asked::post(long), "400 json BATCHING_NOT_SUPPORTED")]).await;
}

#[tokio::test]
async fn depth_is_bounded_wherever_it_is() {
    let deep = |n: usize, open: &str, close: &str| format!("{}1{}", open.repeat(n), close.repeat(n));
    let world = World::new();
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        for member in ["variables", "extensions", "other"] {
            let with = |value: &str| {
                Asked::post(format!(r#"{{"query":"{{ guide {{ slug }} }}","{member}":{{"x":{value}}}}}"#))
            };
            check(
                &world,
                [
                    (with(&deep(100, open, close)), "200 json"),
                    (with(&deep(10_000, open, close)), "400 json BAD_REQUEST"),
                    (with(&open.repeat(100_000)), "400 json BAD_REQUEST"),
                ],
            )
            .await;
        }
    }
}

/// However they are written, and whether anything wants them or not.
#[tokio::test]
async fn so_many_values_and_no_more() {
    let with = |member: &str, value: &str| {
        Asked::post(format!(r#"{{"query":"{{ guide {{ slug }} }}","{member}":{{"x":{value}}}}}"#))
    };
    let zeros = |n: usize| format!("[{}]", vec!["0"; n].join(","));
    let text = format!(r#""{}""#, r#"[,{\",:"#.repeat(20_000));
    let many = "400 json BAD_REQUEST";
    let world = World::new();
    for member in ["extensions", "other"] {
        let rows = [
            (with(member, &zeros(19_990)), "200 json"),
            (with(member, &text), "200 json"),
            (with(member, &zeros(20_001)), many),
            (with(member, &zeros(500_000)), many),
            (with(member, &format!("[{}0]", "{},".repeat(20_000))), many),
            (with(member, &format!("[{}0]", "[[]],".repeat(20_000))), many),
        ];
        check(&world, rows).await;
    }
}
