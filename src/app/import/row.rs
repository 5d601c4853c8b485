//! A row of an import: columns with texts in them, and the call that they make.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use serde::de::DeserializeOwned;

use crate::{
    app::{Call, LearnerRef, Target},
    domain::{
        command::{AddProject, Command, RegisterLearner, SubmitEvidence, UpdateLearner},
        event::Patch,
        id::BatchId,
        learner::digest,
        refusal::{Refusal, RefusalCode},
        text,
        time::{Day, Timestamp},
    },
};

/// The columns that a row can have.
pub const COLUMNS: [&str; 17] = [
    "kind",
    "learner",
    "occurredAt",
    "reason",
    "name",
    "email",
    "stack",
    "course",
    "percent",
    "certificateUrl",
    "framework",
    "repositoryUrl",
    "aspects",
    "criterion",
    "evidenceKind",
    "url",
    "text",
];

/// The column of this name.
pub(super) fn column(name: &str) -> Option<&'static str> {
    COLUMNS.into_iter().find(|it| *it == name)
}

/// What stands in the columns of a row; what is empty is absent.
#[derive(Debug, Clone, Default)]
pub(super) struct Row(BTreeMap<&'static str, String>);

impl Row {
    pub(super) fn set(&mut self, column: &'static str, text: String) {
        if !text.is_empty() {
            self.0.insert(column, text);
        }
    }

    /// What keeps the order of rows: those about the same learner.
    pub(super) fn learner(&self) -> Option<&str> {
        self.0.get("learner").map(|it| it.trim())
    }

    /// The e-mail address that a learner is to have, as it is claimed.
    pub(super) fn email(&self) -> Option<String> {
        self.0.get("email").map(|it| it.trim().to_lowercase())
    }

    /// The same for each row that says the same.
    pub(super) fn key(&self) -> String {
        let texts: Vec<&str> = self.0.iter().flat_map(|(column, text)| [*column, text.as_str()]).collect();
        format!("import {}", HEXLOWER.encode(&digest(&texts)))
    }

    /// The call that the row stands for; for a learner a second one, if they are there already.
    pub(super) fn calls(mut self, actor: &str, batch: BatchId) -> Result<(Call, Option<Call>), Refusal> {
        let key = self.key();
        let kind = self.needed("kind")?;
        let learner = self.needed("learner")?;
        let occurred_at = self.take("occurredAt").map(|it| instant(&it)).transpose()?;
        let reason = self.take("reason").map(|it| text::text("reason", &it)).transpose()?;
        let call = |target, command| Call {
            target,
            command,
            actor: actor.to_owned(),
            reason: reason.clone(),
            occurred_at,
            idempotency_key: Some(key.clone()),
            expected_version: None,
            also: None,
            batch: Some(batch),
        };
        let them = || Target::Learner(LearnerRef::ExternalId(learner.clone()));
        let calls = if kind == "learner" {
            let (name, email, stack) = (self.needed("name")?, self.take("email"), self.take("stack"));
            let patch = |it: &Option<String>| it.clone().map_or(Patch::Keep, Patch::Set);
            let update = UpdateLearner {
                name: Patch::Set(name.clone()),
                external_id: Patch::Keep,
                email: patch(&email),
                stack: patch(&stack),
            };
            let register = RegisterLearner { name, external_id: Some(learner.clone()), email, stack };
            let update = call(them(), Command::UpdateLearner(update));
            (call(Target::New, Command::RegisterLearner(register)), Some(update))
        } else {
            (call(them(), self.command(&kind)?), None)
        };
        match self.0.keys().next() {
            None => Ok(calls),
            Some(left) => Err(invalid(left, "has no meaning in a row of this kind")),
        }
    }

    fn command(&mut self, kind: &str) -> Result<Command, Refusal> {
        Ok(match kind {
            "start" => Command::StartCourse { course: self.needed("course")? },
            "progress" => {
                let percent = self.needed("percent")?.trim().parse();
                let percent = percent.map_err(|_| invalid("percent", "must be a whole number"))?;
                Command::RecordCourseProgress { course: self.needed("course")?, percent }
            }
            "completion" => Command::CompleteCourse {
                course: self.needed("course")?,
                certificate_url: self.take("certificateUrl"),
            },
            "project" => Command::AddProject(AddProject {
                name: self.needed("name")?,
                stack: self.take("stack"),
                framework: self.take("framework"),
                repository_url: self.take("repositoryUrl"),
                aspects: self.aspects()?,
            }),
            "evidence" => Command::SubmitEvidence(SubmitEvidence {
                criterion: self.needed("criterion")?,
                kind: named("evidenceKind", &self.needed("evidenceKind")?)?,
                url: self.take("url"),
                text: self.take("text"),
            }),
            _ => {
                let message = "must be learner, start, progress, completion, project or evidence";
                return Err(invalid("kind", message));
            }
        })
    }

    fn aspects<T: DeserializeOwned>(&mut self) -> Result<Vec<T>, Refusal> {
        let text = self.take("aspects").unwrap_or_default();
        text.split_ascii_whitespace().map(|it| named("aspects", it)).collect()
    }

    fn take(&mut self, column: &'static str) -> Option<String> {
        self.0.remove(column)
    }

    fn needed(&mut self, column: &'static str) -> Result<String, Refusal> {
        self.take(column).ok_or_else(|| invalid(column, "must not be empty in a row of this kind"))
    }
}

/// One of several names, as in the API.
fn named<T: DeserializeOwned>(column: &'static str, name: &str) -> Result<T, Refusal> {
    let found = serde_json::from_value(serde_json::Value::String(name.to_owned()));
    found.map_err(|_| invalid(column, "must be a name that the schema has for it, such as WRITE_UP or API"))
}

/// An instant, or the beginning of a day in UTC.
fn instant(text: &str) -> Result<Timestamp, Refusal> {
    let day = || text.parse::<Day>().ok().filter(|_| text.len() == 10).map(Timestamp::start_of);
    let message = "must be an instant with an offset or a day, such as 2026-03-01T10:00:00Z or 2026-03-01";
    Timestamp::parse(text).or_else(day).ok_or_else(|| invalid("occurredAt", message))
}

fn invalid(column: &'static str, message: &str) -> Refusal {
    Refusal::of(column, RefusalCode::InvalidInput, message)
}
