//! Values where they are used: variables only where their type fits, in lists and input objects, too; one
//! field of a `@oneOf` input; no field twice; texts for our own scalars.

use std::collections::{HashMap, HashSet};

use apollo_compiler::{
    ExecutableDocument, Node,
    ast::{Argument, DirectiveList, InputValueDefinition, Type, Value, VariableDefinition},
    executable::{Operation, Selection, SelectionSet},
    schema::{ExtendedType, InputObjectType},
};
use async_graphql::ServerError;

use super::{
    super::{
        places::Places,
        refusal::shown,
        schema::{named, schema},
    },
    invalid,
};
use crate::graphql::Form;

pub(super) fn check(document: &ExecutableDocument, places: &Places) -> Vec<ServerError> {
    let mut errors = vec![];
    for operation in document.operations.iter() {
        let variables = operation.variables.iter().map(|it| (it.name.as_str(), it)).collect();
        let mut check = Check { document, places, variables, seen: HashSet::new(), errors: &mut errors };
        check.operation(operation);
    }
    errors
}

/// One operation with the fragments that it uses.
struct Check<'a> {
    document: &'a ExecutableDocument,
    places: &'a Places,
    variables: HashMap<&'a str, &'a Node<VariableDefinition>>,
    seen: HashSet<&'a str>,
    errors: &'a mut Vec<ServerError>,
}

impl<'a> Check<'a> {
    fn operation(&mut self, operation: &'a Operation) {
        for it in &operation.variables {
            if let Some(default) = &it.default_value {
                self.value(&it.ty, false, default);
            }
            self.directives(&it.directives);
        }
        self.directives(&operation.directives);
        self.selections(&operation.selection_set);
    }

    fn selections(&mut self, selections: &'a SelectionSet) {
        for selection in &selections.selections {
            self.directives(selection.directives());
            match selection {
                Selection::Field(it) => {
                    self.arguments(&it.definition.arguments, &it.arguments);
                    self.selections(&it.selection_set);
                }
                Selection::InlineFragment(it) => self.selections(&it.selection_set),
                Selection::FragmentSpread(it) if self.seen.insert(&it.fragment_name) => {
                    if let Some(it) = it.fragment_def(self.document) {
                        self.directives(&it.directives);
                        self.selections(&it.selection_set);
                    }
                }
                Selection::FragmentSpread(_) => {}
            }
        }
    }

    fn directives(&mut self, directives: &DirectiveList) {
        for it in directives.iter() {
            if let Some(definition) = schema(Form::Plain).directive_definitions.get(&it.name) {
                self.arguments(&definition.arguments, &it.arguments);
            }
        }
    }

    fn arguments(&mut self, definitions: &[Node<InputValueDefinition>], arguments: &[Node<Argument>]) {
        for argument in arguments {
            if let Some(it) = definitions.iter().find(|it| it.name == argument.name) {
                self.value(&it.ty, it.default_value.is_some(), &argument.value);
            }
        }
    }

    /// A value where one of this type is expected, which has a default or has none.
    fn value(&mut self, ty: &Type, has_default: bool, value: &Node<Value>) {
        match &**value {
            Value::Variable(name) => {
                let Some(variable) = self.variables.get(name.as_str()) else { return };
                if !fits(variable, ty, has_default) {
                    let (name, of) = (shown(name), variable.ty.to_string());
                    let message = format!(
                        "the variable `${name}` of type `{}` is used where `{ty}` is expected",
                        shown(&of)
                    );
                    self.wrong(message, value);
                }
            }
            Value::List(items) if ty.is_list() => {
                items.iter().for_each(|it| self.value(ty.item_type(), false, it));
            }
            Value::Object(fields) => match named(ty) {
                Some(ExtendedType::InputObject(input)) => self.object(input, fields, value),
                _ => self.scalar(ty, value),
            },
            Value::Null => {}
            _ => self.scalar(ty, value),
        }
    }

    fn object(
        &mut self,
        input: &InputObjectType,
        fields: &[(apollo_compiler::Name, Node<Value>)],
        value: &Node<Value>,
    ) {
        let mut seen = HashSet::new();
        for (name, field) in fields {
            if !seen.insert(name) {
                self.wrong(format!("`{}` is given twice", shown(name)), field);
            }
            if let Some(it) = input.fields.get(name) {
                self.value(&it.ty, it.default_value.is_some(), field);
            }
        }
        if input.directives.has("oneOf") {
            self.one_of(&input.name, fields, value);
        }
    }

    fn one_of(&mut self, input: &str, fields: &[(apollo_compiler::Name, Node<Value>)], value: &Node<Value>) {
        let [(name, field)] = fields else {
            return self.wrong(format!("`{input}` must have exactly one field"), value);
        };
        let may_be_null = match &**field {
            Value::Null => true,
            Value::Variable(it) => self.variables.get(it.as_str()).is_some_and(|it| !it.ty.is_non_null()),
            _ => false,
        };
        if may_be_null {
            self.wrong(format!("`{input}.{}` must not be null", shown(name)), field);
        }
    }

    /// The scalars of our own are all written as texts.
    fn scalar(&mut self, ty: &Type, value: &Node<Value>) {
        let is_own = matches!(named(ty), Some(ExtendedType::Scalar(it)) if !it.is_built_in());
        if is_own && !matches!(&**value, Value::String(_)) {
            self.wrong(format!("`{}` must be written as a text", ty.inner_named_type()), value);
        }
    }

    fn wrong(&mut self, message: String, value: &Node<Value>) {
        self.errors.push(invalid(message, self.places.or_nowhere(value.location())));
    }
}

/// `IsVariableUsageAllowed` of the specification.
fn fits(variable: &VariableDefinition, ty: &Type, has_default: bool) -> bool {
    if !ty.is_non_null() || variable.ty.is_non_null() {
        return variable.ty.is_assignable_to(ty);
    }
    let has_value = variable.default_value.as_ref().is_some_and(|it| !it.is_null());
    (has_value || has_default) && variable.ty.is_assignable_to(&ty.clone().nullable())
}
