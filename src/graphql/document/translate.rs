//! From the validator's tree to the executor's, so that no text is read twice. Fragments come in the places where
//! they are spread, so that an operation is one tree. What that makes of it is bounded by the guard.

use std::collections::HashSet;

use apollo_compiler::{
    ExecutableDocument, Node,
    ast::{self, Argument, DirectiveList},
    executable,
    parser::SourceSpan,
};
use async_graphql::{
    Name, Number, Positioned, Value,
    indexmap::IndexMap,
    parser::types::{
        Directive, Field, InlineFragment, OperationDefinition, OperationType, Selection, SelectionSet, Type,
        TypeCondition, VariableDefinition,
    },
};
use async_graphql_value::Value as InputValue;

use super::places::Places;

/// Translates the parts of one document.
pub(super) struct Translation<'a> {
    pub(super) document: &'a ExecutableDocument,
    pub(super) places: &'a Places,
}

impl Translation<'_> {
    pub(super) fn operation(
        &self,
        operation: &Node<executable::Operation>,
    ) -> Positioned<OperationDefinition> {
        let definition = OperationDefinition {
            ty: match operation.operation_type {
                ast::OperationType::Query => OperationType::Query,
                ast::OperationType::Mutation => OperationType::Mutation,
                ast::OperationType::Subscription => OperationType::Subscription,
            },
            variable_definitions: operation.variables.iter().map(|it| self.variable(it)).collect(),
            directives: self.directives(&operation.directives),
            selection_set: self.selections(&operation.selection_set),
        };
        self.at(operation.location(), definition)
    }

    fn at<T>(&self, span: Option<SourceSpan>, node: T) -> Positioned<T> {
        Positioned::new(node, self.places.or_nowhere(span))
    }

    fn name(&self, name: &apollo_compiler::Name) -> Positioned<Name> {
        self.at(name.location(), Name::new(name))
    }

    fn variable(&self, variable: &Node<ast::VariableDefinition>) -> Positioned<VariableDefinition> {
        let default = variable.default_value.as_ref();
        let ty = Type::new(&variable.ty.to_string()).expect("the validator writes types as they are read");
        let definition = VariableDefinition {
            name: self.name(&variable.name),
            var_type: self.at(variable.ty.location(), ty),
            directives: self.directives(&variable.directives),
            default_value: default.map(|it| self.at(it.location(), constant(it))),
        };
        self.at(variable.location(), definition)
    }

    fn directives(&self, directives: &DirectiveList) -> Vec<Positioned<Directive>> {
        let directive = |it: &Node<ast::Directive>| {
            let directive = Directive { name: self.name(&it.name), arguments: self.arguments(&it.arguments) };
            self.at(it.location(), directive)
        };
        directives.iter().map(directive).collect()
    }

    fn arguments(&self, arguments: &[Node<Argument>]) -> Vec<(Positioned<Name>, Positioned<InputValue>)> {
        let argument =
            |it: &Node<Argument>| (self.name(&it.name), self.at(it.value.location(), value(&it.value)));
        arguments.iter().map(argument).collect()
    }

    fn selections(&self, selections: &executable::SelectionSet) -> Positioned<SelectionSet> {
        // As many as there are: there may be many lists of one.
        let (mut items, mut spread) = (Vec::with_capacity(selections.selections.len()), HashSet::new());
        for it in &selections.selections {
            // A fragment that was spread adds nothing when it is spread again.
            let adds = match it {
                executable::Selection::FragmentSpread(it) if it.directives.is_empty() => {
                    spread.insert(&it.fragment_name)
                }
                _ => true,
            };
            items.extend(if adds { self.selection(it) } else { None });
        }
        let pos = items.first().map(|it| it.pos).unwrap_or_default();
        Positioned::new(SelectionSet { items }, pos)
    }

    fn selection(&self, selection: &executable::Selection) -> Option<Positioned<Selection>> {
        let on = |on: &apollo_compiler::Name| self.at(on.location(), TypeCondition { on: self.name(on) });
        let (span, selection) = match selection {
            executable::Selection::Field(it) => {
                let span = it.alias.as_ref().unwrap_or(&it.name).location();
                (span, Selection::Field(self.at(span, self.field(it))))
            }
            executable::Selection::FragmentSpread(it) => {
                // That there is one was validated.
                let definition = it.fragment_def(self.document)?;
                let fragment = InlineFragment {
                    type_condition: Some(on(definition.type_condition())),
                    directives: self.directives(&it.directives),
                    selection_set: self.selections(&definition.selection_set),
                };
                (it.location(), Selection::InlineFragment(self.at(it.location(), fragment)))
            }
            executable::Selection::InlineFragment(it) => {
                let fragment = InlineFragment {
                    type_condition: it.type_condition.as_ref().map(on),
                    directives: self.directives(&it.directives),
                    selection_set: self.selections(&it.selection_set),
                };
                (it.location(), Selection::InlineFragment(self.at(it.location(), fragment)))
            }
        };
        Some(self.at(span, selection))
    }

    fn field(&self, field: &executable::Field) -> Field {
        Field {
            alias: field.alias.as_ref().map(|it| self.name(it)),
            name: self.name(&field.name),
            arguments: self.arguments(&field.arguments),
            directives: self.directives(&field.directives),
            selection_set: self.selections(&field.selection_set),
        }
    }
}

fn value(value: &ast::Value) -> InputValue {
    match value {
        ast::Value::Null => InputValue::Null,
        ast::Value::Enum(it) => InputValue::Enum(Name::new(it)),
        ast::Value::Variable(it) => InputValue::Variable(Name::new(it)),
        ast::Value::String(it) => InputValue::String(it.clone()),
        ast::Value::Int(it) => InputValue::Number(number(it.as_str())),
        ast::Value::Float(it) => InputValue::Number(number(it.as_str())),
        ast::Value::Boolean(it) => InputValue::Boolean(*it),
        ast::Value::List(items) => InputValue::List(items.iter().map(|it| self::value(it)).collect()),
        ast::Value::Object(fields) => {
            let fields = fields.iter().map(|(name, it)| (Name::new(name), self::value(it)));
            InputValue::Object(fields.collect::<IndexMap<_, _>>())
        }
    }
}

/// A value without variables, such as a default.
pub(super) fn constant(value: &ast::Value) -> Value {
    self::value(value).into_const().unwrap_or_default()
}

/// As exact as it can be. Validation refuses what is beyond all numbers.
fn number(text: &str) -> Number {
    let whole = text.parse::<i64>().map(Number::from).or_else(|_| text.parse::<u64>().map(Number::from));
    whole.ok().or_else(|| Number::from_f64(text.parse().ok()?)).unwrap_or_else(|| Number::from(0))
}
