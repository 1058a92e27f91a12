//! Removals of services that are under way. Only `oauth` writes these records.

use super::record::Record;
use crate::first_version;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A removal under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removal {
    /// Record version.
    pub v: u32,
    /// When it began.
    pub since: Timestamp,
    /// Why.
    #[serde(rename = "why")]
    pub reason: RemovalReason,
    /// Number of components that have deleted the account's records, in the order in which they are asked.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub forgotten_in: usize,
}

first_version!(Removal);

/// Why a service is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RemovalReason {
    /// An admin deleted the service here. The grant is revoked, and nothing remains.
    Deleted,
    /// The app was removed from the Zoom account (R17). The account's data is deleted. The service's name remains, so
    /// that the console can show what happened.
    Deauthorized,
    /// Zoom reported that the app was removed, but by another user than the service's admin, or at a time that may be before
    /// the sign-in. Nothing ends before Zoom rejects the grant.
    Reported,
}

impl Removal {
    /// Creates the record of a removal.
    pub const fn new(since: Timestamp, reason: RemovalReason) -> Self {
        Self { v: Self::VERSION, since, reason, forgotten_in: 0 }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_zero(number: &usize) -> bool {
    *number == 0
}
