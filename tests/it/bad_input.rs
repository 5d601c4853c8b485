//! Requests that no friend sends, to the program itself. Each is refused, and the rest goes on: the same process,
//! healthy, no larger than before, nothing written, and one line in the log that repeats nothing.

use std::{fs, iter::repeat_n, time::Duration};

use tempfile::TempDir;
use tokio::time::{sleep, timeout};

use crate::{
    binary::Server,
    wire::{PATIENCE, Wire, post, summary, talk},
};

const REGISTER: &str =
    r#"{"query":"mutation { registerLearner(input: { name: \"Mallory\" }) { changed } }"}"#;
const HEALTH: &str = "GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
/// How much a server may grow over all of it.
const GROWTH: u64 = 64 << 20;

/// The server and how it was before anybody asked.
struct Victim {
    server: Server,
    pid: u32,
    state: serde_json::Value,
    memory: u64,
    n_lines: usize,
}

impl Victim {
    async fn new(directory: &TempDir) -> Self {
        let server = Server::start(directory.path(), &["--demo"]);
        let state = server.ask("{ learners { totalCount } }").await;
        let (pid, n_lines) = (server.pid(), server.log().len());
        let mut victim = Self { server, pid, state, memory: 0, n_lines };
        victim.memory = victim.memory_now();
        victim
    }

