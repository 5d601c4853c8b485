//! Counts what a document holds, on the parsed document and before it is validated: every definition is
//! walked once, fragments are measured once however often they are spread.

use std::collections::HashMap;

use apollo_compiler::{
    Node,
    ast::{Definition, DirectiveList, Document, FragmentDefinition, OperationDefinition, Selection, Value},
    parser::SourceSpan,
};
use async_graphql::Pos;

use super::{
    Refused,
    limits::{
        MAX_ALIASES, MAX_ALL_FIELDS, MAX_DEPTH, MAX_DIRECTIVES, MAX_EXPANDED, MAX_FIELDS, MAX_FRAGMENTS,
        MAX_ITEMS, MAX_LEVELS, MAX_OPERATIONS, MAX_ROOT_FIELDS, MAX_VARIABLES,
    },
    places::Places,
    refusal::shown,
};

/// About how many bytes a selection becomes, and each byte of the text of its arguments and directives.
const BYTES_OF_SELECTION: usize = 200;
const BYTES_OF_TEXT: usize = 12;

/// Refuses what goes beyond a limit, and fragments that are spread within themselves. Answers how many bytes the
/// operations become, about.
pub(super) fn guard(document: &Document, places: &Places) -> Result<usize, Refused> {
    let (mut operations, mut fragments) = (vec![], vec![]);
    for definition in &document.definitions {
        match definition {
            Definition::OperationDefinition(it) => operations.push(it),
            Definition::FragmentDefinition(it) => fragments.push(it),
            _ => {}
        }
    }
    let too_many = |what: &str, max: usize, place: Option<Pos>| {
        Err(Refused::beyond(format!("the document has more than {max} {what}"), place))
    };
    if let Some(it) = operations.get(MAX_OPERATIONS) {
        return too_many("operations", MAX_OPERATIONS, places.of_span(it.location()));
    }
    if let Some(it) = fragments.get(MAX_FRAGMENTS) {
        return too_many("fragments", MAX_FRAGMENTS, places.of_span(it.location()));
    }
    let mut tally = Tally { places, n_aliases: 0, n_directives: 0, n_items: 0 };
    for it in &operations {
        tally.operation(it)?;
    }
    for it in &fragments {
        tally.directives(&it.directives)?;
        tally.selections(&it.selection_set)?;
    }
    let mut measured = Measured { places, fragments: by_name(&fragments, places)?, sizes: HashMap::new() };
    let (mut n_fields, mut n_bytes) = (0, 0_usize);
    for it in &operations {
        let size = measured.check(it)?;
        n_fields += size.n_fields;
        n_bytes = n_bytes.saturating_add(size.n_bytes);
        if MAX_EXPANDED < n_bytes {
            let message = "the operations of the document become more than 3 MiB with all fragments in their places: each \
                           byte of an argument or directive counts for 12";
            return Err(Refused::beyond(message, places.of_span(it.location())));
        }
        if MAX_ALL_FIELDS < n_fields {
            let message = format!(
                "the operations of the document select more than {MAX_ALL_FIELDS} fields together, fragments expanded"
            );
            return Err(Refused::beyond(message, places.of_span(it.location())));
        }
    }
    measured.check_fragments()?;
    Ok(n_bytes)
}

/// Refuses two of one name: what is measured must be what is executed.
fn by_name<'a>(
    fragments: &[&'a Node<FragmentDefinition>],
    places: &Places,
) -> Result<HashMap<&'a str, &'a FragmentDefinition>, Refused> {
    let mut named = HashMap::new();
    for it in fragments {
        if named.insert(it.name.as_str(), &***it).is_some() {
            let message = format!("there are two fragments of the name `{}`", shown(&it.name));
            return Err(Refused::invalid(message, places.of_span(it.name.location())));
        }
    }
    Ok(named)
}

/// What is counted over the whole document, nothing expanded.
struct Tally<'a> {
    places: &'a Places,
    n_aliases: usize,
    n_directives: usize,
    n_items: usize,
}

