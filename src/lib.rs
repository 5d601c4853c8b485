//! Milepost tells people how far they are from being hireable as back-end developers, and why.
//!
//! [`domain`] is what the product knows.

pub mod domain;
