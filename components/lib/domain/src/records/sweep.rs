//! When a component last swept its records, and what it found without an owner.

use crate::first_version;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The last sweep of a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sweep {
    /// Record version.
    pub v: u32,
    /// When it began.
    pub at: Timestamp,
    /// Digests of the keys whose owner it did not find. The next sweep deletes those that still have none: a record that
    /// was written a moment ago may show before its owner's.
    #[serde(default)]
    pub orphans: Vec<String>,
}

first_version!(Sweep);
