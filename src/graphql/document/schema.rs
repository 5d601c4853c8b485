//! The schema as documents are validated against it, made once.

use std::sync::LazyLock;

use apollo_compiler::{
    Schema,
    ast::{Definition, DirectiveList, Document, FieldDefinition, Type},
    name,
    parser::Parser,
    schema::{Component, ExtendedType},
    ty,
    validation::Valid,
};

use crate::graphql::{Form, sdl_of};

/// The directives that the validator knows by itself and that our SDL defines again.
const BUILT_IN: [&str; 4] = ["deprecated", "include", "skip", "specifiedBy"];

static PLAIN: LazyLock<Valid<Schema>> = LazyLock::new(|| read(Form::Plain));
static SUBGRAPH: LazyLock<Valid<Schema>> = LazyLock::new(|| read(Form::Subgraph));

/// The schema of the API in one of its forms.
pub(super) fn schema(form: Form) -> &'static Valid<Schema> {
    match form {
        Form::Plain => &PLAIN,
        Form::Subgraph => &SUBGRAPH,
    }
}

fn read(form: Form) -> Valid<Schema> {
    let mut document = Parser::new().parse_ast(sdl_of(form), "").expect("our SDL can be read");
    document.definitions.retain(|it| !is_built_in(it));
    valid(&document)
}

/// The input type that a type leads to behind its lists; of those that a subgraph has besides, `None`.
pub(super) fn named(ty: &Type) -> Option<&'static ExtendedType> {
    PLAIN.types.get(ty.inner_named_type())
}

/// Validates the schema, and adds to its introspection what the validator does not know.
fn valid(document: &Document) -> Valid<Schema> {
    let mut schema = document.to_schema_validate().expect("our SDL is valid").into_inner();
    let Some(ExtendedType::Object(ty)) = schema.types.get_mut("__Type") else {
        unreachable!("it is built in")
    };
    let is_one_of = FieldDefinition {
        description: None,
        name: name!("isOneOf"),
        arguments: vec![],
        ty: ty!(Boolean),
        directives: DirectiveList::new(),
    };
    ty.make_mut().fields.insert(name!("isOneOf"), Component::new(is_one_of));
    Valid::assume_valid(schema)
}

fn is_built_in(definition: &Definition) -> bool {
    let directive = definition.as_directive_definition();
    directive.is_some_and(|it| BUILT_IN.contains(&it.name.as_str()))
}
