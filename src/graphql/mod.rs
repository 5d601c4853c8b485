//! The public API. It translates and decides nothing: ids, inputs and pages in, objects out.
//! One file a noun. Descriptions are the product: whatever a client sees has one.

mod at_once;
mod context;
mod cost;
mod document;
mod endpoint;
mod error;
mod export;
mod federation;
mod gate;
mod id;
mod json;
mod mending;
mod mutation;
mod object;
mod page;
mod panic;
mod pool;
mod pulse;
mod query;
mod scalar;
mod size;
mod subscription;
mod trusting;
mod webhook;
mod xapi;

use std::sync::Arc;

use async_graphql::{ObjectType, Response, SDLExportOptions, SchemaBuilder};
use futures_util::stream::BoxStream;

use crate::app::App;
use federation::SubgraphQuery;
use mutation::Mutation;
use query::Query;
use subscription::Subscription;

pub use at_once::Permit;
pub use context::{RequestId, Viewer};
pub use document::{Asked, Cost, Kind, Manifest, Operation, Reason, Refused, check_manifest, limits};
pub use endpoint::{Answer, DEADLINE, Endpoint, EndpointOptions, Message, Messages, Outcome};
pub use error::code;
pub use export::{Pieces, Unexported, export_learner, export_learners};
pub use mutation::code_of;
pub use panic::is_caught as panic_is_caught;
pub use size::MAX_ANSWER;
pub use webhook::{Letter, letter};
pub use xapi::{Refusing, Untold, export_statements, take_statements};

/// The schema, ready to execute.
pub type Schema = async_graphql::Schema<Query, Mutation, Subscription>;

/// Which form of the schema is served.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Form {
    /// As clients ask it.
    #[default]
    Plain,
    /// As a gateway asks it, with `_entities` and `_service`.
    Subgraph,
}

/// The plain schema over this product, for any executor of async-graphql.
pub fn schema(app: Arc<App>) -> Schema {
    builder(Query).extension(mending::Mending).data(app).finish()
}

/// The same without anything of ours around the executor, to compare with.
pub fn bare_schema(app: Arc<App>) -> Schema {
    builder(Query).data(app).finish()
}

/// The schema as text, as clients and tools read it.
pub fn sdl() -> String {
    sdl_of(Form::Plain)
}

/// The schema as a subgraph publishes it, to compose it with others.
pub fn subgraph_sdl() -> String {
    federation::subgraph_sdl(&sdl())
}

fn sdl_of(form: Form) -> String {
    let options = SDLExportOptions::new().use_space_ident().include_specified_by();
    let mut sdl = match form {
        Form::Plain => builder(Query).finish().sdl_with_options(options),
        Form::Subgraph => builder(SubgraphQuery).finish().sdl_with_options(options),
    };
    sdl.truncate(sdl.trim_end().len());
    sdl.push('\n');
    sdl
}

fn builder<Q: ObjectType + 'static>(query: Q) -> SchemaBuilder<Q, Mutation, Subscription> {
    async_graphql::Schema::build(query, Mutation::default(), Subscription)
        .register_output_type::<object::Node>()
        .register_output_type::<mutation::MutationPayload>()
}

fn trusting<Q: ObjectType + 'static>(
    builder: SchemaBuilder<Q, Mutation, Subscription>,
) -> SchemaBuilder<Q, Mutation, Subscription> {
    // What is nested is bounded already; the executor's own bound is lower, and comes too late.
    let builder = builder.limit_recursive_depth(limits::MAX_LEVELS + 1);
    builder.extension(mending::Mending).extension(trusting::Trusting)
}

/// The schema in one form or the other.
#[derive(Clone)]
enum AnySchema {
    Plain(Schema),
    Subgraph(async_graphql::Schema<SubgraphQuery, Mutation, Subscription>),
}

impl AnySchema {
    /// The schema for operations that passed already.
    fn trusting(form: Form, app: Arc<App>) -> Self {
        match form {
            Form::Plain => Self::Plain(trusting(builder(Query)).data(app).finish()),
            Form::Subgraph => Self::Subgraph(trusting(builder(SubgraphQuery)).data(app).finish()),
        }
    }

    async fn execute(&self, request: async_graphql::Request) -> Response {
        match self {
            Self::Plain(schema) => schema.execute(request).await,
            Self::Subgraph(schema) => schema.execute(request).await,
        }
    }

    fn execute_stream(&self, request: async_graphql::Request) -> BoxStream<'static, Response> {
        match self {
            Self::Plain(schema) => schema.execute_stream(request),
            Self::Subgraph(schema) => schema.execute_stream(request),
        }
    }
}
