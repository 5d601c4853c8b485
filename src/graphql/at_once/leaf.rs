//! What all types are made of: text, numbers, ids, enums and scalars, lists and what may be null.

use async_graphql::{Context, ID, parser::types::SelectionSet, resolver_utils::EnumType};
use serde::Serialize;

use super::{AtOnce, Planner, Step, Undone};

/// Appends a value as its type serializes it.
pub(in crate::graphql) fn append(value: &(impl Serialize + ?Sized), out: &mut Vec<u8>) -> Result<(), Undone> {
    serde_json::to_writer(out, value).map_err(|_| Undone)
}

/// Appends text. Nearly all text needs no escapes, which many bytes at a time can be seen to need.
pub(in crate::graphql) fn append_text(text: &str, out: &mut Vec<u8>) -> Result<(), Undone> {
    let needs_escape = |it: &u8| *it < b' ' || *it == b'"' || *it == b'\\';
    // Without a way out on the first of them, so that the compiler makes vectors of it.
    if text.as_bytes().iter().fold(false, |any, it| any | needs_escape(it)) {
        return append(text, out);
    }
    out.reserve(text.len() + 2);
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
    Ok(())
}

/// Appends the name of a value of an enum.
pub(in crate::graphql) fn append_name<T: EnumType>(value: T, out: &mut Vec<u8>) -> Result<(), Undone> {
    let item = T::items().iter().find(|it| it.value == value).ok_or(Undone)?;
    out.push(b'"');
    out.extend_from_slice(item.name.as_bytes());
    out.push(b'"');
    Ok(())
}

/// How a leaf is written.
macro_rules! leaf {
    ($($type:ty: |$it:ident, $out:ident| $write:expr;)*) => {$(
        impl $crate::graphql::at_once::AtOnce for $type {
            fn plan<'a>(
                _: &$crate::graphql::at_once::Planner<'a>,
                _: &[&'a async_graphql::parser::types::SelectionSet],
            ) -> Option<Vec<$crate::graphql::at_once::Step<'a>>> {
                Some(vec![])
            }

            fn write(
                &self,
                _: &[$crate::graphql::at_once::Step<'_>],
                _: &async_graphql::Context<'_>,
                $out: &mut Vec<u8>,
            ) -> Result<(), $crate::graphql::at_once::Undone> {
                let $it = self;
                $write
            }
        }
    )*};
}

/// Enums that answers hold.
macro_rules! names {
    ($($type:ty),* $(,)?) => {
        $crate::graphql::at_once::leaf! {
            $($type: |it, out| $crate::graphql::at_once::append_name(*it, out);)*
        }
    };
}

pub(in crate::graphql) use {leaf, names};

leaf! {
    str: |it, out| append_text(it, out);
    String: |it, out| append_text(it, out);
    ID: |it, out| append_text(it, out);
    bool: |it, out| append(it, out);
    u8: |it, out| append(it, out);
    u32: |it, out| append(it, out);
    i32: |it, out| append(it, out);
    f64: |it, out| append(it, out);
}

impl<T: AtOnce + ?Sized> AtOnce for &T {
    fn plan<'a>(planner: &Planner<'a>, selected: &[&'a SelectionSet]) -> Option<Vec<Step<'a>>> {
        T::plan(planner, selected)
    }

    fn write(&self, steps: &[Step<'_>], ctx: &Context<'_>, out: &mut Vec<u8>) -> Result<(), Undone> {
        T::write(self, steps, ctx, out)
    }
}

impl<T: AtOnce> AtOnce for Option<T> {
    fn plan<'a>(planner: &Planner<'a>, selected: &[&'a SelectionSet]) -> Option<Vec<Step<'a>>> {
        T::plan(planner, selected)
    }

    fn write(&self, steps: &[Step<'_>], ctx: &Context<'_>, out: &mut Vec<u8>) -> Result<(), Undone> {
        match self {
            Some(it) => it.write(steps, ctx, out),
            None => {
                out.extend_from_slice(b"null");
                Ok(())
            }
        }
    }
}

impl<T: AtOnce, E> AtOnce for Result<T, E> {
    fn plan<'a>(planner: &Planner<'a>, selected: &[&'a SelectionSet]) -> Option<Vec<Step<'a>>> {
        T::plan(planner, selected)
    }

    fn write(&self, steps: &[Step<'_>], ctx: &Context<'_>, out: &mut Vec<u8>) -> Result<(), Undone> {
        self.as_ref().map_err(|_| Undone)?.write(steps, ctx, out)
    }
}

impl<T: AtOnce> AtOnce for [T] {
    fn plan<'a>(planner: &Planner<'a>, selected: &[&'a SelectionSet]) -> Option<Vec<Step<'a>>> {
        T::plan(planner, selected)
    }

    fn write(&self, steps: &[Step<'_>], ctx: &Context<'_>, out: &mut Vec<u8>) -> Result<(), Undone> {
        out.push(b'[');
        for (place, it) in self.iter().enumerate() {
            if place != 0 {
                out.push(b',');
            }
            it.write(steps, ctx, out)?;
        }
        out.push(b']');
        Ok(())
    }
}

impl<T: AtOnce> AtOnce for Vec<T> {
    fn plan<'a>(planner: &Planner<'a>, selected: &[&'a SelectionSet]) -> Option<Vec<Step<'a>>> {
        T::plan(planner, selected)
    }

    fn write(&self, steps: &[Step<'_>], ctx: &Context<'_>, out: &mut Vec<u8>) -> Result<(), Undone> {
        self[..].write(steps, ctx, out)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn text_is_as_serde_writes_it(text in "(?s)[ -~\\x00-\\x20\"\\\\/\u{7f}ü\u{2028}]{0,40}") {
            let mut out = vec![];
            append_text(&text, &mut out).expect("written");
            prop_assert_eq!(String::from_utf8(out).expect("text"), serde_json::to_string(&text).expect("JSON"));
        }
    }
}
