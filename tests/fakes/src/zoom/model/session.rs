//! The times that a webinar ran, and who was there.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::zoom::options::ReportTiming;

/// One time that a webinar ran: what Zoom calls an instance.
#[derive(Clone, Debug, Serialize)]
pub struct Session {
    /// Its UUID.
    pub uuid: String,
    /// Whether it was a practice session, which leaves no report.
    pub practice: bool,
    /// When it began.
    pub start: Timestamp,
    /// When it ended; none while it runs.
    pub end: Option<Timestamp>,
    /// Who was there, one row per time of joining.
    pub presences: Vec<Presence>,
}

/// One stay of one person. Somebody who comes back has several.
#[derive(Clone, Debug, Serialize)]
pub struct Presence {
    /// The person's number for this stay.
    pub user_id: String,
    /// Zoom's id of the user; empty for outsiders.
    pub participant_user_id: String,
    /// Display name; a phone number for a dial-in.
    pub name: String,
    /// E-mail address; empty where Zoom hides it.
    pub email: String,
    /// The registration the person came with; empty if none.
    pub registrant_id: String,
    /// Phone number of a dial-in.
    pub phone_number: String,
    /// Whether the person belongs to the account.
    pub internal_user: bool,
    /// Whether this was spent in the waiting room.
    pub waiting_room: bool,
    /// When the stay began.
    pub join: Timestamp,
    /// When it ended; none while it lasts.
    pub leave: Option<Timestamp>,
    /// How long after the end the row appears in reports, seconds.
    pub late_seconds: i64,
}

impl Session {
    /// The rows that a report shows now and whether their durations are known yet; none if there is no report yet.
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
            // A first row from the start: a growing report is one that looks complete and is not.
            shown.truncate(usize::try_from(grown).unwrap_or(0).max(1));
        }
        Some((shown, since_report >= timing.zero_duration_seconds))
    }

    /// The length of the session; zero while it runs.
    #[must_use]
    pub fn length(&self) -> SignedDuration {
        self.end.map_or(SignedDuration::ZERO, |end| end.duration_since(self.start))
    }
}

impl Presence {
    /// How long the stay lasted, seconds; 0 while it lasts.
    #[must_use]
    pub fn seconds(&self) -> i64 {
        self.leave.map_or(0, |leave| leave.duration_since(self.join).as_secs())
    }
}

/// Somebody who comes to a webinar.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Person {
    /// A registrant, by e-mail address or registrant id, through the personal link.
    Registrant(String),
    /// Somebody of the account, by e-mail address: the host, a colleague.
    User(String),
    /// A panelist, by e-mail address.
    Panelist(String),
    /// A stranger: Zoom has only the name.
    Guest(String),
    /// A caller, by phone number.
    DialIn(String),
}

/// One stay of one person in a session that is told after the fact.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attendance {
    /// Who.
    pub person: Person,
    /// Seconds from the start of the session until the person joined.
    #[serde(default)]
    pub joined_after_seconds: i64,
    /// Seconds stayed; until the end if absent.
    #[serde(default)]
    pub stayed_seconds: Option<i64>,
    /// Whether it was spent in the waiting room.
    #[serde(default)]
    pub waiting_room: bool,
    /// How long after the end the row appears in reports, seconds.
    #[serde(default)]
    pub late_seconds: i64,
}

impl Attendance {
    /// There from start to end.
    #[must_use]
    pub fn throughout(person: Person) -> Self {
        Self { person, joined_after_seconds: 0, stayed_seconds: None, waiting_room: false, late_seconds: 0 }
    }

    /// There for a while.
    #[must_use]
    pub fn during(person: Person, joined_after_seconds: i64, stayed_seconds: i64) -> Self {
        Self { joined_after_seconds, stayed_seconds: Some(stayed_seconds), ..Self::throughout(person) }
    }
}

/// A session told after the fact: it ends now unless its start says otherwise.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HeldSession {
    /// When it began; so that it ends now, if absent.
    pub start_time: Option<Timestamp>,
    /// How long it ran.
    pub minutes: i64,
    /// Who was there.
    pub attendance: Vec<Attendance>,
}

impl Default for HeldSession {
    fn default() -> Self {
        Self { start_time: None, minutes: 60, attendance: Vec::new() }
    }
}
