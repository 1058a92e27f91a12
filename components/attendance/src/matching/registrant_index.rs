//! An index of registrants and absentees, by key and by e-mail address.

use crate::person::PersonKey;
use crate::store::checkpoint::RegistrantRow;
use std::collections::{HashMap, HashSet};

/// The registrants and absentees of a webinar.
#[derive(Debug, Default)]
pub(crate) struct RegistrantIndex {
    /// The registrants; `None` if there is no list of registrants.
    registrants: Option<HashMap<PersonKey, Entry>>,
    /// The registrants' keys by the keys of their addresses.
    by_email: HashMap<PersonKey, PersonKey>,
    /// The people who are absent from each session that has a list of absentees; `None` if none has.
    absentees: Option<HashSet<PersonKey>>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    has_id: bool,
    has_email: bool,
}

/// Whether a registrant attended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PresenceState {
    /// The report has the registrant.
    Present,
    /// The registrant did not attend.
    Absent,
    /// Zoom lists the registrant neither as present nor as absent: the report lacks rows that will come late. An
    /// attendee must not be set to No Show.
    Unknown,
}

impl RegistrantIndex {
    /// Creates an empty index, given whether there is a list of registrants.
    pub(crate) fn new(has_registrants: bool) -> Self {
        Self { registrants: has_registrants.then(HashMap::new), by_email: HashMap::new(), absentees: None }
    }

    pub(crate) fn add_registrant(&mut self, row: &RegistrantRow) {
        let (Some(key), Some(registrants)) = (row.key(), &mut self.registrants) else { return };
        registrants.insert(key, Entry { has_id: row.registrant.is_some(), has_email: row.email.is_some() });
        if let Some(email) = &row.email {
            self.by_email.insert(PersonKey::email(email), key);
        }
    }

    /// Returns the keys of an absentee: their own, and that of the registrant with their address. All registrants are
    /// added before.
    pub(crate) fn absentee_keys(&self, row: &RegistrantRow) -> impl Iterator<Item = PersonKey> {
        let registrant = row.email.as_ref().and_then(|email| self.by_email(PersonKey::email(email)));
        row.key().into_iter().chain(registrant)
    }

    /// Adds the absentees of one session. A person is absent from the webinar if each session lists them as absent.
    pub(crate) fn add_absentees(&mut self, session: HashSet<PersonKey>) {
        match &mut self.absentees {
            Some(absentees) => absentees.retain(|key| session.contains(key)),
            None => self.absentees = Some(session),
        }
    }

    /// Returns whether a registration in this webinar stands: the list of registrants has it or, for a webinar that was
    /// deleted, the list of absentees.
    pub(crate) fn is_registered(&self, key: PersonKey) -> bool {
        match &self.registrants {
            Some(registrants) => registrants.contains_key(&key),
            None => self.absentees.as_ref().is_some_and(|absentees| absentees.contains(&key)),
        }
    }

    /// Returns whether there is a list of registrants.
    pub(crate) const fn has_registrants(&self) -> bool {
        self.registrants.is_some()
    }

    /// Returns whether the list of registrants has the person's address.
    pub(crate) fn has_email(&self, key: PersonKey) -> bool {
        self.registrants.as_ref().and_then(|registrants| registrants.get(&key)).is_some_and(|entry| entry.has_email)
    }

    /// Returns the key of the registrant with an address.
    pub(crate) fn by_email(&self, email: PersonKey) -> Option<PersonKey> {
        self.by_email.get(&email).copied()
    }

    /// Returns whether a registrant attended, given whether the report has them. In the final run, an unknown
    /// registrant counts as absent.
    pub(crate) fn presence_state(&self, key: PersonKey, is_present: bool, is_final: bool) -> PresenceState {
        if is_present {
            return PresenceState::Present;
        }
        let (Some(absentees), Some(registrants)) = (&self.absentees, &self.registrants) else {
            return PresenceState::Absent;
        };
        // A registrant without an id cannot be found in the report, so no late row will match.
        let may_come = registrants.get(&key).is_some_and(|entry| entry.has_id) && !absentees.contains(&key);
        if may_come && !is_final { PresenceState::Unknown } else { PresenceState::Absent }
    }

    /// Returns the keys of all registrants.
    pub(crate) fn keys(&self) -> impl Iterator<Item = PersonKey> {
        self.registrants.iter().flat_map(|registrants| registrants.keys().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn row(id: &str) -> RegistrantRow {
        let row = serde_json::from_value(json!({"id": id, "email": format!("{id}@x.test")})).unwrap();
        RegistrantRow::of(row).unwrap()
    }

    fn key(id: &str) -> PersonKey {
        PersonKey::registrant(&id.into())
    }

    fn presence_state(absentees: Option<&[&str]>, id: &str, is_final: bool) -> PresenceState {
        let mut index = RegistrantIndex::new(true);
        index.add_registrant(&row(id));
        if let Some(absentees) = absentees {
            index.add_absentees(absentees.iter().map(|id| key(id)).collect());
        }
        index.presence_state(key(id), id == "r1", is_final)
    }

    #[test]
    fn r13_a_person_is_absent_if_each_session_lists_them_as_absent() {
        let mut index = RegistrantIndex::new(true);
        ["r1", "r2", "r3"].iter().for_each(|id| index.add_registrant(&row(id)));
        index.add_absentees([key("r1"), key("r2")].into());
        index.add_absentees([key("r2"), key("r3")].into());
        let states = ["r1", "r2", "r3"].map(|id| index.presence_state(key(id), false, false));
        assert_eq!(states, [PresenceState::Unknown, PresenceState::Absent, PresenceState::Unknown]);
    }

    #[test]
    fn r19_the_registrations_of_a_deleted_webinar_are_those_of_its_absentees() {
        let mut index = RegistrantIndex::new(false);
        assert!(!index.is_registered(key("r1")));
        index.add_absentees([key("r1")].into());
        assert!(index.is_registered(key("r1")) && !index.is_registered(key("r2")));
    }

    #[test]
    fn a_registrant_on_neither_list_is_unknown_until_the_final_run() {
        let listed: Option<&[&str]> = Some(&["r2"]);
        for (id, is_final, expected) in [
            ("r1", false, PresenceState::Present),
            ("r2", false, PresenceState::Absent),
            ("r3", false, PresenceState::Unknown),
            ("r3", true, PresenceState::Absent),
        ] {
            assert_eq!(presence_state(listed, id, is_final), expected, "{id}");
        }
        // Without a list of absentees, the report alone decides.
        assert_eq!(presence_state(None, "r3", false), PresenceState::Absent);
    }

    #[test]
    fn an_absentee_without_an_id_is_the_registrant_with_that_address() {
        let mut index = RegistrantIndex::new(true);
        index.add_registrant(&row("r1"));
        let anonymous = serde_json::from_value(json!({"id": "", "email": "R1@x.test"})).unwrap();
        let absentees = index.absentee_keys(&RegistrantRow::of(anonymous).unwrap()).collect();
        index.add_absentees(absentees);
        assert_eq!(index.presence_state(key("r1"), false, false), PresenceState::Absent);
    }

    #[test]
    fn registrants_are_found_by_address() {
        let mut index = RegistrantIndex::new(true);
        index.add_registrant(&row("r1"));
        let email = |text| PersonKey::email(&domain::Email::parse(text).unwrap());
        assert_eq!(index.by_email(email("R1@X.test")), Some(key("r1")));
        assert_eq!(index.by_email(email("r2@x.test")), None);
        assert!(
            index.has_email(key("r1")) && index.has_registrants() && !RegistrantIndex::new(false).has_registrants()
        );
    }
}
