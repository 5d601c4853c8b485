//! What the README says of the program is so.

use std::{fs, path::Path, process::Command};

use axum::http::Request;
use milepost::{app::fill_with_demo, domain::command, domain::text, graphql::limits, http};
use serde_json::{Value, json};

use crate::world::World;

const README: &str = include_str!("../../README.md");
const CODES: &str = include_str!("../../schema/codes.txt");

/// The blocks of code in one language.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    README.split(fence.as_str()).skip(1).filter_map(|it| it.split("```").next()).collect()
}

#[tokio::test]
async fn its_question_has_its_answer() {
    let world = World::new();
    fill_with_demo(&world.app).await.expect("the demo");
    let (question, answer) = (blocks("graphql")[0], blocks("json")[0]);
    let answer: Value = serde_json::from_str(answer).expect("an answer in JSON");
    assert_eq!(world.ask(question, json!({})).await, answer);
}

#[tokio::test]
async fn its_statement_is_taken() {
    let world = World::new();
    fill_with_demo(&world.app).await.expect("the demo");
    world.at("2026-03-02T00:00:00Z");
    let curl = blocks("sh").into_iter().find(|it| it.contains("/xapi/statements")).expect("an example");
    let statement = curl.split('\'').nth_back(1).expect("a statement").to_owned();
    let request = Request::post("/xapi/statements")
        .header("host", "localhost:8080")
        .header("content-type", "application/json")
        .header("x-experience-api-version", "1.0.3");
    let answer = world.send(request.body(statement.into()).expect("a request")).await;
    assert_eq!(answer.status(), 200);
    let chen = world
        .get("{ learner(by: { externalId: \"chen\" }) { events(last: 1) { nodes { kind occurredAt } } } }")
        .await;
    let told = json!({ "kind": "COURSE_COMPLETED", "occurredAt": "2026-03-01T10:00:00Z" });
    assert_eq!(chen["learner"]["events"]["nodes"][0], told);
}

#[test]
fn it_lists_all_options_and_commands() {
    let help = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_milepost")).args(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let words = |text: String| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
    for option in words(help(&["serve", "--help"])).iter().filter(|it| it.starts_with("--")) {
        let is_own = option == "--help" || README.contains(&format!("| `{option}` |"));
        assert!(is_own, "README.md has no row for {option}");
    }
    for variable in words(help(&["serve", "--help"])).iter().filter_map(|it| it.strip_suffix("=]")) {
        assert!(README.contains(&format!("| `{variable}` |")), "README.md does not name {variable}");
    }
    for default in help(&["serve", "--help"]).split("[default: ").skip(1) {
        let default = default.split(']').next().unwrap();
        assert!(README.contains(&format!("| `{default}` |")), "README.md has no default {default}");
    }
    for line in help(&["--help"]).lines().filter(|it| it.starts_with("  ") && !it.starts_with("   ")) {
        let command = line.split_whitespace().next().unwrap();
        let named = format!("`milepost {command}");
        let is_usage = command.starts_with('-') || line.contains("milepost");
        assert!(is_usage || README.contains(&named), "README.md does not name `milepost {command}`");
    }
}

#[test]
fn it_names_all_codes() {
    for code in CODES.lines().filter_map(|it| it.split(' ').nth(1)) {
        assert!(README.contains(&format!("`{code}`")), "README.md does not name {code}");
    }
}

#[test]
fn its_limits_are_those_of_the_code() {
    let body = format!("| {} MiB |", http::MAX_BODY / (1024 * 1024));
    let events = format!("| events of a learner | {} |", thousands(command::MAX_EVENTS as usize));
    let lengths = [text::MAX_LINE, text::MAX_TEXT, text::MAX_URL, text::MAX_EMAIL].map(thousands).join(", ");
    for limit in [body, events, format!("| {lengths} |")] {
        assert!(README.contains(&limit), "README.md does not say {limit}");
    }
}

#[test]
fn its_limits_of_documents_are_those_of_the_code() {
    let row = |what: &str, limits: &[usize]| {
        let limits: Vec<_> = limits.iter().copied().map(thousands).collect();
        let row = format!("| {what} | {} |", limits.join(", "));
        assert!(README.contains(&row), "README.md has no row {row}");
    };
    row("bytes of a document, its tokens", &[limits::MAX_BYTES, limits::MAX_TOKENS]);
    row("brackets within each other", &[limits::MAX_NESTING]);
    row("depth of selections; with fragments and spreads", &[limits::MAX_DEPTH, limits::MAX_LEVELS]);
    row(
        "fields of an operation, at its root, of a document; fragments expanded",
        &[limits::MAX_FIELDS, limits::MAX_ROOT_FIELDS, limits::MAX_ALL_FIELDS],
    );
    row("aliases, directives of a document", &[limits::MAX_ALIASES, limits::MAX_DIRECTIVES]);
    row("operations, fragments of a document", &[limits::MAX_OPERATIONS, limits::MAX_FRAGMENTS]);
    row("variables of an operation", &[limits::MAX_VARIABLES]);
    row("items in all lists of a document, and in those of its variables", &[limits::MAX_ITEMS]);
    let cost = usize::try_from(limits::MAX_COST).unwrap();
    row("cost of an operation: 1 for each field, those of a list once for each item", &[cost]);
    assert!(
        README.contains(&format!("| bytes of an answer | {} MiB |", milepost::graphql::MAX_ANSWER >> 20))
    );
    row("errors in an answer", &[limits::MAX_ERRORS]);
}

fn thousands(number: usize) -> String {
    match number {
        0..1_000 => number.to_string(),
        _ => format!("{},{:03}", number / 1_000, number % 1_000),
    }
}

#[test]
fn its_links_lead_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for page in [
        "README.md",
        "CHANGELOG.md",
        "docs/ARCHITECTURE.md",
        "docs/DEPENDENCIES.md",
        "docs/FORMAT.md",
        "docs/INTEGRATING.md",
    ] {
        let text = fs::read_to_string(root.join(page)).expect(page);
        let links = text.split("](").skip(1).filter_map(|it| it.split(')').next());
        for link in links.filter(|it| !it.starts_with("http")) {
            let folder = root.join(page).parent().expect("a folder").to_owned();
            assert!(folder.join(link.split('#').next().unwrap()).exists(), "{page} leads to {link}");
        }
    }
}
