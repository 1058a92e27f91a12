//! The work of the tick.

mod maintenance;
mod permission_check;
mod probe;
pub(crate) mod tick;
