//! Progress that comes in as a file: a verdict for each row, and the same file again changes nothing.

mod bad;

use milepost::app::LearnerRef;
use serde_json::{Value, json};

use crate::{
    faulty::{Call, Fault, Faulty},
    world::{World, column, errors, text},
};

const FILE: &str = "\
kind,learner,name,email,stack,course,percent,aspects,criterion,evidenceKind,url,occurredAt,reason
learner,ada,Ada Lovelace,ada@example.com,nodejs,,,,,,,2024-01-01,from the old system
start,ada,,,,capstone-project,,,,,,2024-01-02T08:00:00+02:00,
progress,ada,,,,capstone-project,40,,,,,2024-01-03,
completion,ada,,,,cicd-automation,,,,,,2024-02-01,
project,ada,\"Shop, small\",,nodejs,,,API DATABASE,,,,2024-03-01,
evidence,ada,,,,,,,sql.indexes,LINK,https://example.com/i,2024-04-01,
learner,bob,Bob,,,,,,,,,,
completion,bob,,,,cicd-automation,,,,,,,
";

const LINES: &str = r#"
{"kind": "completion", "learner": "ada", "course": "cicd-automation", "occurredAt": "2024-02-01"}
{"kind": "progress", "learner": "ada", "course": "capstone-project", "percent": 40, "occurredAt": "2024-01-03"}
{"kind": "project", "learner": "ada", "name": "Shop, small", "stack": "nodejs", "aspects": ["API", "DATABASE"], "occurredAt": "2024-03-01", "url": null}
"#;

const SELECTION: &str =
    "batch applied alreadySo repeated refused rows { line verdict learnerId code column message }";

async fn import(world: &World, content: &str, more: Value) -> Value {
    let format = if content.trim_start().starts_with('{') { "JSON_LINES" } else { "CSV" };
    let mut input = json!({ "format": format, "content": content });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    world.call("importProgress", SELECTION, input).await
}

fn counts(payload: &Value) -> [u64; 4] {
    ["applied", "alreadySo", "repeated", "refused"].map(|it| payload[it].as_u64().expect("a number"))
}

/// What was refused, as `line CODE column`.
fn refused(payload: &Value) -> Vec<String> {
    let rows = payload["rows"].as_array().expect("a list");
    let row =
        |it: &Value| format!("{} {} {}", it["line"], text(&it["code"]), it["column"].as_str().unwrap_or("-"));
    rows.iter().filter(|it| it["verdict"] == "REFUSED").map(row).collect()
}

async fn everything(world: &World) -> Value {
    let query =
        "{ learners { totalCount nodes { id name email version courseProgress { status percent completedAt }
        projects { id name aspects } evidence { id kind url submittedAt }
        events { nodes { id kind occurredAt actor reason batch } } } } }";
    world.get(query).await
}

#[tokio::test]
async fn rows_become_events_at_their_own_dates() {
    let world = World::new();
    let payload = import(&world, FILE, json!({})).await;
    assert_eq!((counts(&payload), errors(&payload).len()), ([8, 0, 0, 0], 0), "{payload:#}");
    let lines: Vec<_> = payload["rows"].as_array().unwrap().iter().map(|it| it["line"].clone()).collect();
    assert_eq!(lines, [2, 3, 4, 5, 6, 7, 8, 9]);
    let ada = world.get(
        r#"{ learner(by: { externalId: "ada" }) { name email stack { slug }
        courseProgress { course { slug } status percent startedAt completedAt }
        projects { name aspects } evidence { kind url submittedAt }
        events { nodes { kind occurredAt reason batch } } } }"#,
    );
    let ada = ada.await["learner"].clone();
    assert_eq!((&ada["name"], &ada["stack"]["slug"]), (&json!("Ada Lovelace"), &json!("nodejs")));
    assert_eq!(ada["courseProgress"][0]["startedAt"], "2024-01-02T06:00:00Z");
    assert_eq!(ada["courseProgress"][0]["percent"], 40);
    assert_eq!(ada["courseProgress"][1]["completedAt"], "2024-02-01T00:00:00Z");
    assert_eq!(ada["projects"], json!([{ "name": "Shop, small", "aspects": ["API", "DATABASE"] }]));
    assert_eq!(ada["evidence"][0]["submittedAt"], "2024-04-01T00:00:00Z");
    let events = ada["events"]["nodes"].as_array().unwrap();
    assert_eq!((events.len(), &events[0]["reason"]), (6, &json!("from the old system")));
    assert!(events.iter().all(|it| it["batch"] == payload["batch"]), "{events:#?}");
}

