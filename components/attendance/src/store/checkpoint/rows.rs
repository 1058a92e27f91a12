//! The rows of pages. Their JSON names are short because a page has hundreds of rows and a value has 64 kB.

use crate::person::{Details, Person, PersonKey, PersonPresence, Presence};
use domain::records::ProgramConnection;
use domain::status::{Meaning, ProgressionStatus, guess, is_same_name};
use domain::time::{self, SignedDuration, Timestamp};
use domain::{Email, LeadId, RegistrantId, Sensitive, WebinarId};
use marketo_client::members::Member;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zoom_client::registrants::Registrant;
use zoom_client::reports::Participant;

/// Maximum length of a text that is kept, in bytes: Marketo's own text fields take 255.
const MAX_TEXT_BYTES: usize = 255;

/// A row of a page.
pub(crate) trait Row: Serialize + DeserializeOwned + Clone + Send + Sync {}

impl Row for ParticipantRow {}
impl Row for RegistrantRow {}
impl Row for MemberRow {}
impl Row for MatchedLead {}
impl Row for PresenceRow {}
impl Row for PersonPresence {}

/// A row of the attendance report: one interval that a participant was in the webinar.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ParticipantRow {
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
    /// Whether the participant is a user of the account: a host, a panelist or a colleague of theirs.
    #[serde(rename = "i", skip_serializing_if = "std::ops::Not::not")]
    pub(crate) is_internal: bool,
}

impl ParticipantRow {
    /// Converts Zoom's row. Returns `None` for time in the waiting room, which is not attendance.
    pub(crate) fn of(row: &Participant) -> Option<Self> {
        if row.status.as_deref() == Some("in_waiting_room") {
            return None;
        }
        let time = |text: &Option<String>| text.as_deref().and_then(time::parse);
        let from = time(&row.join_time);
        let to = time(&row.leave_time).or_else(|| Some(time::after(from?, SignedDuration::from_secs(row.duration?))));
        Some(Self {
            registrant: row.registrant_id.as_deref().map(RegistrantId::from),
            email: row.user_email.as_deref().and_then(Email::parse),
            name: row.name.as_deref().map(|name| truncated(name).into()),
            from: from.map(Timestamp::as_second),
            to: to.map(Timestamp::as_second),
            // Only users of the account have an id in the report.
            is_internal: row.internal_user || row.id.is_some(),
        })
    }
}

/// A row of the registrants or of the absentees.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct RegistrantRow {
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

impl RegistrantRow {
    /// Converts Zoom's row. Returns `None` for a row with neither id nor address, which identifies no person.
    pub(crate) fn of(row: Registrant) -> Option<Self> {
        let email = row.email.as_deref().and_then(Email::parse);
        let registrant = row.id.map(RegistrantId::from);
        if registrant.is_none() && email.is_none() {
            return None;
        }
        let text = |text: Option<String>| text.map(|text| Sensitive::from(truncated(&text)));
        Some(Self {
            registrant,
            email,
            first_name: text(row.first_name),
            last_name: text(row.last_name),
            company: text(row.org),
            phone: text(row.phone),
        })
    }

    /// Returns the key of the person.
    pub(crate) fn key(&self) -> Option<PersonKey> {
        self.registrant.as_ref().map(PersonKey::registrant).or_else(|| self.email.as_ref().map(PersonKey::email))
    }

    pub(crate) fn into_person(self) -> Person {
        let Self { registrant, email, first_name, last_name, company, phone } = self;
        Person { registrant, email, details: Details { first_name, last_name, company, phone } }
    }
}

/// The status of a program member, as far as attendance depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum MemberStanding {
    /// Registered; to be set to Attended or No Show.
    #[serde(rename = "r")]
    Registered,
    /// Already set to No Show.
    #[serde(rename = "n")]
    NoShow,
    /// Already set to Attended, or watched the recording, which counts as attendance.
    #[serde(rename = "a")]
    Attended,
    /// Cancelled or denied. Never set to No Show.
    #[serde(rename = "c")]
    Cancelled,
    /// Any other status, such as Registration Error.
    #[serde(rename = "o")]
    Other,
}

/// The standings of a program's members, by the names of their statuses.
#[derive(Debug, Default)]
pub(crate) struct MemberStandings(Vec<(String, MemberStanding)>);

