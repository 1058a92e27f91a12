//! The roll: rows of the attendance report become people. By registrant id first, then by e-mail address, then not at
//! all: since 2022 Zoom hides the addresses of people outside the account who did not register with them, and since
//! 2023 their ids (zoom.md section 2), and a name is no identity.

use super::stays::present;
use super::{Details, Person, Registrants};
use domain::time::{SignedDuration, Timestamp};
use domain::{Email, RegistrantId};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use zoom_client::reports::Participant;

/// Who was in the webinar.
#[derive(Debug, Default)]
pub(crate) struct Roll {
    /// Each once, however often they came.
    pub(crate) attendees: Vec<Person>,
    /// How many came of whom only a name is known, like callers by phone.
    pub(crate) unmatched: usize,
    /// The minutes of all attendees together.
    pub(crate) minutes: i64,
}

/// What tells people apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Registrant(RegistrantId),
    /// A folded address.
    Email(String),
}

#[derive(Debug)]
struct Entry {
    person: Person,
    stays: Vec<(Timestamp, Timestamp)>,
}

impl Roll {
    /// Calls the roll. `registrants` is `None` where there are none to be had: no registration, or no list of it.
    /// Where there is a list, everybody but hosts and panelists had to register, so that an address that is not on it
    /// is theirs.
    pub(crate) fn call(rows: &[Participant], registrants: Option<&Registrants>, host: Option<&Email>) -> Self {
        let mut entries: BTreeMap<Key, Entry> = BTreeMap::new();
        let mut strangers = BTreeSet::new();
        for row in rows.iter().filter(|row| was_in(row)) {
            let email = row.user_email.as_deref().and_then(Email::parse);
            let key = match (key(row, email.as_ref(), registrants), is_internal(row, email.as_ref(), host)) {
                (Some(key @ Key::Registrant(_)), _) => key,
                (Some(key @ Key::Email(_)), false) if registrants.is_none() => key,
                (None, false) => {
                    strangers.insert(row.name.clone().unwrap_or_default().trim().to_lowercase());
                    continue;
                }
                _ => continue,
            };
            let entry = entries
                .entry(key.clone())
                .or_insert_with(|| Entry { person: person(&key, row, email.as_ref(), registrants), stays: Vec::new() });
            entry.stays.extend(stay(row));
        }
        let seconds = |entry: &Entry| present(entry.stays.clone());
        let total: SignedDuration = entries.values().map(seconds).fold(SignedDuration::ZERO, |sum, one| sum + one);
        let attendees = entries.into_values().map(|entry| entry.person).collect();
        Self { attendees, unmatched: strangers.len(), minutes: total.as_secs() / 60 }
    }

    /// The registrants among the attendees.
    pub(crate) fn registrants(&self) -> HashSet<&RegistrantId> {
        self.attendees.iter().filter_map(|person| person.registrant.as_ref()).collect()
    }
}

/// The waiting room is not the webinar.
pub(crate) fn was_in(row: &Participant) -> bool {
    row.status.as_deref() != Some("in_waiting_room")
}

fn key(row: &Participant, email: Option<&Email>, registrants: Option<&Registrants>) -> Option<Key> {
    if let Some(id) = &row.registrant_id {
        return Some(Key::Registrant(id.as_str().into()));
    }
    let email = email?;
    let registrant = registrants.and_then(|registrants| registrants.with_email(email)?.registrant.clone());
    Some(registrant.map_or_else(|| Key::Email(email.folded()), Key::Registrant))
}

/// Hosts, panelists and colleagues of theirs: only users of the account have an id in these rows.
fn is_internal(row: &Participant, email: Option<&Email>, host: Option<&Email>) -> bool {
    row.internal_user || row.id.is_some() || (email.is_some() && email == host)
}

fn person(key: &Key, row: &Participant, email: Option<&Email>, registrants: Option<&Registrants>) -> Person {
    let shown =
        || Person { registrant: None, email: email.cloned(), details: Details::of_display_name(row.name.as_deref()) };
    match key {
        Key::Email(_) => shown(),
        Key::Registrant(id) => match registrants.and_then(|registrants| registrants.with_id(id)) {
            Some(registrant) => Person { email: registrant.email.clone().or(email.cloned()), ..registrant.clone() },
            None => Person { registrant: Some(id.clone()), ..shown() },
        },
    }
}

