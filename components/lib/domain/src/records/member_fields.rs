//! The custom fields of program members that receive attendance.

use serde::{Deserialize, Serialize};

/// Custom fields of program members, by their names in Marketo's REST API. Attendance is written into the fields that
/// the admin names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MemberFields {
    /// Minutes of presence, a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minutes: Option<String>,
    /// When the person first joined, a date and time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_join: Option<String>,
    /// When the person last left, a date and time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_leave: Option<String>,
}

impl MemberFields {
    /// Returns the names of the fields.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        [&self.minutes, &self.first_join, &self.last_leave].into_iter().filter_map(|name| name.as_deref())
    }

    /// Returns whether no field is named.
    pub fn is_empty(&self) -> bool {
        self.names().next().is_none()
    }
}
