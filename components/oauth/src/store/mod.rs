//! This component's records in the key-value store (docs/STATE.md). Each module is the only writer of its records.

pub(crate) mod data_keys;
pub(crate) mod encryption;
pub(crate) mod removals;
pub(crate) mod renewal_lease;
pub(crate) mod service_problems;
pub(crate) mod services;
pub(crate) mod token_store;
