//! One test binary for all that is asked from outside.
#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![expect(unreachable_pub, reason = "nothing is public in a test binary")]

mod api;
mod architecture;
mod binary;
mod binary_tools;
mod event_format;
mod examples;
mod format;
mod given;
mod readme;
mod schema;
mod store;
mod story;
mod world;