fn stay(row: &Participant) -> Option<(Timestamp, Timestamp)> {
    let from: Timestamp = row.join_time.as_deref()?.parse().ok()?;
    let to = row.leave_time.as_deref().and_then(|to| to.parse().ok());
    Some((from, to.unwrap_or(from + SignedDuration::from_secs(row.duration))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn row(fields: Value) -> Participant {
        let mut row = json!({
            "id": "", "name": "Some One", "user_email": "", "registrant_id": "", "status": "in_meeting",
            "join_time": "2026-11-02T10:00:00Z", "leave_time": "2026-11-02T10:30:00Z", "duration": 1800,
        });
        row.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        serde_json::from_value(row).unwrap()
    }

    fn registrants(list: &[(&str, &str)]) -> Registrants {
        let rows = list.iter().map(|(id, email)| {
            serde_json::from_value(json!({"id": id, "email": email, "first_name": "F", "org": "Org"})).unwrap()
        });
        Registrants::new(rows.collect())
    }

    fn ids(roll: &Roll) -> Vec<(Option<&str>, Option<&str>)> {
        let id = |person: &Person| person.registrant.clone().map(|id| id.to_string());
        let texts: Vec<_> = roll.attendees.iter().map(|p| (id(p), p.email.clone().map(|e| e.folded()))).collect();
        texts.into_iter().map(|(id, email)| (id.map(leak), email.map(leak))).collect()
    }

    fn leak(text: String) -> &'static str {
        text.leak()
    }

    #[test]
    fn r10_registrants_are_known_by_id_first_then_by_address() {
        let registrants = registrants(&[("r1", "ada@x.test"), ("r2", "bob@x.test")]);
        let rows = [
            row(json!({"registrant_id": "r1", "user_email": "other@x.test"})),
            row(json!({"user_email": " BOB@x.test"})),
            row(json!({"registrant_id": "r9", "user_email": "cyd@x.test"})),
        ];
        let roll = Roll::call(&rows, Some(&registrants), None);
        let expected =
            [(Some("r1"), Some("ada@x.test")), (Some("r2"), Some("bob@x.test")), (Some("r9"), Some("cyd@x.test"))];
        assert_eq!(ids(&roll), expected);
        assert_eq!(roll.attendees[0].details.company, Some("Org".into()));
    }

    #[test]
    fn who_comes_back_is_one_person_with_each_moment_counted_once() {
        let rows = [
            row(json!({"registrant_id": "r1"})),
            row(
                json!({"registrant_id": "r1", "join_time": "2026-11-02T10:20:00Z", "leave_time": "2026-11-02T10:40:00Z"}),
            ),
            row(json!({"registrant_id": "r1", "join_time": "2026-11-02T11:00:00Z", "leave_time": "", "duration": 300})),
        ];
        let roll = Roll::call(&rows, None, None);
        assert_eq!((roll.attendees.len(), roll.minutes), (1, 45));
    }

    #[test]
    fn a_caller_by_phone_is_counted_and_not_guessed() {
        let phone = json!({"name": "+1555****100"});
        let rows = [row(phone.clone()), row(phone), row(json!({"name": "Gus"}))];
        let roll = Roll::call(&rows, Some(&registrants(&[("r1", "ada@x.test")])), None);
        assert_eq!((roll.attendees.len(), roll.unmatched), (0, 2));
    }

    #[test]
    fn hosts_and_panelists_are_no_attendees_unless_they_registered() {
        let staff = [
            json!({"id": "u1", "user_email": "host@x.test"}),
            json!({"internal_user": true, "user_email": "colleague@x.test"}),
            json!({"user_email": "panelist@y.test"}),
            json!({"user_email": "Owner@x.test"}),
        ];
        let rows: Vec<_> = staff.into_iter().map(row).collect();
        let owner = Email::parse("owner@x.test");
        let roll = Roll::call(&rows, Some(&registrants(&[("r1", "HOST@x.test")])), owner.as_ref());
        assert_eq!(ids(&roll), [(Some("r1"), Some("host@x.test"))]);
        assert_eq!(roll.unmatched, 0);
    }

    #[test]
    fn without_registration_an_address_is_enough_and_the_waiting_room_is_not() {
        let rows = [
            row(json!({"user_email": "ada@x.test", "name": "Ada Lovelace"})),
            row(json!({"user_email": "ADA@x.test"})),
            row(json!({"user_email": "bob@x.test", "status": "in_waiting_room"})),
            row(json!({"user_email": "host@x.test", "id": "u1"})),
        ];
        let roll = Roll::call(&rows, None, None);
        assert_eq!(ids(&roll), [(None, Some("ada@x.test"))]);
        assert_eq!(roll.attendees[0].details.last_name, Some("Lovelace".into()));
    }
}
