//! Mends what async-graphql answers: every error has a stable code, and a field that fails is null
//! alone where it may be null, so that one failing mutation leaves its siblings their answers.

use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::{
    ErrorExtensionValues, PathSegment, QueryPathNode, QueryPathSegment, Response, ServerError, ServerResult,
    ValidationResult, Value, Variables,
    extensions::{
        Extension, ExtensionContext, ExtensionFactory, NextExecute, NextParseQuery, NextRequest, NextResolve,
        NextSubscribe, NextValidation, ResolveInfo,
    },
    parser::types::ExecutableDocument,
};
use async_trait::async_trait;
use futures_util::{StreamExt as _, stream::BoxStream};

use super::error::code;

/// How many errors an answer names; more help nobody.
const MAX_ERRORS: usize = 20;

/// Makes a [`Mender`] for each request.
pub(super) struct Mending;

impl ExtensionFactory for Mending {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Mender::default())
    }
}

/// Mends the answers to one request.
#[derive(Default)]
struct Mender {
    /// Errors of fields that are null instead.
    errors: Mutex<Vec<ServerError>>,
}

#[async_trait]
impl Extension for Mender {
    async fn parse_query(
        &self,
        ctx: &ExtensionContext<'_>,
        query: &str,
        variables: &Variables,
        next: NextParseQuery<'_>,
    ) -> ServerResult<ExecutableDocument> {
        let parsed = next.run(ctx, query, variables).await;
        parsed.map_err(|it| coded(without_source(it), code::GRAPHQL_PARSE_FAILED))
    }

    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let coded = |it| coded(it, code::GRAPHQL_VALIDATION_FAILED);
        next.run(ctx).await.map_err(|errors| errors.into_iter().take(MAX_ERRORS).map(coded).collect())
    }

    async fn request(&self, ctx: &ExtensionContext<'_>, next: NextRequest<'_>) -> Response {
        finished(next.run(ctx).await)
    }

    fn subscribe<'s>(
        &self,
        ctx: &ExtensionContext<'_>,
        stream: BoxStream<'s, Response>,
        next: NextSubscribe<'_>,
    ) -> BoxStream<'s, Response> {
        next.run(ctx, stream).map(finished).boxed()
    }

    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        let mut response = next.run(ctx, operation_name).await;
        let mut errors = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
        response.errors.append(&mut errors);
        response
    }

    async fn resolve(
        &self,
        ctx: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        let may_be_null = !info.return_type.ends_with('!');
        let path_node = info.path_node;
        match next.run(ctx, info).await {
            Err(mut error) if may_be_null => {
                if error.path.is_empty() {
                    error.path = path(path_node);
                }
                self.errors.lock().unwrap_or_else(PoisonError::into_inner).push(error);
                Ok(None)
            }
            resolved => resolved,
        }
    }
}

fn path(node: &QueryPathNode<'_>) -> Vec<PathSegment> {
    let segment = |it: &QueryPathNode<'_>| match it.segment {
        QueryPathSegment::Name(name) => PathSegment::Field(name.to_owned()),
        QueryPathSegment::Index(index) => PathSegment::Index(index),
    };
    let mut path: Vec<_> = std::iter::once(node).chain(node.parents()).map(segment).collect();
    path.reverse();
    path
}

/// What still has no code is an argument or an operation name that does not fit.
fn finished(mut response: Response) -> Response {
    response.errors.truncate(MAX_ERRORS);
    response.errors = response.errors.into_iter().map(|it| coded(it, code::BAD_USER_INPUT)).collect();
    response
}

/// The parser draws the line at fault, however long it is; `locations` say where that was.
fn without_source(mut error: ServerError) -> ServerError {
    let drawn = error.message.lines().last().unwrap_or_default().trim();
    let reason: String = drawn.trim_start_matches("= ").chars().take(200).collect();
    error.message = format!("this is not GraphQL: {reason}");
    error
}

fn coded(mut error: ServerError, code: &str) -> ServerError {
    let extensions = error.extensions.get_or_insert_with(ErrorExtensionValues::default);
    if extensions.get("code").is_none() {
        extensions.set("code", code);
    }
    error
}
