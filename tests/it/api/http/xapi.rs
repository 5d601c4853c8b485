//! The door for xAPI: what is taken, what is refused and how, once and all or nothing, and out again.

mod lists;

use serde_json::{Value, json};

use super::{Asked, JSON, check};
use crate::world::{World, text};

const VERSION: (&str, &str) = ("x-experience-api-version", "1.0.3");
const PROGRESS: &str = "https://w3id.org/xapi/cmi5/result/extensions/progress";

fn post(body: &Value) -> Asked {
    Asked { path: "/xapi/statements".into(), ..Asked::post(body.to_string()) }.with(&[VERSION])
}

/// A statement about Ada and a course.
fn statement(verb: &str, course: &str) -> Value {
    json!({
        "actor": { "account": { "homePage": "https://lms.example.com", "name": "ada" } },
        "verb": { "id": format!("http://adlnet.gov/expapi/verbs/{verb}") },
        "object": { "id": format!("https://lms.example.com/courses/{course}") },
    })
}

/// With other members.
fn with(mut statement: Value, members: Value) -> Value {
    statement.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    statement
}

fn uuid(n: u32) -> String {
    format!("aaaaaaaa-0000-4000-8000-{n:012}")
}

fn progress(percent: impl Into<Value>) -> Value {
    json!({ "result": { "extensions": { PROGRESS: percent.into() } } })
}

async fn ada() -> (World, String) {
    let world = World::new();
    let input = json!({ "name": "Ada", "externalId": "ada", "email": "Ada@Example.com" });
    let payload = world.call("registerLearner", "", input).await;
    (world, text(&payload["learner"]["id"]))
}

async fn events(world: &World, learner: &str) -> Value {
    world.of(learner, "events { nodes { id version kind occurredAt summary } }").await
}

async fn courses(world: &World, learner: &str) -> Value {
    let courses = "courseProgress { course { slug } status percent completedAt certificateUrl }";
    world.of(learner, courses).await["courseProgress"].clone()
}

#[tokio::test]
async fn what_is_said_of_courses_happens() {
    let (world, learner) = ada().await;
    let at = |day: u8| json!({ "timestamp": format!("2025-06-{day:02}T12:00:00+02:00") });
    let by_email = json!({ "actor": { "objectType": "Agent", "mbox": "mailto:ada@example.com" } });
    let by_id =
        json!({ "actor": { "account": { "homePage": "http://milepost.localhost/ids", "name": learner } } });
    let urn = json!({ "object": { "objectType": "Activity", "id": "urn:milepost:course:async-js-game",
        "definition": { "name": { "en": "A game" } } } });
    let rest = json!({ "id": uuid(9).to_uppercase(), "version": "1.0.0", "stored": "2025-01-01T00:00:00Z",
        "authority": { "mbox": "mailto:lrs@example.com" },
        "context": { "registration": uuid(8), "extensions": { "https://a.example": null } },
        "result": { "success": true, "score": { "scaled": 0.9 }, "duration": "PT1H" } });
    let all = json!([
        with(statement("experienced", "capstone-project"), at(1)),
        with(with(statement("progressed", "cicd-automation"), progress(40.0)), at(2)),
        with(with(statement("completed", "capstone-project"), by_email), at(3)),
        with(with(with(statement("passed", "x"), by_id), urn), with(rest, at(4))),
    ]);
    let answered = post(&all).send(&world).await;
    assert_eq!((answered.status.as_u16(), answered.header(VERSION.0)), (200, VERSION.1));
    let ids = answered.json();
    assert_eq!((ids.as_array().unwrap().len(), &ids[3]), (4, &json!(uuid(9))));
    assert_eq!(
        courses(&world, &learner).await,
        json!([
            { "course": { "slug": "async-js-game" }, "status": "COMPLETED", "percent": 100,
              "completedAt": "2025-06-04T10:00:00Z", "certificateUrl": null },
            { "course": { "slug": "capstone-project" }, "status": "COMPLETED", "percent": 100,
              "completedAt": "2025-06-03T10:00:00Z", "certificateUrl": null },
            { "course": { "slug": "cicd-automation" }, "status": "IN_PROGRESS", "percent": 40,
              "completedAt": null, "certificateUrl": null },
        ])
    );
    // Alone it is a list of one as well, and the ids that were made are as good as any.
    let before = events(&world, &learner).await;
    let again = with(all[0].clone(), json!({ "id": ids[0] }));
    assert_eq!(post(&again).send(&world).await.json(), json!([ids[0]]));
    assert_eq!(events(&world, &learner).await, before);
}

