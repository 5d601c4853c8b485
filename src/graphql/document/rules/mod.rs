//! The rules of the specification that `apollo-compiler` 1.33 does not keep, or not as graphql-js does.

mod introspection;
mod subscription;
mod values;

use apollo_compiler::{ExecutableDocument, validation::Valid};
use async_graphql::ServerError;

use super::places::Places;

/// What is wrong with a document that the validator lets pass.
pub(super) fn check(document: &Valid<ExecutableDocument>, places: &Places) -> Vec<ServerError> {
    let mut errors = introspection::check(document, places);
    errors.extend(subscription::check(document, places));
    errors.extend(values::check(document, places));
    errors
}

/// What does not fit the schema.
fn invalid(message: String, place: async_graphql::Pos) -> ServerError {
    super::refusal::error(crate::graphql::error::code::GRAPHQL_VALIDATION_FAILED, message, Some(place))
}
