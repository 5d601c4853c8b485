//! Each limit at its bound and one beyond.

use milepost::graphql::{Endpoint, Reason, limits};
use serde_json::json;

use super::{Asked, asked, code, endpoint};
use crate::world::World;

/// Documents of that size pass, those of one more are refused with these words.
#[track_caller]
fn check(endpoint: &Endpoint, max: usize, words: &str, document: impl Fn(usize) -> String) {
    for n in [max, max + 1] {
        let asked = Asked { operation_name: None, ..asked(document(n)) };
        // Which operation, and with which variables, is asked when the document has passed.
        let refused = endpoint.prepare(asked).err();
        let refused = refused.filter(|it| !matches!(it.reason, Reason::Operation | Reason::Variables));
        let message = refused.as_ref().map(|it| it.errors[0].message.clone());
        assert_eq!(
            refused.map(|it| code(&it)).as_deref(),
            (n > max).then_some("LIMIT_EXCEEDED"),
            "{message:?}"
        );
        assert!(message.is_none_or(|it| it.contains(words)), "{words}");
    }
}

/// `document(0) document(1) …`
fn many(n: usize, part: impl Fn(usize) -> String) -> String {
    (0..n).map(|it| part(it) + " ").collect()
}

/// Fields within each other, that many.
fn deep(n: usize) -> String {
    let way = ["events(first: 1)", "nodes", "learner"];
    let leaf = ["id", "totalCount", "id"][(n - 2) % 3];
    let fields: String = way.iter().cycle().take(n - 2).map(|it| format!("{it} {{ ")).collect();
    format!("{{ learner(by: {{ id: \"\" }}) {{ {fields}{leaf}{} }} }}", " }".repeat(n - 2))
}

#[test]
fn of_the_text() {
    let endpoint = endpoint();
    let query = "{ guide { slug } } #";
    check(&endpoint, limits::MAX_BYTES, "bytes", |n| format!("{query}{}", "x".repeat(n - query.len())));
    check(&endpoint, limits::MAX_TOKENS, "tokens", |n| {
        let filled = |at: usize, n: usize| {
            let (parts, rest) = ((n - 7) / 4, (n - 7) % 4);
            format!(
                "query Q{at} {{ guide {{ {}{} }} }} ",
                "... { slug } ".repeat(parts),
                "slug ".repeat(rest)
            )
        };
        filled(0, 5_000) + &filled(1, n - 5_000)
    });
    check(&endpoint, limits::MAX_NESTING, "brackets", |n| {
        format!("{} guide {{ slug }} {}", "{ ... ".repeat(n - 2) + "{", "}".repeat(n - 1))
    });
}

#[test]
fn of_selections() {
    let endpoint = endpoint();
    check(&endpoint, limits::MAX_DEPTH, "most of it at `learner.events.nodes.learner.", deep);
    check(&endpoint, limits::MAX_LEVELS, "deep within each other", |n| {
        let last = n - 3;
        let fragments = many(last, |it| format!("fragment F{it} on Query {{ ...F{} }}", it + 1));
        format!("{{ ...F0 }} {fragments} fragment F{last} on Query {{ guide {{ slug }} }}")
    });
    check(&endpoint, limits::MAX_FIELDS, "most of it at `guide.slug`", |n| {
        format!("{{ guide {{ {} }} }}", "slug ".repeat(n - 1))
    });
    check(&endpoint, limits::MAX_ALL_FIELDS, "together", |n| {
        // The first two have 1 + 99 * 20 fields each.
        let spread = "...F ".repeat(99);
        let first = many(2, |it| format!("query Q{it} {{ guide {{ {spread} }} }}"));
        let rest = "slug ".repeat(n - 2 * 1_981 - 1);
        let fragment = format!("fragment F on Guide {{ {} }}", "slug ".repeat(20));
        format!("{first} query Q2 {{ guide {{ {rest} }} }} {fragment}")
    });
    check(&endpoint, limits::MAX_ROOT_FIELDS, "at its root", |n| {
        format!("{{ {} }}", "__typename ".repeat(n))
    });
    check(&endpoint, limits::MAX_ALIASES, "aliases", |n| {
        format!("{{ guide {{ {} }} }}", many(n, |it| format!("a{it}: slug")))
    });
    check(&endpoint, limits::MAX_DIRECTIVES, "directives", |n| {
        format!("{{ guide {{ {} }} }}", "slug @include(if: true) ".repeat(n))
    });
}

#[test]
fn of_definitions_and_lists() {
    let endpoint = endpoint();
    check(&endpoint, limits::MAX_OPERATIONS, "operations", |n| {
        many(n, |it| format!("query Q{it} {{ __typename }}"))
    });
    check(&endpoint, limits::MAX_FRAGMENTS, "fragments", |n| {
        let fragments = many(n, |it| format!("fragment F{it} on Guide {{ slug }}"));
        format!("{{ guide {{ {} }} }} {fragments}", many(n, |it| format!("...F{it}")))
    });
    check(&endpoint, limits::MAX_VARIABLES, "variables", |n| {
        let (declared, used) = (many(n, |it| format!("$v{it}: ID!")), many(n, |it| format!("$v{it}")));
        format!("query({declared}) {{ nodes(ids: [{used}]) {{ id }} }}")
    });
    check(&endpoint, limits::MAX_ITEMS, "items", |n| {
        format!("{{ nodes(ids: [{}]) {{ id }} }}", "\"\" ".repeat(n))
    });
}

#[tokio::test]
async fn what_is_nested_as_deep_as_it_may_be_is_executed() {
    let world = World::new();
    let n_fragments = limits::MAX_LEVELS - 2;
    let chain: String =
        (1..n_fragments).map(|it| format!("fragment F{it} on Guide {{ ...F{} }} ", it + 1)).collect();
    let query = format!("{{ guide {{ ...F1 }} }} {chain} fragment F{n_fragments} on Guide {{ slug }}");
    let answer = world.ask(&query, json!({})).await;
    assert_eq!(answer, json!({ "data": { "guide": { "slug": "backend-2026" } } }));
}
