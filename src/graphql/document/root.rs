//! The fields at the root of an operation, each key once. The executor merges what fields of one key answer,
//! but executes each of them: a mutation would be done twice, and a subscription opened twice. And at the root
//! of a subscription it sees no fragments.

use std::collections::{HashMap, HashSet};

use async_graphql::{
    Name, Positioned, Value, Variables,
    parser::types::{Directive, Field, FragmentDefinition, Selection, SelectionSet},
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
pub(super) fn flat(
    selections: &SelectionSet,
    fragments: &HashMap<Name, Positioned<FragmentDefinition>>,
    variables: &Variables,
) -> SelectionSet {
    let mut root = Root { fragments, variables, spread: HashSet::new(), fields: vec![] };
    root.collect(selections);
    let items = root.fields.into_iter().map(|it| Positioned { pos: it.pos, node: Selection::Field(it) });
    SelectionSet { items: items.collect() }
}

struct Root<'a> {
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    variables: &'a Variables,
    /// A fragment that was spread adds nothing when it is spread again.
    spread: HashSet<&'a Name>,
    fields: Vec<Positioned<Field>>,
}

impl<'a> Root<'a> {
    fn collect(&mut self, selections: &'a SelectionSet) {
        for selection in &selections.items {
            match &selection.node {
                it if self.skips(it.directives()) => {}
                Selection::Field(it) => self.add(it),
                Selection::InlineFragment(it) => self.collect(&it.node.selection_set.node),
                Selection::FragmentSpread(it) => {
                    let name = &it.node.fragment_name.node;
                    if let Some(it) = self.fragments.get(name).filter(|_| self.spread.insert(name)) {
                        self.collect(&it.node.selection_set.node);
                    }
                }
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
