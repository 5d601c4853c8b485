//! Data on its way out beside the API, in the API's words: everything about one learner as JSON Lines, and a cohort as a
//! table.

use std::{borrow::Cow, io, sync::Arc};

use futures_util::{
    StreamExt as _, TryStreamExt as _,
    stream::{self, BoxStream},
};
use serde_json::json;
use url::form_urlencoded;

use super::id::{id_of, learner_of};
use crate::{
    app::{App, LearnerRef},
    domain::{
        event::Event,
        guide::Guide,
        learner::Learner,
        readiness::{MilestoneStatus, assess},
        summary::Filter,
        time::Timestamp,
    },
    store::StoreError,
};

/// What goes out, piece by piece. What fails on its way has been logged.
pub type Pieces = BoxStream<'static, io::Result<Vec<u8>>>;

/// Why nothing goes out.
#[derive(Debug)]
pub enum Unexported {
    /// The parameters are not as they should be; the text says how.
    Malformed(&'static str),
    /// There is no such learner.
    Unknown,
    /// Our fault, which has been logged.
    Fault,
}

/// Everything that happened to the learner whom the parameters of a URL name: a line that says whose it is, one for each
/// event in the form in which it is kept, and one that says how many there were. Without the last line it is not whole.
///
/// # Errors
///
/// When they name nobody, or the store fails.
pub async fn export_learner(app: &Arc<App>, parameters: &str) -> Result<Pieces, Unexported> {
    let learner = whose(app, parameters).await?;
    let version = learner.version;
    let first = json!({
        "kind": "milepost learner", "format": 1, "learner": id_of(learner.id), "version": version,
        "exportedAt": app.env.now(),
    });
    let events = app.clone().events_until(learner.id, version).map_ok(|it| lines_of(&it));
    let last = stream::once(async move { Ok(line(&json!({ "count": version }))) });
    let pieces = stream::once(async move { Ok(line(&first)) }).chain(events).chain(last);
    Ok(pieces.map_err(cut).boxed())
}

/// The learners whom the parameters of a URL choose as CSV, a row for each with how far they are.
///
/// # Errors
///
/// When the parameters are no filter, or name what the guide does not have.
pub fn export_learners(app: &Arc<App>, parameters: &str) -> Result<Pieces, Unexported> {
    let filter = filter(&app.guide, parameters)?;
    let (app, now) = (app.clone(), app.env.now());
    let head = Table::new(&app, now).head();
    let rows = app.clone().cohort(filter).map_ok(move |it| Table::new(&app, now).rows(&it));
    let pieces = stream::once(async { Ok(head) }).chain(rows);
    Ok(pieces.map_err(cut).boxed())
}

pub(super) fn cut(error: StoreError) -> io::Error {
    tracing::error!(error = %error, "an export was cut");
    io::Error::other("cut")
}

fn lines_of(events: &[Event]) -> Vec<u8> {
    events.iter().flat_map(line).collect()
}

fn line(value: &impl serde::Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(value).expect("plain data");
    line.push(b'\n');
    line
}

/// The learner whom the parameters name.
pub(super) async fn whose(app: &App, parameters: &str) -> Result<Arc<Learner>, Unexported> {
    let learner = app.learner(&named(parameters)?).await.map_err(|error| {
        tracing::error!(error = %error, "an export failed");
        Unexported::Fault
    })?;
    learner.ok_or(Unexported::Unknown)
}

/// How the parameters name a learner, by one of two.
fn named(query: &str) -> Result<LearnerRef, Unexported> {
    let parameters: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    match &parameters[..] {
        [(name, id)] if name == "id" => Ok(LearnerRef::Id(learner_of(id))),
        [(name, id)] if name == "externalId" => Ok(LearnerRef::ExternalId(id.to_string())),
        _ => Err(bad("say whose by one parameter, `id` or `externalId`")),
    }
}

/// The filter that the parameters make, as in `learners(filter: …)`.
fn filter(guide: &Guide, query: &str) -> Result<Filter, Unexported> {
    let stack = |slug: &str| guide.stack(slug).map(|it| it.slug.clone());
    let milestone = |slug: &str| guide.milestone(slug).map(|it| it.slug.clone());
    let mut filter = Filter::default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let (place, found) = match &*name {
            "stack" => (&mut filter.stack, stack(&value)),
            "milestoneMet" => (&mut filter.met, milestone(&value)),
            "milestoneOpen" => (&mut filter.open, milestone(&value)),
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
        *place = Some(found.ok_or(bad("the guide has no stack or milestone of that slug"))?);
    }
    Ok(filter)
}

fn bad(message: &'static str) -> Unexported {
    Unexported::Malformed(message)
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

    fn head(&self) -> Vec<u8> {
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

    fn rows(&self, learners: &[Arc<Learner>]) -> Vec<u8> {
        written(learners.iter().map(|it| self.row(it)))
    }

    fn row(&self, learner: &Learner) -> Vec<String> {
        let readiness = assess(&self.app.guide, learner, self.now);
        let text = |it: &Option<String>| it.clone().unwrap_or_default();
        let stack = learner.stack_slug().map_or(String::new(), ToString::to_string);
        let progress = readiness.progress;
        let mut row = vec![
            id_of(learner.id),
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
fn written(rows: impl IntoIterator<Item = Vec<String>>) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(vec![]);
    for row in rows {
        let cells = row.iter().map(|it| safe(it));
        writer.write_record(cells.map(|it| it.into_owned())).expect("memory takes all");
    }
    writer.into_inner().expect("memory takes all")
}

/// A cell that no spreadsheet takes for a formula: what would begin one gets an apostrophe before it.
fn safe(text: &str) -> Cow<'_, str> {
    const BEGINNINGS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    if text.starts_with(BEGINNINGS) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}
