//! Whether a document fits the schema: `apollo-compiler`, and our rules for what it lets pass or refuses
//! wrongly.

use apollo_compiler::{
    ExecutableDocument,
    ast::Document,
    diagnostic::ToCliReport as _,
    validation::{DiagnosticData, DiagnosticList, Valid},
};
use async_graphql::ServerError;

use super::{
    Reason, Refused,
    limits::MAX_ERRORS,
    places::Places,
    refusal::{error, shown},
    rules,
    schema::schema,
};
use crate::graphql::{Form, error::code};

/// What the validator says of subscriptions at their root, where it is stricter than the specification;
/// `rules::subscription` says it instead.
const OVERRULED: [&str; 3] = [
    "SubscriptionUsesMultipleFields",
    "SubscriptionUsesIntrospection",
    "SubscriptionUsesConditionalSelection",
];
/// How many characters an error may have.
const MAX_MESSAGE: usize = 400;

/// The document with the definitions of all that it selects.
pub(super) fn validate(
    document: &Document,
    form: Form,
    places: &Places,
) -> Result<Valid<ExecutableDocument>, Refused> {
    let document = match document.to_executable_validate(schema(form)) {
        Ok(document) => document,
        Err(failed) => {
            let errors = said(&failed.errors, places);
            if !errors.is_empty() {
                return Err(Refused { reason: Reason::Invalid, errors });
            }
            Valid::assume_valid(failed.partial)
        }
    };
    let mut errors = rules::check(&document, places);
    errors.truncate(MAX_ERRORS);
    if errors.is_empty() { Ok(document) } else { Err(Refused { reason: Reason::Invalid, errors }) }
}

/// What the validator says, but for what it says wrongly.
fn said(diagnostics: &DiagnosticList, places: &Places) -> Vec<ServerError> {
    let is = |it: &DiagnosticData, name: &str| it.unstable_error_name() == Some(name);
    let has_unknown_fields = diagnostics.iter().any(|it| is(it.error, "UndefinedField"));
    let counts = |it: &DiagnosticData| {
        // Where all fields are unknown, it takes their parent for one without selections.
        let follows = has_unknown_fields && is(it, "MissingSubselection");
        !follows && !OVERRULED.iter().any(|name| is(it, name))
    };
    let errors = diagnostics.iter().filter(|it| counts(it.error)).take(MAX_ERRORS).map(|it| {
        let message = plain(&it.error.to_string());
        error(code::GRAPHQL_VALIDATION_FAILED, message, places.of_span(it.error.location()))
    });
    errors.collect()
}

/// One line in which no name of the client's is longer than it should be.
fn plain(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default().replace(" in this document", "");
    let parts: Vec<_> = line.split('`').map(shown_part).collect();
    parts.join("`").chars().take(MAX_MESSAGE).collect()
}

fn shown_part(part: &str) -> String {
    part.split(' ').map(shown).collect::<Vec<_>>().join(" ")
}
