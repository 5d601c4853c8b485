//! The whole product in a bottle: fixed clock, counted ids, any engine; asked as clients ask.

use std::{
    future::pending,
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, Response},
};
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use milepost::{
    app::{App, Env, summarizer},
    domain::{
        guide::{self, Guide},
        time::Timestamp,
    },
    graphql::{Asked, Endpoint, EndpointOptions, Form, Message, RequestId, Viewer},
    http::{Options, router, serve},
    store::{
        Store,
        embedded::{EmbeddedOptions, EmbeddedStore},
        memory::MemoryStore,
    },
};

use reqwest::StatusCode;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tower::ServiceExt;
use uuid::Uuid;

use crate::given::second;

/// A clock that stands still until it is moved, and ids that count.
pub struct FixedEnv {
    now: AtomicI64,
    ids: AtomicU64,
}

impl Env for FixedEnv {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.now.load(Ordering::SeqCst))
    }

    fn fresh_id(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.ids.fetch_add(1, Ordering::SeqCst) + 1))
    }
}

impl FixedEnv {
    pub fn new() -> Self {
        Self { now: AtomicI64::new(second(0).as_micros()), ids: AtomicU64::new(0) }
    }
}

/// The product, over the memory engine unless said otherwise.
#[derive(Clone)]
pub struct World {
    pub app: Arc<App>,
    env: Arc<FixedEnv>,
    wire: Wire,
    /// Where the store is, if it is anywhere; it goes with the last of its worlds.
    _directory: Option<Arc<TempDir>>,
}

/// How the product is asked.
#[derive(Clone)]
enum Wire {
    Router(Router),
    Socket(reqwest::Client, SocketAddr),
}

impl World {
    /// Over the memory engine, or over the one that `MILEPOST_TEST_ENGINE` names.
    pub fn new() -> Self {
        Self::around(|it| it)
    }

    /// As [`World::new`], with something put around the engine.
    pub fn around(wrap: impl FnOnce(Arc<dyn Store>) -> Arc<dyn Store>) -> Self {
        match std::env::var("MILEPOST_TEST_ENGINE").as_deref() {
            Ok("embedded") => {
                let (store, directory) = embedded_store();
                Self { _directory: Some(Arc::new(directory)), ..Self::over(wrap(store)) }
            }
            Ok(other) => panic!("there is no engine `{other}`"),
            Err(_) => Self::over(wrap(Arc::new(MemoryStore::new()))),
        }
    }

    /// Where the store is.
    pub fn directory(&self) -> &Path {
        self._directory.as_ref().expect("a world on a disk").path()
    }

    /// Over the embedded engine.
    pub fn embedded() -> Self {
        let (store, directory) = embedded_store();
        Self { _directory: Some(Arc::new(directory)), ..Self::over(store) }
    }

    pub fn over(store: Arc<dyn Store>) -> Self {
        let env = Arc::new(FixedEnv::new());
        let app = Arc::new(App::new(Arc::new(guide::backend_2026()), store, env.clone()));
        Self {
            wire: Wire::Router(router(app.clone(), Options::default()).expect("threads")),
            app,
            env,
            _directory: None,
        }
    }

    /// Another server on the same store, at the same time, by a guide of its own.
    pub fn beside(&self, guide: Guide) -> Self {
        let app = App::new(Arc::new(guide), self.app.store.clone(), self.env.clone());
        let app = Arc::new(app);
        Self {
            wire: Wire::Router(router(app.clone(), Options::default()).expect("threads")),
            app,
            ..self.clone()
        }
    }

    /// The same product asked over a real socket, and where it listens.
    pub async fn served(self) -> (Self, SocketAddr) {
        self.served_with(Options::default(), pending()).await
    }

    /// As [`World::served`], otherwise than usual and until the end.
    pub async fn served_with(
        self,
        options: Options,
        end: impl Future<Output = ()> + Send + 'static,
    ) -> (Self, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(serve(listener, self.app.clone(), options, end));
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        (Self { wire: Wire::Socket(client, address), ..self }, address)
    }

    /// The same product, offered otherwise.
    pub fn offered(self, options: Options) -> Self {
        Self { wire: Wire::Router(router(self.app.clone(), options).expect("threads")), ..self }
    }

    /// As gateways ask it.
    pub fn subgraph() -> Self {
        let endpoint = EndpointOptions { form: Form::Subgraph, ..EndpointOptions::default() };
        Self::new().offered(Options { endpoint, ..Options::default() })
    }

    /// Lets time pass.
    pub fn wait(&self, days: i64) {
        let later = self.app.env.now().plus_days(days);
        self.env.now.store(later.as_micros(), Ordering::SeqCst);
    }

    /// Puts the clock.
    pub fn at(&self, instant: &str) {
        let instant = Timestamp::parse(instant).expect("an instant");
        self.env.now.store(instant.as_micros(), Ordering::SeqCst);
    }

