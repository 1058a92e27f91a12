//! Webinars.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Registrant, RegistrantStatus, Session};
use crate::zoom::options::ADMIN;

/// How long after its scheduled end a webinar's id still works (Zoom's rule for scheduled webinars).
const ID_LIVES: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A webinar, with all that belongs to it.
#[derive(Clone, Debug, Serialize)]
pub struct Webinar {
    /// Eleven digits.
    pub id: u64,
    /// The UUID it has before it ever ran.
    pub uuid: String,
    /// Zoom's id of the host.
    pub host_id: String,
    /// Name.
    pub topic: String,
    /// Description.
    pub agenda: String,
    /// 5 single, 6 recurring without fixed time, 9 recurring with fixed time.
    #[serde(rename = "type")]
    pub kind: u8,
    /// Scheduled start; none for type 6.
    pub start_time: Option<Timestamp>,
    /// Scheduled length, minutes.
    pub duration: u32,
    /// IANA time zone.
    pub timezone: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// 0 automatic approval, 1 manual approval, 2 no registration.
    pub approval_type: u8,
    /// How many may register; 0 means any number.
    pub registrants_restrict_number: u32,
    /// Standard questions asked at registration, beyond first name and e-mail.
    pub questions: Vec<Question>,
    /// The host's own questions.
    pub custom_questions: Vec<CustomQuestion>,
    /// Whether registration takes work addresses only.
    pub work_email_only: bool,
    /// Whether registration costs money, which the API does not support.
    pub paid: bool,
    /// Whether it is a recording shown as if it were live.
    pub is_simulive: bool,
    /// Whether it belongs to Zoom Events.
    pub is_events_webinar: bool,
    /// Whether it was deleted; its reports remain.
    pub deleted: bool,
    /// Panelists.
    pub panelists: Vec<Panelist>,
    /// Everybody who registered, in order.
    pub registrants: Vec<Registrant>,
    /// Where in that list somebody is.
    #[serde(skip)]
    pub(crate) places: Places,
    /// The times it ran, in order.
    pub sessions: Vec<Session>,
}

/// Where registrants are in their webinar's list: there may be a hundred thousand. None is ever taken out of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    /// By address in lower case.
    by_email: HashMap<String, usize>,
    by_id: HashMap<String, usize>,
}

impl Webinar {
    /// The scheduled end.
    #[must_use]
    pub fn end_time(&self) -> Option<Timestamp> {
        let length = SignedDuration::from_mins(i64::from(self.duration));
        self.start_time.and_then(|start| start.checked_add(length).ok())
    }

    /// Whether its id no longer works.
    #[must_use]
    pub fn expired(&self, now: Timestamp) -> bool {
        self.end_time().is_some_and(|end| now.duration_since(end) > ID_LIVES)
    }

    /// Whether registering is too late: it ended, or its time passed without a session running now.
    #[must_use]
    pub fn over(&self, now: Timestamp) -> bool {
        if self.kind != 5 || self.live().is_some() {
            return false;
        }
        let ran = self.last_ended().is_some_and(|session| {
            // A session far before the scheduled start was a rehearsal in all but name.
            self.start_time.is_none_or(|start| session.end.is_some_and(|end| end >= start))
        });
        ran || self.end_time().is_some_and(|end| end < now)
    }

    /// The session running now.
    #[must_use]
    pub fn live(&self) -> Option<&Session> {
        self.sessions.iter().find(|session| session.end.is_none())
    }

    /// The session that ended last, practice aside.
    #[must_use]
    pub fn last_ended(&self) -> Option<&Session> {
        self.sessions.iter().rev().find(|session| session.end.is_some() && !session.practice)
    }

    /// A registrant by e-mail address, whatever its case.
    #[must_use]
    pub fn registrant(&self, email: &str) -> Option<&Registrant> {
        self.places.by_email.get(&email.to_ascii_lowercase()).and_then(|place| self.registrants.get(*place))
    }

    /// A registrant by id.
    #[must_use]
    pub fn registrant_with_id(&self, id: &str) -> Option<&Registrant> {
        self.places.by_id.get(id).and_then(|place| self.registrants.get(*place))
    }

    /// Adds somebody who registered.
    pub(crate) fn add_registrant(&mut self, registrant: Registrant) {
        let place = self.registrants.len();
        self.places.by_email.insert(registrant.email.to_ascii_lowercase(), place);
        self.places.by_id.insert(registrant.id.clone(), place);
        self.registrants.push(registrant);
    }

    /// How many places are left; none means any number.
    #[must_use]
    pub fn places_left(&self) -> Option<usize> {
        let limit = usize::try_from(self.registrants_restrict_number).ok().filter(|n| *n > 0)?;
        let denied = |registrant: &&Registrant| registrant.status == RegistrantStatus::Denied;
        let taken = self.registrants.len() - self.registrants.iter().filter(denied).count();
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

/// A standard question.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The registrant field, such as `last_name` or `org`.
    pub field_name: String,
    /// Whether it must be answered.
    #[serde(default)]
    pub required: bool,
}

/// A question of the host's own.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomQuestion {
    /// The question; answers are matched by it.
    pub title: String,
    /// `short`, `single_radio`, `single_dropdown` or `multiple`.
    #[serde(rename = "type", default = "short")]
    pub kind: String,
    /// Whether it must be answered.
    #[serde(default)]
    pub required: bool,
    /// The answers to choose from; empty for `short`.
    #[serde(default)]
    pub answers: Vec<String>,
}

fn short() -> String {
    "short".to_owned()
}

/// A webinar to add. The default is a single one of the default admin's, tomorrow, with automatic registration.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NewWebinar {
    /// Its id; drawn if absent.
    pub id: Option<u64>,
    /// The host's e-mail address.
    pub host: String,
    /// Name.
    pub topic: String,
    /// Description.
    pub agenda: String,
    /// 5 single, 6 recurring without fixed time, 9 recurring with fixed time.
    #[serde(rename = "type")]
    pub kind: u8,
    /// Scheduled start; a day from now if absent.
    pub start_time: Option<Timestamp>,
    /// Scheduled length, minutes.
    pub duration: u32,
    /// IANA time zone.
    pub timezone: String,
    /// 0 automatic approval, 1 manual approval, 2 no registration.
    pub approval_type: u8,
    /// How many may register; 0 means any number.
    pub registrants_restrict_number: u32,
    /// Standard questions.
    pub questions: Vec<Question>,
    /// The host's own questions.
    pub custom_questions: Vec<CustomQuestion>,
    /// Whether registration takes work addresses only.
    pub work_email_only: bool,
    /// Whether registration costs money.
    pub paid: bool,
    /// Whether it is a recording shown as if it were live.
    pub is_simulive: bool,
    /// Whether it belongs to Zoom Events.
    pub is_events_webinar: bool,
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
            panelists: Vec::new(),
        }
    }
}

/// What changes about a webinar when its host edits it.
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
