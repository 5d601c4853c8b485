//! What fields cost, said in the schema itself: the directives of the IBM cost specification, which the guard
//! reads before an operation executes and a client can read before it asks.

use std::borrow::Cow;

use async_graphql::{
    TypeDirective,
    registry::{MetaDirectiveInvocation, Registry, location_traits::Directive_At_FIELD_DEFINITION},
};

use super::page::DEFAULT_PAGE;

/// How many items a list may have for the cost of an operation: what is selected of an item counts
/// that many times.
#[TypeDirective(name = "listSize", location = "FieldDefinition")]
pub(super) fn list_size(
    #[graphql(desc = "How many items there are when no slicing argument says how many.")]
    assumed_size: Option<i32>,
    #[graphql(
        desc = "The arguments that say how many items there are: a number, or a list with one entry for each; \
                      the greatest counts."
    )]
    slicing_arguments: Option<Vec<String>>,
    #[graphql(
        desc = "The fields of the answer that are lists of that size; absent: the answer itself is the list."
    )]
    sized_fields: Option<Vec<String>>,
    #[graphql(desc = "Whether exactly one of the slicing arguments must be given.")]
    require_one_slicing_argument: Option<bool>,
) {
}

/// What a field costs by itself, or what an argument adds when it is given: a list once for each item.
/// Without it a field costs 1 and an argument nothing.
#[TypeDirective(name = "cost", location = "FieldDefinition", location = "ArgumentDefinition")]
pub(super) fn cost(#[graphql(desc = "The cost, a whole number.")] weight: String) {}

/// What it costs to assess a learner, or to go over what was assessed.
pub(super) const COST_OF_ASSESSING: u64 = 25;
/// What it costs to assess a learner of whom that is mostly remembered.
pub(super) const COST_OF_READINESS: u64 = 5;
/// What it costs to suppose one thing.
pub(super) const COST_OF_SUPPOSING: u64 = 10;
/// What it costs to read a page of a learner's events.
pub(super) const COST_OF_EVENTS: u64 = 20;
/// What it costs to fold a learner's events anew.
pub(super) const COST_OF_HISTORY: u64 = 500;
/// What it costs to assess a learner at up to 400 instants: so much that few are asked for together, and that it is done
/// where it keeps nobody waiting.
pub(super) const COST_OF_TIMELINE: u64 = 6_000;
/// What it costs to look at many learners for those who are meant.
pub(super) const COST_OF_SEARCH: u64 = 250;

/// `@listSize` on a list that has about so many items.
pub(super) struct About;

/// `@listSize` on a list as long as an argument says.
pub(super) struct Counted;

/// `@listSize` on a connection.
pub(super) struct Page;

impl About {
    pub(super) fn apply(n_items: i32) -> MetaDirectiveInvocation {
        list_size::apply(Some(n_items), None, None, None)
    }
}

impl Counted {
    /// As long as the argument says, or its list; without it as long as `assumed`.
    pub(super) fn apply(argument: &str, assumed: i32) -> MetaDirectiveInvocation {
        list_size::apply(Some(assumed), Some(vec![argument.to_owned()]), None, Some(false))
    }
}

impl Page {
    pub(super) fn apply() -> MetaDirectiveInvocation {
        let names = |it: [&str; 2]| Some(it.map(str::to_owned).to_vec());
        let assumed = i32::try_from(DEFAULT_PAGE).expect("a page is small");
        list_size::apply(Some(assumed), names(["first", "last"]), names(["edges", "nodes"]), Some(false))
    }
}

macro_rules! is_list_size {
    ($($name:ident)*) => {$(
        impl TypeDirective for $name {
            fn name(&self) -> Cow<'static, str> {
                list_size.name()
            }

            fn register(&self, registry: &mut Registry) {
                list_size.register(registry);
            }
        }

        impl Directive_At_FIELD_DEFINITION for $name {}
    )*};
}

is_list_size!(About Counted Page);
