//! Requests a second of all contenders, side by side.

use std::{fs, path::Path};

use serde_json::Value;

use crate::{
    crowd::ALL_STEPS,
    load::{Asked, Load},
    query::Query,
    server::{Contender, Serving},
};

const N_LEARNERS: u64 = 10_000;
/// How many pages are asked for.
const N_PAGES: usize = 200;

/// What is aimed at: ours in parts of hand and of stock, and what to reach for.
const fn bars(query: Query) -> (f64, f64, f64) {
    match query {
        Query::Point => (0.4, 3.5, 0.6),
        Query::List => (0.22, 2.0, 0.5),
    }
}

/// Compares them and prints a table.
pub(crate) fn run(directory: &Path, seconds: f64, n_rounds: usize) {
    let scratch = tempfile::tempdir_in(directory).expect("a directory");
    let serving = Serving::start(&scratch.path().join("store"), N_LEARNERS, ALL_STEPS);
    println!("{N_LEARNERS} learners, 64 connections, {n_rounds} rounds of {seconds} s, medians");
    println!("{:<7}{:<7}{:>12}{:>10}{:>9}", "query", "", "requests/s", "p99 ms", "÷ hand");
    for query in [Query::Point, Query::List] {
        let about = scratch.path().join(query.name());
        fs::write(&about, asked_about(&serving, query).join("\n")).expect("written");
        compare(&serving, query, &about, seconds, n_rounds);
    }
}

fn compare(serving: &Serving, query: Query, about: &Path, seconds: f64, n_rounds: usize) {
    let ask = |contender, seconds| Load::start(serving.port(contender), query, about, seconds);
    let mut asked = Contender::ALL.map(|_| vec![]);
    for contender in Contender::ALL {
        ask(contender, seconds.min(0.5));
    }
    for _ in 0..n_rounds {
        for (contender, asked) in Contender::ALL.into_iter().zip(&mut asked) {
            asked.push(ask(contender, seconds));
        }
    }
    let [hand, stock, ours] = asked.map(median);
    for (contender, it) in Contender::ALL.into_iter().zip([hand, stock, ours]) {
        let (query, name) = (query.name(), contender.name());
        println!("{query:<7}{name:<7}{:>12.0}{:>10.1}{:>9.2}", it.rate, it.p99, it.rate / hand.rate);
    }
    let (of_hand, of_stock, reach) = bars(query);
    println!("  ours ÷ hand  {:>6.2}   at least {of_hand}, reach for {reach}", ours.rate / hand.rate);
    println!("  ours ÷ stock {:>6.2}   at least {of_stock}", ours.rate / stock.rate);
}

/// The median of each figure.
pub(crate) fn median(asked: Vec<Asked>) -> Asked {
    let middle = |of: fn(&Asked) -> f64| {
        let mut numbers: Vec<_> = asked.iter().map(of).collect();
        numbers.sort_by(f64::total_cmp);
        numbers[numbers.len() / 2]
    };
    Asked { rate: middle(|it| it.rate), p99: middle(|it| it.p99) }
}

/// Ids of learners, or cursors of pages; on the way all contenders must give the same answers.
pub(crate) fn asked_about(serving: &Serving, query: Query) -> Vec<String> {
    const N_COMPARED: usize = 20;
    let about = match query {
        Query::Point => serving.ready.ids.clone(),
        Query::List => cursors(serving),
    };
    for it in about.iter().step_by((about.len() / N_COMPARED).max(1)) {
        let [hand, stock, ours] = Contender::ALL.map(|contender| answer(serving, contender, query, it));
        assert!(hand.as_object().is_some_and(|it| it.values().all(|it| !it.is_null())), "{hand}");
        assert_eq!(hand, stock, "stock answers otherwise");
        assert_eq!(hand, ours, "ours answers otherwise");
    }
    about
}

fn cursors(serving: &Serving) -> Vec<String> {
    let mut cursors = vec![];
    let mut next = first_cursor(serving);
    while cursors.len() < N_PAGES {
        let data = answer(serving, Contender::Ours, Query::List, &next);
        let info = &data["learners"]["pageInfo"];
        cursors.push(std::mem::take(&mut next));
        let end = info["endCursor"].as_str().filter(|_| info["hasNextPage"] == true);
        next = match end {
            Some(it) => it.to_owned(),
            None => break,
        };
    }
    cursors
}

/// The end of the first page.
fn first_cursor(serving: &Serving) -> String {
    let body = r#"{"query":"{ learners(first: 20) { pageInfo { endCursor } } }"}"#;
    let data = post(serving.port(Contender::Ours), body);
    data["learners"]["pageInfo"]["endCursor"].as_str().expect("learners").to_owned()
}

fn answer(serving: &Serving, contender: Contender, query: Query, about: &str) -> Value {
    post(serving.port(contender), &query.body(about))
}

#[tokio::main(flavor = "current_thread")]
async fn post(port: u16, body: &str) -> Value {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let request = client.post(format!("http://127.0.0.1:{port}/graphql")).body(body.to_owned());
    let request = request.header("content-type", "application/json");
    let answer = request.send().await.expect("an answer").bytes().await.expect("a body");
    let mut answer: Value = serde_json::from_slice(&answer).expect("JSON");
    assert_eq!(answer.get("errors"), None, "{answer}");
    answer["data"].take()
}
