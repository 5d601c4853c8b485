//! WebSockets, as clients of all kinds speak over them.

mod bounds;
pub mod client;
mod patience;
mod protocol;
mod raw;
mod story;
