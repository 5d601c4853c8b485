//! Taking data out: everything about one learner, and a cohort as a table.

use axum::{
    body::{Body, to_bytes},
    http::{Request, Response},
};
use milepost::domain::{event::Event, learner::fold};
use serde_json::{Value, json};

use super::mutation::Somebody;
use crate::world::{World, text};

async fn send(world: &World, path: &str) -> Response<Body> {
    let request = Request::get(path).header("host", "localhost").body(Body::empty()).unwrap();
    world.send(request).await
}

/// The status, the type and the text of what is answered.
async fn get(world: &World, path: &str) -> (u16, String, String) {
    let answer = send(world, path).await;
    let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
    let status = answer.status().as_u16();
    let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    (status, kind, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn a_learner_is_exported_whole() {
    let world = World::new();
    let somebody = Somebody::of(&world).await;
    // More than are read at a time.
    for number in 0..100 {
        world.project(&somebody.learner, &format!("Project {number}")).await;
    }
    for path in
        ["/export/learner?externalId=ada".to_owned(), format!("/export/learner?id={}", somebody.learner)]
    {
        let (status, kind, body) = get(&world, &path).await;
        assert_eq!((status, kind.as_str()), (200, "application/jsonl; charset=utf-8"));
        let lines: Vec<Value> = body.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
        let (first, last) = (&lines[0], &lines[lines.len() - 1]);
        assert_eq!((&first["kind"], &first["format"]), (&json!("milepost learner"), &json!(1)));
        assert_eq!((&first["learner"], &first["version"]), (&json!(somebody.learner), &json!(107)));
        assert_eq!(last, &json!({ "count": 107 }));
        let events: Vec<Event> =
            lines[1..lines.len() - 1].iter().map(|it| serde_json::from_value(it.clone()).unwrap()).collect();
        assert_eq!(events.iter().map(|it| it.version).collect::<Vec<_>>(), (1..=107).collect::<Vec<_>>());
        // It says all that there is to know.
        let state = fold(events[0].learner, &events);
        assert_eq!(world.app.store.load(state.id).await.unwrap().as_deref(), Some(&state));
    }
}

#[tokio::test]
async fn nobody_else_is_exported() {
    let world = World::new();
    let somebody = Somebody::of(&world).await;
    world.call("eraseLearner", "", json!({ "learner": { "id": somebody.learner } })).await;
    for (path, status, code) in [
        (format!("/export/learner?id={}", somebody.learner), 404, "NOT_FOUND"),
        (format!("/export/learner?id={}", somebody.project), 404, "NOT_FOUND"),
        ("/export/learner?externalId=ada".into(), 404, "NOT_FOUND"),
        ("/export/learner?id=%ff".into(), 404, "NOT_FOUND"),
        ("/export/learner".into(), 400, "BAD_REQUEST"),
        ("/export/learner?name=Ada".into(), 400, "BAD_REQUEST"),
        ("/export/learner?id=a&id=b".into(), 400, "BAD_REQUEST"),
        ("/export/learners.csv?stack=Node%20JS".into(), 400, "BAD_REQUEST"),
        ("/export/learners.csv?stack=cobol".into(), 400, "BAD_REQUEST"),
        ("/export/learners.csv?milestoneMet=fame".into(), 400, "BAD_REQUEST"),
        ("/export/learners.csv?first=10".into(), 400, "BAD_REQUEST"),
        ("/export/everything".into(), 404, "NOT_FOUND"),
    ] {
        let (found, _, body) = get(&world, &path).await;
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!((found, &body["errors"][0]["extensions"]["code"]), (status, &json!(code)), "{path}");
    }
}

#[tokio::test]
async fn a_cohort_is_a_table_whose_cells_are_no_formulas() {
    let world = World::new();
    let names = ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", "Ada, \"the first\"", "Zoë 🦀", "a=b"];
    for (number, name) in names.iter().chain(&["Somebody"; 72]).enumerate() {
        let input = json!({ "name": name, "externalId": format!("e{number}"), "stack": if number.is_multiple_of(2) { "go" } else { "python" } });
        world.call("registerLearner", "", input).await;
    }
    let ready = text(&world.get("{ learner(by: { externalId: \"e0\" }) { id } }").await["learner"]["id"]);
    world.gets_ready(&ready).await;
    let (status, kind, body) = get(&world, "/export/learners.csv").await;
    assert_eq!((status, kind.as_str()), (200, "text/csv; charset=utf-8; header=present"));
    let mut table = csv::Reader::from_reader(body.as_bytes());
    let head: Vec<String> = table.headers().unwrap().iter().map(str::to_owned).collect();
    let rows: Vec<Vec<String>> =
        table.records().map(|it| it.unwrap().iter().map(str::to_owned).collect()).collect();
    let column = |name: &str| head.iter().position(|it| it == name).unwrap();
    assert_eq!(rows.len(), 80);
    let cells: Vec<_> = rows.iter().map(|it| it[column("name")].as_str()).collect();
    assert_eq!(
        cells[..8],
        ["'=1+1", "'+1", "'-1", "'@SUM(A1)", "'＝1", "Ada, \"the first\"", "Zoë 🦀", "a=b"]
    );
    // It says what the API says.
    let query = "{ learner(by: { externalId: \"e0\" }) { id externalId version createdAt stack { slug }
        readiness { ready progress { done total percent } milestones { milestone { slug } status } } } }";
    let told = world.get(query).await["learner"].clone();
    let (row, readiness) = (&rows[0], &told["readiness"]);
    for (name, value) in [
        ("id", &told["id"]),
        ("externalId", &told["externalId"]),
        ("stack", &told["stack"]["slug"]),
        ("createdAt", &told["createdAt"]),
        ("version", &told["version"]),
        ("ready", &readiness["ready"]),
        ("done", &readiness["progress"]["done"]),
        ("total", &readiness["progress"]["total"]),
        ("percent", &readiness["progress"]["percent"]),
        ("email", &json!("")),
    ] {
        let value = value.as_str().map_or(value.to_string(), str::to_owned);
        assert_eq!(row[column(name)], value, "{name}");
    }
    for milestone in readiness["milestones"].as_array().unwrap() {
        assert_eq!(row[column(&text(&milestone["milestone"]["slug"]))], milestone["status"]);
    }
    let met: Vec<_> =
        readiness["milestones"].as_array().unwrap().iter().filter(|it| it["status"] == "MET").collect();
    let slug = text(&met[0]["milestone"]["slug"]);
    for (query, n_rows) in [
        ("stack=go".to_owned(), 40),
        (format!("milestoneMet={slug}"), 1),
        (format!("milestoneOpen={slug}&stack=python"), 40),
        ("nameContains=the+first".to_owned(), 1),
        ("stack=rust".to_owned(), 0),
    ] {
        let (_, _, body) = get(&world, &format!("/export/learners.csv?{query}")).await;
        assert_eq!(csv::Reader::from_reader(body.as_bytes()).records().count(), n_rows, "{query}");
        assert!(body.starts_with("id,externalId,name,"), "{body}");
    }
}

#[tokio::test]
async fn there_are_only_so_many_exports_at_a_time() {
    let world = World::new();
    let mut open = vec![];
    for _ in 0..4 {
        open.push(send(&world, "/export/learners.csv").await);
    }
    assert!(open.iter().all(|it| it.status() == 200));
    let (status, _, body) = get(&world, "/export/learners.csv").await;
    assert_eq!((status, body.contains("OVERLOADED")), (503, true));
    open.pop();
    assert_eq!(get(&world, "/export/learners.csv").await.0, 200);
    // Whatever was read to its end has no place any more.
    assert_eq!(get(&world, "/export/learners.csv").await.0, 200);
}
