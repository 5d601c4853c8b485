//! Clients in a process of their own: each has a connection that is kept, and one request under way.

use std::{
    path::PathBuf,
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
    time::sleep,
};

use crate::{query::Query, server::pinned};

/// How many connections there are.
const N_CONNECTIONS: usize = 64;

/// How long a client waits that was turned away.
const PAUSE: Duration = Duration::from_secs(1);

/// Asks one contender for some time.
#[derive(Debug, clap::Args)]
pub(crate) struct Load {
    /// Where it listens.
    port: u16,
    query: Query,
    /// A file with what is asked about, one a line.
    about: PathBuf,
    /// How many seconds to ask.
    time: f64,
}

/// What became of it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Asked {
    /// Requests a second.
    pub(crate) rate: f64,
    /// The milliseconds that 99 of 100 requests do not exceed.
    pub(crate) p99: f64,
}

impl Load {
    /// Asks from a process of its own.
    pub(crate) fn start(port: u16, query: Query, about: &std::path::Path, seconds: f64) -> Asked {
        let mut command = pinned(1);
        command.args(["load", &port.to_string(), query.name()]).arg(about).arg(seconds.to_string());
        let output = command.stderr(Stdio::inherit()).output().expect("a process");
        serde_json::from_slice(&output.stdout).expect("what became of it")
    }

    /// Asks, in the process that was made for it.
    #[tokio::main(flavor = "current_thread")]
    pub(crate) async fn run(self) {
        let about = std::fs::read_to_string(&self.about).expect("a file");
        let requests: Arc<Vec<_>> = Arc::new(about.lines().map(|it| request(self.query, it)).collect());
        let mut clients = JoinSet::new();
        let start = Instant::now();
        let end = start + Duration::from_secs_f64(self.time);
        for client in 0..N_CONNECTIONS {
            clients.spawn(ask(self.port, requests.clone(), client * requests.len() / N_CONNECTIONS, end));
        }
        let mut latencies = clients.join_all().await.concat();
        let rate = latencies.len() as f64 / start.elapsed().as_secs_f64();
        latencies.sort_unstable();
        let p99 = latencies.get(latencies.len() * 99 / 100).map_or(0.0, |it| it.as_secs_f64() * 1e3);
        println!("{}", serde_json::to_string(&Asked { rate, p99 }).expect("plain data"));
    }
}

fn request(query: Query, about: &str) -> Vec<u8> {
    let body = query.body(about);
    let length = body.len();
    format!(
        "POST /graphql HTTP/1.1\r\nhost: localhost\r\naccept: application/json\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// Asks one thing after the other and answers how long each took.
async fn ask(port: u16, requests: Arc<Vec<Vec<u8>>>, first: usize, end: Instant) -> Vec<Duration> {
    let mut connection = TcpStream::connect(("127.0.0.1", port)).await.expect("a connection");
    connection.set_nodelay(true).expect("an option");
    let (mut latencies, mut buffer) = (vec![], Vec::with_capacity(1 << 16));
    for request in requests.iter().cycle().skip(first) {
        let start = Instant::now();
        if start >= end {
            break;
        }
        connection.write_all(request).await.expect("written");
        read(&mut connection, &mut buffer).await;
        if buffer.starts_with(b"HTTP/1.1 503") {
            // Something else has the processor; whoever is turned away comes back, as told.
            sleep(PAUSE).await;
            continue;
        }
        assert!(buffer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&buffer));
        latencies.push(start.elapsed());
    }
    latencies
}

/// Reads one whole answer.
async fn read(connection: &mut TcpStream, buffer: &mut Vec<u8>) {
    buffer.clear();
    let mut end = None;
    while end.is_none_or(|it| buffer.len() < it) {
        assert_ne!(connection.read_buf(buffer).await.expect("read"), 0, "the connection was closed");
        end = end.or_else(|| answer_end(buffer));
    }
}

/// Where the answer ends, once its head is there.
fn answer_end(buffer: &[u8]) -> Option<usize> {
    let head = buffer.windows(4).position(|it| it == b"\r\n\r\n")?;
    let text = std::str::from_utf8(&buffer[..head]).expect("text").to_ascii_lowercase();
    let length = text.lines().find_map(|it| it.strip_prefix("content-length: ")).expect("a length");
    Some(head + 4 + length.trim().parse::<usize>().expect("a number"))
}
