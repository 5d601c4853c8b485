//! A subscription follows one source: it has one field at its root, and that is no introspection.

use std::collections::HashSet;

use apollo_compiler::{
    ExecutableDocument,
    executable::{DirectiveList, Field, Operation, Selection, SelectionSet, Value},
};
use async_graphql::ServerError;

use super::{super::places::Places, super::refusal::shown, invalid};

pub(super) fn check(document: &ExecutableDocument, places: &Places) -> Vec<ServerError> {
    let subscriptions = document.operations.iter().filter(|it| it.is_subscription());
    subscriptions.filter_map(|it| check_one(document, it, places)).collect()
}

fn check_one(document: &ExecutableDocument, operation: &Operation, places: &Places) -> Option<ServerError> {
    let mut roots = vec![];
    collect(document, &operation.selection_set, &mut HashSet::new(), &mut roots);
    let first = roots.first()?;
    let wrong =
        |message: String, field: &Field| Some(invalid(message, places.or_nowhere(field.name.location())));
    if let Some(other) = roots.iter().find(|it| it.response_key() != first.response_key()) {
        let message =
            format!("a subscription selects one field at its root, and `{}` is another", shown(&other.name));
        return wrong(message, other);
    }
    let introspects = roots.iter().find(|it| it.name.starts_with("__"))?;
    wrong(format!("a subscription cannot follow `{}`", shown(&introspects.name)), introspects)
}

/// The fields at the root, but for those that are certainly skipped.
fn collect<'a>(
    document: &'a ExecutableDocument,
    selections: &'a SelectionSet,
    seen: &mut HashSet<&'a str>,
    roots: &mut Vec<&'a Field>,
) {
    for selection in selections.selections.iter().filter(|it| !is_skipped(it.directives())) {
        match selection {
            Selection::Field(it) => roots.push(it),
            Selection::InlineFragment(it) => collect(document, &it.selection_set, seen, roots),
            Selection::FragmentSpread(it) if seen.insert(&it.fragment_name) => {
                if let Some(it) = it.fragment_def(document) {
                    collect(document, &it.selection_set, seen, roots);
                }
            }
            Selection::FragmentSpread(_) => {}
        }
    }
}

fn is_skipped(directives: &DirectiveList) -> bool {
    let says = |directive: &str, value: bool| {
        let condition = directives.get(directive).and_then(|it| it.specified_argument_by_name("if"));
        condition.is_some_and(|it| **it == Value::Boolean(value))
    };
    says("skip", true) || says("include", false)
}
