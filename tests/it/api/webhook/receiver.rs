//! A receiver of webhooks that notes what comes and answers as a test wants.

use std::{
    future::pending,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use data_encoding::BASE64;
use futures_util::stream;
use hmac::{Hmac, Mac as _};
use serde_json::Value;
use sha2::Sha256;
use tokio::{net::TcpListener, sync::Notify, task::JoinHandle};

/// What a receiver does.
#[derive(Clone, Copy, Debug)]
pub enum Reply {
    Status(u16),
    StatusLater(u16, u32),
    Redirect(&'static str),
    /// 200, and a body without an end.
    Endless,
    Hangs,
    /// 200, and a body of which nothing comes.
    HangsLater,
    /// 200, once the test lets it.
    WhenTold,
}

/// A message as it came.
#[derive(Clone, Debug)]
pub struct Message {
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

type Answering = Box<dyn FnMut(&Message) -> Reply + Send>;

/// A server of its own.
pub struct Receiver {
    pub address: SocketAddr,
    received: Arc<Mutex<Vec<Message>>>,
    answering: Arc<Mutex<Answering>>,
    gate: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Message {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn kind(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }

    /// Whether somebody with this secret signed it, as the specification of Standard Webhooks says it is to be checked.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        let key = BASE64.decode(secret.strip_prefix("whsec_").unwrap().as_bytes()).unwrap();
        let mut hmac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        hmac.update(self.header("webhook-id").as_bytes());
        hmac.update(b".");
        hmac.update(self.header("webhook-timestamp").as_bytes());
        hmac.update(b".");
        hmac.update(&self.body);
        let expected = BASE64.encode(&hmac.finalize().into_bytes());
        self.header("webhook-signature").split(' ').any(|it| it.strip_prefix("v1,") == Some(&expected))
    }
}

impl Receiver {
    /// Takes everything.
    pub async fn start() -> Self {
        Self::answering(|_| Reply::Status(204)).await
    }

    /// Answers each message as it says.
    pub async fn answering(reply: impl FnMut(&Message) -> Reply + Send + 'static) -> Self {
        let answering: Arc<Mutex<Answering>> = Arc::new(Mutex::new(Box::new(reply)));
        let received = Arc::<Mutex<Vec<Message>>>::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let gate = Arc::<Notify>::default();
        let task = tokio::spawn(serve(listener, received.clone(), answering.clone(), gate.clone()));
        Self { address, received, answering, gate, task }
    }

    /// From now on it answers like that.
    pub fn answers(&self, reply: impl FnMut(&Message) -> Reply + Send + 'static) {
        *self.answering.lock().unwrap() = Box::new(reply);
    }

    /// Lets one be answered that waits.
    pub fn tells(&self) {
        self.gate.notify_one();
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook?of=milepost", self.address)
    }

    pub fn received(&self) -> Vec<Message> {
        self.received.lock().unwrap().clone()
    }

    /// The kinds of what came, in order.
    pub fn kinds(&self) -> Vec<String> {
        self.received().iter().map(Message::kind).collect()
    }

    /// Waits until so many messages came.
    pub async fn receives(&self, n_messages: usize) -> Vec<Message> {
        until(|| async { n_messages <= self.received().len() }, || format!("{:?}", self.kinds())).await;
        self.received()
    }

    /// Stops, and answers what is needed to start again at the same address.
    pub async fn stop(&self) {
        self.task.abort();
        until(|| async { self.task.is_finished() }, || "it goes on".into()).await;
    }

    pub async fn start_again(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        let (received, answering) = (self.received.clone(), self.answering.clone());
        self.task = tokio::spawn(serve(listener, received, answering, self.gate.clone()));
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    listener: TcpListener,
    received: Arc<Mutex<Vec<Message>>>,
    answering: Arc<Mutex<Answering>>,
    gate: Arc<Notify>,
) {
    let router = Router::new().fallback(move |headers: HeaderMap, body: Bytes| {
        let (received, answering, gate) = (received.clone(), answering.clone(), gate.clone());
        async move {
            let message = Message { headers, body: body.to_vec() };
            let reply = (answering.lock().unwrap())(&message);
            received.lock().unwrap().push(message);
            respond(reply, &gate).await
        }
    });
    axum::serve(listener, router).await.unwrap();
}

async fn respond(reply: Reply, gate: &Notify) -> Response {
    let status = |it: u16| StatusCode::from_u16(it).unwrap();
    match reply {
        Reply::Status(it) => status(it).into_response(),
        Reply::StatusLater(it, seconds) => {
            (status(it), [("retry-after", seconds.to_string())]).into_response()
        }
        Reply::Redirect(to) => (status(307), [("location", to)]).into_response(),
        Reply::Endless => {
            let piece = || async { Some((Ok::<_, std::io::Error>(vec![b'x'; 1_024]), ())) };
            Body::from_stream(stream::unfold((), move |()| piece())).into_response()
        }
        Reply::Hangs => pending().await,
        Reply::HangsLater => Body::from_stream(stream::pending::<std::io::Result<Bytes>>()).into_response(),
        Reply::WhenTold => {
            gate.notified().await;
            status(200).into_response()
        }
    }
}

/// Waits until something is so, and says what there is instead when it takes too long.
pub async fn until<F: Future<Output = bool>>(mut is_so: impl FnMut() -> F, instead: impl Fn() -> String) {
    for _ in 0..4_000 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it is not so: {}", instead());
}
