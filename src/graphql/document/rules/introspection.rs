//! `MaxIntrospectionDepth` of graphql-js: introspection leads from types to types, and each turn of
//! that circle multiplies the answer.

use std::collections::HashMap;

use apollo_compiler::{
    ExecutableDocument,
    executable::{Selection, SelectionSet},
};
use async_graphql::ServerError;

use super::{super::places::Places, invalid};

/// The lists that lead on.
const LISTS: [&str; 4] = ["fields", "interfaces", "possibleTypes", "inputFields"];
/// How many of them may stand within each other, and one more.
const MAX_LISTS: usize = 3;

pub(super) fn check(document: &ExecutableDocument, places: &Places) -> Vec<ServerError> {
    let mut lists = Lists { document, fragments: HashMap::new(), places, errors: vec![] };
    for it in document.operations.iter() {
        lists.within(&it.selection_set);
    }
    for name in document.fragments.keys() {
        lists.fragment(name);
    }
    lists.errors
}

struct Lists<'a> {
    document: &'a ExecutableDocument,
    fragments: HashMap<&'a str, usize>,
    places: &'a Places,
    errors: Vec<ServerError>,
}

impl<'a> Lists<'a> {
    /// How many lists stand within each other in these selections.
    fn within(&mut self, selections: &'a SelectionSet) -> usize {
        let mut most = 0;
        for selection in &selections.selections {
            let lists = match selection {
                Selection::FragmentSpread(it) => self.fragment(&it.fragment_name),
                Selection::InlineFragment(it) => self.within(&it.selection_set),
                Selection::Field(it) => {
                    let lists =
                        self.within(&it.selection_set) + usize::from(LISTS.contains(&it.name.as_str()));
                    if MAX_LISTS <= lists && matches!(it.name.as_str(), "__schema" | "__type") {
                        let message = format!("introspection of `{}` goes in circles", it.name);
                        self.errors.push(invalid(message, self.places.or_nowhere(it.name.location())));
                    }
                    lists
                }
            };
            most = most.max(lists);
        }
        most
    }

    fn fragment(&mut self, name: &str) -> usize {
        let Some((name, fragment)) = self.document.fragments.get_key_value(name) else { return 0 };
        if let Some(lists) = self.fragments.get(name.as_str()) {
            return *lists;
        }
        let lists = self.within(&fragment.selection_set);
        self.fragments.insert(name.as_str(), lists);
        lists
    }
}
