//! Milepost tells people how far they are from being hireable as back-end developers, and why.
//!
//! In reading order: [`domain`] is what the product knows, [`store`] keeps it.

pub mod app;
pub mod domain;
pub mod graphql;
pub mod http;
pub mod store;
