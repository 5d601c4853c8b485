//! Mends what async-graphql answers, in queries, mutations and each event of a subscription. An error makes
//! null the nearest field above it that may be null, and nothing else; every error has its path and a stable
//! code; a panic is an error of its field.

use std::{
    any::TypeId,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use async_graphql::{
    ErrorExtensionValues, PathSegment, QueryPathNode, QueryPathSegment, Request, Response, ServerError,
    ServerResult, Value,
    extensions::{
        Extension, ExtensionContext, ExtensionFactory, NextExecute, NextPrepareRequest, NextRequest,
        NextResolve, NextSubscribe, ResolveInfo,
    },
};
use async_trait::async_trait;
use futures_util::{FutureExt as _, StreamExt as _, stream::BoxStream};
use tokio::task::coop::consume_budget;

use super::{
    context::RequestId,
    document::limits::MAX_ERRORS,
    error::{code, fault_of},
    panic,
    size::Size,
};

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
    id: Arc<OnceLock<RequestId>>,
    /// How long the answer is so far, where somebody bounds it.
    size: OnceLock<Size>,
    failed: Mutex<Failed>,
}

/// What failed in the answer that is being made.
#[derive(Default)]
struct Failed {
    /// The errors as they were where they happened. What travels up instead of them is [`Noted`], because on
    /// its way a list takes the path of an error for its own.
    errors: Vec<ServerError>,
    /// Objects and lists that are null by then. A field that is selected twice is executed twice, and what
    /// one of both has must not show where the other failed.
    nulls: Vec<Vec<PathSegment>>,
}

/// The source of an error that is in [`Failed`] already.
struct Noted;

#[async_trait]
impl Extension for Mender {
    async fn prepare_request(
        &self,
        ctx: &ExtensionContext<'_>,
        request: Request,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<Request> {
        let id = request.data.get(&TypeId::of::<RequestId>()).and_then(|it| it.downcast_ref::<RequestId>());
        if let Some(id) = id {
            self.id.get_or_init(|| *id);
        }
        let size = request.data.get(&TypeId::of::<Size>()).and_then(|it| it.downcast_ref::<Size>());
        if let Some(size) = size {
            self.size.get_or_init(|| size.clone());
        }
        next.run(ctx, request).await
    }

    async fn request(&self, ctx: &ExtensionContext<'_>, next: NextRequest<'_>) -> Response {
        finished(next.run(ctx).await, self.id())
    }

    fn subscribe<'s>(
        &self,
        ctx: &ExtensionContext<'_>,
        stream: BoxStream<'s, Response>,
        next: NextSubscribe<'_>,
    ) -> BoxStream<'s, Response> {
        let id = self.id.clone();
        next.run(ctx, stream).map(move |it| finished(it, id.get().copied())).boxed()
    }

    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        let mut response = next.run(ctx, operation_name).await;
        let failed = std::mem::take(&mut *self.failed());
        response.errors.retain(|it| !is_noted(it));
        response.errors.extend(failed.errors);
        for path in failed.nulls {
            blank(&mut response.data, &path);
        }
        response
    }

    async fn resolve(
        &self,
        ctx: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        let (node, field, may_be_null) = (info.path_node, info.field, !info.return_type.ends_with('!'));
        // Nobody reads the rest of what is too long; but what is to be written is written.
        if node.parent.is_some() && self.size.get().is_some_and(Size::is_too_much) {
            return Ok(Some(Value::Null));
        }
        // Whoever waits for this operation's end must be able to cut in.
        consume_budget().await;
        let error = match AssertUnwindSafe(next.run(ctx, info)).catch_unwind().await {
            Ok(Ok(Some(Value::Null) | None)) => None,
            Ok(Ok(value)) => {
                if let (Some(size), Some(value)) = (self.size.get(), &value) {
                    size.add_value(value);
                }
                return Ok(value);
            }
            Ok(Err(error)) => Some(error),
            Err(panicked) => {
                panic::log(&panicked, self.id(), &path(node));
                Some(panic::error(Some(field.alias.as_ref().map_or(field.name.pos, |it| it.pos))))
            }
        };
        let is_error = error.is_some();
        if let Some(error) = error.filter(|it| !is_noted(it)) {
            self.failed().errors.push(placed(error, node));
        }
        if is_error && !may_be_null {
            return Err(ServerError { source: Some(Arc::new(Noted)), ..ServerError::new("noted", None) });
        }
        if !field.selection_set.node.items.is_empty() {
            self.failed().note_null(node);
        }
        Ok(Some(Value::Null))
    }
}

impl Mender {
    fn id(&self) -> Option<RequestId> {
        self.id.get().copied()
    }

    fn failed(&self) -> MutexGuard<'_, Failed> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Failed {
    /// While nothing failed, a null is what the resolver answered.
    fn note_null(&mut self, node: &QueryPathNode<'_>) {
        if !self.errors.is_empty() {
            self.nulls.push(path(node));
        }
    }
}

fn is_noted(error: &ServerError) -> bool {
    error.source.as_ref().is_some_and(|it| it.is::<Noted>())
}

/// The error with the path of its field, unless it has a path.
fn placed(mut error: ServerError, node: &QueryPathNode<'_>) -> ServerError {
    if error.path.is_empty() {
        error.path = path(node);
    }
    error
}

/// Makes null what is at that path.
fn blank(data: &mut Value, path: &[PathSegment]) {
    let Some((segment, rest)) = path.split_first() else {
        *data = Value::Null;
        return;
    };
    let inner = match (data, segment) {
        (Value::Object(fields), PathSegment::Field(name)) => fields.get_mut(name.as_str()),
        (Value::List(items), PathSegment::Index(index)) => items.get_mut(*index),
        _ => None,
    };
    if let Some(inner) = inner {
        blank(inner, rest);
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

/// A path as people write it, such as `learner.goals.0.title`.
pub(super) fn written(path: &[PathSegment]) -> String {
    let segment = |it: &PathSegment| match it {
        PathSegment::Field(name) => name.clone(),
        PathSegment::Index(index) => index.to_string(),
    };
    path.iter().map(segment).collect::<Vec<_>>().join(".")
}

/// What is the same error twice comes once: a field that is selected twice fails twice.
fn finished(mut response: Response, id: Option<RequestId>) -> Response {
    let same = |a: &ServerError, b: &ServerError| {
        !a.path.is_empty() && (&a.path, &a.message) == (&b.path, &b.message)
    };
    let mut errors: Vec<ServerError> = vec![];
    for error in std::mem::take(&mut response.errors) {
        if errors.len() < MAX_ERRORS && !errors.iter().any(|it| same(it, &error)) {
            errors.push(told(error, id));
        }
    }
    response.errors = errors;
    response
}

/// What still has no code is an argument or an operation name that does not fit. What is our fault names the
/// request, and its line in the log does.
fn told(error: ServerError, id: Option<RequestId>) -> ServerError {
    if let Some(fault) = fault_of(&error) {
        let request = id.map(|it| it.0);
        tracing::error!(?request, field = written(&error.path), error = %fault, "the store failed");
    }
    let error = coded(error, code::BAD_USER_INPUT);
    let is_ours = error.extensions.as_ref().and_then(|it| it.get("code"))
        == Some(&Value::from(code::INTERNAL_SERVER_ERROR));
    if is_ours { panic::named(error, id) } else { error }
}

/// The error with a code, unless it has one.
pub(super) fn coded(mut error: ServerError, code: &str) -> ServerError {
    let extensions = error.extensions.get_or_insert_with(ErrorExtensionValues::default);
    if extensions.get("code").is_none() {
        extensions.set("code", code);
    }
    error
}
