//! The snapshot of a Zoom webinar.

use crate::email::Email;
use crate::ids::WebinarId;
use crate::sensitive::Sensitive;
use crate::time::{self, SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Zoom events after which a webinar may have changed. Their receiver forwards them to `catalog`, which reads the webinar
/// again.
pub const WEBINAR_CHANGE_EVENTS: [&str; 5] = [
    "webinar.updated",
    "webinar.deleted",
    "webinar.recovered",
    "webinar.permanently_deleted",
    "webinar.converted_to_meeting",
];

/// How people register for a webinar: Zoom's `settings.approval_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RegistrationMode {
    /// 0: Zoom approves registrants automatically.
    Automatic,
    /// 1: the host approves each registrant.
    Manual,
    /// 2: no registration required, so no lead is registered (R5).
    None,
}

impl RegistrationMode {
    /// Converts Zoom's number. An unknown number or an absent setting is `None`, which is Zoom's default.
    pub const fn from_approval_type(approval_type: Option<i64>) -> Self {
        match approval_type {
            Some(0) => Self::Automatic,
            Some(1) => Self::Manual,
            _ => Self::None,
        }
    }

    /// Returns whether leads can be registered through Marketo (R5).
    pub const fn requires_registration(self) -> bool {
        !matches!(self, Self::None)
    }
}

/// A webinar as last read from Zoom. The program's My Tokens are written from it (R4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The webinar's id.
    pub id: WebinarId,
    /// The title.
    pub topic: String,
    /// The description (Zoom's `agenda`).
    pub description: String,
    /// The planned start.
    pub start_time: Timestamp,
    /// The planned duration in minutes.
    pub duration: u32,
    /// IANA name of the webinar's time zone.
    pub timezone: String,
    /// E-mail address of the host.
    pub host_email: Option<Email>,
    /// How people register.
    pub registration: RegistrationMode,
    /// The shared join link, for a webinar without registration (R5).
    pub join_url: Option<Sensitive>,
}

impl Snapshot {
    /// Returns the planned end.
    pub fn end_time(&self) -> Timestamp {
        time::after(self.start_time, SignedDuration::from_mins(i64::from(self.duration)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r5_an_absent_or_unknown_approval_type_requires_no_registration() {
        let modes = [Some(0), Some(1), Some(2), Some(3), None].map(RegistrationMode::from_approval_type);
        let none = RegistrationMode::None;
        assert_eq!(modes, [RegistrationMode::Automatic, RegistrationMode::Manual, none, none, none]);
        assert!(!none.requires_registration());
    }
}
