//! What is selected of a type, made ready to be written for each of its values: fragments that apply
//! are spread, fields of the same key are one, and each knows its place in the type's table.

use std::collections::HashMap;

use async_graphql::{
    ContextSelectionSet, Name, Positioned,
    parser::types::{Field, FragmentDefinition, Selection, SelectionSet, TypeCondition},
    registry::Registry,
};

use super::object::Table;

/// One key of an object.
#[derive(Debug)]
pub(in crate::graphql) struct Step<'a> {
    /// The name or alias.
    pub(super) key: &'a str,
    /// Which field it is in the table of the type; `None`: the name of the type.
    pub(super) place: Option<usize>,
    /// The field, for its arguments.
    pub(in crate::graphql) field: &'a Positioned<Field>,
    /// What is selected of its value.
    pub(in crate::graphql) below: Vec<Step<'a>>,
}

/// What planning needs of a request.
pub(in crate::graphql) struct Planner<'a> {
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    registry: &'a Registry,
}

/// A field with the selections of all fields of the same key.
type Group<'a> = (&'a Positioned<Field>, Vec<&'a SelectionSet>);

impl<'a> Planner<'a> {
    pub(super) fn new(ctx: &ContextSelectionSet<'a>) -> Self {
        Self { fragments: &ctx.query_env.fragments, registry: &ctx.schema_env.registry }
    }

    /// What to write of an object; `None`: a field of it has to be waited for.
    pub(in crate::graphql) fn object<T: Table>(
        &self,
        selected: &[&'a SelectionSet],
    ) -> Option<Vec<Step<'a>>> {
        let mut groups = vec![];
        for set in selected {
            self.group(&T::type_name(), set, &mut groups);
        }
        groups.into_iter().map(|it| self.step::<T>(it)).collect()
    }

    fn step<T: Table>(&self, (field, selected): Group<'a>) -> Option<Step<'a>> {
        let (name, key) = (field.node.name.node.as_str(), field.node.response_key().node.as_str());
        if name == "__typename" {
            return Some(Step { key, place: None, field, below: vec![] });
        }
        let place = T::ENTRIES.iter().position(|it| it.name == name)?;
        let below = (T::ENTRIES[place].plan)(self, field, &selected)?;
        Some(Step { key, place: Some(place), field, below })
    }

    fn group(&self, object: &str, set: &'a SelectionSet, groups: &mut Vec<Group<'a>>) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => add(field, groups),
                Selection::FragmentSpread(it) => {
                    let found = self.fragments.get(&it.node.fragment_name.node);
                    if let Some(it) = found.filter(|it| self.applies(object, &it.node.type_condition.node)) {
                        self.group(object, &it.node.selection_set.node, groups);
                    }
                }
                Selection::InlineFragment(it) => {
                    if it.node.type_condition.as_ref().is_none_or(|it| self.applies(object, &it.node)) {
                        self.group(object, &it.node.selection_set.node, groups);
                    }
                }
            }
        }
    }

    fn applies(&self, object: &str, condition: &TypeCondition) -> bool {
        let on = condition.on.node.as_str();
        on == object || self.registry.implements.get(object).is_some_and(|it| it.contains(on))
    }
}

fn add<'a>(field: &'a Positioned<Field>, groups: &mut Vec<Group<'a>>) {
    let set = &field.node.selection_set.node;
    let key = &field.node.response_key().node;
    let selected = match groups.iter_mut().find(|it| it.0.node.response_key().node == *key) {
        Some((_, selected)) => selected,
        None => {
            groups.push((field, vec![]));
            &mut groups.last_mut().expect("it was just put there").1
        }
    };
    if !set.items.is_empty() {
        selected.push(set);
    }
}
