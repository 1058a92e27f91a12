//! Registrants.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A registrant of a webinar.
#[derive(Clone, Debug, Serialize)]
pub struct Registrant {
    /// Zoom's id of the registration.
    pub id: String,
    /// E-mail address as first given.
    pub email: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// The other standard fields by Zoom's names.
    pub details: BTreeMap<String, String>,
    /// Answers to the host's own questions.
    pub custom_questions: Vec<CustomAnswer>,
    /// Status of the registration.
    pub status: RegistrantStatus,
    /// When the person registered.
    pub create_time: Timestamp,
    /// The personal join link; responses show it once the registration is approved.
    pub join_url: String,
}

/// The status of a registration. A cancelled one becomes denied, as at Zoom (docs/reference/zoom.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RegistrantStatus {
    /// Has a join link.
    Approved,
    /// Waits for the host's approval.
    Pending,
    /// Denied, or cancelled by the host.
    Denied,
    /// Cancelled by the person with the link in Zoom's mail. No list has the registration any more.
    Withdrawn,
    /// Deleted by the host. No list has the registration any more.
    Deleted,
}

impl RegistrantStatus {
    /// Returns Zoom's name of the status.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Pending => "pending",
            Self::Denied => "denied",
            Self::Withdrawn => "cancelled",
            Self::Deleted => "deleted",
        }
    }

    /// Returns whether the registration is gone: no list has it, its id leads nowhere, and the address can register
    /// again.
    #[must_use]
    pub fn is_gone(self) -> bool {
        matches!(self, Self::Withdrawn | Self::Deleted)
    }
}

/// An answer to a custom question.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomAnswer {
    /// The question.
    pub title: String,
    /// The answer.
    #[serde(default)]
    pub value: String,
}

/// A registration on Zoom's own page.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NewRegistrant {
    /// E-mail address.
    pub email: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Other standard fields by Zoom's names (`org`, `phone`, ...).
    pub details: BTreeMap<String, String>,
    /// Answers to the host's own questions.
    pub custom_questions: Vec<CustomAnswer>,
}
