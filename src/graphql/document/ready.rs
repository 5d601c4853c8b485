//! A document that passed: read, checked, priced and translated, for every request that asks for it.

use std::collections::{HashMap, HashSet};

use apollo_compiler::{
    ExecutableDocument, Node,
    ast::OperationType,
    executable::{self, Selection, SelectionSet},
};
use async_graphql::{
    Name, Positioned, Variables,
    parser::types::{
        DocumentOperations, ExecutableDocument as Executable, FragmentDefinition, OperationDefinition,
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
    fragments: HashMap<Name, Positioned<FragmentDefinition>>,
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
    /// The fragments that it uses.
    fragments: Vec<Name>,
    /// The variables that may be left out and stand for a whole argument.
    optional: Vec<Name>,
}

impl Ready {
    /// Reads a document and checks all that can be checked without variables.
    pub(super) fn new(text: &str, form: Form) -> Result<Self, Refused> {
        scan(text)?;
        let places = Places::of(text);
        let document = parse(text, &places)?;
        guard(&document, &places)?;
        let document = validate(&document, form, &places)?;
        let translation = Translation { places: &places };
        let fragments = document.fragments.iter();
        let fragments = fragments.map(|(name, it)| (Name::new(name), translation.fragment(it))).collect();
        let operations = document.operations.iter();
        let operations = operations.map(|it| Prepared::new(&document, it, &places, &fragments)).collect();
        Ok(Self { operations, fragments })
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

    /// What the executor needs of one operation with these variables.
    pub(super) fn executable(&self, index: usize, variables: &Variables) -> Executable {
        let operation = &self.operations[index];
        let mut definition = operation.definition.clone();
        let fragments = operation.fragments.iter().filter_map(|it| self.fragments.get_key_value(it));
        let mut fragments: HashMap<_, _> = fragments.map(|(name, it)| (name.clone(), it.clone())).collect();
        let absent = operation.optional.iter().filter(|it| !variables.contains_key(*it));
        let absent: Vec<_> = absent.cloned().collect();
        if !absent.is_empty() {
            absent::leave_out(&mut definition.node.selection_set, &absent);
            for it in fragments.values_mut() {
                absent::leave_out(&mut it.node.selection_set, &absent);
            }
        }
        if !operation.is_flat {
            let root = &mut definition.node.selection_set.node;
            *root = root::flat(root, &fragments, variables);
        }
        Executable { operations: DocumentOperations::Single(definition), fragments }
    }
}

impl Prepared {
    fn new(
        document: &ExecutableDocument,
        operation: &Node<executable::Operation>,
        places: &Places,
        translated: &HashMap<Name, Positioned<FragmentDefinition>>,
    ) -> Self {
        let definition = Translation { places }.operation(operation);
        let mut used = HashSet::new();
        spread(document, &operation.selection_set, &mut used);
        let fragments: Vec<_> = used.into_iter().map(Name::new).collect();
        let declared: Vec<_> = operation.variables.iter().map(|it| Declared::new(it, places)).collect();
        let mut arguments = vec![];
        absent::arguments(&definition.node.selection_set, &mut arguments);
        for it in fragments.iter().filter_map(|it| translated.get(it)) {
            absent::arguments(&it.node.selection_set, &mut arguments);
        }
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
            declared,
            definition,
            fragments,
        }
    }
}

/// The fragments that are spread in selections, and in those.
fn spread<'a>(document: &'a ExecutableDocument, selections: &'a SelectionSet, into: &mut HashSet<&'a str>) {
    for selection in &selections.selections {
        match selection {
            Selection::Field(it) => spread(document, &it.selection_set, into),
            Selection::InlineFragment(it) => spread(document, &it.selection_set, into),
            Selection::FragmentSpread(it) => {
                if let Some(fragment) = it.fragment_def(document).filter(|_| into.insert(&it.fragment_name)) {
                    spread(document, &fragment.selection_set, into);
                }
            }
        }
    }
}
