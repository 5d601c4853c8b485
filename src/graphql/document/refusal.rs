//! The errors of refusals: a code, one plain line, and where.

use std::borrow::Cow;

use async_graphql::{ErrorExtensionValues, Pos, ServerError};

use super::{Reason, Refused};
use crate::graphql::error::code;

/// How many characters of a client's name are shown.
const MAX_SHOWN: usize = 100;

/// An error with a code.
pub(super) fn error(code: &str, message: impl Into<String>, place: Option<Pos>) -> ServerError {
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("code", code);
    let mut error = ServerError::new(message, place);
    error.extensions = Some(extensions);
    error
}

/// A name as errors show it: never longer than they should be.
pub(super) fn shown(name: &str) -> Cow<'_, str> {
    match name.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => Cow::Owned(format!("{}…", &name[..end])),
        None => Cow::Borrowed(name),
    }
}

impl Refused {
    /// Refused for one error.
    pub fn new(reason: Reason, code: &str, message: impl Into<String>, place: Option<Pos>) -> Self {
        Self { reason, errors: vec![error(code, message, place)] }
    }

    /// Beyond a limit of documents.
    pub(super) fn beyond(message: impl Into<String>, place: Option<Pos>) -> Self {
        Self::new(Reason::Invalid, code::LIMIT_EXCEEDED, message, place)
    }

    /// What does not fit the schema.
    pub(super) fn invalid(message: impl Into<String>, place: Option<Pos>) -> Self {
        Self::new(Reason::Invalid, code::GRAPHQL_VALIDATION_FAILED, message, place)
    }
}
