//! One test binary for all that is asked from outside.
#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![expect(unreachable_pub, reason = "nothing is public in a test binary")]

mod ageing;
mod api;
mod architecture;
mod bad_input;
mod binary;
mod binary_tools;
mod documents;
mod erase_search;
mod event_format;
mod exactly_once;
mod examples;
mod faulty;
mod format;
mod given;
mod readme;
mod schema;
mod store;
mod story;
mod wire;
mod world;
