//! The program itself: started, killed, started again, stopped; and its other commands.

use std::{
    collections::BTreeMap,
    hash::{BuildHasher as _, RandomState},
    io::{BufRead as _, BufReader},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, Command, Output, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use reqwest::StatusCode;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The program, with nothing in its environment that concerns it.
pub fn milepost() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_milepost"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("MILEPOST_")) {
        command.env_remove(name);
    }
    command
}

/// A running server; it is killed when it is dropped.
pub struct Server {
    process: Child,
    address: String,
    log: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub fn start(directory: &Path, arguments: &[&str]) -> Self {
        Self::start_as(milepost(), directory, arguments)
    }

    /// As [`Server::start`], by a command that has an environment of its own.
    pub fn start_as(mut program: Command, directory: &Path, arguments: &[&str]) -> Self {
        let mut process = program
            .args(["--listen", "127.0.0.1:0", "--data-dir"])
            .arg(directory)
            .args(arguments)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let address = lines.find_map(|line| {
            let line = line.unwrap();
            let (_, rest) = line.split_once("the API at ")?;
            Some(rest.to_owned())
        });
        // Whoever does not read what a process says makes it wait in the end.
        let log = Arc::new(Mutex::new(vec![]));
        let said = log.clone();
        std::thread::spawn(move || lines.for_each(|it| said.lock().unwrap().push(it.unwrap_or_default())));
        Self { process, address: address.expect("the server says where it is"), log }
    }

    /// What it has logged since it said where it is.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    pub fn socket(&self) -> SocketAddr {
        let address = self.address.strip_prefix("http://").and_then(|it| it.strip_suffix("/graphql"));
        address.expect("an address").parse().expect("an address")
    }

    pub fn is_running(&mut self) -> bool {
        self.process.try_wait().unwrap().is_none()
    }

    pub async fn ask(&self, query: &str) -> Value {
        for _ in 0..100 {
            let request = reqwest::Client::new().post(&self.address).json(&json!({ "query": query }));
            let response = request.send().await.unwrap();
            // Turned away because the machine has no time for it: nothing was done.
            if response.status() == StatusCode::SERVICE_UNAVAILABLE {
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
            let answer: Value = response.json().await.unwrap();
            assert_eq!(answer.get("errors"), None, "{answer:#}");
            return answer["data"].clone();
        }
        panic!("the server is overloaded for ten seconds")
    }

    /// What it answers to JSON at an address.
    pub async fn post(&self, path: &str, body: &Value) -> Value {
        let request = reqwest::Client::new().post(self.address.replace("/graphql", path)).json(body);
        let request = request.header("x-experience-api-version", "1.0.3");
        request.send().await.unwrap().json().await.unwrap()
    }

    async fn health(&self) -> (u16, Value) {
        let address = self.address.replace("/graphql", "/health");
        let answer = reqwest::get(address).await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    pub fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    pub fn interrupt(mut self) -> bool {
        self.signal("-INT");
        self.process.wait().unwrap().success()
    }

    fn signal(&self, signal: &str) {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

const COMPLETE: &str = r#"mutation { completeCourse(input: { learner: { externalId: "amara" }, course: "dotnet-backend",
    certificateUrl: "https://example.com/c" }) { changed userErrors { message } event { id } } }"#;
const STATE: &str = r#"{ learners(first: 100) { totalCount nodes { name version readiness { progress { done total } }
    events(last: 2) { nodes { id version kind occurredAt voided } } evidence { text status } } } }"#;

