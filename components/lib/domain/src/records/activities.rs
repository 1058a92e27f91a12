//! How far Marketo's activities are read (R23). Only `registration` writes this record.

use crate::error_code::Problem;
use crate::first_version;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// How far the status changes of connected programs are read from Marketo's activities.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityCursor {
    /// Record version.
    pub v: u32,
    /// Marketo's paging token of the next page; `None` to begin at `read_until`.
    #[serde(default)]
    pub page_token: Option<String>,
    /// The time until which all activities were read. Where reading begins again once Marketo refuses the token.
    pub read_until: Timestamp,
    /// Why the last page could not be read; `None` if it was.
    #[serde(default)]
    pub problem: Option<Problem>,
}

first_version!(ActivityCursor);
