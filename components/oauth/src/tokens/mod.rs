//! Access tokens: returned to the other components, renewed before they expire.

pub(crate) mod access;
pub(crate) mod renewal;
