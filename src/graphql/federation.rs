//! The same API as a subgraph of a federated graph (Apollo Federation 2): every node is an entity, found again by
//! its id. The plain schema knows nothing of it.

use std::borrow::Cow;

use async_graphql::{
    ContainerType, Context, ContextSelectionSet, Description, ID, InputValueError, InputValueResult, Name,
    Object, ObjectType, OutputType, Positioned, Scalar, ScalarType, ServerResult, SimpleObject, Union, Value,
    indexmap::IndexMap,
    parser::types::Field,
    registry::{MetaType, Registry},
    resolver_utils::resolve_container,
};

use super::{
    context::app,
    cost::Counted,
    document::limits::MAX_ITEMS,
    error::{Answer, caller_error, code},
    object::{Course, Criterion, Event, Evidence, Goal, Guide, Learner, Milestone, Node, Project, Stack},
    query::Query,
};

/// What a subgraph says of itself before its types.
const LINK: &str = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.3\", import: [\"@key\", \"@shareable\"])";

/// The types that a gateway can ask for by `id`.
const ENTITIES: [&str; 10] =
    ["Course", "Criterion", "Event", "Evidence", "Goal", "Guide", "Learner", "Milestone", "Project", "Stack"];

/// The schema as a subgraph publishes it: entities have their key, and what only gateways ask is left out.
pub(super) fn subgraph_sdl(plain: &str) -> String {
    let line = |it: &str| match it.strip_prefix("type ").and_then(|it| it.split(' ').next()) {
        Some("PageInfo") => it.replace(" {", " @shareable {"),
        Some(name) if ENTITIES.contains(&name) => it.replace(" {", " @key(fields: \"id\") {"),
        _ => it.to_owned(),
    };
    let lines: Vec<String> = plain.lines().map(line).collect();
    format!("{LINK}\n\n{}\n", lines.join("\n"))
}

/// The root of the schema as gateways see it: all that can be asked, and what they need besides.
pub(super) struct SubgraphQuery;

impl ContainerType for SubgraphQuery {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        match Gateway.resolve_field(ctx).await? {
            Some(value) => Ok(Some(value)),
            None => Query.resolve_field(ctx).await,
        }
    }
}

impl OutputType for SubgraphQuery {
    fn type_name() -> Cow<'static, str> {
        Query::type_name()
    }

    /// The fields of `Query`, then those of `Gateway`, which is no type of its own.
    fn create_type_info(registry: &mut Registry) -> String {
        let name = Query::create_type_info(registry);
        let gateway = registry.create_fake_output_type::<Gateway>();
        registry.types.remove(&*Gateway::type_name());
        if let (Some(MetaType::Object { fields, .. }), MetaType::Object { fields: more, .. }) =
            (registry.types.get_mut(&*Self::type_name()), gateway)
        {
            fields.extend(more);
        }
        name
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        _field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        resolve_container(ctx, self).await
    }
}

impl ObjectType for SubgraphQuery {}

struct Gateway;

#[Object]
impl Gateway {
    /// The entities that these representations name, in the same order; null where there is nothing.
    #[graphql(name = "_entities", directive = Counted::apply("representations", 1))]
    async fn entities(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most 1,000, each with `__typename` and `id`.")] representations: Vec<
            Representation,
        >,
    ) -> Answer<Vec<Option<Answer<Entity>>>> {
        if representations.len() > MAX_ITEMS {
            let message = format!("`representations` must have at most {MAX_ITEMS} items");
            return Err(caller_error(code::BAD_USER_INPUT, message));
        }
        let mut entities = Vec::with_capacity(representations.len());
        for it in &representations {
            entities.push(Entity::load(ctx, it).await.transpose());
        }
        Ok(entities)
    }

    /// What this subgraph offers.
    #[graphql(name = "_service")]
    async fn service(&self) -> Service {
        Service { sdl: super::subgraph_sdl() }
    }
}

/// What a subgraph says of itself.
#[derive(SimpleObject)]
#[graphql(name = "_Service")]
struct Service {
    /// Its schema.
    sdl: String,
}

/// What names an entity: an object with its `__typename` and its `id`.
#[derive(Debug, Description)]
struct Representation(IndexMap<Name, Value>);

#[Scalar(name = "_Any", use_type_description)]
impl ScalarType for Representation {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::Object(fields) => Ok(Self(fields)),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::Object(self.0.clone())
    }
}

impl Representation {
    fn text(&self, field: &str) -> Option<&str> {
        match self.0.get(field) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        }
    }
}

/// Whatever a gateway can ask for by its key.
#[derive(Union)]
#[graphql(name = "_Entity")]
enum Entity {
    Guide(Guide),
    Stack(Stack),
    Course(Course),
    Milestone(Milestone),
    Criterion(Criterion),
    Learner(Learner),
    Goal(Goal),
    Project(Project),
    Evidence(Evidence),
    Event(Event),
}

impl Entity {
    async fn load(ctx: &Context<'_>, it: &Representation) -> Answer<Option<Self>> {
        let (Some(kind), Some(id)) = (it.text("__typename"), it.text("id")) else {
            let message = "a representation must have `__typename` and `id`, both texts";
            return Err(caller_error(code::BAD_USER_INPUT, message));
        };
        let Some(node) = Node::load(app(ctx), &ID(id.to_owned())).await? else { return Ok(None) };
        let (entity, found) = Self::of(node);
        Ok((found == kind).then_some(entity))
    }

    /// The entity that a node is, and the name of its type.
    fn of(node: Node) -> (Self, Cow<'static, str>) {
        match node {
            Node::Guide(it) => (Self::Guide(it), Guide::type_name()),
            Node::Stack(it) => (Self::Stack(it), Stack::type_name()),
            Node::Course(it) => (Self::Course(it), Course::type_name()),
            Node::Milestone(it) => (Self::Milestone(it), Milestone::type_name()),
            Node::Criterion(it) => (Self::Criterion(it), Criterion::type_name()),
            Node::Learner(it) => (Self::Learner(it), Learner::type_name()),
            Node::Goal(it) => (Self::Goal(it), Goal::type_name()),
            Node::Project(it) => (Self::Project(it), Project::type_name()),
            Node::Evidence(it) => (Self::Evidence(it), Evidence::type_name()),
            Node::Event(it) => (Self::Event(it), Event::type_name()),
        }
    }
}
