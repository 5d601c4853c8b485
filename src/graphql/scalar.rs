//! Scalars: instants, days and addresses.
//!
//! A malformed value inside of a mutation's input is a refusal that names the field, not a broken
//! request. So a scalar takes any text in; whoever uses it asks for what it holds.

use std::{fmt, io::Write as _};

use async_graphql::{Description, InputValueError, InputValueResult, Scalar, ScalarType, Value};

use super::at_once::{Undone, append_text, leaf};
use crate::domain::{
    refusal::{Refusal, RefusalCode},
    time::{Day, Timestamp},
};

/// An instant as RFC 3339 with an offset, such as `2026-03-01T10:00:00+02:00`, no later than
/// `9999-12-30T22:00:00Z`; always answered in UTC, to the microsecond.
#[derive(Debug, Clone, Description)]
pub(super) struct DateTime(Option<Timestamp>);

/// A day as `YYYY-MM-DD`.
#[derive(Debug, Clone, Description)]
pub(super) struct Date(Option<Day>);

/// A complete web address, such as `https://example.com/page`: `http` or `https`, at most 2,048
/// characters, without user name and password.
#[derive(Debug, Clone, Description)]
pub(super) struct Url(pub(super) String);

impl DateTime {
    /// The instant.
    pub(super) fn get(&self, field: &'static str) -> Result<Timestamp, Refusal> {
        let message = "must be an instant with an offset, such as 2026-03-01T10:00:00Z, no later than 9999-12-30T22:00:00Z";
        self.0.ok_or_else(|| Refusal::of(field, RefusalCode::InvalidInput, message))
    }
}

impl Date {
    /// The day.
    pub(super) fn get(&self, field: &'static str) -> Result<Day, Refusal> {
        self.0
            .ok_or_else(|| Refusal::of(field, RefusalCode::InvalidInput, "must be a day, such as 2026-03-01"))
    }
}

impl From<Timestamp> for DateTime {
    fn from(instant: Timestamp) -> Self {
        Self(Some(instant))
    }
}

impl From<Day> for Date {
    fn from(day: Day) -> Self {
        Self(Some(day))
    }
}

fn text(value: Value) -> Result<String, Value> {
    match value {
        Value::String(text) => Ok(text),
        other => Err(other),
    }
}

#[Scalar(
    name = "DateTime",
    specified_by_url = "https://scalars.graphql.org/andimarek/date-time",
    use_type_description
)]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let text = text(value).map_err(InputValueError::expected_type)?;
        Ok(Self(Timestamp::parse(&text)))
    }

    fn to_value(&self) -> Value {
        self.0.map_or(Value::Null, |it| Value::String(it.to_string()))
    }
}

#[Scalar(
    name = "Date",
    specified_by_url = "https://scalars.graphql.org/andimarek/local-date",
    use_type_description
)]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        let text = text(value).map_err(InputValueError::expected_type)?;
        Ok(Self(text.parse().ok().filter(|_| text.len() == 10)))
    }

    fn to_value(&self) -> Value {
        self.0.map_or(Value::Null, |it| Value::String(it.to_string()))
    }
}

#[Scalar(name = "URL", specified_by_url = "https://url.spec.whatwg.org", use_type_description)]
impl ScalarType for Url {
    fn parse(value: Value) -> InputValueResult<Self> {
        text(value).map(Self).map_err(InputValueError::expected_type)
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

leaf! {
    DateTime: |it, out| text_or_null(it.0, out);
    Date: |it, out| text_or_null(it.0, out);
    Url: |it, out| append_text(&it.0, out);
}

/// Appends what neither has quotes nor backslashes nor line breaks in its text.
fn text_or_null(plain: Option<impl fmt::Display>, out: &mut Vec<u8>) -> Result<(), Undone> {
    match plain {
        Some(it) => write!(out, "\"{it}\"").map_err(|_| Undone),
        None => write!(out, "null").map_err(|_| Undone),
    }
}
