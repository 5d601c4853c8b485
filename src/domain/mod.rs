//! What the product knows: plain data and pure, total functions. No I/O, no clock, no randomness,
//! no async, no GraphQL.
//!
//! A learner's truth is their events ([`event`]); their state is the fold of them ([`learner`]).
//! A [`command`] is decided against that state and answers with a change, with "already so", or
//! with a [`refusal`]. [`readiness`] assesses a state against a [`guide`].

#[cfg(test)]
pub(crate) mod arbitrary;
pub mod command;
pub mod event;
pub mod event_summary;
pub mod guide;
pub mod id;
pub mod learner;
pub mod query_plan;
pub mod readiness;
pub mod refusal;
pub mod slug;
#[cfg(test)]
pub(crate) mod story;
pub mod summary;
pub mod text;
pub mod time;
