//! Brings messages to the receivers of webhooks: one connection each, to an address that was looked at, without
//! redirects, within a time. Of an answer only the status and `Retry-After` count.

mod connect;

use std::{io, sync::Arc, time::Duration};

use async_trait::async_trait;
use axum::http::{
    HeaderMap, Request,
    header::{CONTENT_TYPE, HOST, RETRY_AFTER, USER_AGENT},
};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::{
    sync::OnceCell,
    task::{JoinSet, spawn_blocking},
    time::{Instant, timeout},
};
use tokio_rustls::TlsConnector;
use url::{Position, Url};

use crate::{
    app::{Allowed, Attempt, Content, Courier, Parcel, Rule, Trouble},
    graphql::{Letter, letter},
};
use connect::{Io, connector, reach, secure};

/// How long a test may take: its caller waits for it, and for [`PATIENCE`].
const TEST_TIMEOUT: Duration = Duration::from_secs(7);
/// How much of an answer's body is read, and for how long; it is thrown away.
const MAX_ANSWER: usize = 64 * 1024;
const PATIENCE: Duration = Duration::from_secs(1);
/// How many bytes the head of an answer may have.
const MAX_HEAD: usize = 32 * 1024;

/// How webhooks are served.
#[derive(Debug, Clone)]
pub struct WebhookOptions {
    /// Addresses that may be asked though they are not public, or over plain HTTP.
    pub allow: Vec<Rule>,
    /// How long a message may take, from looking its address up to the status of the answer.
    pub timeout: Duration,
    /// How often it is kept how far a webhook is, and looked whether something is due.
    pub tick: Duration,
}

impl Default for WebhookOptions {
    fn default() -> Self {
        Self { allow: vec![], timeout: Duration::from_secs(15), tick: Duration::from_secs(1) }
    }
}

/// Brings messages over HTTP.
pub(super) struct Messenger {
    allowed: Allowed,
    timeout: Duration,
    /// What secures connections, once one was asked for: reading certificates takes a while.
    tls: OnceCell<TlsConnector>,
}

impl Messenger {
    pub(super) fn new(options: &WebhookOptions) -> Arc<Self> {
        let allowed = Allowed::new(options.allow.clone());
        Arc::new(Self { allowed, timeout: options.timeout, tls: OnceCell::new() })
    }

    async fn tls(&self) -> io::Result<&TlsConnector> {
        self.tls
            .get_or_try_init(|| async { spawn_blocking(connector).await.map_err(io::Error::other)? })
            .await
    }

    async fn bring(&self, parcel: &Parcel) -> Result<Answer, Trouble> {
        let url = Url::parse(&parcel.url).map_err(|_| Trouble::NameNotResolved)?;
        let stream = reach(&url, &self.allowed).await?;
        let stream = match url.scheme() {
            "https" => secure(&url, stream, self.tls().await.map_err(|_| Trouble::TlsFailed)?).await?,
            _ => Box::new(stream),
        };
        ask(stream, request(&url, parcel)?).await
    }
}

#[async_trait]
impl Courier for Messenger {
    fn allowed(&self) -> &Allowed {
        &self.allowed
    }

    async fn carry(&self, parcel: Parcel) -> Attempt {
        let begun = Instant::now();
        let within = match parcel.content {
            Content::Test(_) => self.timeout.min(TEST_TIMEOUT),
            Content::Event(..) => self.timeout,
        };
        let brought = timeout(within, self.bring(&parcel)).await.unwrap_or(Err(Trouble::TimedOut));
        let millis = u32::try_from(begun.elapsed().as_millis()).unwrap_or(u32::MAX);
        match brought {
            Ok(answer) => {
                let status = Some(answer.response.status().as_u16());
                let retry_after = retry_after(answer.response.headers());
                // Its status says all, however late the rest comes; but some receivers mind when nobody listens to that.
                let _ = timeout(PATIENCE, listen(answer)).await;
                Attempt { millis, status, trouble: None, retry_after }
            }
            Err(trouble) => Attempt { millis, status: None, trouble: Some(trouble), retry_after: None },
        }
    }
}

/// A connection that ends with this.
struct Answer {
    response: hyper::Response<Incoming>,
    _connection: JoinSet<()>,
}

fn request(url: &Url, parcel: &Parcel) -> Result<Request<Full<Bytes>>, Trouble> {
    const AGENT: &str = concat!("milepost/", env!("CARGO_PKG_VERSION"));
    let Letter { id, body } = letter(parcel);
    let seconds = parcel.now.as_micros().div_euclid(1_000_000);
    let signature = parcel.signature(&id, seconds, &body).0;
    Request::post(&url[Position::BeforePath..Position::AfterQuery])
        .header(HOST, &url[Position::BeforeHost..Position::BeforePath])
        .header(USER_AGENT, AGENT)
        .header(CONTENT_TYPE, "application/json")
        .header("webhook-id", id)
        .header("webhook-timestamp", seconds)
        .header("webhook-signature", signature)
        .body(Full::new(body.into()))
        .map_err(|_| Trouble::NameNotResolved)
}

async fn ask(stream: Box<dyn Io>, request: Request<Full<Bytes>>) -> Result<Answer, Trouble> {
    let broken = |_| Trouble::BrokenAnswer;
    let mut http = http1::Builder::new();
    http.max_buf_size(MAX_HEAD);
    let (mut sender, connection) = http.handshake(TokioIo::new(stream)).await.map_err(broken)?;
    let mut tasks = JoinSet::new();
    // What goes wrong with it is told to who asks.
    tasks.spawn(async { drop(connection.await) });
    let response = sender.send_request(request).await.map_err(broken)?;
    Ok(Answer { response, _connection: tasks })
}

async fn listen(mut answer: Answer) {
    let mut n_bytes = 0;
    while let Some(Ok(frame)) = answer.response.body_mut().frame().await {
        n_bytes += frame.data_ref().map_or(0, Bytes::len);
        if MAX_ANSWER <= n_bytes {
            return;
        }
    }
}

/// For how many seconds a receiver asks to be left alone. One that names an instant is not heard.
fn retry_after(headers: &HeaderMap) -> Option<u32> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()
}
