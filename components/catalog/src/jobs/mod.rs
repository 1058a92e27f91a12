//! What the tick calls.

pub(crate) mod maintenance;
pub(crate) mod refresh;