    /// What the server answers to an operation, over HTTP.
    pub async fn ask(&self, query: &str, variables: Value) -> Value {
        let body = json!({ "query": query, "variables": variables }).to_string();
        let bytes = match &self.wire {
            Wire::Router(_) => {
                let request = Request::post("/graphql")
                    .header("host", "localhost:8080")
                    .header("content-type", "application/json");
                let response = self.send(request.body(body.into()).expect("a request")).await;
                to_bytes(response.into_body(), usize::MAX).await.expect("a body")
            }
            Wire::Socket(client, address) => {
                let request = client.post(format!("http://{address}/graphql")).body(body);
                let request = request.header("content-type", "application/json");
                let again = || request.try_clone().expect("a body in memory").send();
                let mut response = again().await.expect("an answer");
                // Turned away because the machine has no time for it: nothing was done.
                for _ in 0..100 {
                    if response.status() != StatusCode::SERVICE_UNAVAILABLE {
                        break;
                    }
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    response = again().await.expect("an answer");
                }
                response.bytes().await.expect("a body")
            }
        };
        serde_json::from_slice(&bytes).expect("JSON")
    }

    /// What the API answers to an operation of any kind, message by message.
    pub fn messages(&self, asked: Asked) -> BoxStream<'static, Value> {
        let endpoint = Endpoint::new(self.app.clone(), EndpointOptions::default()).expect("threads");
        let endpoint = Arc::new(endpoint);
        let message = |it| match it {
            Message::Next(json) => json,
            Message::Failed(refused) => refused.to_json(),
        };
        let messages = match endpoint.prepare(asked) {
            Ok(it) => {
                let viewer = Viewer::admin();
                endpoint.messages(it, viewer, RequestId(Uuid::nil())).map(message).boxed()
            }
            Err(refused) => stream::once(async move { refused.to_json() }).boxed(),
        };
        messages.map(|it| serde_json::from_slice(&it).expect("JSON")).boxed()
    }

    /// What the router answers to a request, whatever it is.
    pub async fn send(&self, request: Request<Body>) -> Response<Body> {
        let Wire::Router(router) = &self.wire else { panic!("this world is asked over a socket") };
        router.clone().oneshot(request).await.expect("an answer")
    }

    /// The data of a query that has no errors.
    pub async fn get(&self, query: &str) -> Value {
        Self::data(self.ask(query, json!({})).await)
    }

    /// What is asked of a learner.
    pub async fn of(&self, learner: &str, selection: &str) -> Value {
        let query = format!("query($id: ID!) {{ learner(by: {{ id: $id }}) {{ {selection} }} }}");
        Self::data(self.ask(&query, json!({ "id": learner })).await)["learner"].clone()
    }

    /// The codes of the errors that an operation is answered with.
    pub async fn codes(&self, query: &str) -> Vec<String> {
        codes(&self.ask(query, json!({})).await)
    }

    /// The data of an answer without errors.
    #[track_caller]
    pub fn data(answer: Value) -> Value {
        assert_eq!(answer.get("errors"), None, "{answer:#}");
        answer["data"].clone()
    }

    /// Calls a mutation with an input and answers its payload, of which `selection` is asked beside
    /// what all payloads have.
    pub async fn call(&self, mutation: &str, selection: &str, input: Value) -> Value {
        let mut name = mutation.to_owned();
        name[..1].make_ascii_uppercase();
        let query = format!(
            "mutation($input: {name}Input!) {{ {mutation}(input: $input) {{ changed replayed
               event {{ id version kind }} learner {{ id version }}
               milestonesReached {{ slug }} milestonesLost {{ slug }}
               userErrors {{ code message field }} {selection} }} }}"
        );
        Self::data(self.ask(&query, json!({ "input": input })).await)[mutation].clone()
    }

    /// Registers a learner and answers their id.
    pub async fn learner(&self, name: &str, stack: Option<&str>) -> String {
        let payload = self.call("registerLearner", "", json!({ "name": name, "stack": stack })).await;
        text(&payload["learner"]["id"])
    }

    /// The user errors of a call, see [`errors`].
    pub async fn refusals(&self, mutation: &str, input: Value) -> Vec<String> {
        errors(&self.call(mutation, "", input).await)
    }

    /// Adds a project and answers its id.
    pub async fn project(&self, learner: &str, name: &str) -> String {
        let input = json!({ "learner": { "id": learner }, "name": name });
        text(&self.call("addProject", "project { id }", input).await["project"]["id"])
    }
}

fn embedded_store() -> (Arc<EmbeddedStore>, TempDir) {
    let directory = TempDir::new().expect("a directory");
    let options = EmbeddedOptions::new(Uuid::from_u128(1), summarizer(Arc::new(guide::backend_2026())));
    (EmbeddedStore::open(directory.path(), options).expect("a store"), directory)
}

/// The text that an answer holds.
#[track_caller]
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

/// The values of one field of a list of objects.
#[track_caller]
pub fn column(list: &Value, field: &str) -> Vec<String> {
    let list = list.as_array().unwrap_or_else(|| panic!("{list} is no list"));
    list.iter().map(|it| text(&it[field])).collect()
}

/// The codes of the errors of an answer.
pub fn codes(answer: &Value) -> Vec<String> {
    let errors = answer["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|it| text(&it["extensions"]["code"])).collect()
}

/// The codes of a payload's user errors, each with the last part of its field.
pub fn errors(payload: &Value) -> Vec<String> {
    let error = |it: &Value| {
        let field = it["field"].as_array().and_then(|it| it.last()).and_then(Value::as_str);
        format!("{} {}", it["code"].as_str().unwrap_or_default(), field.unwrap_or("-"))
    };
    payload["userErrors"].as_array().expect("a list").iter().map(error).collect()
}
