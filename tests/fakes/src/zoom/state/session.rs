//! Sessions of a webinar and their participants.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::zoom::options::ReportTiming;

/// A session of a webinar, which Zoom calls an instance.
#[derive(Clone, Debug, Serialize)]
pub struct Session {
    /// UUID of the instance.
    pub uuid: String,
    /// Whether it is a practice session, which has no report.
    pub practice: bool,
    /// Start of the session.
    pub start: Timestamp,
    /// End of the session; none while it runs.
    pub end: Option<Timestamp>,
    /// The participants, one row per stay.
    pub presences: Vec<Presence>,
}

/// One stay of a person. A person who rejoins has several.
#[derive(Clone, Debug, Serialize)]
pub struct Presence {
    /// Id of this stay.
    pub user_id: String,
    /// Zoom's id of the user; empty for people outside the account.
    pub participant_user_id: String,
    /// Display name; the phone number for a dial-in.
    pub name: String,
    /// E-mail address; empty where Zoom hides it.
    pub email: String,
    /// Id of the registration that the person joined with; empty if none.
    pub registrant_id: String,
    /// Phone number of a dial-in.
    pub phone_number: String,
    /// Whether the person belongs to the account.
    pub internal_user: bool,
    /// Whether the person was in the waiting room only.
    pub waiting_room: bool,
    /// Start of the stay.
    pub join: Timestamp,
    /// End of the stay; none while it lasts.
    pub leave: Option<Timestamp>,
    /// How many seconds after the end of the session the row appears in reports.
    pub late_seconds: i64,
    /// Whether the row has null for its duration and its end.
    pub without_duration: bool,
    /// Whether the row lacks the id of the registration.
    pub without_registrant_id: bool,
    /// Whether the row has no e-mail address.
    pub without_email: bool,
}

impl Session {
    /// Returns the rows of the report at a time, and whether their durations are known. Returns none while there is no
    /// report.
    #[must_use]
    pub fn reported(&self, timing: ReportTiming, now: Timestamp) -> Option<(Vec<&Presence>, bool)> {
        let since_end = now.duration_since(self.end?).as_secs();
        let since_report = since_end - timing.delay_seconds;
        if self.practice || since_report < 0 {
            return None;
        }
        let mut shown: Vec<&Presence> = self.presences.iter().filter(|row| row.late_seconds <= since_end).collect();
        if since_report < timing.growth_seconds {
            let grown = shown.len() as i64 * since_report / timing.growth_seconds;
            // The first row appears at once: a growing report looks complete although it is not.
            shown.truncate(usize::try_from(grown).unwrap_or(0).max(1));
        }
        Some((shown, since_report >= timing.zero_duration_seconds))
    }

    /// Returns whether the list of sessions has this one at a time.
    #[must_use]
    pub fn is_listed(&self, timing: ReportTiming, now: Timestamp) -> bool {
        let is_over = |end| now.duration_since(end).as_secs() >= timing.listing_delay_seconds;
        !self.practice && self.end.is_some_and(is_over)
    }

    /// Returns whether there is a list of absentees at a time.
    #[must_use]
    pub fn has_absentees(&self, timing: ReportTiming, now: Timestamp) -> bool {
        self.end.is_some_and(|end| now.duration_since(end).as_secs() >= timing.absentees_delay_seconds)
    }

    /// Returns the length of the session; zero while it runs.
    #[must_use]
    pub fn length(&self) -> SignedDuration {
        self.end.map_or(SignedDuration::ZERO, |end| end.duration_since(self.start))
    }
}

impl Presence {
    /// Returns the length of the stay in seconds; zero while it lasts.
    #[must_use]
    pub fn seconds(&self) -> i64 {
        self.leave.map_or(0, |leave| leave.duration_since(self.join).as_secs())
    }
}

/// A person who joins a webinar.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Person {
    /// A registrant with a personal link, by e-mail address or registrant id.
    Registrant(String),
    /// A user of the account, by e-mail address: the host or a colleague.
    User(String),
    /// A panelist, by e-mail address.
    Panelist(String),
    /// A person who did not register and whose address Zoom knows, by e-mail address.
    Visitor(String),
    /// A person without an account; Zoom knows only the name.
    Guest(String),
    /// A dial-in, by phone number.
    DialIn(String),
}

/// One stay of a person in a past session.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attendance {
    /// The person.
    pub person: Person,
    /// Seconds from the start of the session to the start of the stay.
    #[serde(default)]
    pub joined_after_seconds: i64,
    /// Length of the stay in seconds; by default until the end of the session.
    #[serde(default)]
    pub stayed_seconds: Option<i64>,
    /// Whether the person was in the waiting room only.
    #[serde(default)]
    pub waiting_room: bool,
    /// How many seconds after the end of the session the row appears in reports.
    #[serde(default)]
    pub late_seconds: i64,
    /// Whether the row has null for its duration and its end.
    #[serde(default)]
    pub without_duration: bool,
    /// Whether the row lacks the id of the registration, as those of some registrants do.
    #[serde(default)]
    pub without_registrant_id: bool,
    /// Whether the row has no e-mail address, as those of some registrants have none.
    #[serde(default)]
    pub without_email: bool,
    /// The display name that the person chose for the session; by default that of the person.
    #[serde(default)]
    pub display_name: Option<String>,
}

impl Attendance {
    /// Returns a stay from the start to the end of the session.
    #[must_use]
    pub fn throughout(person: Person) -> Self {
        Self {
            person,
            joined_after_seconds: 0,
            stayed_seconds: None,
            waiting_room: false,
            late_seconds: 0,
            without_duration: false,
            without_registrant_id: false,
            without_email: false,
            display_name: None,
        }
    }

    /// Returns a stay within the session.
    #[must_use]
    pub fn during(person: Person, joined_after_seconds: i64, stayed_seconds: i64) -> Self {
        Self { joined_after_seconds, stayed_seconds: Some(stayed_seconds), ..Self::throughout(person) }
    }
}

/// A past session. By default it ends now.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HeldSession {
    /// Start of the session; by default it ends now.
    pub start_time: Option<Timestamp>,
    /// Length of the session in minutes.
    pub minutes: i64,
    /// The participants.
    pub attendance: Vec<Attendance>,
}

impl Default for HeldSession {
    fn default() -> Self {
        Self { start_time: None, minutes: 60, attendance: Vec::new() }
    }
}
