//! A document that passed: read, checked, priced and translated, for every request that asks for it.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicUsize, Ordering},
};

use apollo_compiler::{ExecutableDocument, Node, ast::OperationType, executable};
use async_graphql::{
    Name, Positioned, Variables,
    parser::types::{
        DocumentOperations, ExecutableDocument as Executable, Field, OperationDefinition, Selection,
        SelectionSet,
    },
};

use super::{
    Kind, Reason, Refused, absent,
    cost::{Priced, priced},
    guard::guard,
    parse::parse,
    places::Places,
    refusal::shown,
    root,
    scan::scan,
    translate::Translation,
    validate::validate,
    variables::Declared,
};
use crate::graphql::{Form, error::code};

/// A document that fits the schema and keeps the limits.
#[derive(Debug)]
pub(super) struct Ready {
    operations: Vec<Prepared>,
    /// How many bytes they are, about.
    pub(super) n_bytes: usize,
}

/// One operation of a document.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) name: Option<Box<str>>,
    pub(super) kind: Kind,
    pub(super) declared: Vec<Declared>,
    pub(super) fields: Vec<Priced>,
    definition: Positioned<OperationDefinition>,
    /// Whether the fields at its root are as the executor needs them.
    is_flat: bool,
    /// The variables that may be left out and stand for a whole argument.
    optional: Vec<Name>,
    /// The operation with only `__typename` below its only field, where that can do.
    stub: Option<Positioned<OperationDefinition>>,
    /// How many bytes a field at its root had when one was last written at once; 0: none was. When its only field was
    /// once, the stub does.
    n_written: AtomicUsize,
}

impl Ready {
    /// Reads a document and checks all that can be checked without variables.
    pub(super) fn new(text: &str, form: Form) -> Result<Self, Refused> {
        scan(text)?;
        let places = Places::of(text);
        let document = parse(text, &places)?;
        let n_bytes = guard(&document, &places)?;
        let document = validate(&document, form, &places)?;
        let operations = document.operations.iter();
        let operations = operations.map(|it| Prepared::new(&document, it, &places)).collect();
        Ok(Self { operations, n_bytes })
    }

    /// The place of the operation of that name, or of the only one.
    pub(super) fn choose(&self, name: Option<&str>) -> Result<usize, Refused> {
        let message = match (name, &self.operations[..]) {
            (None, [_]) => return Ok(0),
            (None, []) => "the document has no operation".to_owned(),
            (None, _) => "the document has several operations; say which with `operationName`".to_owned(),
            (Some(name), all) => match all.iter().position(|it| it.name.as_deref() == Some(name)) {
                Some(index) => return Ok(index),
                None => format!("the document has no operation of the name `{}`", shown(name)),
            },
        };
        Err(Refused::new(Reason::Operation, code::OPERATION_RESOLUTION_FAILURE, message, None))
    }

    /// How many fields its operations have, fragments expanded.
    pub(super) fn n_fields(&self) -> usize {
        self.operations.iter().map(|it| Priced::count(&it.fields)).sum()
    }

    pub(super) fn operation(&self, index: usize) -> &Prepared {
        &self.operations[index]
    }
}

impl Prepared {
    fn new(document: &ExecutableDocument, operation: &Node<executable::Operation>, places: &Places) -> Self {
        let definition = Translation { document, places }.operation(operation);
        let declared: Vec<_> = operation.variables.iter().map(|it| Declared::new(it, places)).collect();
        let mut arguments = vec![];
        absent::arguments(&definition.node.selection_set, &mut arguments);
        let optional = declared.iter().filter(|it| it.may_be_absent() && arguments.contains(&&it.name));
        Self {
            name: operation.name.as_ref().map(|it| it.as_str().into()),
            kind: match operation.operation_type {
                OperationType::Query => Kind::Query,
                OperationType::Mutation => Kind::Mutation,
                OperationType::Subscription => Kind::Subscription,
            },
            fields: priced(document, &operation.selection_set, places),
            optional: optional.map(|it| it.name.clone()).collect(),
            is_flat: root::is_flat(&definition.node.selection_set.node),
            stub: stub(&definition),
            n_written: AtomicUsize::new(0),
            declared,
            definition,
        }
    }

