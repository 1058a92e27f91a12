//! This component's records.

pub(crate) mod sessions;
