//! What a status means to the application (R21).

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A meaning that a status of a channel can have for the application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Meaning {
    /// To be registered in Zoom (R7).
    Registered,
    /// Waits for the host's approval.
    Pending,
    /// The registration was cancelled, by the person or by the host.
    Cancelled,
    /// The host denied the registration.
    Denied,
    /// Could not be registered.
    RegistrationError,
    /// Attended the webinar.
    Attended,
    /// Registered and did not attend.
    NoShow,
    /// Watched the recording. The application never sets it; it counts as attendance.
    AttendedOnDemand,
}

impl Meaning {
    /// Every meaning.
    pub const ALL: [Self; 8] = [
        Self::Registered,
        Self::Pending,
        Self::Cancelled,
        Self::Denied,
        Self::RegistrationError,
        Self::Attended,
        Self::NoShow,
        Self::AttendedOnDemand,
    ];

    /// Returns the name in the HTTP contract and in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Pending => "pending",
            Self::Cancelled => "cancelled",
            Self::Denied => "denied",
            Self::RegistrationError => "registration_error",
            Self::Attended => "attended",
            Self::NoShow => "no_show",
            Self::AttendedOnDemand => "attended_on_demand",
        }
    }

    /// Returns the meaning with a name of the HTTP contract.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|meaning| meaning.as_str() == name)
    }

    /// Returns the usual English name of its status.
    pub const fn default_name(self) -> &'static str {
        match self {
            Self::Registered => "Registered",
            Self::Pending => "Pending Approval",
            Self::Cancelled => "Cancelled",
            Self::Denied => "Rejected",
            Self::RegistrationError => "Registration Error",
            Self::Attended => "Attended",
            Self::NoShow => "No Show",
            Self::AttendedOnDemand => "Attended On-demand",
        }
    }
}

// Written by hand, as for `ErrorCode`: derived code adds wasm to every component.
impl Serialize for Meaning {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Meaning {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::parse(&name).ok_or_else(|| D::Error::custom("unknown meaning"))
    }
}
