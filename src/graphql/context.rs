//! What a resolver finds in its context.

use std::sync::Arc;

use async_graphql::Context;

use crate::app::App;

/// Who asks.
#[derive(Debug, Clone)]
pub struct Viewer {
    /// The name under which events are recorded.
    pub actor: String,
}

/// Which request this is, so that what a client is told and what the log says can be put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestId(pub uuid::Uuid);

/// The product.
pub(super) fn app<'a>(ctx: &Context<'a>) -> &'a Arc<App> {
    ctx.data_unchecked::<Arc<App>>()
}

/// The name under which this request writes. Without authentication everybody is the administrator.
pub(super) fn actor(ctx: &Context<'_>) -> String {
    ctx.data_opt::<Viewer>().map_or_else(|| "admin".to_owned(), |it| it.actor.clone())
}
