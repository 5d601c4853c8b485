//! The only way from a failure to what a client reads.

use std::{any::Any, sync::Arc};

use async_graphql::{Error, ErrorExtensions, ServerError};

use crate::{app::Failure, store::StoreError};

/// The stable values of `extensions.code` in `errors`.
pub mod code {
    /// Our fault; the log has the reason.
    pub const INTERNAL_SERVER_ERROR: &str = "INTERNAL_SERVER_ERROR";
    /// An argument is out of its bounds or malformed.
    pub const BAD_USER_INPUT: &str = "BAD_USER_INPUT";
    /// The cursor is none of this list.
    pub const INVALID_CURSOR: &str = "INVALID_CURSOR";
    /// The text is not GraphQL.
    pub const GRAPHQL_PARSE_FAILED: &str = "GRAPHQL_PARSE_FAILED";
    /// The operation does not fit the schema.
    pub const GRAPHQL_VALIDATION_FAILED: &str = "GRAPHQL_VALIDATION_FAILED";
    /// The document or its variables hold more than they may, or there is too much at once over a WebSocket.
    pub const LIMIT_EXCEEDED: &str = "LIMIT_EXCEEDED";
    /// The operation costs more than one may.
    pub const QUERY_TOO_EXPENSIVE: &str = "QUERY_TOO_EXPENSIVE";
    /// The document has no operation of that name, or several and none is named.
    pub const OPERATION_RESOLUTION_FAILURE: &str = "OPERATION_RESOLUTION_FAILURE";
    /// There is no query, or what names it is no hash.
    pub const BAD_REQUEST: &str = "BAD_REQUEST";
    /// No document of that hash is known; send its text.
    pub const PERSISTED_QUERY_NOT_FOUND: &str = "PERSISTED_QUERY_NOT_FOUND";
    /// The hash is that of another text.
    pub const PERSISTED_QUERY_HASH_MISMATCH: &str = "PERSISTED_QUERY_HASH_MISMATCH";
    /// Only listed operations are served, and this is none.
    pub const PERSISTED_QUERY_NOT_IN_LIST: &str = "PERSISTED_QUERY_NOT_IN_LIST";
    /// The answer would be longer than one may be.
    pub const ANSWER_TOO_LARGE: &str = "ANSWER_TOO_LARGE";
    /// Too much is going on; the same request will do a little later.
    pub const OVERLOADED: &str = "OVERLOADED";
    /// The operation took longer than one may.
    pub const DEADLINE_EXCEEDED: &str = "DEADLINE_EXCEEDED";
    /// There is nobody whose events could be followed.
    pub const NOT_FOUND: &str = "NOT_FOUND";
}

/// A result that a resolver may return.
pub(super) type Answer<T> = Result<T, Error>;

/// An error that the caller can mend.
pub(super) fn caller_error(code: &'static str, message: impl Into<String>) -> Error {
    Error::new(message).extend_with(|_, it| it.set("code", code))
}

/// Our fault: the log learns everything, once it is known where and in which request, the client that it
/// was not their doing.
pub(super) fn fault(error: StoreError) -> Error {
    let told = caller_error(code::INTERNAL_SERVER_ERROR, "internal server error");
    Error { source: Some(Arc::new(error)), ..told }
}

/// A failure outside of mutations, where there is no payload to put a refusal in.
pub(super) fn public(failure: Failure) -> Error {
    match failure {
        Failure::Refused(refusal) => caller_error(code::BAD_USER_INPUT, refusal.message),
        Failure::Fault(error) => fault(error),
    }
}

/// Marks an error with which a subscription was not even opened; it keeps what was at fault.
pub(super) struct Unopened(Option<Arc<dyn Any + Send + Sync>>);

/// An error of the source of a subscription, not of one of its events.
pub(super) fn unopened(error: Error) -> Error {
    Error { source: Some(Arc::new(Unopened(error.source))), ..error }
}

/// What the store said of an error that is our fault.
pub(super) fn fault_of(error: &ServerError) -> Option<&StoreError> {
    let source = error.source.as_deref()?;
    let source = source.downcast_ref::<Unopened>().map_or(Some(source), |it| it.0.as_deref());
    source?.downcast_ref()
}
