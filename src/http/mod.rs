//! The server around the API: routes, what may reach them, and an orderly end.

mod graphql;
mod local;
mod pages;

use std::{
    future::Future,
    io,
    sync::{Arc, LazyLock},
    time::Duration,
};

use axum::{
    Json, Router,
    body::Body,
    extract::{DefaultBodyLimit, State},
    http::{HeaderValue, StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::json;
use tokio::net::TcpListener;
use tower_http::{catch_panic::CatchPanicLayer, trace::TraceLayer};

use crate::{app::App, graphql::Schema};

pub use pages::bundled as graphiql_is_bundled;

/// How many bytes the body of a request may have.
pub const MAX_BODY: usize = 1024 * 1024;
/// How long requests that are under way may take once the server is to end.
const DRAIN: Duration = Duration::from_secs(5);

/// What every route can reach.
#[derive(Clone)]
struct Server {
    app: Arc<App>,
    schema: Schema,
}

/// Everything that the server answers.
pub fn router(app: Arc<App>) -> Router {
    let server = Server { schema: crate::graphql::schema(app.clone()), app };
    Router::new()
        .route("/graphql", get(graphql::socket).post(graphql::post).fallback(graphql::method_not_allowed))
        .route("/schema.graphql", get(schema))
        .route("/health", get(health))
        .with_state(server)
        .merge(pages::router())
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn(local::only_local))
        .layer(CatchPanicLayer::custom(|_| internal_error()))
        .layer(TraceLayer::new_for_http())
}

/// Serves until `shutdown`, then lets what is under way finish and closes the store.
pub async fn serve(
    listener: TcpListener,
    app: Arc<App>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (draining, drained) = tokio::sync::oneshot::channel();
    let ending = async move {
        shutdown.await;
        // The receiver waits in this very function.
        let _ = draining.send(());
    };
    let server = axum::serve(listener, router(app.clone())).with_graceful_shutdown(ending);
    let deadline = async {
        if drained.await.is_ok() {
            tokio::time::sleep(DRAIN).await;
        }
    };
    let served = tokio::select! {
        served = server.into_future() => served,
        // Somebody who holds half a request must not keep the server from ending.
        () = deadline => Ok(()),
    };
    let closed = app.store.close().await.map_err(io::Error::other);
    served.and(closed)
}

/// The schema as text, for code generators. Making it takes longer than sending it.
async fn schema() -> Response {
    static SDL: LazyLock<String> = LazyLock::new(crate::graphql::sdl);
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], SDL.as_str()).into_response()
}

/// Whether the server can do its work, all of it. The log says why not.
async fn health(State(server): State<Server>) -> Response {
    let (code, status) = match (server.app.store.heads().await, server.app.store.read_only()) {
        (Err(error), _) => {
            tracing::error!(error = %error, "the store failed a health check");
            (StatusCode::SERVICE_UNAVAILABLE, "unavailable")
        }
        (Ok(_), Some(_)) => (StatusCode::SERVICE_UNAVAILABLE, "read_only"),
        (Ok(_), None) => (StatusCode::OK, "ok"),
    };
    (code, Json(json!({ "status": status }))).into_response()
}

/// A refusal of a request in the form that GraphQL clients read.
fn refuse(status: StatusCode, code: &str, message: &str) -> Response {
    let body = json!({ "errors": [{ "message": message, "extensions": { "code": code } }] });
    (status, Json(body)).into_response()
}

fn internal_error() -> Response<Body> {
    let code = crate::graphql::code::INTERNAL_SERVER_ERROR;
    refuse(StatusCode::INTERNAL_SERVER_ERROR, code, "internal server error")
}

/// The content type of a request without its parameters, in lower case.
fn media_type(value: Option<&HeaderValue>) -> Option<String> {
    let value = value?.to_str().ok()?;
    Some(value.split(';').next()?.trim().to_ascii_lowercase())
}
