//! The same request a hundred times at once, to a server that is killed meanwhile and started again: what it asks for
//! happens once, and everybody is told of the same event.

use std::{
    collections::BTreeSet,
    hash::{BuildHasher as _, RandomState},
    time::Duration,
};

use futures_util::future::join_all;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    api::webhook::receiver::{Receiver, until},
    binary::Server,
};

const N: usize = 100;
/// Adding a project twice would make two.
const REQUEST: &str = "mutation($who: String!) {
    done: completeCourse(input: { learner: { externalId: $who }, course: \"cicd-automation\" }) { ...P }
    added: addProject(input: { learner: { externalId: $who }, name: \"Shop\" }) { ...P }
} fragment P on MutationPayload { replayed event { id version kind } userErrors { message } }";

/// What a request with that key is answered; `None`: the server was killed first.
async fn send(client: reqwest::Client, address: String, who: String) -> Option<Value> {
    let body = json!({ "query": REQUEST, "variables": { "who": who } });
    let request = client.post(address).header("idempotency-key", format!("visit-{who}")).json(&body);
    let answer: Value = request.send().await.ok()?.json().await.ok()?;
    assert_eq!(answer.get("errors"), None, "{answer:#}");
    Some(answer["data"].clone())
}

/// Sends it from a hundred clients at once.
async fn send_all(server: &Server, who: &str) -> Vec<tokio::task::JoinHandle<Option<Value>>> {
    let address = format!("http://{}/graphql", server.socket());
    (0..N).map(|_| tokio::spawn(send(reqwest::Client::new(), address.clone(), who.to_owned()))).collect()
}

/// The events that a subscription tells of, from the first on, up to so many.
pub async fn told(server: &Server, query: String, n: usize) -> Vec<Value> {
    let request = reqwest::Client::new().post(format!("http://{}/graphql", server.socket()));
    let request = request.header("accept", "text/event-stream").json(&json!({ "query": query }));
    let (mut answer, mut text) = (request.send().await.unwrap(), String::new());
    let is_whole = |text: &str| text.matches("event: next").count() >= n && text.ends_with("\n\n");
    while !is_whole(&text) {
        let chunk = tokio::time::timeout(Duration::from_secs(10), answer.chunk()).await;
        text.push_str(std::str::from_utf8(&chunk.expect("in time").unwrap().expect("it goes on")).unwrap());
    }
    let data = text.lines().filter_map(|it| it.strip_prefix("data: ")).filter(|it| it.len() > 2);
    data.map(|it| serde_json::from_str::<Value>(it).unwrap()["data"].clone()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_times_at_once_and_a_kill_are_one() {
    let directory = TempDir::new().unwrap();
    let (mut events, mut n_cut) = (vec![], 0);
    let receiver = Receiver::start().await;
    let allow = ["--webhook-allow", "127.0.0.1"];
    let server = Server::start(directory.path(), &allow);
    let register =
        format!("mutation {{ registerWebhook(input: {{ url: \"{}\" }}) {{ changed }} }}", receiver.url());
    assert_eq!(server.ask(&register).await["registerWebhook"]["changed"], true);
    server.kill();
    for round in 0..5_u64 {
        let server = Server::start(directory.path(), &allow);
        let who = format!("somebody-{round}");
        server.ask(&format!("mutation {{ registerLearner(input: {{ name: \"{who}\", externalId: \"{who}\" }}) {{ changed }} }}")).await;
        let sent = send_all(&server, &who).await;
        tokio::time::sleep(Duration::from_micros(RandomState::new().hash_one(round) % 30_000)).await;
        server.kill();
        let first: Vec<_> = join_all(sent).await.into_iter().map(|it| it.unwrap()).collect();

        let server = Server::start(directory.path(), &allow);
        let again: Vec<_> =
            join_all(send_all(&server, &who).await).await.into_iter().map(|it| it.unwrap()).collect();
        assert!(again.iter().all(Option::is_some));
        n_cut += first.iter().filter(|it| it.is_none()).count();
        let answers: Vec<_> = first.into_iter().chain(again).flatten().collect();
        for name in ["done", "added"] {
            let event = &answers[0][name]["event"];
            assert!(event.is_object());
            assert!(answers.iter().all(|it| it[name]["event"] == *event), "{answers:#?}");
            let n_new = answers.iter().filter(|it| it[name]["replayed"] == false).count();
            assert!(n_new <= 1, "{n_new} calls wrote it");
            events.push(event.clone());
        }
        let all = "{ event { id version kind } }";
        let of_one = told(
            &server,
            format!("subscription {{ learnerEvents(learner: {{ externalId: \"{who}\" }}) {all} }}"),
            3,
        )
        .await;
        let of_one: Vec<_> = of_one.iter().map(|it| it["learnerEvents"]["event"].clone()).collect();
        assert_eq!(of_one[1..], events[events.len() - 2..]);
    }
    assert!(n_cut > 0, "the kills came too late");
    let server = Server::start(directory.path(), &allow);
    let all = told(&server, "subscription { events { event { id version kind } } }".to_owned(), 15).await;
    let mut feed: Vec<_> = all.iter().map(|it| it["events"]["event"].to_string()).collect();
    feed.retain(|it| !it.contains("LEARNER_REGISTERED"));
    let mut events: Vec<_> = events.iter().map(Value::to_string).collect();
    feed.sort();
    events.sort();
    assert_eq!(feed, events);

    // Receivers are told of the same events, perhaps more than once around a kill, and the log knows no others.
    let is_told = || async { server.ask("{ webhooks { behind } }").await["webhooks"][0]["behind"] == 0.0 };
    until(is_told, || "it is behind".into()).await;
    let ids = |it: &[Value]| it.iter().map(Value::to_string).collect::<BTreeSet<_>>();
    let of_feed = ids(&all.iter().map(|it| it["events"]["event"]["id"].clone()).collect::<Vec<_>>());
    let received: Vec<_> = receiver.received().iter().map(|it| json!(it.header("webhook-id"))).collect();
    assert_eq!(ids(&received), of_feed);
    let log = server.ask("{ webhooks { deliveries(first: 500) { eventId outcome } } }").await;
    let log = log["webhooks"][0]["deliveries"].as_array().unwrap().clone();
    assert!(log.iter().all(|it| it["outcome"] == "DELIVERED"));
    assert!(ids(&log.iter().map(|it| it["eventId"].clone()).collect::<Vec<_>>()).is_subset(&of_feed));
}
