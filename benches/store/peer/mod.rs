//! Other embedded engines, used as an honest user of each would.

mod fjall;
mod redb;
mod rows;

pub(crate) use self::{fjall::Fjall, redb::Redb};
