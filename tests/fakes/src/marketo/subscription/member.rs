//! Members of programs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::marketo::api_error::MarketoApiError;

/// A member of a program.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// Membership id.
    pub id: i64,
    /// The program.
    pub program_id: i64,
    /// The lead.
    pub lead_id: i64,
    /// Progression status.
    pub status_name: String,
    /// When the lead became a member.
    pub membership_date: Timestamp,
    /// Whether the member ever had a status that counts as success.
    pub reached_success: bool,
    /// When the member first had such a status.
    pub reached_success_date: Option<Timestamp>,
    /// Data that the API wrote: `registrationCode`, `webinarUrl`, custom fields.
    pub data: BTreeMap<String, Value>,
    /// When anything last changed.
    pub updated_at: Timestamp,
}

impl Member {
    /// Returns the text of a data field; empty if it was never set.
    pub fn text(&self, field: &str) -> &str {
        self.data.get(field).and_then(Value::as_str).unwrap_or_default()
    }
}

/// The origin of a status change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ChangedBy {
    /// The REST API.
    Api,
    /// The flow step Change Program Status of a smart campaign.
    FlowStep,
    /// The setup of a test.
    Seed,
}

/// The result of a status change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatusChange {
    /// The lead became a member.
    Created,
    /// The status changed.
    Updated,
    /// Nothing changed.
    Skipped(MarketoApiError),
}
