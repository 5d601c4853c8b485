//! All mutations as one table, and what holds for each of them.

use serde_json::{Value, json};

use crate::world::{World, column, errors, text};

/// A mutation with an input that changes something about [`Somebody`].
pub struct Mutation {
    pub name: &'static str,
    /// The kind of event that it writes; empty: none.
    pub kind: &'static str,
    /// The field of the payload that holds what it was about; empty: none.
    pub entity: &'static str,
    pub input: fn(&Somebody) -> Value,
}

#[rustfmt::skip]
pub const ALL: [Mutation; 21] = [
    Mutation { name: "registerLearner", kind: "LEARNER_REGISTERED", entity: "learner { name }",
        input: |_| json!({ "name": "Bob", "externalId": "bob", "email": "bob@example.com" }) },
    Mutation { name: "updateLearner", kind: "LEARNER_UPDATED", entity: "learner { name }",
        input: |it| json!({ "learner": { "id": it.learner }, "name": "Ada Lovelace" }) },
    Mutation { name: "eraseLearner", kind: "", entity: "erasedId",
        input: |it| json!({ "learner": { "id": it.learner } }) },
    Mutation { name: "setGoal", kind: "GOAL_SET", entity: "goal { id title level status }",
        input: |it| json!({ "learner": { "id": it.learner }, "title": "Two", "level": "mid" }) },
    Mutation { name: "updateGoal", kind: "GOAL_UPDATED", entity: "goal { id title }",
        input: |it| json!({ "goal": it.goal, "title": "Another" }) },
    Mutation { name: "closeGoal", kind: "GOAL_CLOSED", entity: "goal { id status }",
        input: |it| json!({ "goal": it.goal, "status": "ACHIEVED" }) },
    Mutation { name: "startCourse", kind: "COURSE_STARTED", entity: "courseProgress { status }",
        input: |it| json!({ "learner": { "id": it.learner }, "course": "cicd-automation" }) },
    Mutation { name: "recordCourseProgress", kind: "COURSE_PROGRESSED", entity: "courseProgress { percent }",
        input: |it| json!({ "learner": { "id": it.learner }, "course": "cicd-automation", "percent": 40 }) },
    Mutation { name: "completeCourse", kind: "COURSE_COMPLETED", entity: "courseProgress { status percent }",
        input: |it| json!({ "learner": { "id": it.learner }, "course": "cicd-automation" }) },
    Mutation { name: "reopenCourse", kind: "COURSE_REOPENED", entity: "courseProgress { status }",
        input: |it| json!({ "learner": { "id": it.learner }, "course": "capstone-project" }) },
    Mutation { name: "addProject", kind: "PROJECT_ADDED", entity: "project { id name }",
        input: |it| json!({ "learner": { "id": it.learner }, "name": "Blog" }) },
    Mutation { name: "updateProject", kind: "PROJECT_UPDATED", entity: "project { id name }",
        input: |it| json!({ "project": it.project, "name": "Shop 2" }) },
    Mutation { name: "removeProject", kind: "PROJECT_REMOVED", entity: "removedId",
        input: |it| json!({ "project": it.project }) },
    Mutation { name: "recordDeployment", kind: "DEPLOYMENT_CHECKED", entity: "project { deployed }",
        input: |it| json!({ "project": it.project, "url": "https://example.com", "ok": true }) },
    Mutation { name: "reportIncident", kind: "INCIDENT_REPORTED", entity: "project { incidents { title cause fix } }",
        input: |it| json!({ "project": it.project, "title": "Down", "cause": "A leak", "fix": "A patch" }) },
    Mutation { name: "submitEvidence", kind: "EVIDENCE_SUBMITTED", entity: "evidence { id kind text status }",
        input: |it| json!({ "learner": { "id": it.learner }, "criterion": "sql.query-execution",
            "kind": "WRITE_UP", "text": "Parsed, planned, executed." }) },
    Mutation { name: "reviewEvidence", kind: "EVIDENCE_REVIEWED", entity: "evidence { status note reviewer }",
        input: |it| json!({ "evidence": it.evidence, "verdict": "ACCEPTED", "note": "Well done." }) },
    Mutation { name: "retractEvidence", kind: "EVIDENCE_RETRACTED", entity: "",
        input: |it| json!({ "evidence": it.evidence }) },
    Mutation { name: "waiveCriterion", kind: "CRITERION_WAIVED", entity: "criterion { status }",
        input: |it| json!({ "learner": { "id": it.learner }, "criterion": "sql.query-plans",
            "ground": "TESTED_OUT", "reason": "Shown in a test." }) },
    Mutation { name: "undoEvent", kind: "EVENT_UNDONE", entity: "undone { version voided }",
        input: |it| json!({ "event": it.event }) },
    Mutation { name: "redoEvent", kind: "EVENT_REDONE", entity: "redone { version voided }",
        input: |it| json!({ "event": it.undone }) },
];

