//! A small door for xAPI: what a learning record provider says of courses comes in, and goes out in the same words.
//!
//! It is no learning record store. What it takes is what Milepost keeps: who, what, which course and when. Whatever
//! else a statement may be is refused.

mod read;
mod words;
mod write;

use std::{collections::HashSet, sync::Arc};

use async_graphql::Value;
use serde_json::json;
use uuid::Uuid;

use super::{context::Viewer, error::code, mutation::code_of};
use crate::{
    app::{App, Failure, Statement, Untaken},
    domain::refusal::{Refusal, RefusalCode},
};
use read::{Flaw, Said};

pub use write::export_statements;

/// How many statements there may be at once.
const MAX_STATEMENTS: usize = 100;

const PAYLOAD_TOO_LARGE: &str = "PAYLOAD_TOO_LARGE";

/// Why no statement was taken.
#[derive(Debug)]
pub struct Untold {
    /// Of which kind it is.
    pub kind: Refusing,
    /// The stable code.
    pub code: String,
    /// The whole answer as JSON.
    pub body: Vec<u8>,
}

/// Kinds of reasons why statements are not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusing {
    /// They are not as they should be, or they make no sense as things are.
    Bad,
    /// There are too many.
    TooMany,
    /// The learner or the course is not known here.
    Unknown,
    /// The id is that of something else, or others wrote at the same time.
    Conflict,
    /// No writes are taken at the moment.
    ReadOnly,
    /// Our fault, which has been logged.
    Fault,
}

/// Takes a statement, or a list of them: all or none. Answers their ids as a JSON list, in their order. Whoever stops
/// waiting for the answer does not stop it.
///
/// # Errors
///
/// When one cannot be taken, or the store fails.
pub async fn take_statements(app: &Arc<App>, given: Value, viewer: Viewer) -> Result<Vec<u8>, Untold> {
    let said = read(given)?;
    let mut statements = vec![];
    for it in said {
        statements.push(it.by(&viewer, app.env.fresh_id()));
    }
    let ids: Vec<_> = statements.iter().map(|it| it.id.to_string()).collect();
    check_ids(&statements)?;
    let app = app.clone();
    let taken = tokio::spawn(async move { app.take(statements).await });
    match taken.await {
        Ok(Ok(())) => Ok(serde_json::to_vec(&ids).expect("a list of texts")),
        Ok(Err(untaken)) => Err(untaken.into()),
        // The panic said so itself.
        Err(_) => Err(fault()),
    }
}

fn read(given: Value) -> Result<Vec<Said>, Untold> {
    let given = match given {
        Value::List(all) => all,
        one => vec![one],
    };
    if MAX_STATEMENTS < given.len() {
        let message = "there may be at most 100 statements at once";
        return Err(Untold::new(Refusing::TooMany, PAYLOAD_TOO_LARGE, message, None, None));
    }
    let read = |(index, it): (usize, Value)| {
        let json = it.into_json().expect("it came as JSON");
        read::statement(&json).map_err(|flaw| Untold::of(flaw, index))
    };
    given.into_iter().enumerate().map(read).collect()
}

fn check_ids(statements: &[Statement]) -> Result<(), Untold> {
    let mut seen = HashSet::new();
    match statements.iter().position(|it| !seen.insert(it.id)) {
        Some(index) => Err(Untold::of(Flaw::bad("id", "the same id is there twice"), index)),
        None => Ok(()),
    }
}

impl Said {
    fn by(self, viewer: &Viewer, fresh_id: Uuid) -> Statement {
        Statement {
            id: self.id.unwrap_or(fresh_id),
            who: self.who,
            command: self.command,
            actor: viewer.actor.clone(),
            occurred_at: self.occurred_at,
            rest: self.rest,
            version: self.version,
        }
    }
}

impl Untold {
    fn new(
        kind: Refusing,
        code: &str,
        message: &str,
        index: Option<usize>,
        property: Option<&'static str>,
    ) -> Self {
        let mut extensions = json!({ "code": code });
        if let Some(index) = index {
            extensions["statement"] = index.into();
        }
        if let Some(property) = property {
            extensions["property"] = property.into();
        }
        let body = json!({ "errors": [{ "message": message, "extensions": extensions }] });
        Self { kind, code: code.to_owned(), body: body.to_string().into_bytes() }
    }

    fn of(flaw: Flaw, index: usize) -> Self {
        Self::new(Refusing::Bad, flaw.code, flaw.message, Some(index), Some(flaw.property))
    }
}

impl From<Untaken> for Untold {
    fn from(Untaken { index, failure }: Untaken) -> Self {
        match failure {
            Failure::Refused(refusal) => refused(&refusal, index),
            Failure::Fault(error) => {
                tracing::error!(error = %error, "a statement could not be taken");
                fault()
            }
        }
    }
}

fn fault() -> Untold {
    Untold::new(Refusing::Fault, code::INTERNAL_SERVER_ERROR, "internal server error", None, None)
}

fn refused(refusal: &Refusal, index: usize) -> Untold {
    let kind = match refusal.code {
        RefusalCode::NotFound => Refusing::Unknown,
        RefusalCode::Conflict | RefusalCode::IdempotencyKeyReused => Refusing::Conflict,
        RefusalCode::ReadOnly => Refusing::ReadOnly,
        _ => Refusing::Bad,
    };
    let property = refusal.field.map(|it| match it {
        "learner" => "actor",
        "course" => "object.id",
        "idempotencyKey" => "id",
        "occurredAt" => "timestamp",
        "percent" | "certificateUrl" => "result.extensions",
        other => other,
    });
    let message = match refusal.code {
        RefusalCode::IdempotencyKeyReused => "another statement has this id; use a new id for a new one",
        _ => &refusal.message,
    };
    Untold::new(kind, &code_of(refusal.code), message, Some(index), property)
}
