//! Panics of resolvers and streams. They are our fault: the client learns that and which request it was, the
//! log what happened, and nothing ends but what it happened in.

use std::{any::Any, cell::RefCell, panic::PanicHookInfo};

use async_graphql::{PathSegment, Pos, ServerError};

use super::{
    context::RequestId,
    error::code,
    mending::{coded, written},
};

tokio::task_local! {
    /// There while an operation executes: it catches its panics.
    pub(super) static EXECUTING: ();
}

thread_local! {
    /// Where the last panic of an operation happened on this thread.
    static AT: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Whether an operation catches this panic and says so in the log. For hooks, which come first.
pub fn is_caught(panic: &PanicHookInfo<'_>) -> bool {
    let is_caught = EXECUTING.try_with(|()| ()).is_ok();
    if is_caught {
        AT.set(panic.location().map(ToString::to_string).unwrap_or_default());
    }
    is_caught
}

/// What a panic carries.
pub(super) type Panic = Box<dyn Any + Send>;

/// Tells the log, in one line.
pub(super) fn log(panic: &Panic, id: Option<RequestId>, path: &[PathSegment]) {
    let text =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(|it| &**it));
    let (request, field) = (id.map(|it| it.0), written(path));
    tracing::error!(?request, field, at = AT.take(), panic = ?text.unwrap_or("no text"), "an operation panicked");
}

/// What a client learns of it.
pub(super) fn error(position: Option<Pos>) -> ServerError {
    coded(ServerError::new("internal server error", position), code::INTERNAL_SERVER_ERROR)
}

/// An error of ours that names the request, so that the log's line can be found.
pub(super) fn named(mut error: ServerError, id: Option<RequestId>) -> ServerError {
    if let (Some(extensions), Some(id)) = (&mut error.extensions, id) {
        extensions.set("requestId", id.0.to_string());
    }
    error
}