/// Those that are about the store and no learner,: nothing of the table holds for
/// them, and their tests are in `maintenance`.
pub const MAINTENANCE: [&str; 2] = ["createBackup", "compactStore"];

/// Those that are about many learners; their tests are in `import` and `batch`.
const ABOUT_MANY: [&str; 3] = ["importProgress", "undoBatch", "redoBatch"];

/// Those that are about webhooks; likewise, in `webhook`.
pub const WEBHOOKS: [&str; 8] = [
    "registerWebhook",
    "updateWebhook",
    "removeWebhook",
    "rotateWebhookSecret",
    "testWebhook",
    "replayWebhook",
    "retryDeliveries",
    "dropParkedEvents",
];

/// A learner of whom there is one of everything.
pub struct Somebody {
    pub learner: String,
    pub goal: String,
    pub project: String,
    pub evidence: String,
    /// The completion of the capstone project.
    pub event: String,
    /// Another event, which is undone.
    pub undone: String,
}

impl Somebody {
    pub async fn of(world: &World) -> Self {
        let input = json!({ "name": "Ada", "externalId": "ada", "stack": "nodejs" });
        let learner = text(&world.call("registerLearner", "", input).await["learner"]["id"]);
        let made = |mutation: &'static str, entity: &'static str, rest: Value| {
            let (world, mut input) = (world.clone(), json!({ "learner": { "id": learner } }));
            async move {
                input.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
                let payload = world.call(mutation, &format!("{entity} {{ id }}"), input).await;
                text(&payload[entity]["id"])
            }
        };
        let link = json!({ "criterion": "sql.indexes", "kind": "LINK", "url": "https://example.com/i" });
        let goal = made("setGoal", "goal", json!({ "title": "One", "level": "junior" })).await;
        let project = made("addProject", "project", json!({ "name": "Shop" })).await;
        let evidence = made("submitEvidence", "evidence", link).await;
        let event = made("completeCourse", "event", json!({ "course": "capstone-project" })).await;
        let undone = made("startCourse", "event", json!({ "course": "async-js-game" })).await;
        world.call("undoEvent", "", json!({ "event": undone })).await;
        Self { learner, goal, project, evidence, event, undone }
    }
}

impl Mutation {
    pub fn named(name: &str) -> &'static Mutation {
        ALL.iter().find(|it| it.name == name).expect("a mutation of that name")
    }

    /// The input with another value in one field.
    pub fn with(&self, somebody: &Somebody, field: &str, value: Value) -> Value {
        let mut input = (self.input)(somebody);
        input[field] = value;
        input
    }

    /// Calls it and asks for all that the payload has.
    pub async fn call(&self, world: &World, input: Value) -> Value {
        let readiness = if self.kind.is_empty() { "" } else { "learner { readiness { progress { done } } }" };
        world.call(self.name, &format!("{} {readiness}", self.entity), input).await
    }
}

#[tokio::test]
async fn no_mutation_is_missing_in_the_table() {
    let schema = World::new().get("{ __schema { mutationType { fields { name } } } }").await;
    let mut fields = column(&schema["__schema"]["mutationType"]["fields"], "name");
    let table = ALL.map(|it| it.name).into_iter().chain(ABOUT_MANY).chain(MAINTENANCE).chain(WEBHOOKS);
    let mut table: Vec<_> = table.map(str::to_owned).collect();
    fields.sort();
    table.sort();
    assert_eq!(fields, table);
}

#[tokio::test]
async fn each_writes_one_event_and_answers_what_became_of_it() {
    for mutation in ALL.iter().filter(|it| !it.kind.is_empty()) {
        let world = World::new();
        let somebody = Somebody::of(&world).await;
        let before = if mutation.name == "registerLearner" { 0 } else { 7 };
        let payload = mutation.call(&world, (mutation.input)(&somebody)).await;
        assert_eq!(errors(&payload), [""; 0], "{}", mutation.name);
        assert_eq!((&payload["changed"], &payload["replayed"]), (&json!(true), &json!(false)));
        assert_eq!(payload["event"]["kind"], mutation.kind);
        assert_eq!(payload["event"]["version"], before + 1);
        assert_eq!(payload["learner"]["version"], before + 1);
        let entity = mutation.entity.split(' ').next().unwrap();
        assert!(entity.is_empty() || !payload[entity].is_null(), "{payload:#}");
        let readiness = "readiness { progress { done } }";
        let read = world.of(payload["learner"]["id"].as_str().unwrap(), readiness).await;
        assert_eq!(payload["learner"]["readiness"], read["readiness"]);
    }
}

#[tokio::test]
async fn saying_it_twice_changes_nothing() {
    for mutation in &ALL {
        let world = World::new();
        let somebody = Somebody::of(&world).await;
        let mut first = mutation.call(&world, (mutation.input)(&somebody)).await;
        let again = mutation.call(&world, (mutation.input)(&somebody)).await;
        first["changed"] = json!(false);
        first["event"] = json!(null);
        assert_eq!(again, first, "{}", mutation.name);
    }
}
