//! Data on its way out: everything about one learner as JSON Lines, and a cohort as a table.

use std::{borrow::Cow, io, sync::Arc};

use axum::{
    body::{Body, Bytes},
    http::{
        StatusCode,
        header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS},
    },
    response::{IntoResponse, Response},
};
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream};
use serde_json::json;
use url::form_urlencoded;

use super::{
    Server,
    refusal::{Refusal, internal_error, refuse},
};
use crate::{
    app::{App, LearnerRef},
    domain::{
        event::Event,
        learner::Learner,
        readiness::{MilestoneStatus, assess},
        slug::Slug,
        summary::Filter,
        time::Timestamp,
    },
    graphql,
    store::StoreError,
};

/// How many exports there may be at a time.
pub(super) const MAX_EXPORTS: usize = 4;

/// Everything that happened to one learner: a line that says whose it is, one for each event in the form in which it is
/// kept, and one that says how many there were. Without the last line it is not whole.
pub(super) async fn learner(server: &Server, query: &str) -> Response {
    let by = match named(query) {
        Ok(by) => by,
        Err(refusal) => return refusal.into_response(),
    };
    let learner = match server.app.learner(&by).await {
        Ok(Some(learner)) => learner,
        Ok(None) => {
            let message = "there is no such learner";
            return refuse(StatusCode::NOT_FOUND, "NOT_FOUND", message).into_response();
        }
        Err(error) => return failed(&error),
    };
    let first = json!({
        "kind": "milepost learner", "format": 1, "learner": graphql::id_of(learner.id), "version": learner.version,
        "exportedAt": server.app.env.now(),
    });
    let version = learner.version;
    let events = server.app.clone().events_until(learner.id, version).map_ok(|it| lines_of(&it));
    let last = stream::once(async move { Ok(line(&json!({ "count": version }))) });
    let pieces = stream::once(async move { Ok(line(&first)) }).chain(events).chain(last);
    answer(server, "application/jsonl; charset=utf-8", "learner.jsonl", pieces)
}

/// A cohort as CSV, a row for each learner with how far they are.
pub(super) fn learners(server: &Server, query: &str) -> Response {
    let filter = match filter(query) {
        Ok(filter) => filter,
        Err(refusal) => return refusal.into_response(),
    };
    let (app, now) = (server.app.clone(), server.app.env.now());
    let head = Table::new(&app, now).head();
    let rows = app.clone().cohort(filter).map_ok(move |it| Table::new(&app, now).rows(&it));
    let pieces = stream::once(async { Ok(head) }).chain(rows);
    answer(server, "text/csv; charset=utf-8; header=present", "learners.csv", pieces)
}