#[tokio::test]
async fn one_id_is_one_statement() {
    let (world, learner) = ada().await;
    world.call("registerLearner", "", json!({ "name": "Bob", "externalId": "bob" })).await;
    let id = json!({ "id": uuid(1) });
    let said = with(with(statement("progressed", "capstone-project"), progress(40)), id.clone());
    let more =
        with(with(statement("progressed", "capstone-project"), progress(50)), json!({ "id": uuid(2) }));
    for it in [&said, &more] {
        assert_eq!(post(it).send(&world).await.json(), json!([it["id"]]));
    }
    let before = events(&world, &learner).await;
    assert_eq!(before["events"]["nodes"].as_array().unwrap().len(), 3);
    let reordered = json!({ "object": said["object"], "result": said["result"], "id": uuid(1),
        "verb": said["verb"], "actor": { "mbox": "mailto:ada@example.com" } });
    for it in [&said, &more, &json!([more, said]), &reordered] {
        assert_eq!(post(it).send(&world).await.status, 200, "{it}");
    }
    let bob = json!({ "actor": { "account": { "homePage": "https://lms.example.com", "name": "bob" } } });
    let conflict = "409 json IDEMPOTENCY_KEY_REUSED";
    let rows = [
        with(said.clone(), bob),
        with(said.clone(), progress(41)),
        with(said.clone(), json!({ "timestamp": "2025-06-01T00:00:00Z" })),
        with(said.clone(), json!({ "context": { "platform": "other" } })),
        with(said.clone(), json!({ "object": { "id": "urn:milepost:course:cicd-automation" } })),
        with(statement("experienced", "capstone-project"), id),
        json!([
            with(statement("completed", "capstone-project"), json!({ "id": uuid(3) })),
            with(said, progress(42))
        ]),
    ];
    check(&world, rows.map(|it| (post(&it), conflict))).await;
    assert_eq!(events(&world, &learner).await, before);
    // What is kept of ids belongs to nobody.
    assert_eq!(world.get("{ learners { totalCount } }").await["learners"]["totalCount"], 2);
}

#[tokio::test]
async fn what_is_not_taken_is_refused_with_its_place() {
    let (world, learner) = ada().await;
    let before = events(&world, &learner).await;
    let good = || statement("completed", "capstone-project");
    let and = |members: Value| with(good(), members);
    let actor = |it: Value| and(json!({ "actor": it }));
    let account = |name: &str| actor(json!({ "account": { "homePage": "https://a.example", "name": name } }));
    let (bad, unsupported) = ("400 json BAD_REQUEST", "400 json UNSUPPORTED_STATEMENT");
    let rows = [
        (json!(7), bad, ""),
        (json!("x"), bad, ""),
        (json!({}), bad, "verb"),
        (and(json!({ "extra": 1 })), bad, ""),
        (and(json!({ "Verb": 1 })), bad, ""),
        (and(json!({ "timestamp": null })), bad, ""),
        (and(json!({ "id": "1" })), bad, "id"),
        (and(json!({ "id": "{aaaaaaaa-0000-4000-8000-000000000001}" })), bad, "id"),
        (and(json!({ "timestamp": "2025-06-01" })), bad, "timestamp"),
        (and(json!({ "timestamp": "2025-06-01T00:00:00" })), bad, "timestamp"),
        (and(json!({ "timestamp": "2025-06-01T00:00:00-00:00" })), bad, "timestamp"),
        (and(json!({ "timestamp": "1999-06-01T00:00:00Z" })), "400 json OUT_OF_RANGE", "timestamp"),
        (and(json!({ "timestamp": "2036-06-01T00:00:00Z" })), "400 json IN_THE_FUTURE", "timestamp"),
        (and(json!({ "version": "0.95" })), bad, "version"),
        (and(json!({ "attachments": [] })), unsupported, "attachments"),
        (and(json!({ "context": { "extra": 1 } })), bad, "context"),
        (and(json!({ "result": { "completion": "yes" } })), bad, "result"),
        (and(json!({ "result": { "success": false } })), unsupported, "result"),
        (
            with(statement("experienced", "git"), json!({ "result": { "completion": true } })),
            unsupported,
            "result",
        ),
        (
            and(json!({ "result": { "extensions": { "urn:milepost:extension:certificate-url": 7 } } })),
            bad,
            "result.extensions",
        ),
        (
            and(json!({ "result": { "extensions": { "urn:milepost:extension:certificate-url": "x" } } })),
            "400 json INVALID_INPUT",
            "result.extensions",
        ),
        (statement("progressed", "git"), unsupported, "result.extensions"),
        (with(statement("progressed", "git"), progress(40.5)), unsupported, "result.extensions"),
        (with(statement("progressed", "git"), progress(101)), unsupported, "result.extensions"),
        (statement("failed", "git"), unsupported, "verb.id"),
        (statement("voided", "git"), unsupported, "verb.id"),
        (and(json!({ "verb": { "id": "completed" } })), unsupported, "verb.id"),
        (and(json!({ "object": { "objectType": "StatementRef", "id": uuid(1) } })), unsupported, "object"),
        (
            and(json!({ "object": { "objectType": "SubStatement", "actor": {}, "verb": {} } })),
            unsupported,
            "object",
        ),
        (and(json!({ "object": { "id": "https://a.example/lesson/1" } })), unsupported, "object.id"),
        (statement("completed", "basket-weaving"), "404 json NOT_FOUND", "object.id"),
        (actor(json!({ "objectType": "Group", "member": [] })), unsupported, "actor"),
        (actor(json!({ "member": [], "mbox": "mailto:ada@example.com" })), bad, "actor.objectType"),
        (actor(json!({ "openid": "https://ada.example" })), unsupported, "actor"),
        (actor(json!({ "name": "Ada" })), bad, "actor"),
        (actor(json!({ "mbox": "mailto:ada@example.com", "openid": "https://ada.example" })), bad, "actor"),
        (actor(json!({ "mbox": "ada@example.com" })), bad, "actor.mbox"),
        (actor(json!({ "account": { "name": "ada" } })), bad, "actor.account"),
        (actor(json!({ "mbox": "mailto:eve@example.com" })), "404 json NOT_FOUND", "actor"),
        (account("eve"), "404 json NOT_FOUND", "actor"),
    ];
    for (one, summary, property) in rows {
        // What is good before it is not taken either.
        for (given, place) in [(one.clone(), 0), (json!([good(), one]), 1)] {
            let answered = post(&given).send(&world).await;
            assert_eq!(answered.summary(), summary, "{given}");
            answered.check_refusal();
            let told = answered.json()["errors"][0]["extensions"].clone();
            assert_eq!((&told["statement"], &told["property"]), (&json!(place), &json!(property)), "{given}");
        }
    }
    assert_eq!(events(&world, &learner).await, before);
}

