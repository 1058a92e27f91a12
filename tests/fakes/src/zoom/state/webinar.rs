//! Webinars and their registration settings.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::zoom::options::ADMIN;
use crate::zoom::state::registrant::{Registrant, RegistrantStatus};
use crate::zoom::state::session::Session;

/// How long after its scheduled end the id of a webinar is valid (docs/reference/zoom.md).
const ID_LIFETIME: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A webinar with its registrants and sessions.
#[derive(Clone, Debug, Serialize)]
pub struct Webinar {
    /// Eleven digits.
    pub id: u64,
    /// UUID before the first session.
    pub uuid: String,
    /// Zoom's id of the host.
    pub host_id: String,
    /// Name.
    pub topic: String,
    /// Description.
    pub agenda: String,
    /// 5 single, 6 recurring without fixed times, 9 recurring with fixed times.
    #[serde(rename = "type")]
    pub kind: u8,
    /// Scheduled start; none for type 6.
    pub start_time: Option<Timestamp>,
    /// Scheduled length, minutes.
    pub duration: u32,
    /// IANA time zone.
    pub timezone: String,
    /// When the webinar was created.
    pub created_at: Timestamp,
    /// 0 automatic approval, 1 manual approval, 2 no registration.
    pub approval_type: u8,
    /// Maximum number of registrants; 0 means no limit.
    pub registrants_restrict_number: u32,
    /// Standard questions of the registration, besides first name and e-mail.
    pub questions: Vec<Question>,
    /// Custom questions of the registration.
    pub custom_questions: Vec<CustomQuestion>,
    /// Whether registration accepts work addresses only.
    pub work_email_only: bool,
    /// Whether registration is paid, which the API does not support.
    pub paid: bool,
    /// Whether a recording is shown as a live webinar.
    pub is_simulive: bool,
    /// Whether the webinar belongs to Zoom Events.
    pub is_events_webinar: bool,
    /// Whether people may watch the recording after the webinar.
    pub on_demand: bool,
    /// Whether Zoom sends its own confirmation e-mail.
    pub confirmation_email: bool,
    /// Whether the webinar was deleted; its reports remain.
    pub deleted: bool,
    /// Addresses of the alternative hosts, separated by commas or semicolons.
    pub alternative_hosts: String,
    /// Panelists.
    pub panelists: Vec<Panelist>,
    /// The registrants in the order of registration.
    pub registrants: Vec<Registrant>,
    /// Index into `registrants`.
    #[serde(skip)]
    pub(crate) registrant_index: RegistrantIndex,
    /// The sessions in order.
    pub sessions: Vec<Session>,
}

/// Index of a webinar's registrants, which keeps lookups fast with 100,000 of them. Registrants are never removed.
#[derive(Clone, Debug, Default)]
pub(crate) struct RegistrantIndex {
    /// By lower-case e-mail address.
    by_email: HashMap<String, usize>,
    by_id: HashMap<String, usize>,
}

impl Webinar {
    /// Returns the scheduled end.
    #[must_use]
    pub fn end_time(&self) -> Option<Timestamp> {
        let length = SignedDuration::from_mins(i64::from(self.duration));
        self.start_time.and_then(|start| start.checked_add(length).ok())
    }

    /// Whether the id is no longer valid.
    #[must_use]
    pub fn expired(&self, now: Timestamp) -> bool {
        self.end_time().is_some_and(|end| now.duration_since(end) > ID_LIFETIME)
    }

    /// Whether registration is closed: the webinar ended, or its scheduled time passed and no session is running.
    #[must_use]
    pub fn over(&self, now: Timestamp) -> bool {
        if self.kind != 5 || self.live().is_some() {
            return false;
        }
        let ran = self.last_ended().is_some_and(|session| {
            // A session that ended before the scheduled start counts as a rehearsal.
            self.start_time.is_none_or(|start| session.end.is_some_and(|end| end >= start))
        });
        ran || self.end_time().is_some_and(|end| end < now)
    }

    /// Returns the running session.
    #[must_use]
    pub fn live(&self) -> Option<&Session> {
        self.sessions.iter().find(|session| session.end.is_none())
    }

    /// Returns the session that ended last, except practice sessions.
    #[must_use]
    pub fn last_ended(&self) -> Option<&Session> {
        self.sessions.iter().rev().find(|session| session.end.is_some() && !session.practice)
    }

    /// Returns the latest registration of an e-mail address, regardless of case.
    #[must_use]
    pub fn registrant(&self, email: &str) -> Option<&Registrant> {
        self.registrant_index.by_email.get(&email.to_ascii_lowercase()).and_then(|place| self.registrants.get(*place))
    }

    /// Returns a registrant by id.
    #[must_use]
    pub fn registrant_with_id(&self, id: &str) -> Option<&Registrant> {
        self.registrant_index.by_id.get(id).and_then(|place| self.registrants.get(*place))
    }

