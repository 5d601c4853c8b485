//! Exports as downloads: how many there may be at a time, and what they are called.

use axum::{
    body::Body,
    http::{
        StatusCode,
        header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS},
    },
    response::{IntoResponse, Response},
};
use futures_util::StreamExt as _;

use super::{
    Server,
    refusal::{internal_error, refuse},
};
use crate::graphql::{Pieces, Unexported, export_learner, export_learners, export_statements};

/// How many exports there may be at a time.
pub(super) const MAX_EXPORTS: usize = 4;

/// Everything about one learner.
pub(super) async fn learner(server: &Server, query: &str) -> Response {
    let pieces = export_learner(&server.app, query).await;
    answer(server, "application/jsonl; charset=utf-8", "learner.jsonl", pieces)
}

/// What happened to one learner's courses, as xAPI statements.
pub(super) async fn statements(server: &Server, query: &str) -> Response {
    let pieces = export_statements(&server.app, query).await;
    answer(server, "application/json; charset=utf-8", "learner.xapi.json", pieces)
}

/// A cohort.
pub(super) fn learners(server: &Server, query: &str) -> Response {
    let pieces = export_learners(&server.app, query);
    answer(server, "text/csv; charset=utf-8; header=present", "learners.csv", pieces)
}

/// Answers with what comes, if there is a place; what fails on its way ends the connection.
fn answer(
    server: &Server,
    content_type: &'static str,
    name: &'static str,
    pieces: Result<Pieces, Unexported>,
) -> Response {
    let refusal = match (pieces, server.exports.clone().try_acquire_owned()) {
        (Ok(pieces), Ok(place)) => {
            // It has its place for as long as it is there.
            let body = Body::from_stream(pieces.inspect(move |_| _ = &place));
            let headers = [
                (CONTENT_TYPE, content_type.to_owned()),
                (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
                (CACHE_CONTROL, "no-store".to_owned()),
                (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
            ];
            return (headers, body).into_response();
        }
        (Ok(_), Err(_)) => {
            let message = "there are as many exports as there may be; try again";
            refuse(StatusCode::SERVICE_UNAVAILABLE, "OVERLOADED", message).with(RETRY_AFTER, "1")
        }
        (Err(Unexported::Malformed(message)), _) => refuse(StatusCode::BAD_REQUEST, "BAD_REQUEST", message),
        (Err(Unexported::Unknown), _) => {
            refuse(StatusCode::NOT_FOUND, "NOT_FOUND", "there is no such learner")
        }
        (Err(Unexported::Fault), _) => internal_error(),
    };
    refusal.into_response()
}
