//! The public API. It translates and decides nothing: ids, inputs and pages in, objects out.
//! One file a noun. Descriptions are the product: whatever a client sees has one.

mod context;
mod error;
mod id;
mod mending;
mod mutation;
mod object;
mod page;
mod query;
mod scalar;
mod subscription;

use std::sync::Arc;

use async_graphql::SDLExportOptions;

use crate::app::App;
use mutation::Mutation;
use query::Query;
use subscription::Subscription;

pub use context::Viewer;
pub use error::code;

/// The schema, ready to execute.
pub type Schema = async_graphql::Schema<Query, Mutation, Subscription>;

/// How deep selections may be nested.
pub const MAX_DEPTH: usize = 15;
/// What an operation may cost: its fields, fragments expanded, those within a page once for each
/// item asked for.
pub const MAX_COST: usize = 20_000;
/// How many directives one field may have.
pub const MAX_DIRECTIVES: usize = 10;

/// The schema over this product.
pub fn schema(app: Arc<App>) -> Schema {
    builder().data(app).finish()
}

/// The schema as text, as clients and tools read it.
pub fn sdl() -> String {
    let options = SDLExportOptions::new().use_space_ident().include_specified_by();
    let mut sdl = builder().finish().sdl_with_options(options);
    sdl.truncate(sdl.trim_end().len());
    sdl.push('\n');
    sdl
}

fn builder() -> async_graphql::SchemaBuilder<Query, Mutation, Subscription> {
    async_graphql::Schema::build(Query, Mutation::default(), Subscription)
        .register_output_type::<object::Node>()
        .register_output_type::<mutation::MutationPayload>()
        .extension(mending::Mending)
        .limit_depth(MAX_DEPTH)
        .limit_complexity(MAX_COST)
        .limit_directives(MAX_DIRECTIVES)
}
