//! The work of the tick.

mod permission_check;
pub(crate) mod tick;
