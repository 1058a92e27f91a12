//! What we know of a Zoom webinar.

use crate::email::Email;
use crate::ids::WebinarId;
use crate::sensitive::Sensitive;
use crate::time::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Zoom's events after which a webinar may be another than it was: whoever receives one passes it on to `catalog`, which
/// reads the webinar again.
pub const CHANGES: [&str; 5] = [
    "webinar.updated",
    "webinar.deleted",
    "webinar.recovered",
    "webinar.permanently_deleted",
    "webinar.converted_to_meeting",
];

/// How people get into a webinar: Zoom's `settings.approval_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RegistrationMode {
    /// 0: a registrant is approved at once.
    Automatic,
    /// 1: the host approves each registrant.
    Manual,
    /// 2: no registration required (R5: nobody is pushed).
    None,
}

impl RegistrationMode {
    /// From Zoom's number; unknown numbers and an absent setting are "none", which is Zoom's default.
    pub const fn from_approval_type(approval_type: Option<i64>) -> Self {
        match approval_type {
            Some(0) => Self::Automatic,
            Some(1) => Self::Manual,
            _ => Self::None,
        }
    }

    /// Whether people can be registered through Marketo (R5).
    pub const fn requires_registration(self) -> bool {
        !matches!(self, Self::None)
    }
}

/// The webinar as Zoom last described it. Marketo's My Tokens are made from this (R4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The webinar's number.
    pub id: WebinarId,
    /// Its title.
    pub topic: String,
    /// Its description (Zoom's `agenda`).
    pub description: String,
    /// The planned start.
    pub start_time: Timestamp,
    /// The planned length in minutes.
    pub duration: u32,
    /// IANA name of the webinar's own time zone.
    pub timezone: String,
    /// The host.
    pub host_email: Option<Email>,
    /// How people register.
    pub registration: RegistrationMode,
    /// The shared link of a webinar without registration (R5).
    pub join_url: Option<Sensitive>,
}

impl Snapshot {
    /// The planned end.
    pub fn end_time(&self) -> Timestamp {
        self.start_time + SignedDuration::from_mins(i64::from(self.duration))
    }
}
