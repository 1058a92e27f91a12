//! Spin's key-value store: one SQLite file, one label.

mod database;
mod interface;

pub(crate) use database::Database;
#[allow(unreachable_pub, reason = "the generated bindings re-export it, for which it must be `pub`")]
pub use database::Store;
