//! The only way from a failure to what a client reads.

use async_graphql::{Error, ErrorExtensions};

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
    /// The operation does not fit the schema, or goes beyond a limit.
    pub const GRAPHQL_VALIDATION_FAILED: &str = "GRAPHQL_VALIDATION_FAILED";
    /// There is nobody whose events could be followed.
    pub const NOT_FOUND: &str = "NOT_FOUND";
}

/// A result that a resolver may return.
pub(super) type Answer<T> = Result<T, Error>;

/// An error that the caller can mend.
pub(super) fn caller_error(code: &'static str, message: impl Into<String>) -> Error {
    Error::new(message).extend_with(|_, it| it.set("code", code))
}

/// Our fault: the log learns everything, the client that it was not their doing.
pub(super) fn fault(error: StoreError) -> Error {
    tracing::error!(error = %error, "the store failed");
    caller_error(code::INTERNAL_SERVER_ERROR, "internal server error")
}

/// A failure outside of mutations, where there is no payload to put a refusal in.
pub(super) fn public(failure: Failure) -> Error {
    match failure {
        Failure::Refused(refusal) => caller_error(code::BAD_USER_INPUT, refusal.message),
        Failure::Fault(error) => fault(error),
    }
}
