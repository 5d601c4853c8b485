//! The whole way of a learner, from the registration to ready.

use serde_json::{Value, json};

use crate::world::{World, column, text};

impl World {
    /// Takes a learner on Node.js all the way to ready, and answers the milestones in the order in
    /// which they were reached.
    pub async fn gets_ready(&self, learner: &str) -> Vec<String> {
        let mut reached = vec![];
        for name in ["Shop", "Blog", "Chat"] {
            let added = self.call("addProject", "project { id }", real_project(learner, name)).await;
            let project = text(&added["project"]["id"]);
            reached.extend(column(&added["milestonesReached"], "slug"));
            let check = json!({ "project": project, "url": "https://example.com", "ok": true });
            let incident =
                json!({ "project": project, "title": "Down", "cause": "A leak", "fix": "A patch" });
            for (mutation, input) in [("recordDeployment", check), ("reportIncident", incident)] {
                let payload = self.call(mutation, "", input).await;
                reached.extend(column(&payload["milestonesReached"], "slug"));
            }
        }
        for input in good_evidence(learner) {
            let payload = self.call("submitEvidence", "", input).await;
            reached.extend(column(&payload["milestonesReached"], "slug"));
        }
        reached
    }
}

/// A project that has all that the guide asks of one.
fn real_project(learner: &str, name: &str) -> Value {
    json!({
        "learner": { "id": learner }, "name": name, "stack": "nodejs", "framework": "Express",
        "repositoryUrl": format!("https://example.com/{name}"),
        "aspects": ["API", "AUTHENTICATION", "DATABASE", "HANDWRITTEN_SQL", "MIGRATION", "CONTAINER",
            "PIPELINE", "AUTOMATED_TESTS"],
    })
}

/// Evidence for whatever projects do not answer.
fn good_evidence(learner: &str) -> [Value; 4] {
    let of = |criterion, kind, field: &str, content| json!({ "learner": { "id": learner }, "criterion": criterion, "kind": kind, field: content });
    [
        of("language.async", "REPOSITORY", "url", "https://example.com/game".to_owned()),
        of("sql.query-execution", "WRITE_UP", "text", "It parses, plans and executes. ".repeat(20)),
        of("sql.indexes", "WRITE_UP", "text", "An index is sorted. ".repeat(20)),
        of("sql.query-plans", "QUERY_PLAN", "text", "Seq Scan on users  (cost=0.00..1.00)".to_owned()),
    ]
}