impl MemberStandings {
    /// Creates the standings of a program from what its statuses mean (R21).
    pub(crate) fn of(connection: &ProgramConnection) -> Self {
        let standing = |status: &ProgressionStatus| (status.name.clone(), MemberStanding::of(status, connection));
        Self(connection.channel.statuses.iter().map(standing).collect())
    }

    /// Returns the standing of a member with a status, which may be new in the channel.
    pub(crate) fn standing(&self, status: &str) -> MemberStanding {
        let exact = self.0.iter().find(|(name, _)| name == status);
        let found = exact.or_else(|| self.0.iter().find(|(name, _)| is_same_name(name, status)));
        found.map_or_else(|| MemberStanding::by_name(status), |&(_, standing)| standing)
    }
}

impl MemberStanding {
    /// Returns the standing of members with a status: by the connection's mapping or, for a status without a meaning in it,
    /// by its name. Only the mapped statuses are Registered and No Show.
    fn of(status: &ProgressionStatus, connection: &ProgramConnection) -> Self {
        let mapping = connection.mapping();
        if let Some(meaning) = mapping.meaning_of(&status.name) {
            return match meaning {
                Meaning::Registered => Self::Registered,
                Meaning::NoShow => Self::NoShow,
                Meaning::Attended | Meaning::AttendedOnDemand => Self::Attended,
                Meaning::Cancelled | Meaning::Denied => Self::Cancelled,
                Meaning::Pending | Meaning::RegistrationError => Self::Other,
            };
        }
        Self::by_name(&status.name)
    }

    /// Returns the standing of members with a status that the mapping lacks, such as "Attended - VIP" beside "Attended".
    fn by_name(name: &str) -> Self {
        match guess::guess(name).map(|guess| guess.meaning) {
            Some(Meaning::Cancelled | Meaning::Denied) => Self::Cancelled,
            Some(Meaning::AttendedOnDemand) => Self::Attended,
            _ if guess::says_attended(name) => Self::Attended,
            _ => Self::Other,
        }
    }
}

/// A program member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MemberRow {
    #[serde(rename = "l")]
    pub(crate) lead: LeadId,
    #[serde(rename = "s")]
    pub(crate) standing: MemberStanding,
    /// Zoom's registrant id, from the member's `registrationCode`.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub(crate) registrant: Option<RegistrantId>,
    /// Whether the join link leads to another webinar, to which the person was registered through this program.
    #[serde(rename = "w", default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) is_of_other_webinar: bool,
}

impl MemberRow {
    /// Converts Marketo's row for a program of a webinar.
    pub(crate) fn of(member: Member, standings: &MemberStandings, webinar: WebinarId) -> Self {
        let linked = member.webinar_url.as_ref().and_then(|link| linked_webinar(link.expose()));
        Self {
            lead: member.lead_id,
            standing: standings.standing(member.status_name.as_deref().unwrap_or_default()),
            registrant: member.registration_code.filter(|code| !code.as_str().is_empty()),
            is_of_other_webinar: linked.is_some_and(|linked| linked != webinar),
        }
    }
}

/// Returns the webinar of a join link, such as `https://zoom.us/w/81234567890?tk=...`.
fn linked_webinar(link: &str) -> Option<WebinarId> {
    let (_, rest) = link.split_once("/w/")?;
    rest.split(['?', '/', '#']).next()?.parse().ok()
}

/// A member who attended although no registrant id shows it: the e-mail address matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MatchedLead {
    #[serde(rename = "l")]
    pub(crate) lead: LeadId,
}

/// When a person was in the webinar, by the key of their address. Kept for a month for `POST /attendance/trace`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PresenceRow {
    #[serde(rename = "k")]
    pub(crate) key: PersonKey,
    #[serde(rename = "p")]
    pub(crate) presence: Presence,
}