    fn memory_now(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid)).expect("a running process");
        let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:")).expect("its memory");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("kibibytes") * 1024
    }

    /// What came of a request, and that nothing else did.
    async fn check(&mut self, name: &str, request: &[u8], expected: &str) {
        let answer = talk(self.server.socket(), request).await;
        assert_eq!(summary(&answer), expected, "{name}: {answer}");
        self.check_answer(name, &answer);
        self.check_rest(name).await;
        self.check_log(name).await;
    }

    fn check_answer(&self, name: &str, answer: &str) {
        for leak in ["Mallory", "secret", "panicked", "src/", "serde", "hyper"] {
            assert!(!answer.contains(leak), "{name}: {answer}");
        }
        let body = answer.split_once("\r\n\r\n").map_or("", |it| it.1);
        if !body.is_empty() {
            assert!(answer.contains("content-type: application/json; charset=utf-8\r\n"), "{name}: {answer}");
            assert!(body.starts_with(r#"{"errors":[{"#), "{name}: {answer}");
        }
    }

    async fn check_rest(&mut self, name: &str) {
        assert!(self.server.is_running(), "{name}");
        let health = timeout(Duration::from_secs(1), talk(self.server.socket(), HEALTH.as_bytes())).await;
        assert_eq!(health.map(|it| summary(&it)), Ok("200".into()), "{name}");
        assert_eq!(self.server.ask("{ learners { totalCount } }").await, self.state, "{name}");
        assert!(self.memory_now() < self.memory + GROWTH, "{name}: {} bytes", self.memory_now());
    }

    /// One line more, of printable characters, without anything of the client's.
    async fn check_log(&mut self, name: &str) {
        let n_lines = self.n_lines + 1;
        let written = async {
            while self.server.log().len() < n_lines {
                sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(PATIENCE, written).await.unwrap_or_else(|_| panic!("{name}: no line in the log"));
        let log = self.server.log();
        assert_eq!(log.len(), n_lines, "{name}: {:#?}", &log[self.n_lines..]);
        let line = &log[n_lines - 1];
        assert!(line.chars().all(|it| !it.is_control()) && line.len() < 300, "{name}: {line:?}");
        assert!(!line.contains("Mallory") && !line.contains("secret"), "{name}: {line}");
        self.n_lines = n_lines;
    }
}

fn head(lines: &str) -> Vec<u8> {
    format!("POST /graphql HTTP/1.1\r\nconnection: close\r\n{lines}\r\n").into_bytes()
}

/// The mutation under other headers than it should have.
fn with(lines: &str) -> Vec<u8> {
    let length = REGISTER.len();
    let mut request = head(&format!("{lines}content-length: {length}\r\n"));
    request.extend_from_slice(REGISTER.as_bytes());
    request
}

fn json(body: &str) -> Vec<u8> {
    post("connection: close\r\n", body).into_bytes()
}

const LOCAL: &str = "host: localhost\r\n";
const TYPED: &str = "host: localhost\r\ncontent-type: application/json\r\n";

#[tokio::test]
async fn what_is_no_request_of_ours_is_refused() {
    let directory = TempDir::new().unwrap();
    let mut victim = Victim::new(&directory).await;
    let rows: Vec<(&str, Vec<u8>, &str)> = vec![
        ("no json", json("secret"), "400 BAD_REQUEST"),
        ("nothing", json(""), "400 BAD_REQUEST"),
        ("a number", json("7"), "400 BAD_REQUEST"),
        ("wrong types", json(r#"{"query":["secret"]}"#), "400 BAD_REQUEST"),
        ("a member twice", json(&REGISTER.replace('}', r#","query":"{x}"}"#)), "400 BAD_REQUEST"),
        ("a lone surrogate", json(r#"{"query":"\udc00"}"#), "400 BAD_REQUEST"),
        ("a batch", json(&format!("[{REGISTER}]")), "400 BATCHING_NOT_SUPPORTED"),
        ("many values", json(&format!(r#"{{"secret":[{}0]}}"#, "0,".repeat(500_000))), "400 BAD_REQUEST"),
        ("deep json", json(&"[".repeat(10_000).replacen('[', r#"{"a":["#, 1)), "400 BAD_REQUEST"),
        ("utf-16", with(&TYPED.replace("json", "json; charset=utf-16")), "415 UNSUPPORTED_MEDIA_TYPE"),
        ("no type", with(LOCAL), "415 UNSUPPORTED_MEDIA_TYPE"),
        ("text", with(&TYPED.replace("application/json", "text/plain")), "415 UNSUPPORTED_MEDIA_TYPE"),
        ("a form", with(&TYPED.replace("json", "x-www-form-urlencoded")), "415 UNSUPPORTED_MEDIA_TYPE"),
        (
            "multipart",
            with(&TYPED.replace("application/json", "multipart/form-data")),
            "415 UNSUPPORTED_MEDIA_TYPE",
        ),
        ("a coding", with(&format!("{TYPED}content-encoding: br\r\n")), "415 UNSUPPORTED_MEDIA_TYPE"),
        ("no gzip", with(&format!("{TYPED}content-encoding: gzip\r\n")), "400 BAD_REQUEST"),
        ("a foreign host", with(&TYPED.replace("localhost", "secret.example")), "421 MISDIRECTED_REQUEST"),
        ("no host", with("content-type: application/json\r\n"), "421 MISDIRECTED_REQUEST"),
        (
            "a page of another program here",
            with(&format!("{TYPED}origin: http://localhost:3000\r\n")),
            "403 FORBIDDEN_ORIGIN",
        ),
        (
            "a foreign page",
            with(&format!("{TYPED}origin: https://secret.example\r\n")),
            "403 FORBIDDEN_ORIGIN",
        ),
        ("no page", with(&format!("{TYPED}origin: null\r\n")), "403 FORBIDDEN_ORIGIN"),
        ("no format", with(&format!("{TYPED}accept: image/secret\r\n")), "406 NOT_ACCEPTABLE"),
        ("a line in a header", with(&format!("{TYPED}accept: \x1b[31msecret\t\r\n")), "400"),
        ("65 headers", with(&(TYPED.to_owned() + &"x: secret\r\n".repeat(63))), "431 HEADERS_TOO_LARGE"),
        ("97 headers", with(&(TYPED.to_owned() + &"x: secret\r\n".repeat(95))), "431 HEADERS_TOO_LARGE"),
        ("1,000 headers", with(&(TYPED.to_owned() + &"x: secret\r\n".repeat(1_000))), "431"),
        (
            "a header of 17 KB",
            with(&format!("{TYPED}x: {}\r\n", "s".repeat(17_000))),
            "431 HEADERS_TOO_LARGE",
        ),
        (
            "a header of 28 KB",
            with(&format!("{TYPED}x: {}\r\n", "s".repeat(28_000))),
            "431 HEADERS_TOO_LARGE",
        ),
        ("a header of 64 KB", with(&format!("{TYPED}x: {}\r\n", "s".repeat(65_536))), "431"),
        ("no http", b"secret\r\n\r\n".to_vec(), "400"),
        ("two lengths", with(&format!("{TYPED}content-length: 3\r\n")), "400"),
    ];
    for (name, request, expected) in rows {
        victim.check(name, &request, expected).await;
    }
}

#[tokio::test]
async fn other_methods_write_nothing() {
    let directory = TempDir::new().unwrap();
    let mut victim = Victim::new(&directory).await;
    for method in ["PUT", "PATCH", "DELETE", "SECRET"] {
        let request = String::from_utf8(json(REGISTER)).unwrap().replacen("POST", method, 1);
        victim.check(method, request.as_bytes(), "405 METHOD_NOT_ALLOWED").await;
    }
    let query = "query=mutation{registerLearner(input:{name:%22Mallory%22}){changed}}";
    let get = |head: &str| {
        format!("GET /graphql?{query} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{head}\r\n")
            .into_bytes()
    };
    victim.check("a page's GET", &get(""), "403 CSRF_PREVENTION").await;
    victim.check("GET", &get("graphql-require-preflight: 1\r\n"), "405 METHOD_NOT_ALLOWED").await;
    let long = "x".repeat(20_000);
    let long = format!("GET /graphql?{long} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    victim.check("a long address", long.as_bytes(), "414 URI_TOO_LONG").await;
}

/// What the body would be is never read, nor waited for.
#[tokio::test]
async fn endless_bodies_end_early() {
    let directory = TempDir::new().unwrap();
    let mut victim = Victim::new(&directory).await;
    let announced = head(&format!("{TYPED}content-length: 200000000\r\n"));
    let too_large = "413 PAYLOAD_TOO_LARGE";
    victim.check("announced", &announced, too_large).await;
    let mebibyte = vec![b' '; 1 << 20];
    let chunk = [format!("{:x}\r\n", mebibyte.len()).as_bytes(), &mebibyte, b"\r\n"].concat();
    for (name, head, piece) in [
        ("sent all the same", announced, mebibyte),
        ("in chunks", head(&format!("{TYPED}transfer-encoding: chunked\r\n")), chunk),
    ] {
        let mut wire = Wire::open(victim.server.socket()).await;
        wire.send(&head).await;
        let mut n_sent = 0;
        for piece in repeat_n(&piece, 200) {
            if !wire.send(piece).await {
                break;
            }
            n_sent += 1;
        }
        assert!(n_sent < 30, "{name}: {n_sent} MiB");
        // Whoever goes on to send may find the connection reset before the answer.
        let answer = wire.rest().await;
        assert!(["closed", too_large].contains(&summary(&answer).as_str()), "{name}: {answer}");
        victim.check_rest(name).await;
        victim.check_log(name).await;
    }
}

#[tokio::test]
async fn half_open_clients_hold_nothing_up() {
    let directory = TempDir::new().unwrap();
    let mut victim = Victim::new(&directory).await;
    let mut wires = vec![];
    for half in
        ["", "POST /gra", "POST /graphql HTTP/1.1\r\nhost: localhost\r\n"].into_iter().cycle().take(300)
    {
        let mut wire = Wire::open(victim.server.socket()).await;
        wire.send(half.as_bytes()).await;
        wires.push(wire);
    }
    let mut body = Wire::open(victim.server.socket()).await;
    let request = json(REGISTER);
    body.send(&request[..request.len() - 1]).await;
    victim.check_rest("half open").await;
    assert!(victim.server.interrupt(), "it ends in order");
}
