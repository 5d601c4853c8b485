//! Documents that are asked for by their hash, and lists of them.

use milepost::graphql::{Asked, Endpoint, EndpointOptions, Manifest, Reason};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{asked, code, endpoint};
use crate::world::World;

const QUERY: &str = "query Guide { guide { slug } }";
const OTHER: &str = "query Other { guide { title } }";

fn hash(text: &str) -> String {
    Sha256::digest(text).iter().map(|it| format!("{it:02x}")).collect()
}

fn by_hash(query: &str) -> Asked {
    Asked { hash: Some(hash(query)), ..Asked::default() }
}

fn with_hash(query: &str, hash: String) -> Asked {
    Asked { hash: Some(hash), ..asked(query) }
}

#[track_caller]
fn check(endpoint: &Endpoint, asked: Asked, expected: Option<(Reason, &str)>) {
    let refused = endpoint.prepare(asked).err();
    let refused = refused.map(|it| (it.reason, code(&it)));
    assert_eq!(refused.as_ref().map(|(reason, code)| (*reason, code.as_str())), expected);
}

const NOT_FOUND: Option<(Reason, &str)> = Some((Reason::UnknownHash, "PERSISTED_QUERY_NOT_FOUND"));
const MISMATCH: Option<(Reason, &str)> = Some((Reason::Malformed, "PERSISTED_QUERY_HASH_MISMATCH"));
const NOT_LISTED: Option<(Reason, &str)> = Some((Reason::NotListed, "PERSISTED_QUERY_NOT_IN_LIST"));
const MALFORMED: Option<(Reason, &str)> = Some((Reason::Malformed, "BAD_REQUEST"));

#[test]
fn a_text_that_came_with_its_hash_is_known_by_it() {
    let endpoint = endpoint();
    check(&endpoint, by_hash(QUERY), NOT_FOUND);
    let said = endpoint.prepare(by_hash(QUERY)).expect_err("not yet known");
    assert_eq!(said.errors[0].message, "PersistedQueryNotFound");
    check(&endpoint, asked(QUERY), None);
    check(&endpoint, by_hash(QUERY), NOT_FOUND);
    check(&endpoint, with_hash(QUERY, hash(OTHER)), MISMATCH);
    check(&endpoint, by_hash(OTHER), NOT_FOUND);
    check(&endpoint, with_hash(QUERY, hash(QUERY)), None);
    check(&endpoint, by_hash(QUERY), None);
    check(&endpoint, with_hash(QUERY, hash(OTHER)), MISMATCH);
}

#[test]
fn what_is_refused_is_not_kept() {
    let endpoint = endpoint();
    for query in [
        "{ nothing }",
        "{",
        "{ learners(first: 100) { nodes { events(first: 100) { nodes { kind version } } } } }",
    ] {
        let code = code(&endpoint.prepare(with_hash(query, hash(query))).expect_err("invalid"));
        assert_ne!(code, "PERSISTED_QUERY_HASH_MISMATCH");
        let again = endpoint.prepare(by_hash(query)).expect_err("still invalid");
        assert!(
            again.reason == Reason::UnknownHash || self::code(&again) == "QUERY_TOO_EXPENSIVE",
            "{query}"
        );
    }
}

#[test]
fn neither_text_nor_hash() {
    let endpoint = endpoint();
    check(&endpoint, Asked::default(), MALFORMED);
    for hash in ["", "abc", &"g".repeat(64), &"a".repeat(66)] {
        check(&endpoint, Asked { hash: Some(hash.to_owned()), ..Asked::default() }, MALFORMED);
    }
}

fn manifest() -> Manifest {
    let entry = json!({ "id": hash(QUERY), "name": "Guide", "type": "query", "body": QUERY });
    let text = json!({ "format": "apollo-persisted-query-manifest", "version": 1, "operations": [entry] });
    Manifest::parse(&text.to_string()).expect("a manifest")
}

fn listed(manifest: Manifest, only_manifest: bool) -> std::io::Result<Endpoint> {
    Endpoint::new(World::new().app, EndpointOptions { manifest, only_manifest, ..EndpointOptions::default() })
}

#[test]
fn listed_operations_are_known_from_the_start() {
    let endpoint = listed(manifest(), false).expect("all fit");
    check(&endpoint, by_hash(QUERY), None);
    check(&endpoint, by_hash(OTHER), NOT_FOUND);
    check(&endpoint, asked(OTHER), None);
}

#[test]
fn nothing_else_is_served_where_that_is_asked() {
    let endpoint = listed(manifest(), true).expect("all fit");
    for _ in 0..2 {
        check(&endpoint, by_hash(QUERY), None);
        check(&endpoint, asked(QUERY), None);
        check(&endpoint, with_hash(QUERY, hash(QUERY)), None);
        for asked in
            [asked(OTHER), by_hash(OTHER), with_hash(OTHER, hash(OTHER)), asked("{"), asked("{ __typename }")]
        {
            check(&endpoint, asked, NOT_LISTED);
        }
    }
    check(&endpoint, with_hash(QUERY, hash(OTHER)), MISMATCH);
}

#[test]
fn manifests_have_two_forms() {
    let relay = json!({ hash(QUERY): QUERY, hash(OTHER): OTHER }).to_string();
    let endpoint = listed(Manifest::parse(&relay).expect("a manifest"), true).expect("all fit");
    check(&endpoint, by_hash(OTHER), None);
}

#[test]
fn a_bad_manifest_says_what_is_wrong() {
    let apollo = |version: u32, id: &str, body: &str| {
        let entry = json!({ "id": id, "name": "Guide", "type": "query", "body": body });
        json!({ "format": "apollo-persisted-query-manifest", "version": version, "operations": [entry] })
            .to_string()
    };
    for (text, expected) in [
        ("{".to_owned(), "it is not JSON: "),
        ("[]".to_owned(), "it is neither a persisted-query manifest of Apollo's nor "),
        ("{\"a\": 1}".to_owned(), "it is neither "),
        (apollo(2, &hash(QUERY), QUERY), "`apollo-persisted-query-manifest` 2 is not known here"),
        (apollo(1, &hash(OTHER), QUERY), "the id of operation `Guide` is not the SHA-256 of its body"),
        (apollo(1, "abc", QUERY), "the id of operation `Guide` is not the SHA-256 of its body"),
    ] {
        let said = Manifest::parse(&text).expect_err("a bad one");
        assert!(said.starts_with(expected), "{said}");
    }
    let broken = "{ nothing }";
    let manifest = Manifest::parse(&apollo(1, &hash(broken), broken)).expect("a manifest");
    let said = listed(manifest, true).err().expect("it does not fit").to_string();
    assert_eq!(said, "operation `Guide`: type `Query` does not have a field `nothing`");
}

/// How the program ends with that manifest.
fn serve(manifest: &str) -> String {
    let directory = tempfile::TempDir::new().expect("a directory");
    let file = directory.path().join("manifest.json");
    std::fs::write(&file, manifest).expect("a file");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_milepost"))
        .args(["--listen", "127.0.0.1:0", "--only-operations", "--operations"])
        .arg(&file)
        .arg("--data-dir")
        .arg(directory.path().join("data"))
        .output()
        .expect("an end");
    assert!(!output.status.success());
    String::from_utf8(output.stderr).expect("a text")
}

#[test]
fn the_program_does_not_start_with_a_bad_manifest() {
    assert!(serve("{").contains("manifest.json: it is not JSON: "));
    let said = serve(&json!({ hash("{ nothing }"): "{ nothing }" }).to_string());
    assert!(said.contains("type `Query` does not have a field `nothing`"), "{said}");
}
