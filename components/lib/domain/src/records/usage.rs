//! How many calls Marketo counts. Only `attendance` writes this record.

use super::record::Record;
use crate::first_version;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What Marketo last answered to the question how many calls the subscription had on the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarketoUsage {
    /// Record version.
    pub v: u32,
    /// When it was asked.
    pub at: Timestamp,
    /// The number of calls; `None` if Marketo did not say, or has not answered yet.
    #[serde(default)]
    pub number: Option<u64>,
}

impl MarketoUsage {
    /// Creates a record.
    pub const fn new(at: Timestamp, number: Option<u64>) -> Self {
        Self { v: Self::VERSION, at, number }
    }
}

first_version!(MarketoUsage);
