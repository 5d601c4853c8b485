//! Two whole stories over real sockets: one over HTTP, one over a WebSocket beside it.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest, http::HeaderValue},
};

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

/// A client that speaks `graphql-transport-ws`.
struct Client(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Client {
    async fn open(address: std::net::SocketAddr) -> Self {
        let (socket, response) = connect_async(handshake(address, "graphql-transport-ws")).await.unwrap();
        assert_eq!(response.headers()["sec-websocket-protocol"], "graphql-transport-ws");
        let mut client = Self(socket);
        client.send(json!({ "type": "connection_init" })).await;
        assert_eq!(client.next().await["type"], "connection_ack");
        client
    }

    async fn send(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.unwrap();
    }

    async fn next(&mut self) -> Value {
        let message = timeout(Duration::from_secs(5), self.0.next()).await.expect("a message in time");
        serde_json::from_str(message.expect("a message").unwrap().to_text().unwrap()).unwrap()
    }

    async fn follow(&mut self, id: &str, learner: &str, after: i32) {
        let query = "subscription($id: ID!, $after: Int) {
            learnerEvents(learner: { id: $id }, afterVersion: $after) { event { version kind } } }";
        let variables = json!({ "id": learner, "after": after });
        let payload = json!({ "query": query, "variables": variables });
        self.send(json!({ "id": id, "type": "subscribe", "payload": payload })).await;
    }

    /// The next event that the subscription of that id tells of.
    async fn event(&mut self, id: &str) -> String {
        let message = self.next().await;
        assert_eq!((&message["type"], &message["id"]), (&json!("next"), &json!(id)), "{message}");
        let event = &message["payload"]["data"]["learnerEvents"]["event"];
        format!("{} {}", event["version"], text(&event["kind"]))
    }
}

fn handshake(address: std::net::SocketAddr, protocol: &'static str) -> axum::http::Request<()> {
    let mut request = format!("ws://{address}/graphql").into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static(protocol));
    request
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
    assert_eq!(client.next().await["type"], "pong");
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
    let message = client.next().await;
    assert!(message.to_string().contains("NOT_FOUND"), "{message}");
    let learner = world.learner("Ada", None).await;
    if message["type"] == "next" {
        assert_eq!(client.next().await, json!({ "id": "a", "type": "complete" }));
    }
    client.follow("b", &learner, 0).await;
    assert_eq!(client.event("b").await, "1 LEARNER_REGISTERED");
}

#[tokio::test]
async fn a_handshake_of_another_protocol_or_page_is_refused() {
    let (_, address) = World::new().served().await;
    let mut foreign = handshake(address, "graphql-transport-ws");
    foreign.headers_mut().insert("origin", HeaderValue::from_static("https://example.com"));
    for (request, status) in [(handshake(address, "graphql-ws"), 400), (foreign, 403)] {
        match connect_async(request).await {
            Err(Error::Http(response)) => assert_eq!(response.status(), status),
            other => panic!("{other:?}"),
        }
    }
}
