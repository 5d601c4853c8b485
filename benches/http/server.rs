//! The contenders, served by one process over one store, each on a port of its own.

use std::{
    future::pending,
    io::{self, BufRead as _, BufReader},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::Arc,
};

use async_graphql_axum::GraphQL;
use axum::{Router, routing::post_service};
use clap::ValueEnum;
use milepost::{app::App, graphql, http};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use crate::{crowd, hand};

/// Who answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Contender {
    /// A handler written by hand, without GraphQL.
    Hand,
    /// async-graphql-axum on the same schema, as it comes.
    Stock,
    /// The endpoint.
    Ours,
}

impl Contender {
    pub(crate) const ALL: [Self; 3] = [Self::Hand, Self::Stock, Self::Ours];

    /// Everything that it answers.
    pub(crate) fn router(self, app: Arc<App>) -> Router {
        match self {
            Self::Hand => hand::router(app),
            Self::Stock => {
                Router::new().route("/graphql", post_service(GraphQL::new(graphql::bare_schema(app))))
            }
            Self::Ours => http::router(app, http::Options::default()).expect("threads"),
        }
    }

    /// What it is called on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Hand => "hand",
            Self::Stock => "stock",
            Self::Ours => "ours",
        }
    }
}

/// What a serving process says when it is ready.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Ready {
    /// The ports of the contenders.
    pub(crate) ports: Vec<u16>,
    /// The global ids of some learners.
    pub(crate) ids: Vec<String>,
}

/// How many learners are asked for.
const N_ASKED: usize = 10_000;

/// Fills the store if it is new, and serves until nobody listens.
#[tokio::main]
pub(crate) async fn serve(store: &Path, n_learners: u64, n_steps: u64) {
    let app = crowd::open(store);
    let ids = crowd::fill(&app, n_learners, n_steps).await;
    let every = (ids.len() / N_ASKED).max(1);
    let ids = ids.into_iter().step_by(every).map(hand::encode).collect();
    let mut ports = vec![];
    for contender in Contender::ALL {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        ports.push(listener.local_addr().expect("an address").port());
        let app = app.clone();
        match contender {
            Contender::Ours => {
                drop(tokio::spawn(http::serve(listener, app, http::Options::default(), pending())))
            }
            _ => {
                let serving = axum::serve(listener, contender.router(app)).into_future();
                drop(tokio::spawn(serving));
            }
        }
    }
    println!("{}", serde_json::to_string(&Ready { ports, ids }).expect("plain data"));
    let end = tokio::task::spawn_blocking(|| io::copy(&mut io::stdin(), &mut io::sink()));
    end.await.expect("awaited").expect("an end");
    app.store.close().await.expect("closed");
}

/// A process that serves, ended when this is dropped.
pub(crate) struct Serving {
    pub(crate) ready: Ready,
    child: Child,
    input: Option<ChildStdin>,
}

impl Serving {
    /// Starts it over a new store in that directory.
    pub(crate) fn start(store: &Path, n_learners: u64, n_steps: u64) -> Self {
        let mut command = pinned(0);
        command.arg("serve").arg(store).args([n_learners, n_steps].map(|it| it.to_string()));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a process");
        let mut line = String::new();
        let output = child.stdout.as_mut().expect("its output");
        BufReader::new(output).read_line(&mut line).expect("a line");
        let input = child.stdin.take();
        Self { ready: serde_json::from_str(&line).expect("ready"), child, input }
    }

    /// Where a contender listens.
    pub(crate) fn port(&self, contender: Contender) -> u16 {
        self.ready.ports[contender as usize]
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.input.take());
        // It ends by itself; what it says then is of no use.
        let _ = self.child.wait();
    }
}

/// This program again, on a processor of its own where the system can do that.
pub(crate) fn pinned(processor: usize) -> Command {
    let this = std::env::current_exe().expect("this program");
    let can = Command::new("taskset").args(["-c", "0", "true"]).status().is_ok_and(|it| it.success());
    if !can {
        return Command::new(this);
    }
    let mut command = Command::new("taskset");
    command.arg("-c").arg(processor.to_string()).arg(this);
    command
}
