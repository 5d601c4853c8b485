//! Milepost tells people how far they are from being hireable as back-end developers, and why.
//!
//! In reading order: [`domain`] is what the product knows, [`store`] keeps it.

pub mod domain;
pub mod store;
