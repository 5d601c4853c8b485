//! The fields at the root of an operation, each key once. The executor merges what fields of one key answer,
//! but executes each of them: a mutation would be done twice, and a subscription opened twice. And at the root
//! of a subscription it sees no fragments.

use std::collections::HashSet;

use async_graphql::{
    Positioned, Value, Variables,
    parser::types::{Directive, Field, Selection, SelectionSet},
};
use async_graphql_value::Value as InputValue;

/// Whether there is nothing to merge: no fragment, and no key twice.
pub(super) fn is_flat(selections: &SelectionSet) -> bool {
    let mut keys = HashSet::new();
    selections.items.iter().all(|it| match &it.node {
        Selection::Field(it) => keys.insert(&it.node.response_key().node),
        _ => false,
    })
}

/// The same selections as fields alone, with the selections of each key together. What these variables skip is
/// left away.
pub(super) fn flat(selections: &SelectionSet, variables: &Variables) -> SelectionSet {
    let mut root = Root { variables, fields: vec![] };
    root.collect(selections);
    let items = root.fields.into_iter().map(|it| Positioned { pos: it.pos, node: Selection::Field(it) });
    SelectionSet { items: items.collect() }
}

struct Root<'a> {
    variables: &'a Variables,
    fields: Vec<Positioned<Field>>,
}

impl Root<'_> {
    fn collect(&mut self, selections: &SelectionSet) {
        for selection in &selections.items {
            match &selection.node {
                it if self.skips(it.directives()) => {}
                Selection::Field(it) => self.add(it),
                Selection::InlineFragment(it) => self.collect(&it.node.selection_set.node),
                // Translated documents have none.
                Selection::FragmentSpread(_) => {}
            }
        }
    }

    fn add(&mut self, field: &Positioned<Field>) {
        let key = &field.node.response_key().node;
        match self.fields.iter_mut().find(|it| it.node.response_key().node == *key) {
            Some(same) => {
                let more = field.node.selection_set.node.items.iter().cloned();
                same.node.selection_set.node.items.extend(more);
            }
            None => self.fields.push(field.clone()),
        }
    }

    fn skips(&self, directives: &[Positioned<Directive>]) -> bool {
        directives.iter().any(|it| match it.node.name.node.as_str() {
            "skip" => self.condition(&it.node) == Some(true),
            "include" => self.condition(&it.node) == Some(false),
            _ => false,
        })
    }

    fn condition(&self, directive: &Directive) -> Option<bool> {
        match &directive.get_argument("if")?.node {
            InputValue::Boolean(it) => Some(*it),
            InputValue::Variable(name) => match self.variables.get(name)? {
                Value::Boolean(it) => Some(*it),
                _ => None,
            },
            _ => None,
        }
    }
}