#[tokio::test]
async fn everything_is_still_there_after_a_kill_and_after_a_stop() {
    let directory = TempDir::new().unwrap();
    let server = Server::start(directory.path(), &["--demo"]);
    assert_eq!(server.ask(COMPLETE).await["completeCourse"]["changed"], true);
    let before = server.ask(STATE).await;
    assert_eq!(before["learners"]["totalCount"], 12);
    server.kill();

    let server = Server::start(directory.path(), &[]);
    assert_eq!(server.ask(STATE).await, before);
    assert_eq!(server.ask(COMPLETE).await["completeCourse"]["changed"], false);
    assert!(server.interrupt(), "Ctrl-C ends it cleanly");
    assert!(directory.path().join("CLEAN").exists());

    let server = Server::start(directory.path(), &["--demo"]);
    assert_eq!(server.ask(STATE).await, before, "the demo leaves a store with learners alone");
}

#[tokio::test]
async fn a_server_that_cannot_write_says_so_and_goes_on_reading() {
    let directory = TempDir::new().unwrap();
    let server = Server::start(directory.path(), &["--demo"]);
    assert_eq!(server.health().await, (200, json!({ "status": "ok" })));
    std::fs::remove_dir_all(directory.path()).unwrap();
    let code = "mutation { registerLearner(input: { name: \"Ada\" }) { changed userErrors { code } } }";
    let refused = server.ask(code).await;
    assert_eq!(refused["registerLearner"]["userErrors"][0]["code"], "READ_ONLY", "{refused}");
    assert_eq!(server.health().await, (503, json!({ "status": "read_only" })));
    assert_eq!(server.ask("{ learners { totalCount } }").await["learners"]["totalCount"], 12);
}

/// A call that can be repeated, and what it answered; `None`: the server was killed first.
struct Call {
    mutation: &'static str,
    input: String,
    answer: Option<Value>,
}

impl Call {
    fn register(name: &str) -> Self {
        let input = format!(r#"name: "Somebody", externalId: "{name}", idempotencyKey: "register-{name}""#);
        Self { mutation: "registerLearner", input, answer: None }
    }

    fn complete(name: &str) -> Self {
        let learner = format!(r#"learner: {{ externalId: "{name}" }}"#);
        let input = format!(r#"{learner}, course: "cicd-automation", idempotencyKey: "complete""#);
        Self { mutation: "completeCourse", input, answer: None }
    }

    fn query(&self) -> String {
        let Self { mutation, input, .. } = self;
        format!(
            "mutation {{ {mutation}(input: {{ {input} }}) {{
                replayed changed learner {{ id }} event {{ id version }} userErrors {{ message }} }} }}"
        )
    }

    /// Whether there was an answer.
    async fn make(&mut self, client: &reqwest::Client, address: &str) -> bool {
        let request = client.post(address).json(&json!({ "query": self.query() }));
        let Ok(response) = request.send().await else { return false };
        let Ok(answer) = response.json::<Value>().await else { return false };
        assert_eq!(answer.get("errors"), None, "{answer:#}");
        let answer = answer["data"][self.mutation].clone();
        assert_eq!(answer["userErrors"], json!([]), "{}", self.input);
        self.answer = Some(answer);
        true
    }
}

