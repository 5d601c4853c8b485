//! Undo and redo of a whole batch.

use serde_json::{Value, json};

use crate::world::{World, errors, text};

const FILE: &str = "\
kind,learner,name,stack,course,criterion,evidenceKind,url
learner,ada,Ada,nodejs,,,,
learner,bob,Bob,,,,,
completion,ada,,,cicd-automation,,,
completion,bob,,,capstone-project,,,
project,ada,Shop,nodejs,,,,
evidence,bob,,,,sql.indexes,LINK,https://example.com
";

const STATE: &str = "{ learners { nodes { name stack { slug } courseProgress { status } projects { id name }
    evidence { id status } readiness { progress { done } milestones { status criteria { status since } } } } } }";

const SELECTION: &str = "batch eventCount refusedCount refused { learnerId error { code events { id } } }";

async fn imported(world: &World, content: &str) -> Value {
    let input = json!({ "format": "CSV", "content": content });
    let payload = world.call("importProgress", "batch refused", input).await;
    assert_eq!(payload["refused"], 0);
    payload["batch"].clone()
}

async fn correct(world: &World, mutation: &str, input: Value) -> Value {
    world.call(mutation, SELECTION, input).await
}

fn counts(payload: &Value) -> (u64, u64, bool) {
    let count = |it: &str| payload[it].as_u64().expect("a number");
    (count("eventCount"), count("refusedCount"), payload["changed"] == true)
}

#[tokio::test]
async fn a_batch_is_undone_and_redone_as_a_whole() {
    let world = World::new();
    let registered: String = FILE.lines().take(3).map(|it| format!("{it}\n")).collect();
    imported(&world, &registered).await;
    let before = world.get(STATE).await;
    let batch = imported(&world, FILE).await;
    let after = world.get(STATE).await;
    for (mutation, state) in [("undoBatch", &before), ("redoBatch", &after), ("undoBatch", &before)] {
        let done = correct(&world, mutation, json!({ "batch": batch, "reason": "a mistake" })).await;
        assert_eq!(counts(&done), (4, 0, true), "{mutation} {done:#}");
        assert_eq!(&world.get(STATE).await, state, "{mutation}");
        let again = correct(&world, mutation, json!({ "batch": batch })).await;
        assert_eq!((counts(&again), &again["batch"]), ((0, 0, false), &Value::Null), "{mutation}");
        assert_eq!(&world.get(STATE).await, state, "{mutation}");
    }
}

#[tokio::test]
async fn whoever_was_registered_by_it_stays() {
    let world = World::new();
    let batch = imported(&world, FILE).await;
    assert_eq!(counts(&correct(&world, "undoBatch", json!({ "batch": batch })).await), (4, 0, true));
    let left = world.get("{ learners(orderBy: { field: NAME }) { nodes { name courseProgress { status } projects { id } } } }").await;
    let nobody_did = |name: &str| json!({ "name": name, "courseProgress": [], "projects": [] });
    assert_eq!(left["learners"]["nodes"], json!([nobody_did("Ada"), nobody_did("Bob")]));
}

