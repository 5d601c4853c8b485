//! Resuming a subscription ten thousand events behind, beside reading the same events from the store, and what a learner
//! with ten thousand events costs.

use std::{future::Future, path::Path, sync::Arc, time::Instant};

use async_graphql::Variables;
use futures_util::StreamExt as _;
use milepost::{
    app::{App, Call, FeedCursor, LearnerRef, Target},
    domain::{
        command::{Command, RegisterLearner},
        id::LearnerId,
    },
    graphql::{Asked, Endpoint, EndpointOptions, Message, Outcome, RequestId, Viewer},
    store::Bucket,
};
use serde_json::{Value, json};

use crate::{
    crowd::{self, ALL_STEPS},
    hand,
};

/// How many events there are to catch up with, and how many one learner has.
const N_EVENTS: usize = 10_000;
/// About so many learners have them together.
const N_LEARNERS: u64 = 1_000;

/// What a consumer needs who keeps a copy.
const EVENT: &str = "event { id version kind occurredAt learner { id } }";

/// Measures and prints.
#[tokio::main]
pub(crate) async fn run(directory: &Path, n_rounds: usize) {
    let scratch = tempfile::tempdir_in(directory).expect("a directory");
    println!("{N_EVENTS} events, medians of {n_rounds} rounds");
    let app = crowd::open(&scratch.path().join("crowd"));
    crowd::fill(&app, N_LEARNERS, ALL_STEPS).await;
    everyone(&app, n_rounds).await;
    app.store.close().await.expect("closed");
    let app = crowd::open(&scratch.path().join("one"));
    let learner = live(&app).await;
    one(&app, learner, n_rounds).await;
    at_length(&app, learner, n_rounds).await;
    app.store.close().await.expect("closed");
}

/// Somebody to whom much happened.
async fn live(app: &App) -> LearnerId {
    let registration =
        RegisterLearner { name: "Ada Lovelace".into(), external_id: None, email: None, stack: None };
    let learner = write(app, Target::New, Command::RegisterLearner(registration)).await;
    for number in 1..N_EVENTS {
        let course = app.guide.courses[number % app.guide.courses.len()].slug.to_string();
        let percent = i32::try_from(number / app.guide.courses.len() % 100).expect("a percentage");
        let command = Command::RecordCourseProgress { course, percent };
        write(app, Target::Learner(LearnerRef::Id(Some(learner))), command).await;
    }
    learner
}

async fn write(app: &App, target: Target, command: Command) -> LearnerId {
    let call = Call {
        target,
        command,
        actor: "bench".to_owned(),
        reason: None,
        occurred_at: None,
        idempotency_key: None,
        expected_version: None,
        also: None,
        batch: None,
    };
    let written = app.write(call).await.expect("written");
    assert!(written.changed, "every one of them is an event");
    written.learner.id
}

/// The feed of everyone: read from the store, followed in the application, and subscribed to.
async fn everyone(app: &Arc<App>, n_rounds: usize) {
    let query = format!("subscription {{ events {{ cursor {EVENT} }} }}");
    let read = || async {
        let mut n_events = 0;
        for bucket in Bucket::all() {
            n_events += app.store.feed(bucket, 0, usize::MAX).await.expect("read").len();
        }
        n_events
    };
    let n_events = read().await.min(N_EVENTS);
    let followed = || async {
        let events = app.clone().follow_all(FeedCursor::start()).take(n_events);
        events.map(|it| it.expect("an event")).count().await
    };
    compare("everyone", n_rounds, read, followed, || subscribed(app, &query, n_events)).await;
}

/// The events of one learner, likewise.
async fn one(app: &Arc<App>, learner: LearnerId, n_rounds: usize) {
    let id = hand::encode(learner);
    let query = format!("subscription {{ learnerEvents(learner: {{ id: \"{id}\" }}) {{ {EVENT} }} }}");
    let read = || async { app.store.history(learner, 0, usize::MAX).await.expect("read").len() };
    let followed = || async {
        let events = app.clone().follow_learner(learner, 0).take(N_EVENTS);
        events.map(|it| it.expect("an event")).count().await
    };
    compare("one learner", n_rounds, read, followed, || subscribed(app, &query, N_EVENTS)).await;
}

/// Rates of three ways to the same events, in alternating rounds.
async fn compare<R: Future<Output = usize>, F: Future<Output = usize>, S: Future<Output = usize>>(
    name: &str,
    n_rounds: usize,
    read: impl Fn() -> R,
    followed: impl Fn() -> F,
    subscribed: impl Fn() -> S,
) {
    let mut rates = [const { Vec::<f64>::new() }; 3];
    for _ in 0..=n_rounds {
        rates[0].push(rate(read()).await);
        rates[1].push(rate(followed()).await);
        rates[2].push(rate(subscribed()).await);
    }
    // The first round only warms up.
    let [read, followed, subscribed] = rates.map(|it| median(&it[1..]));
    println!(
        "{name:<12} events/s: read {read:>9.0}   followed {followed:>9.0}   subscribed {subscribed:>9.0}"
    );
    println!("  followed ÷ read   {:>6.2}", followed / read);
    println!("  subscribed ÷ read {:>6.2}   at least 0.3", subscribed / read);
}

