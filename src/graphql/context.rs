//! What a resolver finds in its context.

use std::sync::Arc;

use async_graphql::{Context, Positioned, parser::types::Selection};
use data_encoding::HEXLOWER;

use crate::{app::App, domain::learner::digest};

/// Who asks.
#[derive(Debug, Clone)]
pub struct Viewer {
    /// The name under which events are recorded.
    pub actor: String,
    /// The key with which the request can be repeated, for mutations whose input has none.
    pub idempotency_key: Option<String>,
}

impl Viewer {
    /// Without authentication everybody is the administrator.
    pub fn admin() -> Self {
        Self { actor: "admin".to_owned(), idempotency_key: None }
    }
}

/// Which request this is, so that what a client is told and what the log says can be put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RequestId(pub uuid::Uuid);

/// The product.
pub(super) fn app<'a>(ctx: &Context<'a>) -> &'a Arc<App> {
    ctx.data_unchecked::<Arc<App>>()
}

/// Who asks. Without authentication everybody is the administrator.
pub(super) fn viewer(ctx: &Context<'_>) -> Viewer {
    ctx.data_opt::<Viewer>().cloned().unwrap_or_else(Viewer::admin)
}

/// The key with which this mutation can be repeated: its own, or else that of the request. Where a request has several
/// mutations, the key of each is made of that and of the name under which it is answered.
pub(super) fn idempotency_key(ctx: &Context<'_>, own: Option<String>) -> Option<String> {
    if own.is_some() {
        return own;
    }
    let key = ctx.data_opt::<Viewer>()?.idempotency_key.clone()?;
    let root = &ctx.query_env.operation.node.selection_set.node.items;
    let is_mutation = |it: &&Positioned<Selection>| !matches!(&it.node, Selection::Field(it) if it.node.name.node == "__typename");
    if root.iter().filter(is_mutation).count() == 1 {
        return Some(key);
    }
    Some(HEXLOWER.encode(&digest(&[&key, &ctx.item.node.response_key().node])))
}