#[tokio::test]
async fn an_undo_of_a_batch_is_a_batch_that_can_be_undone() {
    let world = World::new();
    let batch = imported(&world, FILE).await;
    let state = world.get(STATE).await;
    let undone = correct(&world, "undoBatch", json!({ "batch": batch })).await;
    let events =
        world.get(r#"{ learner(by: { externalId: "ada" }) { events(last: 2) { nodes { kind batch } } } }"#);
    let events = events.await["learner"]["events"]["nodes"].clone();
    assert_eq!(
        events,
        json!([{ "kind": "EVENT_UNDONE", "batch": undone["batch"] }, { "kind": "EVENT_UNDONE", "batch": undone["batch"] }])
    );
    assert_eq!(
        counts(&correct(&world, "undoBatch", json!({ "batch": undone["batch"] })).await),
        (4, 0, true)
    );
    assert_eq!(world.get(STATE).await, state);
    assert_eq!(
        counts(&correct(&world, "redoBatch", json!({ "batch": undone["batch"] })).await),
        (4, 0, true)
    );
    assert_eq!(counts(&correct(&world, "undoBatch", json!({ "batch": batch })).await), (0, 0, false));
}

#[tokio::test]
async fn a_correction_with_a_key_is_answered_as_the_first_time_whatever_happened_since() {
    let world = World::new();
    let batch = imported(&world, FILE).await;
    correct(&world, "undoBatch", json!({ "batch": batch })).await;
    let nothing = json!({ "batch": batch, "idempotencyKey": "nothing" });
    assert_eq!(counts(&correct(&world, "undoBatch", nothing.clone()).await), (0, 0, false));
    // The clock goes on, so that it can be told what came later.
    world.wait(1);
    correct(&world, "redoBatch", json!({ "batch": batch })).await;
    let again = correct(&world, "undoBatch", nothing.clone()).await;
    assert_eq!((counts(&again), &again["replayed"]), ((0, 0, false), &json!(true)));
    // Of who was erased no answer says anything.
    for learner in ["ada", "bob"] {
        world.call("eraseLearner", "", json!({ "learner": { "externalId": learner } })).await;
    }
    assert_eq!(errors(&correct(&world, "undoBatch", nothing).await), ["NOT_FOUND batch"]);
}

const EMAILS: &str = "{ learners(orderBy: { field: NAME }) { nodes { name email } } }";

/// Whatever the order in which learners have their turn, which their ids decide.
#[tokio::test]
async fn an_email_address_that_went_round_goes_back() {
    for round in 0..10 {
        let world = World::new();
        let row = |it: usize, email: usize| format!("learner,{round}-{it},{it},{email}@example.com\n");
        let begin: String = (0..6).map(|it| row(it, it)).collect();
        imported(&world, &format!("kind,learner,name,email\n{begin}")).await;
        let before = world.get(EMAILS).await;
        // Each gets the address of the one before.
        let moved: String = (0..6).map(|it| row(it, if it == 0 { 9 } else { it - 1 })).collect();
        let batch = imported(&world, &format!("kind,learner,name,email\n{moved}")).await;
        let after = world.get(EMAILS).await;
        for (mutation, expected) in [("undoBatch", &before), ("redoBatch", &after), ("undoBatch", &before)] {
            let done = correct(&world, mutation, json!({ "batch": batch })).await;
            assert_eq!(counts(&done), (6, 0, true), "{mutation} {done:#}");
            assert_eq!(&world.get(EMAILS).await, expected, "{mutation}");
        }
    }
}

/// Each would have to give up the address before the other does.
#[tokio::test]
async fn who_exchanged_addresses_keeps_them_until_it_is_undone_step_by_step() {
    let world = World::new();
    let head = "kind,learner,name,email\n";
    let begin = "learner,a,Ada,a@example.com\nlearner,b,Bob,b@example.com\n";
    imported(&world, &format!("{head}{begin}")).await;
    let before = world.get(EMAILS).await;
    let rows = "learner,a,Ada,x@example.com\nlearner,b,Bob,a@example.com\nlearner,a,Ada,b@example.com\n";
    let batch = imported(&world, &format!("{head}{rows}")).await;
    let after = world.get(EMAILS).await;
    for cascade in [false, true] {
        let done = correct(&world, "undoBatch", json!({ "batch": batch, "cascade": cascade })).await;
        assert_eq!(counts(&done), (0, 2, false), "{done:#}");
        assert_eq!(done["refused"][0]["error"]["code"], "ALREADY_TAKEN");
        assert_eq!(world.get(EMAILS).await, after);
    }
    for (learner, version) in [("a", 3), ("b", 2), ("a", 2)] {
        let query = format!(
            "{{ learner(by: {{ externalId: \"{learner}\" }}) {{ events(first: 9) {{ nodes {{ id version }} }} }} }}"
        );
        let events = world.get(&query).await["learner"]["events"]["nodes"].clone();
        let event = events.as_array().unwrap().iter().find(|it| it["version"] == version).unwrap();
        let undone = world.call("undoEvent", "", json!({ "event": event["id"] })).await;
        assert_eq!(
            (undone["changed"].clone(), errors(&undone)),
            (json!(true), vec![]),
            "{learner} {version}"
        );
    }
    assert_eq!(world.get(EMAILS).await, before);
}

#[tokio::test]
async fn an_import_again_says_that_it_was_undone() {
    let world = World::new();
    let batch = imported(&world, FILE).await;
    correct(&world, "undoBatch", json!({ "batch": batch })).await;
    let input = json!({ "format": "CSV", "content": FILE });
    let again = world.call("importProgress", "applied repeated refused rows { code }", input).await;
    assert_eq!((&again["applied"], &again["repeated"], &again["refused"]), (&json!(0), &json!(2), &json!(4)));
    assert_eq!(again["rows"][2]["code"], "NOT_APPLICABLE");
}

#[tokio::test]
async fn whoever_went_on_keeps_their_part_unless_told_otherwise() {
    let world = World::new();
    let batch = imported(&world, FILE).await;
    let shop = world.get(r#"{ learner(by: { externalId: "ada" }) { id projects { id } } }"#).await["learner"]
        .clone();
    let input = json!({ "project": shop["projects"][0]["id"], "url": "https://example.com", "ok": true });
    let deployed = world.call("recordDeployment", "", input).await;
    let done = correct(&world, "undoBatch", json!({ "batch": batch })).await;
    assert_eq!(counts(&done), (2, 1, true));
    assert_eq!(done["refused"][0]["learnerId"], shop["id"]);
    assert_eq!(
        done["refused"][0]["error"],
        json!({ "code": "NOT_APPLICABLE", "events": [{ "id": deployed["event"]["id"] }] })
    );
    let done = correct(&world, "undoBatch", json!({ "batch": batch, "cascade": true })).await;
    assert_eq!(counts(&done), (3, 0, true));
    // Without its project the deployment cannot come back; with `cascade` only the batch does.
    let done = correct(&world, "redoBatch", json!({ "batch": batch })).await;
    assert_eq!(counts(&done), (4, 0, true));
    let redone = world.call("redoEvent", "", json!({ "event": deployed["event"]["id"] })).await;
    assert_eq!(redone["changed"], true);
}

#[tokio::test]
async fn a_key_answers_what_the_first_correction_did() {
    let world = World::new();
    let batch = imported(&world, FILE).await;
    let input = json!({ "batch": batch, "idempotencyKey": "k" });
    let first = correct(&world, "undoBatch", input.clone()).await;
    correct(&world, "redoBatch", json!({ "batch": batch })).await;
    let before = world.get(STATE).await;
    let again = correct(&world, "undoBatch", input).await;
    assert_eq!(world.get(STATE).await, before);
    assert_eq!((&first["replayed"], &again["replayed"]), (&json!(false), &json!(true)));
    for field in ["batch", "eventCount", "changed"] {
        assert_eq!(first[field], again[field], "{field}");
    }
    let other = correct(&world, "redoBatch", json!({ "batch": batch, "idempotencyKey": "k" })).await;
    assert_eq!(errors(&other), ["IDEMPOTENCY_KEY_REUSED idempotencyKey"]);
}

#[tokio::test]
async fn what_is_no_batch_is_not_found() {
    let world = World::new();
    let learner = world.learner("Ada", None).await;
    for batch in ["", "x", "00000000-0000-0000-0000-000000000000", &learner] {
        for mutation in ["undoBatch", "redoBatch"] {
            assert_eq!(world.refusals(mutation, json!({ "batch": batch })).await, ["NOT_FOUND batch"]);
        }
    }
}

#[tokio::test]
async fn a_cascade_is_a_batch_too() {
    let world = World::new();
    let learner = world.learner("Ada", None).await;
    let input = json!({ "learner": { "id": learner }, "name": "Shop" });
    let added = world.call("addProject", "project { id }", input).await;
    let input = json!({ "project": added["project"]["id"], "url": "https://example.com", "ok": true });
    world.call("recordDeployment", "", input).await;
    let input = json!({ "event": added["event"]["id"], "cascade": true });
    let undone = world.call("undoEvent", "event { batch }", input).await;
    let batch = text(&undone["event"]["batch"]);
    assert_eq!(counts(&correct(&world, "undoBatch", json!({ "batch": batch })).await), (2, 0, true));
    assert_eq!(
        world.of(&learner, "projects { deployed }").await,
        json!({ "projects": [{ "deployed": true }] })
    );
}

#[tokio::test]
async fn a_part_that_is_longer_than_one_correction_goes_in_portions() {
    let world = World::new();
    let day = |it: u32| format!("2020-{:02}-{:02}T{:02}:00:00Z", 1 + it % 12, 1 + it % 28, it / 336);
    let progress = (0..999).map(|it| format!("progress,ada,,capstone-project,{},{}\n", 1 + it % 99, day(it)));
    let head = "kind,learner,name,course,percent,occurredAt\n";
    imported(&world, &format!("{head}learner,ada,Ada,,,\n")).await;
    let before = world.get(STATE).await;
    let rows: String = progress.chain(["project,ada,Shop,,,\n".to_owned()]).collect();
    let batch = imported(&world, &format!("{head}{rows}")).await;
    let after = world.get(STATE).await;
    let query = r#"{ learner(by: { externalId: "ada" }) { projects { id } } }"#;
    let project = world.get(query).await["learner"]["projects"][0]["id"].clone();
    world.call("updateProject", "", json!({ "project": project, "name": "Shop 2" })).await;
    let undone = correct(&world, "undoBatch", json!({ "batch": batch, "cascade": true })).await;
    assert_eq!(counts(&undone), (1_001, 0, true));
    assert_eq!(world.get(STATE).await, before);
    let redone = correct(&world, "redoBatch", json!({ "batch": batch })).await;
    assert_eq!((counts(&redone), world.get(STATE).await), ((1_000, 0, true), after));
}
