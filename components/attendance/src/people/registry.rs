//! Registrants and absentees: by id and by e-mail address, and who of them is missing.

use super::Key;
use crate::sheets::Registered;
use std::collections::{HashMap, HashSet};

/// Who was registered, as far as the lists of registrants and absentees tell.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    /// Everybody on the list of registrants; `None` where there is no list to be had.
    registrants: Option<HashMap<Key, Entry>>,
    /// Whom an address belongs to.
    by_email: HashMap<Key, Key>,
    /// Whom Zoom calls absent; `None` where it does not tell.
    absentees: Option<HashSet<Key>>,
}

/// What is known of a registrant.
#[derive(Debug, Clone, Copy)]
struct Entry {
    has_id: bool,
    has_email: bool,
}

/// Where a registrant was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whereabouts {
    /// In the webinar.
    Present,
    /// Not there.
    Absent,
    /// Zoom lists them neither as present nor as absent: they came, and their rows are not there yet. Telling somebody
    /// who was there that they were missed is the error that people remember.
    Unaccounted,
}

impl Registry {
    /// With the lists that there are.
    pub(crate) fn new(has_registrants: bool, has_absentees: bool) -> Self {
        Self {
            registrants: has_registrants.then(HashMap::new),
            by_email: HashMap::new(),
            absentees: has_absentees.then(HashSet::new),
        }
    }

    /// A row of the registrants.
    pub(crate) fn registrant(&mut self, row: &Registered) {
        let (Some(key), Some(registrants)) = (row.key(), &mut self.registrants) else { return };
        registrants.insert(key, Entry { has_id: row.registrant.is_some(), has_email: row.email.is_some() });
        if let Some(email) = &row.email {
            self.by_email.insert(Key::email(email), key);
        }
    }

    /// A row of the absentees, after all registrants: whom an address belongs to is known by then.
    pub(crate) fn absentee(&mut self, row: &Registered) {
        let Some(absentees) = &mut self.absentees else { return };
        absentees.extend(row.key());
        absentees.extend(row.email.as_ref().and_then(|email| self.by_email.get(&Key::email(email))));
    }

    /// Whether there is a list of registrants. Then everybody but hosts and panelists had to register.
    pub(crate) const fn is_there(&self) -> bool {
        self.registrants.is_some()
    }

    /// Whether the list of registrants tells somebody's address.
    pub(crate) fn tells_email_of(&self, key: Key) -> bool {
        self.registrants.as_ref().and_then(|registrants| registrants.get(&key)).is_some_and(|entry| entry.has_email)
    }

    /// The registrant with an address.
    pub(crate) fn with_email(&self, email: Key) -> Option<Key> {
        self.by_email.get(&email).copied()
    }

    /// Where somebody was, given whether the report has them. When it `is_last`, nobody is waited for any more.
    pub(crate) fn whereabouts(&self, key: Key, is_present: bool, is_last: bool) -> Whereabouts {
        if is_present {
            return Whereabouts::Present;
        }
        let (Some(absentees), Some(registrants)) = (&self.absentees, &self.registrants) else {
            return Whereabouts::Absent;
        };
        // Without an id nobody can be found in the report, whatever comes late.
        let may_come = registrants.get(&key).is_some_and(|entry| entry.has_id) && !absentees.contains(&key);
        if may_come && !is_last { Whereabouts::Unaccounted } else { Whereabouts::Absent }
    }

    /// Everybody on the list of registrants.
    pub(crate) fn keys(&self) -> impl Iterator<Item = Key> {
        self.registrants.iter().flat_map(|registrants| registrants.keys().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn row(id: &str) -> Registered {
        let row = serde_json::from_value(json!({"id": id, "email": format!("{id}@x.test")})).unwrap();
        Registered::of(row).unwrap()
    }

    fn key(id: &str) -> Key {
        Key::registrant(&id.into())
    }

    fn where_is(absentees: Option<&[&str]>, id: &str, is_last: bool) -> Whereabouts {
        let mut registry = Registry::new(true, absentees.is_some());
        registry.registrant(&row(id));
        absentees.into_iter().flatten().for_each(|id| registry.absentee(&row(id)));
        registry.whereabouts(key(id), id == "r1", is_last)
    }

    #[test]
    fn who_is_on_neither_list_is_waited_for() {
        let listed: Option<&[&str]> = Some(&["r2"]);
        for (id, is_last, expected) in [
            ("r1", false, Whereabouts::Present),
            ("r2", false, Whereabouts::Absent),
            ("r3", false, Whereabouts::Unaccounted),
            ("r3", true, Whereabouts::Absent),
        ] {
            assert_eq!(where_is(listed, id, is_last), expected, "{id}");
        }
        // Zoom does not tell who was absent: the report has to do.
        assert_eq!(where_is(None, "r3", false), Whereabouts::Absent);
    }

    #[test]
    fn an_absentee_without_id_is_the_registrant_with_the_address() {
        let mut registry = Registry::new(true, true);
        registry.registrant(&row("r1"));
        let anonymous = serde_json::from_value(json!({"id": "", "email": "R1@x.test"})).unwrap();
        registry.absentee(&Registered::of(anonymous).unwrap());
        assert_eq!(registry.whereabouts(key("r1"), false, false), Whereabouts::Absent);
    }

    #[test]
    fn registrants_are_known_by_their_address() {
        let mut registry = Registry::new(true, false);
        registry.registrant(&row("r1"));
        let email = |text| Key::email(&domain::Email::parse(text).unwrap());
        assert_eq!(registry.with_email(email("R1@X.test")), Some(key("r1")));
        assert_eq!(registry.with_email(email("r2@x.test")), None);
        assert!(registry.tells_email_of(key("r1")) && registry.is_there() && !Registry::new(false, true).is_there());
    }
}