async fn rate(events: impl Future<Output = usize>) -> f64 {
    let start = Instant::now();
    let n_events = events.await;
    n_events as f64 / start.elapsed().as_secs_f64()
}

/// As many messages of a subscription as there are events, as JSON.
async fn subscribed(app: &Arc<App>, query: &str, n_events: usize) -> usize {
    let endpoint = Arc::new(Endpoint::new(app.clone(), EndpointOptions::default()).expect("threads"));
    let operation = endpoint.prepare(asked(query, json!({}))).expect("an operation");
    let messages = endpoint.messages(operation, Viewer::admin(), RequestId::default()).take(n_events);
    let n_bytes = messages.map(|it| match it {
        Message::Next(json) => usize::from(!json.is_empty()),
        Message::Failed(refused) => panic!("{}", String::from_utf8_lossy(&refused.to_json())),
    });
    n_bytes.fold(0, |sum, it| async move { sum + it }).await
}

/// What is asked of a learner with many events, in milliseconds.
async fn at_length(app: &Arc<App>, learner: LearnerId, n_rounds: usize) {
    let (id, version) = (hand::encode(learner), u32::try_from(N_EVENTS).expect("few"));
    let event = |version| app.event_at(learner, version);
    let middle = event(version / 2).await.expect("read").expect("an event").recorded_at;
    let end = event(version).await.expect("read").expect("an event").recorded_at;
    let endpoint = Arc::new(Endpoint::new(app.clone(), EndpointOptions::default()).expect("threads"));
    let as_of = |clock: &str| {
        format!(
            "{{ learner(by: {{ id: \"{id}\" }}) {{ readiness(asOf: \"{middle}\", clock: {clock}) {{ progress {{ done }} }} }} }}"
        )
    };
    let history = format!(
        "{{ learner(by: {{ id: \"{id}\" }}) {{ readinessHistory(from: \"{}\", to: \"{end}\", every: DAY) {{ asOf }} }} }}",
        end.plus_days(-365)
    );
    for (name, query) in [
        ("readiness(asOf:, clock: RECORDED)", as_of("RECORDED")),
        ("readiness(asOf:, clock: OCCURRED)", as_of("OCCURRED")),
        ("readinessHistory of 366 days", history),
    ] {
        let mut times = vec![];
        for _ in 0..n_rounds {
            times.push(time(&endpoint, &query, json!({})).await.0);
        }
        println!("{name:<36}{:>8.1} ms", median(&times));
    }
    let told = format!("{{ learner(by: {{ id: \"{id}\" }}) {{ events(last: 1) {{ nodes {{ id }} }} }} }}");
    let last =
        time(&endpoint, &told, json!({})).await.1["data"]["learner"]["events"]["nodes"][0]["id"].clone();
    let mut times = [const { Vec::<f64>::new() }; 2];
    for _ in 0..n_rounds {
        for (name, times) in ["undoEvent", "redoEvent"].into_iter().zip(&mut times) {
            let kind = if name == "undoEvent" { "UndoEventInput" } else { "RedoEventInput" };
            let query = format!(
                "mutation($input: {kind}!) {{ it: {name}(input: $input) {{ changed userErrors {{ message }} }} }}"
            );
            let (took, answer) = time(&endpoint, &query, json!({ "input": { "event": last } })).await;
            assert_eq!(answer["data"]["it"]["changed"], true, "{answer}");
            times.push(took);
        }
    }
    for (name, times) in ["undoEvent", "redoEvent"].into_iter().zip(times) {
        println!("{name:<36}{:>8.1} ms", median(&times));
    }
}

/// How long an operation takes, in milliseconds, and its answer.
async fn time(endpoint: &Endpoint, query: &str, variables: Value) -> (f64, Value) {
    let start = Instant::now();
    let operation = endpoint.prepare(asked(query, variables)).expect("an operation");
    let answer = endpoint.execute(operation, Viewer::admin(), RequestId::default()).await;
    let took = start.elapsed().as_secs_f64() * 1e3;
    let text = String::from_utf8_lossy(&answer.body);
    assert_eq!(answer.outcome, Outcome::Complete, "{text}");
    (took, serde_json::from_slice(&answer.body).expect("JSON"))
}

fn asked(query: &str, variables: Value) -> Asked {
    Asked { query: Some(query.to_owned()), variables: Variables::from_json(variables), ..Asked::default() }
}

fn median(numbers: &[f64]) -> f64 {
    let mut numbers = numbers.to_vec();
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
