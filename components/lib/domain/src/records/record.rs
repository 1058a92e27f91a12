//! What all records have in common: the format version, the size limit, the key that names them.

use crate::time::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Version that this code writes into the `v` of every record.
pub const VERSION: u32 = 1;

/// Maximum size of a value in bytes that every store accepts (docs/reference/spin.md).
pub const MAX_VALUE_BYTES: usize = 64_000;

/// A key, together with the type of the record stored under it.
pub trait Key: fmt::Display {
    /// Type of the record.
    type Record: Serialize + DeserializeOwned;
}

/// The record of an instant: when a webinar ended, when the scheduler last called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// Record version.
    pub v: u32,
    /// The instant.
    pub at: Timestamp,
}

impl Moment {
    /// Creates the record of an instant.
    pub const fn new(at: Timestamp) -> Self {
        Self { v: VERSION, at }
    }
}
