//! Answers written at once: what is selected of pure data becomes JSON text in one pass, without a
//! future, a value and an entry of a map for each field.
//!
//! A type is described once, in [`object!`]: async-graphql makes its own description from it, as ever,
//! and beside it stands the table that is used here. Where something is selected that has to be waited
//! for, or where something goes wrong, the ordinary executor does it all, so that there is one truth on
//! errors too.

mod alone;
mod leaf;
mod name;
mod object;
mod plan;

use std::{
    borrow::Cow,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use super::{document::Uncut, size::Size};
use async_graphql::{
    Context, ContextSelectionSet, OutputType, Positioned, ServerResult, Value,
    parser::types::{Field, SelectionSet},
    registry::Registry,
};

pub(super) use leaf::{append, append_name, append_text, leaf, names};
pub(super) use name::Name;
pub(super) use object::{Entry, Table, append_object, defaults, object};
pub(super) use plan::{Planner, Step};

/// Something went wrong, or has to be waited for: the ordinary executor finds out and says so.
#[derive(Debug)]
pub(super) struct Undone;

/// Data whose JSON can be written at once.
pub(super) trait AtOnce {
    /// What to write of it for these selections, all for one and the same field; `None`: some of it has
    /// to be waited for.
    fn plan<'a>(planner: &Planner<'a>, selected: &[&'a SelectionSet]) -> Option<Vec<Step<'a>>>;

    /// Appends its JSON.
    fn write(&self, steps: &[Step<'_>], ctx: &Context<'_>, out: &mut Vec<u8>) -> Result<(), Undone>;
}

/// In the data of a request: it may be answered at once, as long as nothing goes wrong. Without it the
/// ordinary executor does everything, and no value is [`Value::Binary`].
#[derive(Debug, Clone)]
pub struct Permit(Arc<AtomicBool>, Arc<alone::Known>);

impl Default for Permit {
    /// For one request.
    fn default() -> Self {
        Self(Arc::new(AtomicBool::new(true)), Arc::default())
    }
}

impl Permit {
    /// For the next answer, whatever went wrong in the last.
    pub(super) fn renew(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Where the ordinary executor hands over. It receives the JSON as a [`Value::Binary`], which nothing
/// else in this API makes.
#[derive(Debug, Clone)]
pub(super) struct At<T>(pub(super) T);

impl<T: AtOnce + OutputType> OutputType for At<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn qualified_type_name() -> String {
        T::qualified_type_name()
    }

    fn introspection_type_name(&self) -> Cow<'static, str> {
        self.0.introspection_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        let is_root = ctx.path_node.is_some_and(|it| it.parent.is_none());
        let uncut = ctx.data_opt::<Uncut>().filter(|_| is_root);
        let room = (uncut.map_or(0, Uncut::n_written) / 8 * 9).clamp(LEAST_ROOM, MOST_ROOM);
        let value = match uncut.and_then(Uncut::field) {
            Some(field) => {
                self.written(&ctx.with_selection_set(&field.node.selection_set), field, room).await
            }
            None => self.written(ctx, field, room).await,
        };
        if let (Some(it), Ok(Value::Binary(json))) = (uncut, &value) {
            it.note_written(json.len());
        }
        value
    }
}

impl<T: AtOnce + OutputType> At<T> {
    async fn written(
        &self,
        ctx: &ContextSelectionSet<'_>,
        field: &Positioned<Field>,
        room: usize,
    ) -> ServerResult<Value> {
        match written(&self.0, ctx, field, room) {
            Some(json) => Ok(Value::Binary(json.into())),
            None => self.0.resolve(ctx, field).await,
        }
    }
}

impl<T> FromIterator<T> for At<Vec<T>> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self(items.into_iter().collect())
    }
}

impl<T: AtOnce> AtOnce for At<T> {
    fn plan<'a>(planner: &Planner<'a>, selected: &[&'a SelectionSet]) -> Option<Vec<Step<'a>>> {
        T::plan(planner, selected)
    }

    fn write(&self, steps: &[Step<'_>], ctx: &Context<'_>, out: &mut Vec<u8>) -> Result<(), Undone> {
        self.0.write(steps, ctx, out)
    }
}

/// For how many bytes there is room before there are any: a little more than the last time, within these bounds.
const LEAST_ROOM: usize = 4 * 1_024;
const MOST_ROOM: usize = 64 * 1_024;

/// The JSON of what is selected; `None`: the ordinary executor has to do it.
fn written<T: AtOnce>(
    it: &T,
    ctx: &ContextSelectionSet<'_>,
    field: &Positioned<Field>,
    room: usize,
) -> Option<Vec<u8>> {
    let permit = ctx.data_opt::<Permit>().filter(|it| it.0.load(Ordering::Relaxed))?;
    if !permit.1.is_alone(ctx) {
        return None;
    }
    let steps = T::plan(&Planner::new(ctx), &[&ctx.item.node])?;
    let mut out = Vec::with_capacity(room);
    let write = AssertUnwindSafe(|| it.write(&steps, &ctx.with_field(field), &mut out));
    // A panic comes again in the ordinary executor, which knows the field that it belongs to.
    let is_whole = matches!(catch_unwind(write), Ok(Ok(())));
    if let Some(size) = ctx.data_opt::<Size>() {
        size.add(out.len());
    }
    if is_whole {
        return Some(out);
    }
    permit.0.store(false, Ordering::Relaxed);
    None
}