#[tokio::test]
async fn the_same_rows_again_change_nothing() {
    let world = World::new();
    let first = import(&world, FILE, json!({})).await;
    let before = everything(&world).await;
    for content in [FILE, LINES] {
        let again = import(&world, content, json!({})).await;
        let [applied, already_so, _, refused] = counts(&again);
        assert_eq!([applied, already_so, refused], [0, 0, 0], "{again:#}");
        assert_eq!((&again["changed"], &again["batch"]), (&json!(false), &Value::Null));
    }
    assert_eq!(everything(&world).await, before);
    assert_ne!(first["batch"], Value::Null);
}

#[tokio::test]
async fn what_happened_since_is_not_taken_back() {
    let world = World::new();
    import(&world, FILE, json!({})).await;
    let ada = json!({ "externalId": "ada" });
    world.call("updateLearner", "", json!({ "learner": ada, "name": "Ada King" })).await;
    world.call("reopenCourse", "", json!({ "learner": ada, "course": "cicd-automation" })).await;
    let before = everything(&world).await;
    assert_eq!(counts(&import(&world, FILE, json!({})).await), [0, 0, 8, 0]);
    assert_eq!(everything(&world).await, before);
}

#[tokio::test]
async fn a_learner_who_is_here_gets_what_the_row_says() {
    let world = World::new();
    world.call("registerLearner", "", json!({ "name": "Ada", "externalId": "ada", "stack": "rust" })).await;
    let row = "kind,learner,name,email\nlearner,ada,Ada Lovelace,ada@example.com\n";
    for expected in [[1, 0, 0, 0], [0, 0, 1, 0]] {
        assert_eq!(counts(&import(&world, row, json!({})).await), expected);
    }
    let ada = world.get(r#"{ learner(by: { externalId: "ada" }) { name email stack { slug } } }"#).await;
    assert_eq!(
        ada["learner"],
        json!({ "name": "Ada Lovelace", "email": "ada@example.com", "stack": { "slug": "rust" } })
    );
}

#[tokio::test]
async fn a_dry_run_says_the_same_and_writes_nothing() {
    let world = World::new();
    import(&world, "kind,learner,name\nlearner,bob,Bob\n", json!({})).await;
    let content = FILE.to_owned() + "completion,carol,,,,cicd-automation,,,,,,,\nstart,ada,,,,none,,,,,,,\n";
    let before = everything(&world).await;
    let dry = import(&world, &content, json!({ "dryRun": true, "idempotencyKey": "k" })).await;
    assert_eq!(everything(&world).await, before);
    assert_eq!((&dry["batch"], &dry["changed"]), (&Value::Null, &json!(false)));
    let real = import(&world, &content, json!({ "idempotencyKey": "k" })).await;
    assert_eq!((counts(&dry), refused(&dry)), (counts(&real), refused(&real)));
    assert_eq!(column(&dry["rows"], "verdict"), column(&real["rows"], "verdict"));
    assert_eq!(counts(&real), [7, 0, 1, 2]);
    assert_eq!(refused(&real), ["10 NOT_FOUND learner", "11 NOT_FOUND course"]);
}

#[tokio::test]
async fn a_key_answers_what_the_first_call_did() {
    let world = World::new();
    let first = import(&world, FILE, json!({ "idempotencyKey": "k" })).await;
    let again = import(&world, FILE, json!({ "idempotencyKey": "k" })).await;
    assert_eq!((&first["replayed"], &again["replayed"]), (&json!(false), &json!(true)));
    for field in ["batch", "changed", "applied", "rows"] {
        assert_eq!(first[field], again[field], "{field}");
    }
    let other = import(&world, LINES, json!({ "idempotencyKey": "k" })).await;
    assert_eq!(errors(&other), ["IDEMPOTENCY_KEY_REUSED idempotencyKey"]);
}

#[tokio::test]
async fn an_email_address_is_given_in_the_order_of_rows() {
    for n in 0..20 {
        let world = World::new();
        let begin = format!("kind,learner,name,email\nlearner,ada{n},Ada,x@example.com\n");
        assert_eq!(counts(&import(&world, &begin, json!({})).await), [1, 0, 0, 0]);
        // Each wants what the one before gives up or has, whatever the names of learners are.
        let rows = format!(
            "{begin}learner,ada{n},Ada,y@example.com\nlearner,z{n},Zoë,X@example.com\nlearner,b{n},Bob,y@example.com\n\
             learner,c{n},Cy,x@example.com\nlearner,z{n},Zoë,z@example.com\nlearner,d{n},Di,x@example.com\n"
        );
        for dry_run in [true, false] {
            let payload = import(&world, &rows, json!({ "dryRun": dry_run })).await;
            assert_eq!(refused(&payload), ["5 ALREADY_TAKEN email", "6 ALREADY_TAKEN email"], "{dry_run}");
            assert_eq!(counts(&payload), [4, 0, 1, 2], "{dry_run}");
        }
    }
}

#[tokio::test]
async fn a_row_that_changed_somebody_is_repeated_like_any_other() {
    let world = World::new();
    let rows = "kind,learner,name\nlearner,a,One\nlearner,a,Two\n";
    assert_eq!(counts(&import(&world, rows, json!({})).await), [2, 0, 0, 0]);
    for _ in 0..2 {
        assert_eq!(counts(&import(&world, rows, json!({})).await), [0, 0, 2, 0]);
    }
}

/// What was so already when it came first may be otherwise by now.
#[tokio::test]
async fn a_row_that_said_nothing_new_is_repeated_with_any_key() {
    let world = World::new();
    world.call("registerLearner", "", json!({ "name": "Ada", "externalId": "ada" })).await;
    let course = json!({ "learner": { "externalId": "ada" }, "course": "cicd-automation" });
    let completed = world.call("completeCourse", "", course).await;
    let rows = "kind,learner,course\ncompletion,ada,cicd-automation\n";
    for _ in 0..2 {
        assert_eq!(counts(&import(&world, rows, json!({ "idempotencyKey": "first" })).await), [0, 1, 0, 0]);
        world.wait(1);
    }
    world.call("undoEvent", "", json!({ "event": completed["event"]["id"] })).await;
    let repeated = [0, 0, 1, 0];
    for more in [json!({ "dryRun": true }), json!({}), json!({ "idempotencyKey": "other" })] {
        for _ in 0..2 {
            assert_eq!(counts(&import(&world, rows, more.clone()).await), repeated, "{more}");
        }
    }
    assert_eq!(counts(&import(&world, rows, json!({ "idempotencyKey": "first" })).await), [0, 1, 0, 0]);
}

#[tokio::test]
async fn a_row_that_is_there_twice_is_taken_once() {
    let world = World::new();
    let row = "completion,ada,,cicd-automation\n";
    let content = format!("kind,learner,name,course\nlearner,ada,Ada,\n{}", row.repeat(3));
    for key in [Value::Null, json!("k"), json!("k")] {
        let payload = import(&World::new(), &content, json!({ "idempotencyKey": key })).await;
        assert_eq!(counts(&payload), [2, 0, 2, 0]);
    }
    for _ in 0..2 {
        let payload = import(&world, &content, json!({ "idempotencyKey": "k" })).await;
        assert_eq!(counts(&payload), [2, 0, 2, 0]);
    }
}

#[tokio::test]
async fn a_call_that_is_repeated_writes_nothing_whatever_happened_since() {
    let world = World::new();
    let content = "kind,learner,name,course\nlearner,ada,Ada,\ncompletion,zed,,cicd-automation\n";
    let first = import(&world, content, json!({ "idempotencyKey": "k" })).await;
    assert_eq!(counts(&first), [1, 0, 0, 1]);
    world.call("registerLearner", "", json!({ "name": "Zed", "externalId": "zed" })).await;
    world.call("eraseLearner", "", json!({ "learner": { "externalId": "ada" } })).await;
    world.call("registerLearner", "", json!({ "name": "Other", "externalId": "ada" })).await;
    let before = everything(&world).await;
    let again = import(&world, content, json!({ "idempotencyKey": "k" })).await;
    assert_eq!((&again["replayed"], counts(&again)), (&json!(true), [0, 0, 0, 2]));
    // Nor does the row of somebody who was erased overwrite another person.
    assert_eq!(refused(&import(&world, content, json!({})).await), ["2 NOT_APPLICABLE learner"]);
    let zed = import(&world, content, json!({ "idempotencyKey": "other" })).await;
    assert_eq!(counts(&zed), [0, 0, 1, 1]);
    let after = everything(&world).await;
    assert_eq!(after["learners"]["totalCount"], before["learners"]["totalCount"]);
    assert_eq!(
        world.get(r#"{ learner(by: { externalId: "ada" }) { name } }"#).await["learner"]["name"],
        "Other"
    );
}

#[tokio::test]
async fn a_call_that_came_to_no_end_goes_on_and_is_no_repetition() {
    let (world, faulty) = Faulty::world();
    let register = json!({ "name": "Ada", "externalId": "ada" });
    world.call("registerLearner", "", register).await;
    let ada = world.app.resolve(&LearnerRef::ExternalId("ada".into())).await.ok().unwrap();
    faulty.breaks(ada, Call::Commit, Fault::Fails);
    let query =
        "mutation($input: ImportProgressInput!) { importProgress(input: $input) { applied replayed } }";
    let content = "kind,learner,course\nstart,ada,capstone-project\n";
    let input = json!({ "input": { "format": "CSV", "content": content, "idempotencyKey": "k" } });
    assert_eq!(world.ask(query, input.clone()).await["data"]["importProgress"], Value::Null);
    faulty.mends();
    for replayed in [false, true] {
        let done = World::data(world.ask(query, input.clone()).await);
        assert_eq!(done["importProgress"], json!({ "applied": 1, "replayed": replayed }));
    }
}

#[tokio::test]
async fn of_many_equal_calls_one_is_the_first() {
    let world = World::new();
    let calls = (0..8).map(|_| import(&world, FILE, json!({ "idempotencyKey": "k" })));
    let payloads = futures_util::future::join_all(calls).await;
    assert_eq!(payloads.iter().filter(|it| it["replayed"] == false).count(), 1);
    assert!(payloads.iter().all(|it| counts(it) == [8, 0, 0, 0] && it["batch"] == payloads[0]["batch"]));
}

#[tokio::test]
async fn an_erased_learner_does_not_come_back_with_the_old_file() {
    let world = World::new();
    import(&world, FILE, json!({})).await;
    world.call("eraseLearner", "", json!({ "learner": { "externalId": "ada" } })).await;
    let again = import(&world, FILE, json!({})).await;
    assert_eq!(refused(&again)[0], "2 NOT_APPLICABLE learner");
    assert_eq!(counts(&again), [0, 0, 2, 6]);
}

#[tokio::test]
async fn the_readme_has_a_file_that_is_taken_in() {
    let (world, readme) = (World::new(), include_str!("../../../README.md"));
    let file = readme.split("```csv\n").nth(1).and_then(|it| it.split("```").next()).expect("a file");
    assert_eq!(counts(&import(&world, file, json!({})).await), [2, 0, 0, 0]);
}
