//! Small documents that would be much work.

use super::{asked, endpoint, refused};

/// How each is refused.
#[track_caller]
fn check(query: &str, code: &str) {
    assert_eq!(refused(&endpoint(), asked(query)).0, code, "{}", &query[..query.len().min(200)]);
}

fn many(n: usize, part: impl Fn(usize) -> String) -> String {
    (0..n).map(|it| part(it) + " ").collect()
}

/// Each fragment spreads the next one twice.
fn doubling(n: usize) -> String {
    let fragments = many(n, |it| format!("fragment F{it} on Query {{ ...F{0} ...F{0} }}", it + 1));
    format!("{{ ...F0 }} {fragments} fragment F{n} on Query {{ guide {{ slug }} }}")
}

#[test]
fn fragments_are_measured_once() {
    for n in [11, 22, 31, 60] {
        check(&doubling(n), "LIMIT_EXCEEDED");
    }
    assert!(endpoint().prepare(asked(doubling(4))).is_ok());
}

#[test]
fn fragments_within_themselves_are_refused() {
    for cycle in ["...F", "...G", "learner { ...F }", "... { ...G ...F }"] {
        let fragments = format!("fragment F on Event {{ {cycle} ...G }} fragment G on Event {{ id ...F }}");
        check(&format!("{{ node(id: 1) {{ ...F }} }} {fragments}"), "GRAPHQL_VALIDATION_FAILED");
        check(&format!("{{ __typename }} {fragments}"), "GRAPHQL_VALIDATION_FAILED");
    }
}

/// The second is small, and the first is what would be executed.
#[test]
fn fragments_of_one_name_are_refused_before_anything_is_measured() {
    for first in ["...F", "...G", "guide { slug }"] {
        let query = format!(
            "{{ ...F }} fragment F on Query {{ {first} }} fragment G on Query {{ ...F }} fragment F on Query {{ __typename }}"
        );
        let expected = "there are two fragments of the name `F`".to_owned();
        assert_eq!(refused(&endpoint(), asked(query)), ("GRAPHQL_VALIDATION_FAILED".to_owned(), expected));
    }
}

#[test]
fn ten_thousand_of_anything() {
    for query in [
        format!("{{ {} }}", many(10_000, |it| format!("a{it}: guide {{ slug }}"))),
        format!("{{ {} }}", many(10_000, |it| format!("a{it}: __typename"))),
        format!("{{ {} }}", "__typename ".repeat(10_000)),
        format!("{{ guide {{ {} }} }}", "slug ".repeat(2_100)),
        format!("{{ guide {{ slug {} }} }}", "@skip(if: true) ".repeat(1_500)),
        format!("{{ __typename {} }}", "@a ".repeat(4_000)),
        "{ guide ".repeat(10_000),
        "{guide".repeat(10_000),
        format!("{{ nodes(ids: {}", "[".repeat(10_000)),
        format!("{{ learner(by: {}", "{a:".repeat(10_000)),
        format!("query($a: {}", "[".repeat(10_000)),
        many(1_000, |it| format!("query Q{it} {{ __typename }}")),
        format!("query({}) {{ __typename }}", many(20_000, |it| format!("$v{it}:Int"))),
        format!("query({}) {{ __typename }}", many(2_000, |it| format!("$v{it}:Int"))),
        format!("{{ guide {{ ...F }} }} {}", many(400, |it| format!("fragment F{it} on Guide {{ slug }}"))),
    ] {
        check(&query, "LIMIT_EXCEEDED");
    }
}

#[test]
fn introspection_in_circles() {
    let circle = |n: usize| {
        let (way, back) = ("fields { type { ".repeat(n), "} }".repeat(n));
        format!("{{ __schema {{ types {{ {way} name {back} }} }} }}")
    };
    assert!(endpoint().prepare(asked(circle(2))).is_ok());
    check(&circle(3), "GRAPHQL_VALIDATION_FAILED");
    check(&circle(6), "GRAPHQL_VALIDATION_FAILED");
    check(&circle(7), "LIMIT_EXCEEDED");
    check(
        &format!("{{ {} }}", many(5, |it| format!("a{it}: __schema {{ types {{ name }} }}"))),
        "QUERY_TOO_EXPENSIVE",
    );
}
