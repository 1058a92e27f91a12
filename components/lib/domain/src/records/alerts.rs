//! The alerts that the operator got and that are not over. Only `attendance` writes this record.

use super::record::Record;
use crate::first_version;
use crate::ids::{ProgramId, ServiceId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The open alerts: each was sent once, and is sent once more when it is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenAlerts {
    /// Record version.
    pub v: u32,
    /// The alerts, the oldest first.
    pub alerts: Vec<Alert>,
}

/// An alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// What causes it. There is one alert for a cause.
    pub cause: AlertCause,
    /// What the operator reads. It identifies no person.
    pub text: String,
    /// When it was found.
    pub since: Timestamp,
}

/// What an operator is alerted of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertCause {
    /// Zoom does not accept a service; an admin has to sign in again.
    ServiceNeedsSignIn(ServiceId),
    /// The attendance of a program ended with a problem.
    ProgramFailed(ProgramId),
    /// Leads wait longer than they should.
    LeadsWaiting,
    /// The address, by scheme, host and port, to which a callback was refused. There is one alert for all addresses.
    CallbackRefused(String),
    /// Marketo's daily quota is used up.
    MarketoQuota,
    /// The scheduler does not call.
    TickLate,
}

impl AlertCause {
    /// Returns whether one alert is enough for two findings. Hosts whose callbacks are refused take turns, and only the last one is
    /// recorded.
    pub fn is_same(&self, other: &Self) -> bool {
        matches!((self, other), (Self::CallbackRefused(_), Self::CallbackRefused(_))) || self == other
    }
}

impl Default for OpenAlerts {
    fn default() -> Self {
        Self { v: Self::VERSION, alerts: Vec::new() }
    }
}

first_version!(OpenAlerts);
