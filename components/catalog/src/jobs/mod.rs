//! What the tick calls.

pub(crate) mod refresh;
