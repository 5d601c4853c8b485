//! Instructions a request, counted by callgrind: the same in every run, whatever else the machine does.

use std::{fs, path::Path, process::Command};

use axum::{
    body::{Body, to_bytes},
    http::Request,
};
use tower::ServiceExt as _;

use crate::{
    crowd::{self, ALL_STEPS},
    hand,
    query::Query,
    server::Contender,
};

/// How many learners the store has, all of them asked about in turn; the readiness of each is remembered, so that what
/// is counted is all but assessing, which costs every contender the same.
const N_LEARNERS: u64 = 600;
/// How many requests only warm up, and how many are counted; counting is slow.
const N_WARMING: usize = N_LEARNERS as usize;
const N_COUNTED: usize = 300;

/// Counts and prints.
pub(crate) fn run(directory: &Path) {
    let scratch = tempfile::tempdir_in(directory).expect("a directory");
    let store = scratch.path().join("store");
    fill(&store);
    println!("instructions a request, within the process, without the network");
    for query in [Query::Point, Query::List] {
        let counts = Contender::ALL.map(|it| count(scratch.path(), &store, it, query));
        let [Some(hand), Some(stock), Some(ours)] = counts else {
            println!("valgrind is not there: install it, and see docs/PERFORMANCE.md");
            return;
        };
        println!("{:<7}hand {hand:>9.0}   stock {stock:>9.0}   ours {ours:>9.0}", query.name());
        println!("  hand ÷ ours {:>6.2}   stock ÷ ours {:>6.2}", hand / ours, stock / ours);
    }
}

#[tokio::main]
async fn fill(store: &Path) {
    let app = crowd::open(store);
    crowd::fill(&app, N_LEARNERS, ALL_STEPS).await;
    app.store.close().await.expect("closed");
}

/// Instructions of one more request; `None`: there is no valgrind.
fn count(scratch: &Path, store: &Path, contender: Contender, query: Query) -> Option<f64> {
    let [few, many] = [N_WARMING, N_WARMING + N_COUNTED].map(|requests| {
        let output = scratch.join("callgrind.out");
        let mut command = Command::new("valgrind");
        command.args(["--tool=callgrind", "--separate-threads=yes"]);
        command.arg(format!("--callgrind-out-file={}", output.display()));
        command.arg(std::env::current_exe().ok()?).arg("answer").arg(store);
        command.args([contender.name(), query.name(), &requests.to_string()]);
        command.output().ok().filter(|it| it.status.success())?;
        // What the store does on threads of its own happens when it happens.
        total(&fs::read_to_string(scratch.join("callgrind.out-01")).ok()?)
    });
    Some((many? - few?) / N_COUNTED as f64)
}

/// The count in a line such as `totals: 1234`.
fn total(profile: &str) -> Option<f64> {
    profile.lines().find_map(|it| it.strip_prefix("totals: ")?.trim().parse().ok())
}

/// Answers that many requests, one after the other.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn answer(store: &Path, contender: Contender, query: Query, n_requests: usize) {
    let app = crowd::open(store);
    let page = milepost::store::PageQuery {
        filter: Default::default(),
        now: app.env.now(),
        order: milepost::domain::summary::OrderBy::CreatedAt,
        descending: false,
        after: None,
        before: None,
        limit: N_LEARNERS as usize,
        from_end: false,
    };
    let rows = app.store.page(page).await.expect("a page").rows;
    let about = rows.iter().map(|(key, id)| match query {
        Query::Point => hand::encode(*id),
        Query::List => crate::hand_list::cursor(key),
    });
    let bodies: Vec<_> = about.map(|it| query.body(&it)).collect();
    let router = contender.router(app.clone());
    for body in bodies.iter().cycle().take(n_requests) {
        let request = Request::post("/graphql").header("host", "localhost");
        let request = request.header("content-type", "application/json").body(Body::from(body.clone()));
        let answer = router.clone().oneshot(request.expect("a request")).await.expect("an answer");
        let answer = to_bytes(answer.into_body(), usize::MAX).await.expect("a body");
        assert!(answer.starts_with(b"{\"data\":"), "{answer:?}");
    }
    app.store.close().await.expect("closed");
}