impl Tally<'_> {
    fn operation(&mut self, operation: &OperationDefinition) -> Result<(), Refused> {
        if let Some(it) = operation.variables.get(MAX_VARIABLES) {
            let message = format!("the operation declares more than {MAX_VARIABLES} variables");
            return Err(Refused::beyond(message, self.places.of_span(it.location())));
        }
        for it in &operation.variables {
            self.directives(&it.directives)?;
            it.default_value.iter().try_for_each(|it| self.items(it))?;
        }
        self.directives(&operation.directives)?;
        self.selections(&operation.selection_set)
    }

    fn selections(&mut self, selections: &[Selection]) -> Result<(), Refused> {
        for it in selections {
            match it {
                Selection::Field(it) => {
                    self.n_aliases += usize::from(it.alias.is_some());
                    if MAX_ALIASES < self.n_aliases {
                        let message = format!(
                            "the document has more than {MAX_ALIASES} aliases, and one of the field `{}` is beyond",
                            shown(&it.name)
                        );
                        return Err(Refused::beyond(message, self.places.of_span(it.name.location())));
                    }
                    it.arguments.iter().try_for_each(|it| self.items(&it.value))?;
                    self.directives(&it.directives)?;
                    self.selections(&it.selection_set)?;
                }
                Selection::FragmentSpread(it) => self.directives(&it.directives)?,
                Selection::InlineFragment(it) => {
                    self.directives(&it.directives)?;
                    self.selections(&it.selection_set)?;
                }
            }
        }
        Ok(())
    }

    fn directives(&mut self, directives: &DirectiveList) -> Result<(), Refused> {
        self.n_directives += directives.len();
        if MAX_DIRECTIVES < self.n_directives {
            let place = directives.first().and_then(|it| self.places.of_span(it.location()));
            let message = format!("the document has more than {MAX_DIRECTIVES} directives");
            return Err(Refused::beyond(message, place));
        }
        directives.iter().flat_map(|it| &it.arguments).try_for_each(|it| self.items(&it.value))
    }

    fn items(&mut self, value: &Value) -> Result<(), Refused> {
        match value {
            Value::List(items) => {
                self.n_items += items.len();
                if MAX_ITEMS < self.n_items {
                    let message = format!("the lists of the document have more than {MAX_ITEMS} items");
                    let place = items.first().and_then(|it| self.places.of_span(it.location()));
                    return Err(Refused::beyond(message, place));
                }
                items.iter().try_for_each(|it| self.items(it))
            }
            Value::Object(fields) => fields.iter().try_for_each(|(_, it)| self.items(it)),
            _ => Ok(()),
        }
    }
}

/// How large selections are with all fragments in place. It stops growing instead of overflowing.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    /// Fields within each other.
    depth: usize,
    /// Fields, fragments and spreads within each other.
    n_levels: usize,
    n_fields: usize,
    n_roots: usize,
    /// In memory, about.
    n_bytes: usize,
}

struct Measured<'a> {
    places: &'a Places,
    fragments: HashMap<&'a str, &'a FragmentDefinition>,
    /// Of fragments; `None`: it is just being measured.
    sizes: HashMap<&'a str, Option<Size>>,
}

impl<'a> Measured<'a> {
    fn check(&mut self, operation: &'a OperationDefinition) -> Result<Size, Refused> {
        let size = self.selections(&operation.selection_set, 0)?;
        let (what, by): (_, fn(Size) -> usize) = if MAX_DEPTH < size.depth {
            (format!("deeper than {MAX_DEPTH} fields within each other"), |it| it.depth)
        } else if MAX_FIELDS < size.n_fields {
            (format!("more than {MAX_FIELDS} fields, fragments expanded"), |it| it.n_fields)
        } else if MAX_ROOT_FIELDS < size.n_roots {
            (format!("more than {MAX_ROOT_FIELDS} fields at its root"), |it| it.n_roots)
        } else {
            return Ok(size);
        };
        let (path, place) = self.greatest(&operation.selection_set, by)?;
        let message = format!("the operation selects {what}; most of it at `{}`", shown(&path));
        Err(Refused::beyond(message, place))
    }

    /// Those that no operation spreads, too: validation reads them all.
    fn check_fragments(&mut self) -> Result<(), Refused> {
        let mut names: Vec<_> = self.fragments.keys().copied().collect();
        names.sort_unstable();
        names.into_iter().try_for_each(|it| self.fragment(it, 0, None).map(drop))
    }