    /// Returns the latest registration of an e-mail address, unless it is gone.
    pub(crate) fn registrant_mut(&mut self, email: &str) -> Option<&mut Registrant> {
        let place = *self.registrant_index.by_email.get(&email.to_ascii_lowercase())?;
        self.registrants.get_mut(place).filter(|registrant| !registrant.status.is_gone())
    }

    /// Adds a registrant.
    pub(crate) fn add_registrant(&mut self, registrant: Registrant) {
        let place = self.registrants.len();
        self.registrant_index.by_email.insert(registrant.email.to_ascii_lowercase(), place);
        self.registrant_index.by_id.insert(registrant.id.clone(), place);
        self.registrants.push(registrant);
    }

    /// Returns how many more people can register; none means no limit.
    #[must_use]
    pub fn seats_left(&self) -> Option<usize> {
        let limit = usize::try_from(self.registrants_restrict_number).ok().filter(|n| *n > 0)?;
        let holds_seat = |registrant: &&Registrant| {
            matches!(registrant.status, RegistrantStatus::Approved | RegistrantStatus::Pending)
        };
        let taken = self.registrants.iter().filter(holds_seat).count();
        Some(limit.saturating_sub(taken))
    }
}

/// A panelist.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Panelist {
    /// E-mail address.
    pub email: String,
    /// Display name.
    pub name: String,
}

/// A standard question of the registration.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Name of the registrant field, such as `last_name` or `org`.
    pub field_name: String,
    /// Whether an answer is required.
    #[serde(default)]
    pub required: bool,
}

/// A custom question.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomQuestion {
    /// The question; answers refer to it by this title.
    pub title: String,
    /// `short`, `single_radio`, `single_dropdown` or `multiple`.
    #[serde(rename = "type", default = "short")]
    pub kind: String,
    /// Whether an answer is required.
    #[serde(default)]
    pub required: bool,
    /// The choices; empty for `short`.
    #[serde(default)]
    pub answers: Vec<String>,
}

fn short() -> String {
    "short".to_owned()
}

/// A webinar to add. The default is a single webinar of the default admin, tomorrow, with automatic approval.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NewWebinar {
    /// Webinar id; generated by default.
    pub id: Option<u64>,
    /// The host's e-mail address.
    pub host: String,
    /// Name.
    pub topic: String,
    /// Description.
    pub agenda: String,
    /// 5 single, 6 recurring without fixed times, 9 recurring with fixed times.
    #[serde(rename = "type")]
    pub kind: u8,
    /// Scheduled start; a day from now by default.
    pub start_time: Option<Timestamp>,
    /// Scheduled length, minutes.
    pub duration: u32,
    /// IANA time zone.
    pub timezone: String,
    /// 0 automatic approval, 1 manual approval, 2 no registration.
    pub approval_type: u8,
    /// Maximum number of registrants; 0 means no limit.
    pub registrants_restrict_number: u32,
    /// Standard questions.
    pub questions: Vec<Question>,
    /// The host's own questions.
    pub custom_questions: Vec<CustomQuestion>,
    /// Whether registration accepts work addresses only.
    pub work_email_only: bool,
    /// Whether registration is paid.
    pub paid: bool,
    /// Whether a recording is shown as a live webinar.
    pub is_simulive: bool,
    /// Whether the webinar belongs to Zoom Events.
    pub is_events_webinar: bool,
    /// Whether people may watch the recording after the webinar.
    pub on_demand: bool,
    /// Whether Zoom sends its own confirmation e-mail.
    pub confirmation_email: bool,
    /// Addresses of the alternative hosts, separated by commas or semicolons.
    pub alternative_hosts: String,
    /// Panelists.
    pub panelists: Vec<Panelist>,
}

impl Default for NewWebinar {
    fn default() -> Self {
        Self {
            id: None,
            host: ADMIN.to_owned(),
            topic: "Product webinar".to_owned(),
            agenda: String::new(),
            kind: 5,
            start_time: None,
            duration: 60,
            timezone: "America/New_York".to_owned(),
            approval_type: 0,
            registrants_restrict_number: 0,
            questions: Vec::new(),
            custom_questions: Vec::new(),
            work_email_only: false,
            paid: false,
            is_simulive: false,
            is_events_webinar: false,
            on_demand: false,
            confirmation_email: false,
            alternative_hosts: String::new(),
            panelists: Vec::new(),
        }
    }
}

/// A host's edit of a webinar. Absent fields keep their value.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebinarChange {
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agenda: Option<String>,
    /// 5, 6 or 9.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<u8>,
    /// Scheduled start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Timestamp>,
    /// Scheduled length, minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<u32>,
    /// IANA time zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// 0, 1 or 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval_type: Option<u8>,
    /// How many may register.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registrants_restrict_number: Option<u32>,
}
