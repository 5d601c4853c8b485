//! The program itself tells what time takes away, also what it took while there was no server.

use std::{path::Path, time::Duration};

use milepost::app::{Env as _, SystemEnv};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::binary::Server;

/// Somebody whose only project is seen alive for so many seconds more.
async fn register(server: &Server, who: &str, seconds: i64) -> Value {
    let register = format!(
        r#"mutation {{ registerLearner(input: {{ name: "{who}", externalId: "{who}" }}) {{ changed }}
        addProject(input: {{ learner: {{ externalId: "{who}" }}, name: "Shop" }}) {{ project {{ id }} }} }}"#
    );
    let project = server.ask(&register).await["addProject"]["project"]["id"].clone();
    let checked_at = SystemEnv.now().plus_days(-30).plus_seconds(seconds);
    let check = format!(
        r#"mutation {{ recordDeployment(input: {{ project: {project}, url: "https://example.com", ok: true,
        checkedAt: "{checked_at}" }}) {{ event {{ version }} }} }}"#
    );
    server.ask(&check).await["recordDeployment"]["event"]["version"].clone()
}

async fn kinds(server: &Server, who: &str) -> Vec<Value> {
    let query = format!(
        r#"{{ learner(by: {{ externalId: "{who}" }}) {{ events(last: 4) {{ nodes {{ kind }} }} }} }}"#
    );
    let events = server.ask(&query).await["learner"]["events"]["nodes"].clone();
    events.as_array().unwrap().iter().map(|it| it["kind"].clone()).collect()
}

/// What has happened to somebody once something has lapsed.
async fn kinds_once_lapsed(server: &Server, who: &str) -> Vec<Value> {
    for _ in 0..600 {
        let kinds = kinds(server, who).await;
        if kinds.contains(&json!("CRITERION_LAPSED")) {
            return kinds;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("nothing was told of {who} within a minute");
}

fn start(directory: &Path) -> Server {
    Server::start(directory, &[])
}

#[tokio::test]
async fn what_lapses_is_told_once_by_whoever_serves_then_or_after() {
    let directory = TempDir::new().unwrap();
    let told = ["LEARNER_REGISTERED", "PROJECT_ADDED", "DEPLOYMENT_CHECKED", "CRITERION_LAPSED"];
    let server = start(directory.path());
    assert_eq!(register(&server, "ada", 5).await, 3);
    assert_eq!(kinds_once_lapsed(&server, "ada").await, told);
    assert_eq!(register(&server, "bob", 5).await, 3);
    server.kill();
    // The moment passes while nobody serves.
    tokio::time::sleep(Duration::from_secs(5)).await;

    let server = start(directory.path());
    assert_eq!(kinds_once_lapsed(&server, "bob").await, told);
    assert!(server.interrupt(), "it ends in order");
    let server = start(directory.path());
    for who in ["ada", "bob"] {
        assert_eq!(kinds(&server, who).await, told);
    }
}
