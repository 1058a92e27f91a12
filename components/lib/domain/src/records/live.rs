//! People who joined a webinar that is under way, for programs whose connection asks for it (`live`). Only `attendance`
//! writes these records.

use super::lease::{Lease, Leased};
use crate::email::EmailHash;
use crate::first_version;
use crate::ids::{LeadId, RegistrantId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Joins that one component instance wrote down. The instance owns the record until its lease expires, and adds to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveJoins {
    /// Record version.
    pub v: u32,
    /// Random number of the owner.
    pub by: u32,
    /// Until when the owner may add joins.
    pub until: Timestamp,
    /// The joins, in the order in which they were accepted.
    pub joins: Vec<LiveJoin>,
}

impl Leased for LiveJoins {
    fn lease(&self) -> Option<Lease> {
        Some(Lease::new(self.by, self.until))
    }
}

/// A person who joined. Addresses and names are not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveJoin {
    /// When the event was accepted.
    #[serde(rename = "t")]
    pub at: Timestamp,
    /// Zoom's registrant id.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub registrant: Option<RegistrantId>,
    /// Hash of the e-mail address.
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailHash>,
    /// The leads with the address of a person unknown to Zoom and the ledger, the preferred one first.
    #[serde(rename = "l", default, skip_serializing_if = "Vec::is_empty")]
    pub leads: Vec<LeadId>,
}

/// People of a webinar who need no further call, because their status was set or no program knows them. Only the owner of
/// the webinar's lease writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveDone {
    /// Record version.
    pub v: u32,
    /// When it was last written.
    pub at: Timestamp,
    /// Digests of registrant ids, addresses or leads.
    pub people: Vec<u64>,
}

first_version!(LiveJoins, LiveDone);