#[tokio::test]
async fn requests_are_as_xapi_and_this_server_want_them() {
    let (world, _) = ada().await;
    let body = statement("completed", "capstone-project").to_string();
    let bare = || Asked { path: "/xapi/statements".into(), ..Asked::post(body.clone()) };
    let of = |version: &str| bare().with(&[(VERSION.0, version)]);
    let raw = |text: &str| Asked { body: text.into(), ..bare().with(&[VERSION]) };
    let at = |method, path: &str| Asked::new(method, path).with(&[VERSION]);
    let unsupported = "400 json UNSUPPORTED_VERSION";
    let rows = [
        (bare(), unsupported),
        (of(""), unsupported),
        (of("0.95"), unsupported),
        (of("1.0.x"), unsupported),
        (of("1.1.0"), unsupported),
        (of("1.0.").with(&[VERSION]), unsupported),
        (of("1.0.3").with(&[VERSION]), unsupported),
        (Asked { path: "/xapi/statements?method=PUT".into(), ..of("1.0.3") }, "400 json BAD_REQUEST"),
        (
            Asked { headers: vec![], ..bare() }.with(&[VERSION, ("content-type", "multipart/mixed")]),
            "415 json UNSUPPORTED_MEDIA_TYPE",
        ),
        (
            Asked { headers: vec![], ..bare() }.with(&[VERSION, ("content-type", "text/plain")]),
            "415 json UNSUPPORTED_MEDIA_TYPE",
        ),
        (of("1.0.3").with(&[("host", "secret.example.com")]), "421 json MISDIRECTED_REQUEST"),
        (of("1.0.3").with(&[("origin", "https://secret.example.com")]), "403 json FORBIDDEN_ORIGIN"),
        (raw("{"), "400 json BAD_REQUEST"),
        (raw(r#"{"id":1,"id":1}"#), "400 json BAD_REQUEST"),
        (raw(&"[".repeat(10_000)), "400 json BAD_REQUEST"),
        (raw(&format!("[{}0]", "0,".repeat(100_000))), "400 json BAD_REQUEST"),
        (raw(&" ".repeat((1 << 20) + 1)), "413 json PAYLOAD_TOO_LARGE"),
        (at("PUT", "/xapi/statements").with(&[JSON]), "405 json METHOD_NOT_ALLOWED"),
        (at("GET", "/xapi/statements"), "405 json METHOD_NOT_ALLOWED"),
        (at("POST", "/xapi/about"), "405 json METHOD_NOT_ALLOWED"),
        (at("GET", "/xapi/agents"), "404 json NOT_FOUND"),
    ];
    check(&world, rows).await;
    for (asked, answered_in) in [("1.0", "1.0.3"), ("1.0.0", "1.0.3"), ("1.0.9", "1.0.3"), ("2.0.0", "2.0.0")]
    {
        let answered = of(asked).send(&world).await;
        assert_eq!((answered.status.as_u16(), answered.header(VERSION.0)), (200, answered_in), "{asked}");
    }
    let about = Asked::new("GET", "/xapi/about").send(&world).await;
    assert_eq!(about.json(), json!({ "version": ["1.0.0", "1.0.1", "1.0.2", "1.0.3", "2.0.0"] }));
    assert_eq!(
        (about.header(VERSION.0), about.header("content-type")),
        ("1.0.3", "application/json; charset=utf-8")
    );
}

/// A history that would not come about again by saying all of it once more.
async fn history(world: &World, learner: &str) {
    let by = json!({ "id": learner });
    for (mutation, more) in [
        ("startCourse", json!({ "course": "capstone-project" })),
        ("recordCourseProgress", json!({ "course": "capstone-project", "percent": 20 })),
        ("recordCourseProgress", json!({ "course": "capstone-project", "percent": 60 })),
        (
            "completeCourse",
            json!({ "course": "capstone-project", "certificateUrl": "https://example.com/c" }),
        ),
        ("reopenCourse", json!({ "course": "capstone-project" })),
        ("startCourse", json!({ "course": "cicd-automation" })),
        ("addProject", json!({ "name": "Shop" })),
        ("startCourse", json!({ "course": "dotnet-backend" })),
    ] {
        world.call(mutation, "", with(json!({ "learner": by }), more)).await;
    }
    let id = &events(world, learner).await["events"]["nodes"][6]["id"];
    let undone = world.call("undoEvent", "", json!({ "event": id })).await;
    assert_eq!(undone["changed"], true, "{undone:#}");
}

async fn exported(world: &World, learner: &str) -> Value {
    let answered = Asked::new("GET", format!("/export/learner.xapi?id={learner}")).send(world).await;
    assert_eq!(
        (answered.status.as_u16(), answered.header("content-type")),
        (200, "application/json; charset=utf-8")
    );
    answered.json()
}

#[tokio::test]
async fn what_goes_out_changes_nothing_when_it_comes_back() {
    let world = World::new();
    for input in [json!({ "name": "Ada", "externalId": "ada" }), json!({ "name": "Eve" })] {
        let learner = text(&world.call("registerLearner", "", input).await["learner"]["id"]);
        history(&world, &learner).await;
        let statements = exported(&world, &learner).await;
        let said: Vec<_> = statements
            .as_array()
            .unwrap()
            .iter()
            .map(|it| (&it["verb"]["display"]["en"], &it["result"]))
            .collect();
        let done = json!({ "completion": true, "extensions": { "urn:milepost:extension:certificate-url": "https://example.com/c" } });
        let percent = |it: u8| progress(it)["result"].clone();
        assert_eq!(
            said,
            [
                (&json!("experienced"), &json!(null)),
                (&json!("progressed"), &percent(20)),
                (&json!("progressed"), &percent(60)),
                (&json!("completed"), &done),
                (&json!("experienced"), &json!(null)),
            ]
        );
        let before = events(&world, &learner).await;
        for given in [statements.clone(), statements[1].clone()] {
            assert_eq!(post(&given).send(&world).await.status, 200);
            assert_eq!(events(&world, &learner).await, before);
        }
        // It is the event that it says it is, or it is none.
        let other = with(statements[1].clone(), progress(21));
        check(&world, [(post(&other), "409 json IDEMPOTENCY_KEY_REUSED")]).await;
        assert_eq!(events(&world, &learner).await, before);
    }
}

#[tokio::test]
async fn what_goes_out_can_go_in_elsewhere() {
    let (world, learner) = ada().await;
    history(&world, &learner).await;
    let (other, again) = ada().await;
    let statements = exported(&world, &learner).await;
    for _ in 0..2 {
        assert_eq!(post(&statements).send(&other).await.status, 200);
        assert_eq!(events(&other, &again).await["events"]["nodes"].as_array().unwrap().len(), 6);
    }
    let told = exported(&other, &again).await;
    let said = |all: &Value| {
        let all = all.as_array().unwrap().iter();
        all.map(|it| json!([it["verb"], it["object"], it["result"], it["timestamp"]])).collect::<Vec<_>>()
    };
    assert_eq!(said(&told), said(&statements));
}
