//! Connections: how many there may be, how long they may be silent, and how they end.

use std::{convert::Infallible, future::Future, io, pin::pin, sync::Arc, time::Duration};

use axum::{body::Body, extract::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{patient::Patient, site::Site};

/// How long requests that are under way may take once the server is to end.
const DRAIN: Duration = Duration::from_secs(5);
/// How many connections beyond those that there may be are told so, or asked for the server's health.
const MAX_TURNED_AWAY: usize = 64;
/// How long such a connection may take.
const TURNING_AWAY: Duration = Duration::from_secs(1);
/// hyper keeps so much of what came and was not read yet; ours is a half of that. What is beyond this, or beyond the
/// 100 headers for which hyper has room without asking for memory, is refused without a body.
const BUFFER: usize = 32 * 1024;
/// How much of a connection's beginning tells what it is for.
const BEGINNING: usize = 2 * 1024;

/// What there is to say to a connection for which there is no place.
const FULL: &str = "{\"errors\":[{\"message\":\"there are as many connections as there may be; try again\",\
    \"extensions\":{\"code\":\"OVERLOADED\"}}]}";

/// Everything that comes to one listener.
pub(super) struct Connections {
    site: Site,
    places: Arc<Semaphore>,
    spare: Arc<Semaphore>,
    max: u32,
}

impl Connections {
    pub(super) fn new(site: Site) -> Self {
        let max = site.server.options.max_connections;
        Self {
            places: Arc::new(Semaphore::new(max)),
            spare: Arc::new(Semaphore::new(MAX_TURNED_AWAY)),
            max: u32::try_from(max).unwrap_or(u32::MAX),
            site,
        }
    }

    /// Serves what comes until `shutdown`, then waits until all is finished, but not for ever.
    pub(super) async fn accept(
        self,
        listener: TcpListener,
        closing: watch::Sender<bool>,
        shutdown: impl Future<Output = ()>,
    ) {
        let (mut shutdown, mut tasks) = (pin!(shutdown), JoinSet::new());
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                stream = next(&listener) => self.begin(stream, &mut tasks),
                Some(_) = tasks.join_next() => {}
            }
        }
        drop(listener);
        closing.send_replace(true);
        // Somebody who holds half a request must not keep the server from ending. WebSockets have places as well.
        if timeout(DRAIN, self.places.acquire_many(self.max)).await.is_err() {
            tracing::warn!("connections were cut that did not end in time");
        }
    }

    fn begin(&self, stream: TcpStream, tasks: &mut JoinSet<()>) {
        if let Ok(place) = self.places.clone().try_acquire_owned() {
            let mut site = self.site.clone();
            site.server.place = Some(Arc::new(place));
            tasks.spawn(serve(stream, Arc::new(site)));
        } else if let Ok(place) = self.spare.clone().try_acquire_owned() {
            tasks.spawn(turn_away(stream, Arc::new(self.site.clone()), place));
        }
    }
}

/// The next connection. What keeps the system from giving one passes; until then the server waits.
async fn next(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) if is_of_the_client(&error) => {}
            Err(error) => {
                tracing::error!(error = %error, "no connection can be accepted");
                sleep(Duration::from_millis(200)).await;
            }
        }
    }
}

fn is_of_the_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

/// Serves the requests of one connection, one after the other.
async fn serve(stream: TcpStream, site: Arc<Site>) {
    // Answers are written whole; there is nothing to wait for.
    let _ = stream.set_nodelay(true);
    let options = &site.server.options;
    let beginning = tokio::select! {
        it = timeout(options.header_timeout, beginning(&stream)) => it,
        () = site.server.closes() => return,
    };
    let Ok(beginning) = beginning else { return };
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(options.header_timeout).max_buf_size(BUFFER);
    // Some WebSocket clients look for a header in the case in which they wrote it. Keeping it costs a little.
    http.preserve_header_case(beginning.to_ascii_lowercase().windows(9).any(|it| it == b"websocket"));
    let (server, write_timeout) = (site.server.clone(), options.live.write_timeout);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let site = site.clone();
        async move {
            let request: Request = request.map(Body::new);
            Ok::<_, Infallible>(site.answer(request).await)
        }
    });
    let mut connection = pin!(
        http.serve_connection(TokioIo::new(Patient::new(stream, write_timeout)), service).with_upgrades()
    );
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = server.closes() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        report(&error);
    }
}

/// What hyper itself refused, in its words, which repeat nothing.
fn report(error: &hyper::Error) {
    if error.is_parse() || error.is_timeout() {
        let why = if error.is_timeout() { "the head took too long" } else { "the head is malformed" };
        tracing::info!(why, "a connection was closed");
    } else {
        tracing::debug!(error = %error, "a connection ended");
    }
}

/// What a connection begins with; it stays there to be read.
async fn beginning(stream: &TcpStream) -> Vec<u8> {
    let mut bytes = vec![0; BEGINNING];
    let n_bytes = stream.peek(&mut bytes).await.unwrap_or(0);
    bytes.truncate(n_bytes);
    bytes
}

/// Says that there is no place; but whoever asks for the server's health learns it.
async fn turn_away(mut stream: TcpStream, site: Arc<Site>, _place: OwnedSemaphorePermit) {
    let done = timeout(TURNING_AWAY, async {
        if beginning(&stream).await.starts_with(b"GET /health ") {
            return serve(stream, site).await;
        }
        // It need not be there any more.
        let answer = format!(
            "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json; charset=utf-8\r\n\
             retry-after: 1\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{FULL}",
            FULL.len()
        );
        let _ = stream.write_all(answer.as_bytes()).await;
        let _ = stream.shutdown().await;
    });
    let _ = done.await;
}
