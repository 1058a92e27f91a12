//! Which custom fields of program members attendance is written into.

use serde::{Deserialize, Serialize};

/// Custom fields of program members, by their names in Marketo's REST API. Attendance is written into those that the
/// admin named; the others are left alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MemberFields {
    /// How many minutes somebody was there: a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minutes: Option<String>,
    /// When they first came: a date and time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_join: Option<String>,
    /// When they last left: a date and time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_leave: Option<String>,
}

impl MemberFields {
    /// The names that were given.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        [&self.minutes, &self.first_join, &self.last_leave].into_iter().filter_map(|name| name.as_deref())
    }

    /// Whether nothing is to be written.
    pub fn is_empty(&self) -> bool {
        self.names().next().is_none()
    }
}
