//! Faults, many of them, by way of the engine's file operations: every state that a crash may leave
//! on a disk, every operation that may fail, and damage of all kinds.
//!
//! What must be there is known outside the store (`book`), and asked for by a `check` that knows
//! nothing of the engine. Every campaign has a size (`MILEPOST_FAULTS`) and a seed
//! (`MILEPOST_SEED`), and says in one line what it did. `planted` is about the harness itself: bugs
//! that it has to find.

mod book;
mod campaign;
mod chains;
pub mod check;
mod clients;
mod crashes;
mod damage;
mod disk;
mod hurt;
mod injector;
mod nth;
mod planted;
mod recorder;
pub mod records;
pub mod retold;
mod rows;
mod run;
mod saved;
