//! Two whole stories over real sockets: one over HTTP, one over a WebSocket beside it.

use serde_json::{Value, json};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Error, http::HeaderValue},
};

use super::client::{Client, handshake};
use crate::world::{World, column, text};

#[tokio::test]
async fn somebody_registers_learns_builds_and_gets_ready() {
    let (world, _) = World::new().served().await;
    let input = json!({ "name": "Ada", "externalId": "ada", "stack": "nodejs" });
    let registered = world.call("registerLearner", "learner { readiness { ready } }", input).await;
    assert_eq!(registered["learner"]["readiness"]["ready"], false);
    let learner = text(&registered["learner"]["id"]);
    for course in ["async-js-game", "cicd-automation"] {
        let input = json!({ "learner": { "externalId": "ada" }, "course": course });
        let completed = world.call("completeCourse", "courseProgress { status }", input).await;
        assert_eq!(completed["courseProgress"]["status"], "COMPLETED");
        assert_eq!(completed["milestonesReached"], json!([]), "a certificate claims and never proves");
    }
    assert_eq!(world.gets_ready(&learner).await, ["deployment", "projects", "language", "sql"]);
    let standing = "readiness { ready progress { percent } } events(last: 1) { nodes { id kind } }";
    let ready = world.of(&learner, standing).await;
    assert_eq!(ready["readiness"], json!({ "ready": true, "progress": { "percent": 100 } }));

    let plan = json!({ "event": ready["events"]["nodes"][0]["id"] });
    let selection = "learner { readiness { ready } }";
    let undone = world.call("undoEvent", selection, plan.clone()).await;
    assert_eq!(column(&undone["milestonesLost"], "slug"), ["sql"]);
    assert_eq!(undone["learner"]["readiness"]["ready"], false);
    let redone = world.call("redoEvent", selection, plan).await;
    assert_eq!(column(&redone["milestonesReached"], "slug"), ["sql"]);
    assert_eq!(redone["learner"]["readiness"]["ready"], true);
}

#[tokio::test]
async fn a_follower_sees_what_others_do() {
    let (world, address) = World::new().served().await;
    let learner = world.learner("Ada", None).await;
    world.project(&learner, "Shop").await;
    let mut client = Client::open(address).await;
    client.follow("a", &learner, 0).await;
    assert_eq!(client.event("a").await, "1 LEARNER_REGISTERED");
    assert_eq!(client.event("a").await, "2 PROJECT_ADDED");
    let course = json!({ "learner": { "id": learner }, "course": "capstone-project" });
    world.call("completeCourse", "", course.clone()).await;
    assert_eq!(client.event("a").await, "3 COURSE_COMPLETED");
    client.send(json!({ "type": "ping" })).await;
    assert_eq!(client.next().await, json!({ "type": "pong" }));
    client.send(json!({ "id": "a", "type": "complete" })).await;
    drop(client);

    world.call("reopenCourse", "", course).await;
    let mut client = Client::open(address).await;
    client.follow("b", &learner, 3).await;
    assert_eq!(client.event("b").await, "4 COURSE_REOPENED");
    world.call("eraseLearner", "", json!({ "learner": { "id": learner } })).await;
    assert_eq!(client.next().await, json!({ "id": "b", "type": "complete" }));
}

#[tokio::test]
async fn what_cannot_be_followed_is_answered_and_leaves_the_socket_open() {
    let (world, address) = World::new().served().await;
    let mut client = Client::open(address).await;
    client.follow("a", "nobody", 0).await;
    assert_eq!(client.hears(1).await, ["error a NOT_FOUND"]);
    let learner = world.learner("Ada", None).await;
    client.follow("b", &learner, 0).await;
    assert_eq!(client.event("b").await, "1 LEARNER_REGISTERED");
}

#[tokio::test]
async fn a_handshake_of_another_protocol_or_page_is_refused() {
    let (_, address) = World::new().served().await;
    let from = |origin| {
        let mut request = handshake(address, "graphql-transport-ws");
        request.headers_mut().insert("origin", HeaderValue::from_static(origin));
        request
    };
    for (request, status) in [
        (handshake(address, "graphql-ws"), 400),
        (handshake(address, "graphql-transport-ws2"), 400),
        (from("https://example.com"), 403),
        (from("http://localhost:3000"), 403),
    ] {
        match connect_async(request).await {
            Err(Error::Http(response)) => {
                assert_eq!(response.status(), status);
                let body: Value = serde_json::from_slice(response.body().as_ref().unwrap()).unwrap();
                assert!(body["errors"][0]["extensions"]["code"].is_string(), "{body}");
            }
            other => panic!("{other:?}"),
        }
    }
}
