//! What an operation may cost at the most, by the directives of the schema (`@cost`, `@listSize`). All that
//! does not depend on variables is computed once per document.

use apollo_compiler::{
    ExecutableDocument,
    ast::{FieldDefinition, Value},
    executable::{Field, Selection, SelectionSet},
};
use async_graphql::{Name, Pos, Value as ConstValue, Variables};

use super::{Cost, Reason, Refused, limits::MAX_COST, places::Places, refusal::shown};
use crate::graphql::{error::code, page::MAX_PAGE};

/// What the schema as a whole costs: it is the largest answer there is.
const COST_OF_SCHEMA: u64 = 5_000;
/// What one type of it costs.
const COST_OF_TYPE: u64 = 50;

/// A field with its price.
#[derive(Debug)]
pub(super) struct Priced {
    name: Box<str>,
    place: Pos,
    /// Its own, with those arguments that are written out.
    own: u64,
    /// What an argument adds for each item, where a variable says which.
    by_item: Box<[(Name, u64)]>,
    /// How many times what is selected of it counts.
    size: Size,
    inner: Vec<Self>,
    /// The price of all of it, where no variable changes that.
    fixed: Option<u64>,
}

#[derive(Debug, Clone)]
enum Size {
    Fixed(u64),
    /// The greatest of these variables' values, or as given where none has any.
    Variables {
        names: Vec<Name>,
        least: u64,
        otherwise: u64,
    },
}

/// The price of an operation with these variables, or why it is too dear.
pub(super) fn price(fields: &[Priced], variables: &Variables) -> Result<Cost, Refused> {
    let requested = sum(fields, variables);
    if requested <= MAX_COST {
        return Ok(Cost { requested, limit: MAX_COST });
    }
    let (path, place) = dearest(fields, variables);
    let message =
        format!("the operation costs {requested}, the limit is {MAX_COST}; most of it at `{}`", shown(&path));
    Err(Refused::new(Reason::Invalid, code::QUERY_TOO_EXPENSIVE, message, Some(place)))
}

fn sum(fields: &[Priced], variables: &Variables) -> u64 {
    fields.iter().fold(0, |sum, it| sum.saturating_add(it.total(variables)))
}

/// The way to where most of the cost arises: into a field as long as one below has at least half of it.
fn dearest(mut fields: &[Priced], variables: &Variables) -> (String, Pos) {
    let (mut path, mut place) = (vec![], Pos::default());
    let mut total = 0;
    while let Some(it) = fields.iter().max_by_key(|it| it.total(variables)) {
        if it.total(variables) < total / 2 {
            break;
        }
        path.push(&*it.name);
        place = it.place;
        total = sum(&it.inner, variables);
        fields = &it.inner;
    }
    (path.join("."), place)
}

impl Priced {
    /// How many fields these are, with all that are below them.
    pub(super) fn count(fields: &[Self]) -> usize {
        fields.iter().map(|it| 1 + Self::count(&it.inner)).sum()
    }

    fn total(&self, variables: &Variables) -> u64 {
        self.fixed.unwrap_or_else(|| {
            let inner = sum(&self.inner, variables);
            let items = |(name, weight): &(Name, u64)| n_items(variables.get(name)).saturating_mul(*weight);
            let own = self.by_item.iter().map(items).fold(self.own, u64::saturating_add);
            own.saturating_add(self.size.of(variables).saturating_mul(inner))
        })
    }
}

impl Size {
    fn of(&self, variables: &Variables) -> u64 {
        match self {
            Self::Fixed(size) => *size,
            Self::Variables { names, least, otherwise } => {
                let sizes = names.iter().filter_map(|it| asked(variables.get(it)?));
                sizes.max().map_or(*otherwise, |it| it.max(*least))
            }
        }
    }
}

/// How many items a value asks for; resolvers refuse to answer more than a page.
fn asked(value: &ConstValue) -> Option<u64> {
    match value {
        ConstValue::Number(it) => Some(it.as_u64().unwrap_or(0).min(MAX_PAGE as u64)),
        ConstValue::List(items) => Some(items.len() as u64),
        _ => None,
    }
}

/// Prices selections of a document that was validated.
pub(super) fn priced(
    document: &ExecutableDocument,
    selections: &SelectionSet,
    places: &Places,
) -> Vec<Priced> {
    let mut fields = vec![];
    Pricing { document, places }.selections(selections, None, &mut fields);
    fields
}

struct Pricing<'a> {
    document: &'a ExecutableDocument,
    places: &'a Places,
}

/// The fields of a connection that are its list, and how long that is.
type Sized<'a> = (Vec<&'a str>, Size);

