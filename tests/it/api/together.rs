//! Rows about one learner are written together: what comes of them is as if each had come alone.

use std::sync::Arc;

use milepost::{
    app::{Failure, Format, Import, Place},
    domain::refusal::RefusalCode,
    store::memory::MemoryStore,
};
use serde_json::{Value, json};

use crate::world::World;

/// A row of every kind, of which some are refused and some say what is so already; some come again.
fn row(n: usize) -> Value {
    let learner = ["ada", "bob"][n % 7 / 5];
    let course = ["cicd-automation", "capstone-project"][n / 3 % 2];
    let mut row = match n * n % 11 {
        0 => json!({ "kind": "start", "course": course }),
        1 => json!({ "kind": "progress", "course": course, "percent": n % 103 }),
        3 if n.is_multiple_of(4) => json!({ "kind": "completion", "course": course }),
        3 => json!({ "kind": "progress", "course": course, "percent": n % 40 }),
        // The first one of each learner reaches a milestone.
        4 => {
            json!({ "kind": "project", "name": format!("Project {}", n % 30), "aspects": ["API", "DATABASE"],
            "stack": "python", "framework": "Django", "repositoryUrl": "https://example.com/shop" })
        }
        5 => json!({ "kind": "evidence", "criterion": "sql.indexes", "evidenceKind": "LINK",
            "url": format!("https://example.com/{}", n % 20) }),
        9 if n.is_multiple_of(5) => json!({ "kind": "learner", "name": format!("Name {n}") }),
        _ => json!({ "kind": "completion", "course": course, "reason": "again" }),
    };
    row["learner"] = json!(learner);
    row["occurredAt"] = json!(format!("2025-03-{:02}", 1 + n / 12 % 28));
    row
}

fn rows() -> Vec<String> {
    let people =
        ["ada", "bob"].map(|it| json!({ "kind": "learner", "learner": it, "name": it, "stack": "python" }));
    people.into_iter().chain((0..400).map(row)).map(|it| it.to_string()).collect()
}

/// What became of each row, but for the line.
async fn import(world: &World, rows: &[String]) -> Vec<Value> {
    let input = json!({ "format": "JSON_LINES", "content": rows.join("\n") });
    let payload = world.call("importProgress", "rows { verdict code column message }", input).await;
    payload["rows"].as_array().expect("rows").clone()
}

/// How the learners are and how they came to be so.
async fn told(world: &World) -> Value {
    let learners = "{ learners(first: 2, orderBy: { field: NAME }) { nodes { externalId version
        courseProgress { status percent startedAt completedAt } projects { name } evidence { url status }
        readiness { progress { done } milestones { status } }
        first: events(first: 100) { totalCount nodes { ...Told } } last: events(last: 100) { nodes { ...Told } } } } }
        fragment Told on Event {
            version kind summary occurredAt reason milestonesReached { slug } milestonesLost { slug } }";
    world.get(learners).await
}

#[tokio::test]
async fn rows_that_come_together_do_what_each_does_alone() {
    let (together, alone) = (World::new(), World::new());
    let rows = rows();
    let verdicts = import(&together, &rows).await;
    for (row, verdict) in rows.iter().zip(&verdicts) {
        assert_eq!(&import(&alone, std::slice::from_ref(row)).await[0], verdict, "{row}");
    }
    let n_of = |it: &str| verdicts.iter().filter(|row| row["verdict"] == it).count();
    let each = ["APPLIED", "ALREADY_SO", "REPEATED", "REFUSED"].map(n_of);
    assert!(each.iter().all(|it| *it > 10), "the rows are of every kind: {each:?}");
    let told_together = told(&together).await;
    assert_eq!(told_together, told(&alone).await);
    assert!(told_together.to_string().contains(r#""milestonesReached":[{"slug":"language"}]"#));
    assert!(import(&together, &rows).await.iter().all(|it| it["verdict"] != "APPLIED"));
    assert_eq!(told(&together).await, told(&alone).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_servers_that_write_to_one_learner_lose_no_row() {
    let store = Arc::new(MemoryStore::new());
    let worlds = [World::over(store.clone()), World::over(store)];
    let register = json!({ "kind": "learner", "learner": "ada", "name": "Ada" }).to_string();
    import(&worlds[0], &[register]).await;
    let writing = [("cicd-automation", 0), ("capstone-project", 1)].map(|(course, world)| {
        let world = worlds[world].clone();
        let row = move |it| {
            let minute = format!("2025-01-01T{:02}:{:02}:00Z", it / 60, it % 60);
            json!({ "kind": "progress", "learner": "ada", "course": course, "percent": it % 100, "occurredAt": minute })
        };
        let rows: Vec<_> = (1..900).map(|it| row(it).to_string()).collect();
        tokio::spawn(async move { import(&world, &rows).await })
    });
    for written in writing {
        let verdicts = written.await.unwrap();
        assert!(verdicts.iter().all(|it| it["verdict"] == "APPLIED"), "{verdicts:?}");
    }
    let learner = worlds[0]
        .get(r#"{ learner(by: { externalId: "ada" }) { version events(first: 1) { totalCount } } }"#);
    let learner = learner.await["learner"].clone();
    assert_eq!((&learner["version"], &learner["events"]["totalCount"]), (&json!(1_799), &json!(1_799)));
}

/// There are more than are read at a time.
#[tokio::test]
async fn of_too_many_rows_as_many_as_there_may_be_are_taken() {
    let world = World::new();
    for (n_rows, n_max, n_told) in
        [(70_000, 70_000, 70_000), (70_001, 70_000, 70_000), (140_000, 131_072, 131_072), (5, 4, 0)]
    {
        let content = "{\"kind\": \"shoe\"}\n".repeat(n_rows);
        let wish = Import {
            format: Format::JsonLines,
            dry_run: false,
            max_rows: n_max,
            actor: "test".into(),
            batch: None,
        };
        let mut places = vec![];
        let imported = world.app.import(&wish, content.as_bytes(), |it| {
            let is_further = places.last().is_none_or(|last: &Place| last.n_read < it.place.n_read);
            assert!(is_further, "{:?}", it.place);
            places.push(it.place);
        });
        let imported = imported.await;
        assert!(places.iter().map(|it| it.line).eq(1..=n_told), "{n_rows} rows of {n_max}");
        match imported {
            Ok(imported) => {
                assert!(n_rows <= n_max && imported.n_refused == n_rows);
                assert_eq!(places.last().unwrap().n_read, content.len() as u64);
            }
            Err(Failure::Refused(refusal)) => {
                assert!(n_rows > n_max && refusal.code == RefusalCode::LimitReached, "{refusal:?}");
            }
            Err(Failure::Fault(error)) => panic!("{error}"),
        }
    }
    assert_eq!(world.get("{ learners { totalCount } }").await["learners"]["totalCount"], 0);
}
