//! What is kept of each row. Short names: there are hundreds of rows to a sheet, and a value has 64 kB.

use crate::people::{Details, Key, Person, Presence};
use domain::time::{SignedDuration, Timestamp};
use domain::{Email, LeadId, RegistrantId, Sensitive};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zoom_client::registrants::Registrant;
use zoom_client::reports::Participant;

/// A kind of row that sheets hold.
pub(crate) trait Row: Serialize + DeserializeOwned + Clone + Send + Sync {}

impl Row for Stay {}
impl Row for Registered {}
impl Row for Member {}
impl Row for Matched {}
impl Row for Stayed {}
impl Row for super::Queued {}

/// One row of the report: one time that somebody was in the webinar.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Stay {
    #[serde(rename = "r", skip_serializing_if = "Option::is_none")]
    pub(crate) registrant: Option<RegistrantId>,
    #[serde(rename = "e", skip_serializing_if = "Option::is_none")]
    pub(crate) email: Option<Email>,
    #[serde(rename = "n", skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<Sensitive>,
    /// Seconds of Unix time.
    #[serde(rename = "f", skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<i64>,
    #[serde(rename = "t", skip_serializing_if = "Option::is_none")]
    pub(crate) to: Option<i64>,
    /// A user of the account: a host, a panelist, a colleague of theirs.
    #[serde(rename = "i", skip_serializing_if = "std::ops::Not::not")]
    pub(crate) internal: bool,
}

impl Stay {
    /// From Zoom's row. The waiting room is not the webinar: `None`.
    pub(crate) fn of(row: &Participant) -> Option<Self> {
        if row.status.as_deref() == Some("in_waiting_room") {
            return None;
        }
        let time = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<Timestamp>().ok());
        let from = time(&row.join_time);
        let to = time(&row.leave_time).or_else(|| from.map(|from| from + SignedDuration::from_secs(row.duration)));
        Some(Self {
            registrant: row.registrant_id.as_deref().map(RegistrantId::from),
            email: row.user_email.as_deref().and_then(Email::parse),
            name: row.name.as_deref().map(|name| short(name).into()),
            from: from.map(Timestamp::as_second),
            to: to.map(Timestamp::as_second),
            // Only users of the account have an id in these rows.
            internal: row.internal_user || row.id.is_some(),
        })
    }
}

/// One row of the registrants or the absentees.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Registered {
    #[serde(rename = "r", skip_serializing_if = "Option::is_none")]
    pub(crate) registrant: Option<RegistrantId>,
    #[serde(rename = "e", skip_serializing_if = "Option::is_none")]
    pub(crate) email: Option<Email>,
    #[serde(rename = "f", skip_serializing_if = "Option::is_none")]
    first_name: Option<Sensitive>,
    #[serde(rename = "l", skip_serializing_if = "Option::is_none")]
    last_name: Option<Sensitive>,
    #[serde(rename = "c", skip_serializing_if = "Option::is_none")]
    company: Option<Sensitive>,
    #[serde(rename = "p", skip_serializing_if = "Option::is_none")]
    phone: Option<Sensitive>,
}

impl Registered {
    /// From Zoom's row. A row with neither id nor address is nobody.
    pub(crate) fn of(row: Registrant) -> Option<Self> {
        let email = row.email.as_deref().and_then(Email::parse);
        let registrant = row.id.map(RegistrantId::from);
        if registrant.is_none() && email.is_none() {
            return None;
        }
        let text = |text: Option<String>| text.map(|text| Sensitive::from(short(&text)));
        Some(Self {
            registrant,
            email,
            first_name: text(row.first_name),
            last_name: text(row.last_name),
            company: text(row.org),
            phone: text(row.phone),
        })
    }

    /// What tells the person apart.
    pub(crate) fn key(&self) -> Option<Key> {
        self.registrant.as_ref().map(Key::registrant).or_else(|| self.email.as_ref().map(Key::email))
    }

    /// The person.
    pub(crate) fn person(self) -> Person {
        let Self { registrant, email, first_name, last_name, company, phone } = self;
        Person { registrant, email, details: Details { first_name, last_name, company, phone } }
    }
}

/// Where a program member stands, as far as attendance cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Standing {
    /// Waits to be accounted for.
    #[serde(rename = "r")]
    Registered,
    /// Set before.
    #[serde(rename = "n")]
    NoShow,
    /// Set before; or watched the recording, which is attendance too.
    #[serde(rename = "a")]
    Attended,
    /// Anything else, like Registration Error.
    #[serde(rename = "o")]
    Other,
}

/// A program member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Member {
    #[serde(rename = "l")]
    pub(crate) lead: LeadId,
    #[serde(rename = "s")]
    pub(crate) standing: Standing,
    /// Zoom's registrant id, from the member's `registrationCode`.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub(crate) registrant: Option<RegistrantId>,
}

/// A lead that turned out to be somebody who attended although no registrant id said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Matched {
    #[serde(rename = "l")]
    pub(crate) lead: LeadId,
}

/// When somebody was there, under their address. Kept for a month, for people who ask about one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stayed {
    #[serde(rename = "k")]
    pub(crate) key: Key,
    #[serde(rename = "p")]
    pub(crate) presence: Presence,
}

/// So much of a text is kept: Marketo's own text fields take 255 bytes.
const LONGEST: usize = 255;

fn short(text: &str) -> &str {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn participant(changes: serde_json::Value) -> Participant {
        let mut row = json!({"name": "Ada", "status": "in_meeting", "join_time": "2026-11-02T10:00:00Z",
            "leave_time": "", "duration": 60, "user_email": "", "registrant_id": ""});
        row.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        serde_json::from_value(row).unwrap()
    }

    #[test]
    fn a_row_without_a_leave_time_ends_after_its_duration() {
        let stay = Stay::of(&participant(json!({}))).unwrap();
        assert_eq!(stay.to.unwrap() - stay.from.unwrap(), 60);
        assert!(Stay::of(&participant(json!({"status": "in_waiting_room"}))).is_none());
        assert!(Stay::of(&participant(json!({"id": "u1"}))).unwrap().internal);
    }

    #[test]
    fn what_is_written_is_read_back_and_is_short() {
        let stay = Stay::of(&participant(json!({"registrant_id": "r1", "user_email": "ada@x.test"}))).unwrap();
        let text = serde_json::to_string(&stay).unwrap();
        assert_eq!(text, r#"{"r":"r1","e":"ada@x.test","n":"Ada","f":1793613600,"t":1793613660}"#);
        assert_eq!(domain::json::read::<Stay>(text.as_bytes()).unwrap(), stay);
        let member = Member { lead: 7.into(), standing: Standing::NoShow, registrant: None };
        let text = serde_json::to_string(&member).unwrap();
        assert_eq!(domain::json::read::<Member>(text.as_bytes()).unwrap(), member);
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let long = "é".repeat(200);
        let stay = Stay::of(&participant(json!({"name": long}))).unwrap();
        assert_eq!(stay.name.unwrap().expose().chars().count(), 127);
    }
}