/// Registers one learner after the other and lets them complete a course, until the server is
/// killed; the last call has no answer.
async fn write_until_killed(address: String, writer: String) -> Vec<Call> {
    let (client, mut calls) = (reqwest::Client::new(), vec![]);
    for number in 0.. {
        let name = format!("{writer}-{number}");
        for mut call in [Call::register(&name), Call::complete(&name)] {
            let has_answer = call.make(&client, &address).await;
            calls.push(call);
            if !has_answer {
                return calls;
            }
        }
    }
    calls
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_survives_any_kill() {
    let directory = TempDir::new().unwrap();
    let (mut learners, mut n_answers) = (BTreeMap::new(), 0);
    for kill in 0..6_u64 {
        let server = Server::start(directory.path(), &[]);
        let writers: Vec<_> = (0..8)
            .map(|it| tokio::spawn(write_until_killed(server.address.clone(), format!("{kill}-{it}"))))
            .collect();
        tokio::time::sleep(Duration::from_micros(50_000 + RandomState::new().hash_one(kill) % 250_000)).await;
        server.kill();

        let server = Server::start(directory.path(), &[]);
        let client = reqwest::Client::new();
        for writer in writers {
            for mut call in writer.await.unwrap() {
                let first = call.answer.take();
                assert!(call.make(&client, &server.address).await);
                let again = call.answer.unwrap();
                if let Some(first) = first {
                    assert_eq!((&first["replayed"], &again["replayed"]), (&json!(false), &json!(true)));
                    assert_eq!((&first["event"], &first["learner"]), (&again["event"], &again["learner"]));
                    n_answers += 1;
                }
                if call.mutation == "registerLearner" {
                    let name = call.input.split('"').nth(3).unwrap().to_owned();
                    assert_eq!(again["event"]["version"], 1);
                    assert_eq!(learners.insert(name, again["learner"]["id"].clone()), None);
                } else {
                    assert_eq!(again["event"]["version"], 2);
                }
            }
        }
        server.kill();
    }
    assert!(48 < n_answers, "the kills came before anything was written");
    let server = Server::start(directory.path(), &[]);
    assert_eq!(server.ask("{ learners { totalCount } }").await["learners"]["totalCount"], learners.len());
    for (name, id) in learners {
        let query = format!(r#"{{ learner(by: {{ externalId: "{name}" }}) {{ id }} }}"#);
        assert_eq!(server.ask(&query).await["learner"]["id"], id, "{name}");
    }
}

#[test]
fn a_second_process_is_refused_by_name() {
    let directory = TempDir::new().unwrap();
    let server = Server::start(directory.path(), &[]);
    let second =
        milepost().args(["--listen", "127.0.0.1:0", "--data-dir"]).arg(directory.path()).output().unwrap();
    let pid = server.process.id().to_string();
    check_failure(&second, &["in use by process", &pid]);
}

/// While the server has no time for them, many can come at once.
#[tokio::test]
async fn a_burst_of_connections_waits_to_be_accepted() {
    let directory = TempDir::new().unwrap();
    let server = Server::start(directory.path(), &[]);
    server.signal("-STOP");
    let connect = |_| TcpStream::connect_timeout(&server.socket(), Duration::from_secs(10));
    let waiting: Result<Vec<_>, _> = (0..400).map(connect).collect();
    server.signal("-CONT");
    assert_eq!(waiting.expect("the system has room for them").len(), 400);
    assert_eq!(server.health().await.0, 200);
}

#[test]
fn only_loopback_is_listened_on() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:80"] {
        let directory = TempDir::new().unwrap();
        let refused =
            milepost().args(["--listen", address, "--data-dir"]).arg(directory.path()).output().unwrap();
        check_failure(&refused, &["refusing to listen", "loopback"]);
    }
}

#[test]
fn the_schema_is_printed() {
    let printed = milepost().arg("schema").output().unwrap();
    assert!(printed.status.success());
    assert_eq!(String::from_utf8(printed.stdout).unwrap(), milepost::graphql::sdl());
}

#[test]
fn guides_are_checked() {
    let directory = TempDir::new().unwrap();
    let (good, bad) = ("guides/backend-2026.json", directory.path().join("bad.json"));
    let checked = milepost().args(["guide", "check", good]).output().unwrap();
    assert!(checked.status.success(), "{checked:?}");

    let text = std::fs::read_to_string(good).unwrap().replacen("\"nodejs\"", "\"nodejz\"", 1);
    std::fs::write(&bad, text).unwrap();
    let refused = milepost().args(["guide", "check"]).arg(&bad).output().unwrap();
    check_failure(&refused, &["bad.json is not in order", "nodejs"]);
    let missing = milepost().args(["guide", "check", "nowhere.json"]).output().unwrap();
    check_failure(&missing, &["nowhere.json"]);
}

#[track_caller]
pub fn check_failure(output: &Output, words: &[&str]) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{said}");
    for word in words {
        assert!(said.contains(word), "`{word}` is not in: {said}");
    }
}
