//! Objects: the table of a type, and the macro that makes it from the type's one description.

use async_graphql::{
    Context, OutputType, Positioned,
    parser::types::{Field, SelectionSet},
};

use super::{Planner, Step, Undone, append};
use crate::graphql::MAX_ANSWER;

/// Plans a field for these selections; `None`: it has to be waited for.
type PlanField =
    for<'a> fn(&Planner<'a>, &'a Positioned<Field>, &[&'a SelectionSet]) -> Option<Vec<Step<'a>>>;

/// How one field is planned and written.
pub(in crate::graphql) struct Entry<T> {
    /// Its name in the API.
    pub(in crate::graphql) name: &'static str,
    /// What to write of it.
    pub(in crate::graphql) plan: PlanField,
    /// Appends its JSON.
    pub(in crate::graphql) write: fn(&T, &Step<'_>, &Context<'_>, &mut Vec<u8>) -> Result<(), Undone>,
}

/// A type with the table of its fields.
pub(in crate::graphql) trait Table: OutputType + Sized + 'static {
    /// All fields, in no particular order.
    const ENTRIES: &'static [Entry<Self>];
}

/// Appends an object's JSON.
pub(in crate::graphql) fn append_object<T: Table>(
    it: &T,
    steps: &[Step<'_>],
    ctx: &Context<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Undone> {
    if MAX_ANSWER < out.len() {
        return Err(Undone);
    }
    let mut before = b'{';
    for step in steps {
        out.extend_from_slice(&[before, b'"']);
        out.extend_from_slice(step.key.as_bytes());
        out.extend_from_slice(b"\":");
        match step.place {
            Some(place) => (T::ENTRIES[place].write)(it, step, ctx, out)?,
            None => append(&T::type_name(), out)?,
        }
        before = b',';
    }
    if steps.is_empty() {
        out.push(b'{');
    }
    out.push(b'}');
    Ok(())
}

/// Describes a type of the API once: as a struct whose fields are those of the API, or as methods, with
/// the description on the methods where the type is the domain's. async-graphql reads it as it would
/// without this macro.
///
/// - `fn` is written at once.
/// - `async fn` has to be waited for.
/// - `async fn` with nothing but `&self` is asynchronous for an interface's sake and never waits.
/// - `unless(argument) async fn` waits for nothing as long as that argument is not given.
///
/// The `default` of an argument is a literal or the type's own.
macro_rules! object {
    ($(#[$($doc:tt)*])* $see:vis struct $type:ident {
        $($(#[$($attribute:tt)*])* $at:vis $field:ident: $of:ty),* $(,)?
    }) => {
        $(#[$($doc)*])*
        #[derive(async_graphql::SimpleObject)]
        $see struct $type {
            $($(#[$($attribute)*])* $at $field: $of),*
        }

        $crate::graphql::at_once::object!(@table $type [
            $($crate::graphql::at_once::Entry {
                name: $crate::graphql::at_once::object!(@name $field),
                plan: |planner, _, selected| {
                    <$of as $crate::graphql::at_once::AtOnce>::plan(planner, selected)
                },
                write: |it, step, ctx, out| {
                    $crate::graphql::at_once::AtOnce::write(&it.$field, &step.below, ctx, out)
                },
            }),*
        ]);
    };
    (impl $type:ident { $($methods:tt)* }) => {
        $crate::graphql::at_once::object!(@methods $type [(use_type_description)] [] [] $($methods)*);
    };
    ($(#[$($doc:tt)*])+ impl $type:ident { $($methods:tt)* }) => {
        $crate::graphql::at_once::object!(@methods $type [() $(#[$($doc)*])+] [] [] $($methods)*);
    };

    // Methods are taken off one by one: what async-graphql shall see gathers in the first brackets,
    // the entries of the table in the second.
    (@methods $type:ident [($($about:tt)*) $($doc:tt)*] [$($seen:tt)*] [$($entry:tt)*]) => {
        #[async_graphql::Object($($about)*)]
        $($doc)*
        impl $type { $($seen)* }

        $crate::graphql::at_once::object!(@table $type [$($entry)*]);
    };
    (@table $type:ident [$($entry:tt)*]) => {
        impl $crate::graphql::at_once::Table for $type {
            const ENTRIES: &'static [$crate::graphql::at_once::Entry<Self>] = &[$($entry)*];
        }

        impl $crate::graphql::at_once::AtOnce for $type {
            fn plan<'a>(
                planner: &$crate::graphql::at_once::Planner<'a>,
                selected: &[&'a async_graphql::parser::types::SelectionSet],
            ) -> Option<Vec<$crate::graphql::at_once::Step<'a>>> {
                planner.object::<Self>(selected)
            }

            fn write(
                &self,
                steps: &[$crate::graphql::at_once::Step<'_>],
                ctx: &async_graphql::Context<'_>,
                out: &mut Vec<u8>,
            ) -> Result<(), $crate::graphql::at_once::Undone> {
                $crate::graphql::at_once::append_object(self, steps, ctx, out)
            }
        }
    };
    (@methods $type:ident $about:tt [$($seen:tt)*] [$($entry:tt)*]
        $(#[$($attribute:tt)*])* unless($slow:ident)
        async fn $name:ident($($arguments:tt)*) -> $of:ty { $($body:tt)* } $($rest:tt)*
    ) => {
        $crate::graphql::at_once::object!(@methods $type $about
            [$($seen)* $(#[$($attribute)*])* async fn $name($($arguments)*) -> $of { $($body)* }]
            [$($entry)* $crate::graphql::at_once::Entry {
                name: $crate::graphql::at_once::object!(@name $name),
                plan: |planner, field, selected| {
                    const SLOW: &str = $crate::graphql::at_once::object!(@name $slow);
                    match field.node.get_argument(SLOW) {
                        Some(_) => None,
                        None => <$of as $crate::graphql::at_once::AtOnce>::plan(planner, selected),
                    }
                },
                write: |it, step, ctx, out| {
                    let value = $crate::graphql::at_once::object!(@call it $name step ctx ($($arguments)*));
                    let value = futures_util::FutureExt::now_or_never(value);
                    let value = value.ok_or($crate::graphql::at_once::Undone)?;
                    $crate::graphql::at_once::AtOnce::write(&value, &step.below, ctx, out)
                },
            },]
            $($rest)*
        );
    };
    (@methods $type:ident $about:tt [$($seen:tt)*] [$($entry:tt)*]
        $(#[$($attribute:tt)*])* $see:vis async fn $name:ident(&$this:ident) -> $of:ty { $($body:tt)* } $($rest:tt)*
    ) => {
        $crate::graphql::at_once::object!(@methods $type $about
            [$($seen)* $(#[$($attribute)*])* $see async fn $name(&$this) -> $of { $($body)* }]
            [$($entry)* $crate::graphql::at_once::Entry {
                name: $crate::graphql::at_once::object!(@name $name),
                plan: |planner, _, selected| {
                    <$of as $crate::graphql::at_once::AtOnce>::plan(planner, selected)
                },
                write: |it, step, ctx, out| {
                    let value = futures_util::FutureExt::now_or_never(it.$name(ctx));
                    let value = value.ok_or($crate::graphql::at_once::Undone)?;
                    $crate::graphql::at_once::AtOnce::write(&value, &step.below, ctx, out)
                },
            },]
            $($rest)*
        );
    };
    (@methods $type:ident $about:tt [$($seen:tt)*] [$($entry:tt)*]
        $(#[$($attribute:tt)*])* async fn $name:ident($($arguments:tt)*) -> $of:ty { $($body:tt)* }
        $($rest:tt)*
    ) => {
        $crate::graphql::at_once::object!(@methods $type $about
            [$($seen)* $(#[$($attribute)*])* async fn $name($($arguments)*) -> $of { $($body)* }]
            [$($entry)*]
            $($rest)*
        );
    };
    (@methods $type:ident $about:tt [$($seen:tt)*] [$($entry:tt)*]
        $(#[$($attribute:tt)*])* fn $name:ident($($arguments:tt)*) -> $of:ty { $($body:tt)* } $($rest:tt)*
    ) => {
        $crate::graphql::at_once::object!(@methods $type $about
            [$($seen)* $(#[$($attribute)*])* fn $name($($arguments)*) -> $of { $($body)* }]
            [$($entry)* $crate::graphql::at_once::Entry {
                name: $crate::graphql::at_once::object!(@name $name),
                plan: |planner, _, selected| {
                    <$of as $crate::graphql::at_once::AtOnce>::plan(planner, selected)
                },
                write: |it, step, ctx, out| {
                    let value = $crate::graphql::at_once::object!(@call it $name step ctx ($($arguments)*));
                    $crate::graphql::at_once::AtOnce::write(&value, &step.below, ctx, out)
                },
            },]
            $($rest)*
        );
    };

    // async-graphql gives every method a context.
    (@call $it:ident $name:ident $step:ident $ctx:ident (&self $(, $context:ident: &Context<'_>)? $(,)?)) => {
        $it.$name($ctx)
    };
    (@call $it:ident $name:ident $step:ident $ctx:ident (
        &self, $($context:ident: &Context<'_>,)?
        $(#[graphql($($about:tt)*)] $argument:ident: $of:ty),+ $(,)?
    )) => {{
        let field = $ctx.with_field($step.field);
        let undone = |_| $crate::graphql::at_once::Undone;
        $(
            let name = $crate::graphql::at_once::object!(@name $argument);
            let default = $crate::graphql::at_once::defaults!($of; $($about)*);
            let $argument = field.param_value::<$of>(name, default).map_err(undone)?.1;
        )+
        $it.$name($ctx, $($argument),+)
    }};

    (@name $name:ident) => {{
        const SNAKE: &str = stringify!($name);
        const NAME: &$crate::graphql::at_once::Name<{ SNAKE.len() }> =
            &$crate::graphql::at_once::Name::of(SNAKE);
        NAME.get()
    }};
}

/// What an argument is when it is not given, from what is said about it.
macro_rules! defaults {
    ($of:ty; desc = $description:literal) => {
        None
    };
    ($of:ty; desc = $description:literal, directive = $directive:expr) => {
        None
    };
    ($of:ty; desc = $description:literal, default) => {
        Some(<$of as Default>::default as fn() -> $of)
    };
    ($of:ty; desc = $description:literal, default = $default:expr) => {
        Some((|| $default) as fn() -> $of)
    };
}

pub(in crate::graphql) use {defaults, object};
