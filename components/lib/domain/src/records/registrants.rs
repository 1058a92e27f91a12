//! What is known of the registrants of a webinar as a whole: that they changed, and how they compared. Only `registration`
//! writes these records.

use super::record::Record;
use super::source::RecordSource;
use crate::error_code::Problem;
use crate::first_version;
use crate::ids::{ProgramId, WebinarId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Marks the registrants of a webinar as changed in Zoom, until the change has reached the ledger and Marketo (R18).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistrantsChanged {
    /// Record version.
    pub v: u32,
    /// Random number of the change. A later change has another one, so that it outlives the work on an earlier one.
    pub token: u32,
    /// When the change was reported; a later instant if the webinar is not to be compared before.
    pub at: Timestamp,
}

/// The last comparison of a webinar's registrants with the ledger and with Marketo (R18).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconciled {
    /// Record version.
    pub v: u32,
    /// When it ended.
    pub at: Timestamp,
    /// What it found.
    #[serde(default)]
    pub counts: ReconciliationCounts,
    /// Why it could not be completed; `None` if it was.
    #[serde(default)]
    pub problem: Option<Problem>,
    /// Until when a comparison runs that is too long for a tick; others leave the webinar alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running_until: Option<Timestamp>,
    /// When the memberships in Marketo were read last; `None` if they never were.
    #[serde(default)]
    pub memberships_at: Option<Timestamp>,
    /// Number of calls of Marketo that reading them took, and attempts since then that failed.
    #[serde(default)]
    pub membership_calls: u32,
    /// Number of registrants of Zoom's page who could not be copied then (R10).
    #[serde(default)]
    pub uncopied: usize,
    /// The service of the webinar, by which its account is known (R17); `None` in records of earlier builds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<RecordSource>,
}

/// What a comparison found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReconciliationCounts {
    /// Approved registrants in Zoom.
    pub approved: u32,
    /// Registrants in Zoom who wait for approval.
    pub pending: u32,
    /// Denied and cancelled registrants in Zoom.
    pub denied: u32,
    /// Memberships in Marketo whose registration was cancelled, denied or deleted in Zoom.
    pub withdrawn: u32,
    /// Memberships that differed, and were repaired.
    pub memberships_repaired: u32,
    /// Entries of the ledger that differed, and were corrected.
    pub ledger_corrected: u32,
}

/// Webinars that the flow step chose instead of the webinar of its program, so that they are compared with Zoom too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChosenWebinars {
    /// Record version.
    pub v: u32,
    /// The choices, the latest first.
    pub choices: Vec<ChosenWebinar>,
}

/// A webinar that the flow step chose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChosenWebinar {
    /// The program of the leads.
    pub program: ProgramId,
    /// The webinar.
    pub webinar: WebinarId,
    /// When it ends as planned.
    pub ends_at: Timestamp,
}

impl Default for ChosenWebinars {
    fn default() -> Self {
        Self { v: Self::VERSION, choices: Vec::new() }
    }
}

/// How many people of a program the ledger has at a webinar. The console shows it without reading the ledger.
///
/// Instances that count at the same time may lose a change. The next comparison of the webinar with Zoom corrects it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistrationCounts {
    /// Record version.
    pub v: u32,
    /// Registered in Zoom, with a join link.
    pub registered: u32,
    /// Registered in Zoom, waiting for the host's approval.
    pub pending: u32,
    /// Cancelled by the person, or deleted by the host, in Zoom.
    pub cancelled: u32,
    /// The service of the webinar, by which its account is known (R17); `None` in records of earlier builds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<RecordSource>,
}

impl Default for RegistrationCounts {
    fn default() -> Self {
        Self { v: Self::VERSION, registered: 0, pending: 0, cancelled: 0, source: None }
    }
}

/// The last maintenance of registration, which lists the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Maintenance {
    /// Record version.
    pub v: u32,
    /// When it began.
    pub at: Timestamp,
    /// Number of records that it could not read.
    #[serde(default)]
    pub unreadable: usize,
}

first_version!(RegistrantsChanged, Reconciled, ChosenWebinars, RegistrationCounts, Maintenance);
