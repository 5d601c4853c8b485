//! Arguments whose variable was left out are left out, so that they have their default instead of null.
//! The executor does this by itself within input objects.

use async_graphql::{
    Name, Positioned,
    parser::types::{Selection, SelectionSet},
};
use async_graphql_value::Value as InputValue;

/// The variables that stand for a whole argument somewhere in the selections.
pub(super) fn arguments<'a>(selections: &'a Positioned<SelectionSet>, into: &mut Vec<&'a Name>) {
    for selection in &selections.node.items {
        match &selection.node {
            Selection::Field(it) => {
                into.extend(it.node.arguments.iter().filter_map(|it| variable(&it.1.node)));
                arguments(&it.node.selection_set, into);
            }
            Selection::InlineFragment(it) => arguments(&it.node.selection_set, into),
            // Translated documents have none.
            Selection::FragmentSpread(_) => {}
        }
    }
}

/// Leaves out the arguments that are one of these variables.
pub(super) fn leave_out(selections: &mut Positioned<SelectionSet>, absent: &[Name]) {
    for selection in &mut selections.node.items {
        match &mut selection.node {
            Selection::Field(it) => {
                let is_absent = |it: &InputValue| variable(it).is_some_and(|it| absent.contains(it));
                it.node.arguments.retain(|(_, value)| !is_absent(&value.node));
                leave_out(&mut it.node.selection_set, absent);
            }
            Selection::InlineFragment(it) => leave_out(&mut it.node.selection_set, absent),
            // Translated documents have none.
            Selection::FragmentSpread(_) => {}
        }
    }
}

fn variable(value: &InputValue) -> Option<&Name> {
    match value {
        InputValue::Variable(name) => Some(name),
        _ => None,
    }
}