    fn selections(&mut self, selections: &'a [Selection], level: usize) -> Result<Size, Refused> {
        let mut sum = Size::default();
        for it in selections {
            let size = self.selection(it, level)?;
            sum.depth = sum.depth.max(size.depth);
            sum.n_levels = sum.n_levels.max(size.n_levels);
            sum.n_fields = sum.n_fields.saturating_add(size.n_fields);
            sum.n_roots = sum.n_roots.saturating_add(size.n_roots);
            sum.n_bytes = sum.n_bytes.saturating_add(size.n_bytes);
        }
        Ok(sum)
    }

    fn selection(&mut self, selection: &'a Selection, level: usize) -> Result<Size, Refused> {
        let mut size = match selection {
            _ if level == MAX_LEVELS => Size { n_levels: MAX_LEVELS, ..Size::default() },
            Selection::Field(it) => {
                let inner = self.selections(&it.selection_set, level + 1)?;
                let n_fields = inner.n_fields.saturating_add(1);
                Size { depth: inner.depth + 1, n_fields, n_roots: 1, ..inner }
            }
            Selection::InlineFragment(it) => self.selections(&it.selection_set, level + 1)?,
            Selection::FragmentSpread(it) => self.fragment(&it.fragment_name, level + 1, it.location())?,
        };
        size.n_levels += 1;
        size.n_bytes = size.n_bytes.saturating_add(n_bytes(selection));
        if MAX_LEVELS < size.n_levels {
            let message = format!("fields and fragments are more than {MAX_LEVELS} deep within each other");
            return Err(Refused::beyond(message, self.places.of_span(selection.location())));
        }
        Ok(size)
    }

    /// What is defined nowhere has no size; validation will say so.
    fn fragment(&mut self, name: &str, level: usize, place: Option<SourceSpan>) -> Result<Size, Refused> {
        let Some((&name, &fragment)) = self.fragments.get_key_value(name) else { return Ok(Size::default()) };
        match self.sizes.get(name) {
            Some(Some(size)) => Ok(*size),
            Some(None) => {
                let message = format!("the fragment `{}` is spread within itself", shown(name));
                Err(Refused::invalid(message, self.places.of_span(place)))
            }
            None => {
                self.sizes.insert(name, None);
                let size = self.selections(&fragment.selection_set, level)?;
                self.sizes.insert(name, Some(size));
                Ok(size)
            }
        }
    }

    /// The way to the field at which most is selected.
    fn greatest(
        &mut self,
        mut selections: &'a [Selection],
        by: fn(Size) -> usize,
    ) -> Result<(String, Option<Pos>), Refused> {
        let (mut path, mut place) = (String::new(), None);
        loop {
            let mut greatest = None;
            for it in selections {
                let size = by(self.selection(it, 0)?);
                if greatest.is_none_or(|(greatest, _)| greatest < size) {
                    greatest = Some((size, it));
                }
            }
            selections = match greatest {
                None => return Ok((path, place)),
                Some((_, Selection::Field(it))) => {
                    path = if path.is_empty() { it.name.to_string() } else { format!("{path}.{}", it.name) };
                    place = self.places.of_span(it.name.location());
                    &it.selection_set
                }
                Some((_, Selection::InlineFragment(it))) => &it.selection_set,
                Some((_, Selection::FragmentSpread(it))) => {
                    self.fragments.get(it.fragment_name.as_str()).map_or(&[], |it| &it.selection_set)
                }
            };
        }
    }
}

/// How many bytes a selection becomes without what is selected below it.
fn n_bytes(selection: &Selection) -> usize {
    let length = |it: Option<SourceSpan>| it.map_or(0, |it| it.node_len());
    let (arguments, directives) = match selection {
        Selection::Field(it) => (&it.arguments[..], &it.directives),
        Selection::InlineFragment(it) => (&[][..], &it.directives),
        Selection::FragmentSpread(it) => (&[][..], &it.directives),
    };
    let arguments: usize = arguments.iter().map(|it| length(it.location())).sum();
    let directives: usize = directives.iter().map(|it| length(it.location())).sum();
    BYTES_OF_SELECTION + BYTES_OF_TEXT * (arguments + directives)
}
