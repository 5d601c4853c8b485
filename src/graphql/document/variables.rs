//! The values of variables, coerced as the specification says: each as its declaration wants it, or an
//! error that names the place within it.

use std::fmt;

use apollo_compiler::{
    Node,
    ast::{Type, VariableDefinition},
    schema::{ExtendedType, InputObjectType},
};
use async_graphql::{Name, Number, Pos, ServerError, Value, Variables, indexmap::IndexMap};

use super::{
    Reason, Refused,
    limits::{MAX_ERRORS, MAX_ITEMS, MAX_NESTING},
    places::Places,
    refusal::{error, shown},
    schema::named,
    translate::constant,
};
use crate::graphql::error::code;

/// A variable as an operation declares it.
#[derive(Debug)]
pub(super) struct Declared {
    pub(super) name: Name,
    ty: Type,
    default: Option<Value>,
    place: Pos,
}

impl Declared {
    pub(super) fn new(definition: &Node<VariableDefinition>, places: &Places) -> Self {
        Self {
            name: Name::new(&definition.name),
            ty: (*definition.ty).clone(),
            default: definition.default_value.as_ref().map(|it| constant(it)),
            place: places.or_nowhere(definition.location()),
        }
    }

    /// Whether it may be left out without being null.
    pub(super) fn may_be_absent(&self) -> bool {
        !self.ty.is_non_null() && self.default.is_none()
    }
}

/// The values of what is declared. What is not declared is left away.
pub(super) fn coerce(declared: &[Declared], mut given: Variables) -> Result<Variables, Refused> {
    let mut coercion = Coercion { n_items: 0, place: Pos::default(), errors: vec![] };
    let mut values = Variables::default();
    for it in declared {
        coercion.place = it.place;
        let value = match (given.remove(&it.name), &it.default) {
            (Some(value), _) => coercion.value(&At::Variable(&it.name), 0, &it.ty, value),
            (None, Some(default)) => default.clone(),
            (None, None) if it.ty.is_non_null() => coercion.wrong(&At::Variable(&it.name), "is required"),
            (None, None) => continue,
        };
        values.insert(it.name.clone(), value);
        if coercion.is_over() {
            break;
        }
    }
    match coercion.errors.is_empty() {
        true => Ok(values),
        false => Err(Refused { reason: Reason::Variables, errors: coercion.errors }),
    }
}

struct Coercion {
    n_items: usize,
    place: Pos,
    errors: Vec<ServerError>,
}

/// A place within a variable.
enum At<'a> {
    Variable(&'a str),
    Field(&'a Self, &'a str),
    Item(&'a Self, usize),
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => write!(f, "${}", shown(name)),
            Self::Field(of, name) => write!(f, "{of}.{}", shown(name)),
            Self::Item(of, index) => write!(f, "{of}[{index}]"),
        }
    }
}

impl Coercion {
    /// Whether there is no use in going on.
    fn is_over(&self) -> bool {
        MAX_ERRORS <= self.errors.len() || MAX_ITEMS < self.n_items
    }

    fn wrong(&mut self, at: &At<'_>, what: &str) -> Value {
        if !self.is_over() {
            self.errors.push(error(code::BAD_USER_INPUT, format!("`{at}` {what}"), Some(self.place)));
        }
        Value::Null
    }

    fn value(&mut self, at: &At<'_>, depth: usize, ty: &Type, value: Value) -> Value {
        match (ty, value) {
            (_, Value::Null) if ty.is_non_null() => self.wrong(at, "must not be null"),
            (_, Value::Null) => Value::Null,
            _ if depth == MAX_NESTING => self.wrong(at, "is nested too deep"),
            (Type::List(item) | Type::NonNullList(item), Value::List(items)) => {
                self.items(at, depth, item, items)
            }
            (Type::List(item) | Type::NonNullList(item), value) => {
                Value::List(vec![self.value(at, depth + 1, item, value)])
            }
            (Type::Named(name) | Type::NonNullNamed(name), value) => match named(ty) {
                Some(ExtendedType::InputObject(input)) => self.object(at, depth, input, value),
                Some(ExtendedType::Enum(it)) => match value {
                    Value::String(value) if it.values.contains_key(value.as_str()) => Value::String(value),
                    _ => self.wrong(at, &format!("must be one of the values of `{name}`")),
                },
                _ => self.scalar(at, name, value),
            },
        }
    }

    fn items(&mut self, at: &At<'_>, depth: usize, item: &Type, items: Vec<Value>) -> Value {
        if MAX_ITEMS < self.n_items + items.len() {
            self.n_items = MAX_ITEMS + 1;
            let message =
                format!("the lists of the variables have more than {MAX_ITEMS} items, with those of `{at}`");
            self.errors.push(error(code::LIMIT_EXCEEDED, message, Some(self.place)));
            return Value::Null;
        }
        self.n_items += items.len();
        let items = items.into_iter().enumerate();
        Value::List(items.map(|(index, it)| self.value(&At::Item(at, index), depth + 1, item, it)).collect())
    }

    fn object(&mut self, at: &At<'_>, depth: usize, input: &InputObjectType, value: Value) -> Value {
        let Value::Object(mut given) = value else {
            return self.wrong(at, &format!("must be an object, a `{}`", input.name));
        };
        if input.directives.has("oneOf") && (given.len() != 1 || given.values().any(|it| *it == Value::Null))
        {
            return self.wrong(at, &format!("must have exactly one field of `{}`, and not null", input.name));
        }
        let mut fields = IndexMap::with_capacity(given.len());
        for (name, field) in &input.fields {
            let at = At::Field(at, name);
            match given.swap_remove(name.as_str()) {
                Some(value) => {
                    let value = self.value(&at, depth + 1, &field.ty, value);
                    fields.insert(Name::new(name), value);
                }
                None if field.ty.is_non_null() && field.default_value.is_none() => {
                    self.wrong(&at, "is required");
                }
                None => {}
            }
        }
        for name in given.keys() {
            self.wrong(&At::Field(at, name), &format!("is no field of `{}`", input.name));
        }
        Value::Object(fields)
    }

    fn scalar(&mut self, at: &At<'_>, scalar: &str, value: Value) -> Value {
        let coerced = match (scalar, value) {
            ("Int", Value::Number(it)) => whole(&it).filter(|it| i32::try_from(*it).is_ok()).map(Into::into),
            ("_Any", Value::Object(it)) => Some(Value::Object(it)),
            ("ID", Value::Number(it)) => {
                let text =
                    whole(&it).map(|it| it.to_string()).or_else(|| it.as_u64().map(|it| it.to_string()));
                text.map(Value::String)
            }
            ("Float", Value::Number(it)) => Some(Value::Number(it)),
            ("Boolean", Value::Boolean(it)) => Some(Value::Boolean(it)),
            ("Int" | "Float" | "Boolean" | "_Any", _) => None,
            (_, Value::String(it)) => Some(Value::String(it)),
            _ => None,
        };
        coerced.unwrap_or_else(|| {
            self.wrong(
                at,
                match scalar {
                    "Int" => "must be a whole number of 32 bits",
                    "Float" => "must be a number",
                    "Boolean" => "must be true or false",
                    "_Any" => "must be an object",
                    "ID" => "must be a text or a whole number",
                    _ => "must be a text",
                },
            )
        })
    }
}

/// Whole numbers may be written with a point.
fn whole(number: &Number) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let written = || number.as_f64().filter(|it| it.fract() == 0.0 && it.abs() < EXACT);
    number.as_i64().or_else(|| if number.is_u64() { None } else { written().map(|it| it as i64) })
}
