//! Too much at once: what takes too long ends, what is too much is turned away early, and the server's health is
//! told meanwhile.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode, header::RETRY_AFTER},
};
use milepost::{app::LearnerRef, domain::id::LearnerId};
use serde_json::{Value, json};
use tokio::task::{JoinSet, yield_now};

use crate::{
    faulty::{Call, Fault, Faulty},
    world::World,
};

/// Costs little, and more than executes on the threads of a connection.
const LIGHT: &str = r#"{ learner(by: { externalId: "bob" }) { name } }"#;
const HEAVY: &str = r#"{ learner(by: { externalId: "bob" }) { name } __schema { types { name } } }"#;

/// A world in which nothing is heard of Bob.
async fn world() -> World {
    let (world, faulty) = Faulty::world();
    world.call("registerLearner", "", json!({ "name": "Bob", "externalId": "bob" })).await;
    let bob: LearnerId = world.app.resolve(&LearnerRef::ExternalId("bob".into())).await.ok().unwrap();
    faulty.breaks(bob, Call::Load, Fault::Waits);
    // From here on nothing comes from other threads, and what is waited for comes at once.
    tokio::time::pause();
    world
}

async fn ask(world: &World, query: &str) -> (StatusCode, HeaderMap, Value) {
    let request = Request::post("/graphql")
        .header("host", "localhost:8080")
        .header("content-type", "application/json")
        .body(Body::from(json!({ "query": query }).to_string()));
    let response = world.send(request.unwrap()).await;
    let (head, body) = response.into_parts();
    let body = serde_json::from_slice(&to_bytes(body, usize::MAX).await.unwrap()).unwrap();
    (head.status, head.headers, body)
}

fn code(answer: &Value) -> &Value {
    assert_eq!(answer.get("data"), None);
    &answer["errors"][0]["extensions"]["code"]
}

#[tokio::test]
async fn an_operation_ends_at_its_deadline() {
    let (status, _, answer) = ask(&world().await, LIGHT).await;
    assert_eq!((status, code(&answer)), (StatusCode::GATEWAY_TIMEOUT, &json!("DEADLINE_EXCEEDED")));
}

#[tokio::test]
async fn heavy_operations_wait_a_moment_and_are_turned_away() {
    let world = Arc::new(world().await);
    let mut running = JoinSet::new();
    for _ in 0..std::thread::available_parallelism().unwrap().get() {
        let world = world.clone();
        running.spawn(async move { ask(&world, HEAVY).await });
    }
    for _ in 0..100 {
        yield_now().await;
    }
    let (status, headers, answer) = ask(&world, HEAVY).await;
    assert_eq!((status, code(&answer)), (StatusCode::SERVICE_UNAVAILABLE, &json!("OVERLOADED")));
    assert_eq!(headers[RETRY_AFTER], "1");
    assert!(running.try_join_next().is_none(), "the others are under way");
    // Whoever asks for little does not wait for them.
    let (status, ..) = ask(&world, "{ guide { slug } }").await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn while_threads_do_not_keep_up_operations_are_turned_away_and_health_is_told() {
    let (world, address) = World::new().served().await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let query = || {
        let request = client.post(format!("http://{address}/graphql"));
        request.header("content-type", "application/json").body(r#"{ "query": "{ guide { slug } }" }"#).send()
    };
    assert_eq!(query().await.unwrap().status(), 200);
    let busy = tokio::spawn(async {
        for _ in 0..200 {
            std::thread::sleep(Duration::from_millis(200));
            yield_now().await;
        }
    });
    let mut refused = None;
    for _ in 0..20 {
        let answer = query().await.unwrap();
        if answer.status() == 503 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("turned away");
    assert_eq!(refused.headers()["retry-after"], "1");
    assert_eq!(client.get(format!("http://{address}/health")).send().await.unwrap().status(), 200);
    busy.abort();
    for _ in 0..1_000 {
        if query().await.unwrap().status() == 200 {
            drop(world);
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it goes on turning away");
}
