//! The example operations, which are the tabs of GraphiQL: each says what it shows, and works when
//! all are tried in order, on an empty store and beside the demo, once and again.

use std::{fs, path::PathBuf, time::Duration};

use async_graphql::Variables;
use futures_util::StreamExt;
use milepost::{app::fill_with_demo, graphql::Asked};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::world::World;

/// One file of examples with its variables.
struct Example {
    name: String,
    document: String,
    variables: Value,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("schema/examples")
}

fn examples() -> Vec<Example> {
    let mut paths: Vec<_> = fs::read_dir(folder()).unwrap().map(|it| it.unwrap().path()).collect();
    paths.sort();
    let (documents, others): (Vec<_>, Vec<_>) =
        paths.into_iter().partition(|it| it.extension().is_some_and(|it| it == "graphql"));
    for other in others {
        let is_variables = other.extension().is_some_and(|it| it == "json");
        assert!(
            is_variables && documents.contains(&other.with_extension("graphql")),
            "{other:?} belongs to none"
        );
    }
    documents.into_iter().map(read).collect()
}

fn read(path: PathBuf) -> Example {
    let variables = fs::read_to_string(path.with_extension("json")).unwrap_or_else(|_| "{}".to_owned());
    Example {
        name: path.file_stem().unwrap().to_string_lossy().into_owned(),
        document: fs::read_to_string(&path).unwrap(),
        variables: serde_json::from_str(&variables).expect("variables in JSON"),
    }
}

/// One query of the examples.
pub struct Query {
    pub operation: String,
    pub document: String,
    pub variables: Value,
}

/// All queries among the examples.
pub fn queries() -> Vec<Query> {
    let queries = |it: Example| {
        let names: Vec<_> = it.operations().into_iter().map(str::to_owned).collect();
        let names = names.into_iter().filter(|name| it.document.contains(&format!("query {name}")));
        let query =
            |operation| Query { operation, document: it.document.clone(), variables: it.variables.clone() };
        names.map(query).collect::<Vec<_>>()
    };
    examples().into_iter().flat_map(queries).collect()
}

impl Example {
    /// The names of its operations, in their order.
    fn operations(&self) -> Vec<&str> {
        const KINDS: [&str; 3] = ["query", "mutation", "subscription"];
        let lines = self.document.lines().filter(|line| KINDS.iter().any(|it| line.starts_with(it)));
        lines.map(|it| it.split([' ', '(', '{']).nth(1).unwrap_or_default()).collect()
    }

    /// Runs its operations in order and answers the data of each. Of a subscription that is the
    /// first message.
    async fn run(&self, world: &World) -> Vec<Value> {
        let mut answers = vec![];
        for operation in self.operations() {
            let asked = Asked {
                query: Some(self.document.clone()),
                operation_name: Some(operation.to_owned()),
                variables: Variables::from_json(self.variables.clone()),
                ..Asked::default()
            };
            let mut messages = world.messages(asked);
            let answer = timeout(Duration::from_secs(5), messages.next()).await.expect("an answer in time");
            let answer = answer.expect("an answer");
            let place = format!("{} {operation}", self.name);
            assert_eq!(answer.get("errors"), None, "{place}: {answer:#}");
            assert_no_user_errors(&place, &answer);
            answers.push(answer["data"].clone());
        }
        answers
    }
}

fn assert_no_user_errors(place: &str, answer: &Value) {
    match answer {
        Value::Object(fields) => {
            if let Some(errors) = fields.get("userErrors") {
                assert_eq!(errors, &json!([]), "{place}");
            }
            fields.values().for_each(|it| assert_no_user_errors(place, it));
        }
        Value::Array(items) => items.iter().for_each(|it| assert_no_user_errors(place, it)),
        _ => {}
    }
}

#[test]
fn each_says_what_it_shows() {
    for (number, Example { name, document, .. }) in (1..).zip(examples()) {
        assert!(name.starts_with(&format!("{number:02}-")), "{name} is out of the row");
        let comment: Vec<_> = document.lines().take_while(|it| it.starts_with("# ")).collect();
        assert!(
            comment.last().is_some_and(|it| it.ends_with('.')),
            "{name} has no comment of whole sentences"
        );
        assert!(document.lines().all(|it| it.chars().count() <= 100), "{name} has lines too long for a tab");
    }
}

#[test]
fn each_has_named_operations() {
    for example in examples() {
        let operations = example.operations();
        assert!(!operations.is_empty() && operations.iter().all(|it| !it.is_empty()), "{}", example.name);
    }
}

#[tokio::test]
async fn all_work_in_order_on_an_empty_store_and_once_more() {
    work_in_order(&World::new()).await;
}

#[tokio::test]
async fn all_work_in_order_beside_the_demo_and_once_more() {
    let world = World::new();
    fill_with_demo(&world.app).await.expect("the demo");
    work_in_order(&world).await;
}

async fn work_in_order(world: &World) {
    for _ in 0..2 {
        for example in examples() {
            let answers = example.run(world).await;
            assert!(!answers.is_empty(), "{} was not run", example.name);
            for answer in answers {
                let fields = answer.as_object().expect("data");
                assert!(
                    fields.values().all(|it| !it.is_null()),
                    "{} finds nothing: {answer:#}",
                    example.name
                );
            }
        }
    }
}

/// The id stands in the file: the key of the registration decides the learner's id, and so those of
/// their events.
#[tokio::test]
async fn what_is_undone_is_the_course() {
    let world = World::new();
    for example in examples() {
        let answers = example.run(&world).await;
        if example.name != "06-undo" {
            continue;
        }
        let events = answers[0]["learner"]["events"]["nodes"].as_array().unwrap();
        let completed = events.iter().find(|it| it["kind"] == "COURSE_COMPLETED").unwrap();
        assert_eq!(example.variables["event"], completed["id"]);
        assert_eq!(answers[1]["undoEvent"]["undone"]["voided"], true);
        assert_eq!(answers[2]["redoEvent"]["redone"]["voided"], false);
        return;
    }
    panic!("there is no example of undo");
}
