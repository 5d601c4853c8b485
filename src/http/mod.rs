//! The server around the API: connections, who may reach it, how it is asked and answered, and an orderly end.

mod body;
mod compression;
mod connection;
mod cors;
mod export;
mod graphql;
mod live;
mod local;
mod options;
mod pages;
mod parameters;
mod patient;
mod protocol;
mod refusal;
mod request;
mod site;
mod socket;
mod stream;
mod webhook;
mod xapi;

use std::{future::Future, io, sync::Arc};

use axum::{Router, extract::Request};
use tokio::{
    net::TcpListener,
    sync::{OwnedSemaphorePermit, Semaphore, watch},
};

use crate::{
    app::App,
    graphql::{Endpoint, RequestId},
};
use connection::Connections;
use site::Site;

pub use body::MAX_BODY;
pub use cors::Origin;
pub use live::LiveOptions;
pub use options::Options;
pub use pages::bundled as graphiql_is_bundled;
pub use refusal::log_panics;
pub use webhook::WebhookOptions;

/// What every request can reach.
#[derive(Clone)]
struct Server {
    app: Arc<App>,
    endpoint: Arc<Endpoint>,
    options: Arc<Options>,
    /// The bytes that the bodies of all requests may have beyond what each may have in any case.
    bodies: Arc<Semaphore>,
    /// The exports that there may be at a time.
    exports: Arc<Semaphore>,
    /// Becomes true when the server is to end.
    closing: watch::Receiver<bool>,
    /// The place of its connection among those that there may be; what outlives the connection keeps it.
    place: Option<Arc<OwnedSemaphorePermit>>,
}

impl Server {
    fn new(app: Arc<App>, mut options: Options, closing: watch::Receiver<bool>) -> io::Result<Self> {
        app.webhooks.send_by(webhook::Messenger::new(&options.webhooks));
        let endpoint = Endpoint::new(app.clone(), std::mem::take(&mut options.endpoint))?;
        let bodies = Arc::new(Semaphore::new(options.max_body_bytes));
        let (endpoint, options) = (Arc::new(endpoint), Arc::new(options));
        let exports = Arc::new(Semaphore::new(export::MAX_EXPORTS));
        Ok(Self { app, endpoint, options, bodies, exports, closing, place: None })
    }

    /// Waits until the server is to end.
    async fn closes(&self) {
        // A server whose beginning is gone ends as well.
        let _ = self.closing.clone().wait_for(|it| *it).await;
    }

    fn fresh_id(&self) -> RequestId {
        RequestId(self.app.env.fresh_id())
    }
}

/// Everything that the server answers, for whoever brings connections of their own.
///
/// # Errors
///
/// When the system has no threads to give.
pub fn router(app: Arc<App>, options: Options) -> io::Result<Router> {
    let (open, closing) = watch::channel(false);
    let site = Arc::new(Site::new(Server::new(app, options, closing)?));
    let open = Arc::new(open);
    Ok(Router::new().fallback(move |request: Request| async move {
        let answer = site.answer(request).await;
        // As long as somebody may ask, the server is not closing.
        drop(open);
        answer
    }))
}

/// Serves until `shutdown`, then lets what is under way finish and closes the store.
///
/// # Errors
///
/// When the system has no threads to give, or the store cannot be closed in order.
pub async fn serve(
    listener: TcpListener,
    app: Arc<App>,
    options: Options,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (closing, told) = watch::channel(false);
    let tick = options.webhooks.tick;
    let server = Server::new(app.clone(), options, told.clone())?;
    let endpoint = server.endpoint.clone();
    // It is about the threads that tasks are on, so it is one of them.
    let watch = tokio::spawn(async move { endpoint.watch().await });
    let webhooks = tokio::spawn(app.clone().tell_webhooks(tick, told));
    Connections::new(Site::new(server)).accept(listener, closing, shutdown).await;
    watch.abort();
    let _ = webhooks.await;
    app.store.close().await.map_err(io::Error::other)
}