    /// What the executor needs with these variables, and whether that is the stub.
    pub(super) fn executable(&self, variables: &Variables) -> (Executable, bool) {
        let absent = self.optional.iter().filter(|it| !variables.contains_key(*it));
        let absent: Vec<_> = absent.cloned().collect();
        let is_written = absent.is_empty() && self.n_written() > 0;
        let stub = self.stub.as_ref().filter(|_| is_written);
        let mut definition = stub.unwrap_or(&self.definition).clone();
        if !absent.is_empty() {
            absent::leave_out(&mut definition.node.selection_set, &absent);
        }
        if !self.is_flat {
            let root = &mut definition.node.selection_set.node;
            *root = root::flat(root, variables);
        }
        let operations = DocumentOperations::Single(definition);
        (Executable { operations, fragments: HashMap::new() }, stub.is_some())
    }

    /// Its only field, with all that is selected of it.
    pub(super) fn only_field(&self) -> Option<&Positioned<Field>> {
        match &self.definition.node.selection_set.node.items[..] {
            [Positioned { node: Selection::Field(field), .. }] => Some(field),
            _ => None,
        }
    }

    /// A field at its root was written at once, in so many bytes.
    pub(super) fn note_written(&self, n_bytes: usize) {
        self.n_written.store(n_bytes, Ordering::Relaxed);
    }

    /// How many bytes that had the last time; 0: there was no such time.
    pub(super) fn n_written(&self) -> usize {
        self.n_written.load(Ordering::Relaxed)
    }
}

/// The operation with nothing but its only field. The executor copies what it executes, and walks through it for
/// conditions; what is written at once can do without both, unless there are conditions.
fn stub(operation: &Positioned<OperationDefinition>) -> Option<Positioned<OperationDefinition>> {
    let [only] = &operation.node.selection_set.node.items[..] else { return None };
    let Selection::Field(field) = &only.node else { return None };
    if field.node.selection_set.node.items.is_empty() || is_conditional(&operation.node.selection_set.node) {
        return None;
    }
    let mut field = field.clone();
    field.node.selection_set.node.items = vec![typename(&field)];
    let mut stub = operation.clone();
    stub.node.selection_set.node.items = vec![Positioned::new(Selection::Field(field), only.pos)];
    Some(stub)
}

/// Something has to be selected of an object.
fn typename(of: &Positioned<Field>) -> Positioned<Selection> {
    let field = Field {
        alias: None,
        name: Positioned::new(Name::new("__typename"), of.pos),
        arguments: vec![],
        directives: vec![],
        selection_set: Positioned::default(),
    };
    Positioned::new(Selection::Field(Positioned::new(field, of.pos)), of.pos)
}

/// Whether a directive stands anywhere in the selections.
fn is_conditional(selections: &SelectionSet) -> bool {
    selections.items.iter().any(|it| {
        !it.node.directives().is_empty()
            || match &it.node {
                Selection::Field(it) => is_conditional(&it.node.selection_set.node),
                Selection::InlineFragment(it) => is_conditional(&it.node.selection_set.node),
                // Translated documents have none.
                Selection::FragmentSpread(_) => false,
            }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fragment_that_is_spread_twice_is_there_once() {
        let text = "query($yes: Boolean = true) { ...F ...F ...G @include(if: $yes) ...G }
            fragment F on Query { guide { stacks { slug } } } fragment G on Query { guide { title } }";
        let ready = Ready::new(text, Form::Plain).expect("it fits");
        let operation = &ready.operation(0).definition.node;
        // What depends on a condition does not stand for what does not.
        assert_eq!(operation.selection_set.node.items.len(), 3);
    }
}