impl Pricing<'_> {
    fn selections(&self, selections: &SelectionSet, sized: Option<&Sized<'_>>, into: &mut Vec<Priced>) {
        for selection in &selections.selections {
            match selection {
                Selection::Field(it) => into.push(self.field(it, sized)),
                Selection::InlineFragment(it) => self.selections(&it.selection_set, sized, into),
                Selection::FragmentSpread(it) => {
                    if let Some(it) = it.fragment_def(self.document) {
                        self.selections(&it.selection_set, sized, into);
                    }
                }
            }
        }
    }

    fn field(&self, field: &Field, sized: Option<&Sized<'_>>) -> Priced {
        let within = sized.filter(|(names, _)| names.contains(&field.name.as_str())).map(|it| it.1.clone());
        let (size, below) = match (list_size(field), within) {
            (Some((names, size)), _) if !names.is_empty() => (Size::Fixed(1), Some((names, size))),
            (_, Some(size)) | (Some((_, size)), None) => (size, None),
            (None, None) => (Size::Fixed(1), None),
        };
        let mut inner = vec![];
        self.selections(&field.selection_set, below.as_ref(), &mut inner);
        inner.shrink_to_fit();
        let (own, by_item) = own_cost(field);
        let mut priced = Priced {
            name: field.name.as_str().into(),
            place: self.places.or_nowhere(field.name.location()),
            own,
            by_item,
            size,
            inner,
            fixed: None,
        };
        let is_fixed = matches!(priced.size, Size::Fixed(_)) && priced.by_item.is_empty();
        if is_fixed && priced.inner.iter().all(|it| it.fixed.is_some()) {
            priced.fixed = Some(priced.total(&Variables::default()));
        }
        priced
    }
}

/// What a field costs by itself with the arguments that are given, and what those add that are variables.
fn own_cost(field: &Field) -> (u64, Box<[(Name, u64)]>) {
    let mut own = match field.name.as_str() {
        "__schema" => COST_OF_SCHEMA,
        "__type" => COST_OF_TYPE,
        _ => weight(&field.definition.directives).unwrap_or(1),
    };
    let mut by_item = vec![];
    for it in &field.arguments {
        let definition = field.definition.argument_by_name(&it.name);
        let Some(weight) = definition.and_then(|it| weight(&it.directives)) else { continue };
        let n_items = match &*it.value {
            Value::Variable(name) => {
                by_item.push((Name::new(name), weight));
                0
            }
            Value::Null => 0,
            Value::List(items) => items.len() as u64,
            _ => 1,
        };
        own = own.saturating_add(weight.saturating_mul(n_items));
    }
    (own, by_item.into())
}

/// How many items an argument has that is this value.
fn n_items(value: Option<&ConstValue>) -> u64 {
    match value {
        None | Some(ConstValue::Null) => 0,
        Some(ConstValue::List(items)) => items.len() as u64,
        Some(_) => 1,
    }
}

fn weight(directives: &apollo_compiler::ast::DirectiveList) -> Option<u64> {
    directives.get("cost")?.specified_argument_by_name("weight")?.as_str()?.parse().ok()
}

/// What `@listSize` says of a field: which fields below it are the list, if not itself, and its length.
fn list_size(field: &Field) -> Option<Sized<'_>> {
    let directive = field.definition.directives.get("listSize")?;
    let texts = |argument| {
        let items = directive.specified_argument_by_name(argument).and_then(|it| it.as_list());
        items.unwrap_or_default().iter().filter_map(|it| it.as_str()).collect::<Vec<_>>()
    };
    let assumed = directive.specified_argument_by_name("assumedSize").and_then(|it| it.to_i32());
    let assumed = u64::try_from(assumed.unwrap_or(1)).unwrap_or(0);
    Some((texts("sizedFields"), size(field, &texts("slicingArguments"), assumed)))
}

fn size(field: &Field, slicing: &[&str], assumed: u64) -> Size {
    let mut given = None;
    let mut names = vec![];
    for value in slicing.iter().filter_map(|it| argument(field, &field.definition, it)) {
        match value {
            Value::Variable(name) => names.push(Name::new(name)),
            Value::List(items) => given = given.max(Some(items.len() as u64)),
            Value::Int(it) => {
                let n_items = it.try_to_i32().ok().and_then(|it| u64::try_from(it).ok());
                given = given.max(Some(n_items.unwrap_or(0).min(MAX_PAGE as u64)));
            }
            Value::Null => {}
            _ => given = given.max(Some(1)),
        }
    }
    match names.is_empty() {
        true => Size::Fixed(given.unwrap_or(assumed)),
        false => Size::Variables { names, least: given.unwrap_or(0), otherwise: given.unwrap_or(assumed) },
    }
}

/// The value of an argument, or its default.
fn argument<'a>(field: &'a Field, definition: &'a FieldDefinition, name: &str) -> Option<&'a Value> {
    let given = field.specified_argument_by_name(name);
    given.or_else(|| definition.argument_by_name(name)?.default_value.as_ref()).map(|it| &**it)
}
