//! Deletes what the store has of a person, when an admin asks for it. `registration` is asked, and asks `attendance` by
//! `POST /internal/forget-person`.

use domain::time::Timestamp;
use domain::{Email, LeadId, ProgramId, RegistrantId, WebinarId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Body of `POST /internal/forget-person`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ForgetPersonRequest {
    /// The e-mail address.
    pub email: Email,
    /// The person's leads.
    pub leads: Vec<LeadId>,
    /// Zoom's registrant ids of the person.
    pub registrants: Vec<RegistrantId>,
    /// When the component must have answered.
    pub deadline: Timestamp,
}

/// Answer of `POST /internal/forget-person`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForgetPersonReport {
    /// Number of records of when the person was in a webinar.
    pub presences: u64,
    /// Number of pages of Zoom's and Marketo's lists that had the person, and that a run under way fetches again.
    pub pages: u64,
    /// Number of joins of webinars under way.
    pub joins: u64,
    /// The programs of these.
    pub programs: BTreeSet<ProgramId>,
    /// The webinars of these.
    pub webinars: BTreeSet<WebinarId>,
    /// Whether nothing is left. Otherwise the request is to be repeated.
    #[serde(rename = "complete")]
    pub is_complete: bool,
}