/// Answers with what comes, if there is a place; what fails on its way ends the connection.
fn answer(
    server: &Server,
    content_type: &'static str,
    name: &'static str,
    pieces: impl Stream<Item = Result<Bytes, StoreError>> + Send + 'static,
) -> Response {
    let Ok(place) = server.exports.clone().try_acquire_owned() else {
        let message = "there are as many exports as there may be; try again";
        return refuse(StatusCode::SERVICE_UNAVAILABLE, "OVERLOADED", message)
            .with(RETRY_AFTER, "1")
            .into_response();
    };
    let pieces = pieces.map_err(|error| {
        tracing::error!(error = %error, "an export was cut");
        io::Error::other("cut")
    });
    // It has its place for as long as it is there.
    let body = Body::from_stream(pieces.inspect(move |_| _ = &place));
    let headers = [
        (CONTENT_TYPE, content_type.to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (CACHE_CONTROL, "no-store".to_owned()),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    (headers, body).into_response()
}

fn failed(error: &StoreError) -> Response {
    tracing::error!(error = %error, "an export failed");
    internal_error().into_response()
}

fn lines_of(events: &[Event]) -> Bytes {
    events.iter().flat_map(line).collect()
}

fn line(value: &impl serde::Serialize) -> Bytes {
    let mut line = serde_json::to_vec(value).expect("plain data");
    line.push(b'\n');
    line.into()
}

/// The learner that the parameters name, by one of two.
fn named(query: &str) -> Result<LearnerRef, Refusal> {
    let parameters: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    match &parameters[..] {
        [(name, id)] if name == "id" => Ok(LearnerRef::Id(graphql::learner_of(id))),
        [(name, id)] if name == "externalId" => Ok(LearnerRef::ExternalId(id.to_string())),
        _ => Err(bad("say whose by one parameter, `id` or `externalId`")),
    }
}

/// The filter that the parameters make, as in `learners(filter: …)`.
fn filter(query: &str) -> Result<Filter, Refusal> {
    let mut filter = Filter::default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let slug =
            || Slug::parse(&value).ok_or(bad("a slug is made of small letters, digits, dots and hyphens"));
        let place = match &*name {
            "stack" => &mut filter.stack,
            "milestoneMet" => &mut filter.met,
            "milestoneOpen" => &mut filter.open,
            "nameContains" => {
                filter.name_contains = Some(value.into_owned());
                continue;
            }
            _ => {
                return Err(bad(
                    "the parameters are `stack`, `milestoneMet`, `milestoneOpen` and `nameContains`",
                ));
            }
        };
        *place = Some(slug()?);
    }
    Ok(filter)
}

fn bad(message: &'static str) -> Refusal {
    refuse(StatusCode::BAD_REQUEST, "BAD_REQUEST", message)
}

/// A table of learners as they are at an instant.
struct Table<'a> {
    app: &'a App,
    now: Timestamp,
}

impl<'a> Table<'a> {
    fn new(app: &'a App, now: Timestamp) -> Self {
        Self { app, now }
    }

    fn head(&self) -> Bytes {
        const COLUMNS: [&str; 12] = [
            "id",
            "externalId",
            "name",
            "email",
            "stack",
            "createdAt",
            "updatedAt",
            "version",
            "ready",
            "done",
            "total",
            "percent",
        ];
        let milestones = self.app.guide.milestones.iter().map(|it| it.slug.as_str());
        written([COLUMNS.into_iter().chain(milestones).map(str::to_owned).collect()])
    }

    fn rows(&self, learners: &[Arc<Learner>]) -> Bytes {
        written(learners.iter().map(|it| self.row(it)))
    }

    fn row(&self, learner: &Learner) -> Vec<String> {
        let readiness = assess(&self.app.guide, learner, self.now);
        let text = |it: &Option<String>| it.clone().unwrap_or_default();
        let stack = learner.stack_slug().map_or(String::new(), ToString::to_string);
        let progress = readiness.progress;
        let mut row = vec![
            graphql::id_of(learner.id),
            text(&learner.external_id),
            learner.name.clone(),
            text(&learner.email),
            stack,
            learner.created_at.to_string(),
            learner.updated_at.to_string(),
            learner.version.to_string(),
            readiness.ready.to_string(),
            progress.n_done.to_string(),
            progress.n_total.to_string(),
            progress.percent().map_or(String::new(), |it| it.to_string()),
        ];
        row.extend(readiness.milestones.iter().map(|it| {
            let status = match it.status {
                MilestoneStatus::NotStarted => "NOT_STARTED",
                MilestoneStatus::InProgress => "IN_PROGRESS",
                MilestoneStatus::Met => "MET",
            };
            status.to_owned()
        }));
        row
    }
}

/// Rows as CSV.
fn written(rows: impl IntoIterator<Item = Vec<String>>) -> Bytes {
    let mut writer = csv::Writer::from_writer(vec![]);
    for row in rows {
        let cells = row.iter().map(|it| safe(it));
        writer.write_record(cells.map(|it| it.into_owned())).expect("memory takes all");
    }
    writer.into_inner().expect("memory takes all").into()
}

/// A cell that no spreadsheet takes for a formula: what would begin one gets an apostrophe before it.
fn safe(text: &str) -> Cow<'_, str> {
    const BEGINNINGS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    if text.starts_with(BEGINNINGS) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}
