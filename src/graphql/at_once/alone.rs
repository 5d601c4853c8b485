//! Whether a field is the only one of its key. The ordinary executor merges what fields of the same key
//! answer; it cannot look into text.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use async_graphql::{
    ContextSelectionSet, QueryPathNode, QueryPathSegment,
    parser::types::{Field, Selection, SelectionSet},
};

/// What was found out in a request. The items of a list have one path, and are many.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<HashMap<String, bool>>);

impl Known {
    /// Whether nothing else is selected under the path of this field, as [`is_alone`] says.
    pub(super) fn is_alone(&self, ctx: &ContextSelectionSet<'_>) -> bool {
        let Some(here) = &ctx.path_node else { return false };
        let is_item = |it: &QueryPathNode<'_>| matches!(it.segment, QueryPathSegment::Index(_));
        if !is_item(here) && !here.parents().any(is_item) {
            return is_alone(ctx);
        }
        let path: Vec<_> = names(here).collect();
        self.of(path.join("."), || is_alone(ctx))
    }

    fn of(&self, path: String, find_out: impl FnOnce() -> bool) -> bool {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(path).or_insert_with(find_out)
    }
}

/// The names and aliases on the way up from a field.
fn names<'a>(here: &'a QueryPathNode<'a>) -> impl Iterator<Item = &'a str> {
    std::iter::once(here).chain(here.parents()).filter_map(|it| match it.segment {
        QueryPathSegment::Name(name) => Some(name),
        QueryPathSegment::Index(_) => None,
    })
}

/// Whether nothing else is selected under the path of this field. Fragments on other types count too:
/// rather once too often the ordinary way.
fn is_alone(ctx: &ContextSelectionSet<'_>) -> bool {
    let Some(here) = &ctx.path_node else { return false };
    let names: Vec<_> = names(here).collect();
    let mut sets = vec![&ctx.query_env.operation.node.selection_set.node];
    for name in names.into_iter().rev() {
        let mut fields = vec![];
        for set in sets {
            gather(ctx, set, name, &mut fields);
        }
        sets = fields.into_iter().map(|it| &it.selection_set.node).collect();
    }
    sets.len() == 1
}

fn gather<'a>(ctx: &ContextSelectionSet<'a>, set: &'a SelectionSet, key: &str, fields: &mut Vec<&'a Field>) {
    for selection in &set.items {
        match &selection.node {
            Selection::Field(it) if it.node.response_key().node == key => fields.push(&it.node),
            Selection::Field(_) => {}
            Selection::FragmentSpread(it) => {
                if let Some(it) = ctx.query_env.fragments.get(&it.node.fragment_name.node) {
                    gather(ctx, &it.node.selection_set.node, key, fields);
                }
            }
            Selection::InlineFragment(it) => gather(ctx, &it.node.selection_set.node, key, fields),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_found_out_once_a_path() {
        let known = Known::default();
        let mut n_looks = 0;
        for path in ["a", "a.b", "a", "a.b", "a"] {
            let is_alone = known.of(path.to_owned(), || {
                n_looks += 1;
                path == "a"
            });
            assert_eq!(is_alone, path == "a");
        }
        assert_eq!(n_looks, 2);
    }
}