/// Truncates a text to [`MAX_TEXT_BYTES`] at a character boundary.
fn truncated(text: &str) -> &str {
    let mut end = text.len().min(MAX_TEXT_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn connection(statuses: &[&str]) -> ProgramConnection {
        let statuses: Vec<_> = statuses.iter().map(|name| (*name, 10)).collect();
        let mut connection = domain::testing::connection(&statuses);
        connection.snapshot.id = 81.into();
        connection
    }

    fn standings(statuses: &[&str]) -> MemberStandings {
        MemberStandings::of(&connection(statuses))
    }

    fn participant(changes: serde_json::Value) -> Participant {
        let mut row = json!({"name": "Ada", "status": "in_meeting", "join_time": "2026-11-02T10:00:00Z",
            "leave_time": "", "duration": 60, "user_email": "", "registrant_id": ""});
        row.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        serde_json::from_value(row).unwrap()
    }

    #[test]
    fn a_row_without_a_leave_time_ends_after_its_duration() {
        let row = ParticipantRow::of(&participant(json!({}))).unwrap();
        assert_eq!(row.to.unwrap() - row.from.unwrap(), 60);
        assert!(ParticipantRow::of(&participant(json!({"status": "in_waiting_room"}))).is_none());
        assert!(ParticipantRow::of(&participant(json!({"id": "u1"}))).unwrap().is_internal);
    }

    #[test]
    fn rows_survive_serialization_and_are_short() {
        let row = ParticipantRow::of(&participant(json!({"registrant_id": "r1", "user_email": "ada@x.test"}))).unwrap();
        let text = serde_json::to_string(&row).unwrap();
        assert_eq!(text, r#"{"r":"r1","e":"ada@x.test","n":"Ada","f":1793613600,"t":1793613660}"#);
        assert_eq!(domain::json::read::<ParticipantRow>(text.as_bytes()).unwrap(), row);
        let (lead, standing) = (7.into(), MemberStanding::NoShow);
        let member = MemberRow { lead, standing, registrant: None, is_of_other_webinar: false };
        let text = serde_json::to_string(&member).unwrap();
        assert_eq!(domain::json::read::<MemberRow>(text.as_bytes()).unwrap(), member);
    }

    #[test]
    fn r19_a_join_link_names_the_webinar_of_a_member() {
        let row = |link: &str| {
            let row = json!({"leadId": 7, "statusName": "Registered", "registrationCode": "r", "webinarUrl": link});
            MemberRow::of(serde_json::from_value(row).unwrap(), &standings(&[]), 81.into()).is_of_other_webinar
        };
        assert!(!row("https://zoom.us/w/81?tk=a") && !row("") && !row("https://zoom.us/my/room"));
        assert!(row("https://us02web.zoom.us/w/82?tk=a") && row("https://zoom.us/w/82"));
    }

    #[test]
    fn r21_cancelled_and_denied_statuses_are_known_in_several_spellings() {
        let names = ["Cancelled", "3 Canceled", "CANCELLED by host", "Storniert", "Rejected", "Denied"];
        for name in names {
            // Although at most two of them are mapped.
            assert_eq!(standings(&names).standing(name), MemberStanding::Cancelled, "{name}");
            assert_eq!(standings(&[]).standing(name), MemberStanding::Cancelled, "{name}");
        }
    }

    #[test]
    fn watching_the_recording_counts_as_attendance() {
        let standings = standings(&["Attended", "Attended On-demand", "No-show", "registered", "Wait Listed"]);
        for (name, standing) in [
            ("ATTENDED on demand", MemberStanding::Attended),
            ("Attended - VIP", MemberStanding::Attended),
            ("Attended Partly", MemberStanding::Attended),
            ("No Show", MemberStanding::NoShow),
            ("Registered", MemberStanding::Registered),
            ("Not attended", MemberStanding::Other),
            ("Wait Listed", MemberStanding::Other),
            ("Not registered", MemberStanding::Other),
        ] {
            assert_eq!(standings.standing(name), standing, "{name}");
        }
    }

    #[test]
    fn r21_only_the_status_that_the_admin_chose_is_registered() {
        let mut connection = connection(&["Registered", "Confirmed", "Teilgenommen", "Nicht erschienen"]);
        connection.statuses.refresh(&connection.channel);
        connection.statuses.choose(Meaning::Registered, Some("Confirmed".into()));
        let standings = MemberStandings::of(&connection);
        for (name, standing) in [
            ("Registered", MemberStanding::Other),
            ("confirmed", MemberStanding::Registered),
            ("Teilgenommen", MemberStanding::Attended),
            ("Nicht erschienen", MemberStanding::NoShow),
        ] {
            assert_eq!(standings.standing(name), standing, "{name}");
        }
    }

    #[test]
    fn long_texts_are_truncated_at_a_character_boundary() {
        let long = "é".repeat(200);
        let row = ParticipantRow::of(&participant(json!({"name": long}))).unwrap();
        assert_eq!(row.name.unwrap().expose().chars().count(), 127);
    }
}
