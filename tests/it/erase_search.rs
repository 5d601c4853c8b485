//! What is left of an erased learner in any file: strings are planted in every field that takes text, and all files are
//! searched for them, byte by byte.

use std::{collections::BTreeSet, fs, path::Path, time::Duration};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    api::mutation::WEBHOOKS,
    binary::{Server, milepost},
    exactly_once::told,
    world::{column, text},
};

/// Each planted string is this, whose, where it was planted, and a `~` that nothing else has.
const PLANTED: &[u8] = b"planted.";
/// Fields that take the name of something in the guide, or of a backup.
const NAMES: [&str; 4] = ["stack", "level", "course", "criterion"];

/// Mutations with their inputs, `*` in the place of a string to plant, and the field with what they make.
const CALLS: [(&str, &str, &str); 20] = [
    ("registerLearner", "learner", r#"{"name":"*","externalId":"*","email":"*@example.com"}"#),
    ("updateLearner", "", r#"{"learner":"","name":"*","email":"*@example.com"}"#),
    ("setGoal", "goal", r#"{"learner":"","title":"*","level":"junior"}"#),
    ("updateGoal", "", r#"{"goal":"","title":"*"}"#),
    ("closeGoal", "", r#"{"goal":"","status":"ACHIEVED"}"#),
    ("startCourse", "event", r#"{"learner":"","course":"capstone-project"}"#),
    ("undoEvent", "", r#"{"event":""}"#),
    ("redoEvent", "", r#"{"event":""}"#),
    ("recordCourseProgress", "", r#"{"learner":"","course":"capstone-project","percent":40}"#),
    (
        "completeCourse",
        "",
        r#"{"learner":"","course":"capstone-project","certificateUrl":"https://example.com/*"}"#,
    ),
    ("reopenCourse", "", r#"{"learner":"","course":"capstone-project"}"#),
    (
        "addProject",
        "project",
        r#"{"learner":"","name":"*","framework":"*","repositoryUrl":"https://example.com/*"}"#,
    ),
    (
        "updateProject",
        "",
        r#"{"project":"","name":"*","framework":"*","repositoryUrl":"https://example.com/*"}"#,
    ),
    ("recordDeployment", "", r#"{"project":"","url":"https://example.com/*","ok":true}"#),
    (
        "reportIncident",
        "",
        r#"{"project":"","title":"*","cause":"*","fix":"*","url":"https://example.com/*"}"#,
    ),
    (
        "submitEvidence",
        "evidence",
        r#"{"learner":"","criterion":"sql.indexes","kind":"LINK","url":"https://example.com/*","text":"*"}"#,
    ),
    ("reviewEvidence", "", r#"{"evidence":"","verdict":"ACCEPTED","note":"*"}"#),
    ("retractEvidence", "", r#"{"evidence":""}"#),
    ("waiveCriterion", "", r#"{"learner":"","criterion":"sql.query-plans","ground":"TESTED_OUT"}"#),
    ("removeProject", "", r#"{"project":""}"#),
];

/// What is asked of a server about one learner, and what was planted by it.
struct Gardener<'a> {
    server: &'a Server,
    who: &'static str,
    planted: BTreeSet<String>,
    /// The fields of mutations in which something was planted.
    fields: BTreeSet<String>,
}

impl<'a> Gardener<'a> {
    fn new(server: &'a Server, who: &'static str) -> Self {
        Self { server, who, planted: BTreeSet::new(), fields: BTreeSet::new() }
    }

    fn marker(&self, mutation: &str, field: &str) -> String {
        format!("planted.{}.{mutation}.{field}~", self.who).to_lowercase()
    }

    /// Calls a mutation, with a reason and a key beside its input.
    async fn call(&mut self, mutation: &str, selection: &str, mut input: Value) -> Value {
        input["reason"] = json!("*");
        input["idempotencyKey"] = json!("*");
        for (field, value) in input.as_object_mut().unwrap() {
            let Some(before) = value.as_str().filter(|it| it.contains('*')) else { continue };
            let marker = self.marker(mutation, field);
            *value = json!(before.replace('*', &marker));
            self.planted.insert(marker);
            self.fields.insert(format!("{mutation}.{field}"));
        }
        let kind = format!("{}{}Input!", mutation[..1].to_uppercase(), &mutation[1..]);
        let query = format!(
            "mutation($input: {kind}) {{ it: {mutation}(input: $input) {{ changed userErrors {{ field message }} {selection} }} }}"
        );
        let answer =
            self.server.post("/graphql", &json!({ "query": query, "variables": { "input": input } })).await;
        assert_eq!(answer["data"]["it"]["changed"], true, "{mutation} {input}: {answer}");
        answer["data"]["it"].clone()
    }

    /// Plants something everywhere.
    async fn plant(&mut self) {
        let mut made = serde_json::Map::new();
        for (mutation, makes, input) in CALLS {
            let mut input: Value = serde_json::from_str(input).unwrap();
            for (field, it) in input.as_object_mut().unwrap() {
                match (made.get(field), field.as_str()) {
                    (Some(id), "learner") => *it = json!({ "id": id }),
                    (Some(id), _) => *it = id.clone(),
                    (None, _) => {}
                }
            }
            let selection = if makes.is_empty() { String::new() } else { format!("{makes} {{ id }}") };
            let done = self.call(mutation, &selection, input).await;
            if !makes.is_empty() {
                made.insert(makes.to_owned(), done[makes]["id"].clone());
            }
        }
        self.plant_in_batches().await;
        let certificate = self.marker("xapi", "certificate");
        let statement = json!({
            "actor": { "account": { "homePage": "https://a.example", "name": self.marker("registerLearner", "externalId") } },
            "verb": { "id": "http://adlnet.gov/expapi/verbs/completed" },
            "object": { "id": "https://a.example/courses/cicd-automation" },
            "result": { "extensions": { "urn:milepost:extension:certificate-url": format!("https://example.com/{certificate}") } },
        });
        let ids = self.server.post("/xapi/statements", &statement).await;
        assert_eq!(ids.as_array().map(Vec::len), Some(1), "{ids}");
        self.planted.insert(certificate);
    }

    /// Plants something in what is about many learners; of the keys of such calls nothing but a digest is kept.
    async fn plant_in_batches(&mut self) {
        let name = self.marker("importProgress", "content");
        let row = format!("project,{},{name}", self.marker("registerLearner", "externalId"));
        let import = json!({ "format": "CSV", "content": format!("kind,learner,name\n{row}\n") });
        self.planted.insert(name);
        let mut batch = Value::Null;
        for (mutation, mut input) in
            [("importProgress", import), ("undoBatch", json!({})), ("redoBatch", json!({}))]
        {
            input["idempotencyKey"] = json!(self.marker(mutation, "idempotencyKey"));
            if mutation != "importProgress" {
                let reason = self.marker(mutation, "reason");
                (input["batch"], input["reason"]) = (batch.clone(), json!(reason));
                self.planted.insert(reason);
            }
            let kind = format!("{}{}Input!", mutation[..1].to_uppercase(), &mutation[1..]);
            let query =
                format!("mutation($input: {kind}) {{ it: {mutation}(input: $input) {{ changed batch }} }}");
            let asked = json!({ "query": query, "variables": { "input": input } });
            let done = self.server.post("/graphql", &asked).await["data"]["it"].clone();
            assert_eq!(done["changed"], true, "{mutation}: {done}");
            if batch.is_null() {
                batch = done["batch"].clone();
            }
            self.fields.extend(["content", "reason", "idempotencyKey"].map(|it| format!("{mutation}.{it}")));
        }
    }

    /// Has the learner erased; what is planted here is kept by nobody.
    async fn erase(&mut self) {
        let learner = json!({ "externalId": self.marker("registerLearner", "externalId") });
        self.call("eraseLearner", "erasedId", json!({ "learner": learner })).await;
        let asked = json!({
            "query": format!("query Q($q: String) {{ learners(filter: {{ nameContains: $q }}) {{ totalCount }} }} # {}", self.marker("query", "comment")),
            "variables": { "q": self.marker("query", "filter") },
        });
        let answer = self.server.post("/graphql", &asked).await;
        assert_eq!(answer["data"]["learners"]["totalCount"], 0, "{answer}");
    }
}

/// The planted strings that stand in any file below a directory.
fn found(directory: &Path) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    // Files come and go.
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            all.extend(found(&entry.path()));
        }
        let bytes = fs::read(entry.path()).unwrap_or_default();
        for rest in
            bytes.windows(PLANTED.len()).enumerate().filter(|it| it.1 == PLANTED).map(|it| &bytes[it.0..])
        {
            let end = rest.iter().take(100).position(|it| *it == b'~').map_or(PLANTED.len(), |it| it + 1);
            all.insert(String::from_utf8_lossy(&rest[..end]).into_owned());
        }
    }
    all
}

/// Waits until names of them have come to sled, which takes a moment.
async fn with_rows_of(directory: &Path, who: &[&str]) {
    let names = who.iter().map(|it| format!("planted.{it}.updatelearner.name~")).collect();
    for _ in 0..300 {
        let rows = fs::read_dir(directory).unwrap().map(|it| it.unwrap().path());
        let rows = rows.filter(|it| it.file_name().unwrap().to_str().unwrap().starts_with("sled"));
        let found: BTreeSet<_> = rows.flat_map(|it| found(&it)).collect();
        if found.is_superset(&names) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("they never came to sled");
}

/// Waits until nothing of one of them is found, and answers what is.
async fn without(directory: &Path, gone: &str) -> BTreeSet<String> {
    for _ in 0..300 {
        let found = found(directory);
        if !found.iter().any(|it| it.starts_with(gone)) {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it is still there: {:?}", found(directory).iter().find(|it| it.starts_with(gone)));
}

async fn feed(server: &Server, n: usize) -> Vec<Value> {
    let query = "subscription { events { cursor event { id version kind learner { name } } } }";
    let mut events = told(server, query.to_owned(), n).await;
    events.sort_by_key(|it| text(&it["events"]["event"]["id"]));
    events.into_iter().map(|it| it["events"]["event"].clone()).collect()
}

/// Fields of inputs that take text, and in which nothing was planted.
async fn missed(server: &Server, planted: &BTreeSet<String>) -> Vec<String> {
    let query = "{ __schema { mutationType { fields { name args { type { ofType { inputFields { name type { name ofType { name } } } } } } } } } }";
    let schema = server.ask(query).await;
    let mut missed = vec![];
    for mutation in schema["__schema"]["mutationType"]["fields"].as_array().unwrap() {
        let fields = mutation["args"][0]["type"]["ofType"]["inputFields"].as_array().unwrap();
        let is_text = |it: &Value| ["String", "URL"].contains(&it.as_str().unwrap_or_default());
        let texts =
            fields.iter().filter(|it| is_text(&it["type"]["name"]) || is_text(&it["type"]["ofType"]["name"]));
        for field in column(&Value::from_iter(texts.cloned()), "name") {
            let name = format!("{}.{field}", text(&mutation["name"]));
            // An external id is changed as it is given; what is about the store is about no learner.
            let is_other = name == "updateLearner.externalId"
                || WEBHOOKS.iter().any(|it| name.starts_with(&format!("{it}.")))
                || name.starts_with("createBackup.")
                || name.starts_with("compactStore.");
            if !NAMES.contains(&&*field) && !is_other && !planted.contains(&name) {
                missed.push(name);
            }
        }
    }
    missed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn within_the_stated_time_nothing_is_left_in_any_file() {
    let directory = TempDir::new().unwrap();
    let server = Server::start(directory.path(), &["--forget-within-min", "0"]);
    let mut all = ["ada", "bob", "eve"].map(|who| Gardener::new(&server, who));
    for it in &mut all {
        it.plant().await;
    }
    let [ada, bob, eve] = &mut all;
    let planted: BTreeSet<_> = [&*ada, bob, eve].into_iter().flat_map(|it| it.planted.clone()).collect();
    assert_eq!(found(directory.path()), planted);
    with_rows_of(directory.path(), &["ada", "bob", "eve"]).await;
    let n_events = CALLS.len() + 3 + 1;
    let mut events = feed(&server, 3 * n_events).await;
    bob.erase().await;
    assert_eq!(missed(&server, &bob.fields).await, [""; 0]);

    let others: BTreeSet<_> = ada.planted.union(&eve.planted).cloned().collect();
    assert_eq!(without(directory.path(), "planted.bob.").await, others);
    let by = eve.marker("registerLearner", "externalId");
    let query = format!(
        "mutation {{ startCourse(input: {{ learner: {{ externalId: \"{by}\" }}, course: \"async-js-game\" }}) {{ changed }} }}"
    );
    assert_eq!(server.ask(&query).await["startCourse"]["changed"], true);
    let made = server.ask("mutation { createBackup(input: { name: \"after\" }) { changed } }").await;
    assert_eq!(made["createBackup"]["changed"], true);
    assert_eq!(found(&directory.path().join("backups/after")), others);
    assert_eq!(found(directory.path()), others);

    // Their events are as they were, and nothing is said of his.
    let is_bob = |it: &Value| it["learner"]["name"].as_str().unwrap().starts_with("planted.bob.");
    events.retain(|it| !is_bob(it));
    let mut after = feed(&server, 2 * n_events + 1).await;
    after.iter_mut().chain(&mut events).for_each(|it| it["learner"] = json!(null));
    let (same, new): (Vec<_>, Vec<_>) = after.into_iter().partition(|it| events.contains(it));
    assert_eq!((same.len(), new.len()), (events.len(), 1));
    assert_eq!(events.len(), 2 * n_events);
    drop(all);
    server.kill();
    let server = Server::start(directory.path(), &[]);
    assert_eq!(server.ask("{ learners { totalCount } }").await["learners"]["totalCount"], 2);
    assert_eq!(found(directory.path()), others);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_was_killed_before_does_it_when_it_starts() {
    let directory = TempDir::new().unwrap();
    let server = Server::start(directory.path(), &["--forget-within-min", "1440"]);
    let mut bob = Gardener::new(&server, "bob");
    bob.plant().await;
    with_rows_of(directory.path(), &["bob"]).await;
    bob.erase().await;
    // A backup does not wait for that.
    let made = server.ask("mutation { createBackup(input: { name: \"early\" }) { changed } }").await;
    assert_eq!(made["createBackup"]["changed"], true);
    assert_eq!(found(&directory.path().join("backups")), BTreeSet::new());
    let mut eve = Gardener::new(&server, "eve");
    eve.plant().await;
    eve.erase().await;
    let kept = found(directory.path());
    assert!(eve.planted.iter().filter(|it| !it.contains("eraselearner")).all(|it| kept.contains(it)));
    drop((bob, eve));
    server.kill();
    let copies = TempDir::new().unwrap();
    for (tool, to) in [("backup", "backup"), ("export", "export.jsonl")] {
        let to = copies.path().join(to);
        let arguments = ["--data-dir".as_ref(), directory.path().as_os_str(), to.as_os_str()];
        assert!(milepost().arg(tool).args(arguments).output().unwrap().status.success());
        assert!(to.exists());
    }
    assert_eq!(found(copies.path()), BTreeSet::new());

    let server = Server::start(directory.path(), &["--forget-within-min", "1440"]);
    assert_eq!(without(directory.path(), "planted.").await, BTreeSet::new());
    assert_eq!(server.ask("{ learners { totalCount } }").await["learners"]["totalCount"], 0);
}
