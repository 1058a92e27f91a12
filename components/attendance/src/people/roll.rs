//! The roll: rows of the attendance report become people. By registrant id first, then by e-mail address, then not at
//! all: since 2022 Zoom hides the addresses of people outside the account who did not register with them, and since
//! 2023 their ids (zoom.md section 2), and a name is no identity.

use super::stays::union;
use super::{Key, Registry};
use crate::sheets::Stay;
use domain::Email;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

/// Calls the roll, row by row.
#[derive(Debug)]
pub(crate) struct RollCall<'r> {
    registry: &'r Registry,
    host: Option<Key>,
    places: HashMap<Key, u32>,
    /// Whose stay, from, to.
    stays: Vec<(u32, i64, i64)>,
    /// People of whom only a name is known, like callers by phone.
    strangers: HashSet<Key>,
}

/// Who was in the webinar: each once, however often they came.
#[derive(Debug, Default)]
pub(crate) struct Roll {
    places: HashMap<Key, u32>,
    presences: Vec<Presence>,
    /// How many came of whom only a name is known.
    pub(crate) unmatched: usize,
    /// The minutes of all attendees together.
    pub(crate) minutes: i64,
}

/// How long somebody was there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Presence {
    /// When they first came, in seconds of Unix time.
    #[serde(rename = "f")]
    pub(crate) from: i64,
    /// When they last left.
    #[serde(rename = "t")]
    pub(crate) to: i64,
    /// How many seconds they were there in between, a moment with two devices counted once.
    #[serde(rename = "s")]
    pub(crate) seconds: i64,
}

impl<'r> RollCall<'r> {
    /// Before the first row. An address that a webinar with registrants does not know is a host's or a panelist's.
    pub(crate) fn new(registry: &'r Registry, host: Option<&Email>) -> Self {
        Self {
            registry,
            host: host.map(Key::email),
            places: HashMap::new(),
            stays: Vec::new(),
            strangers: HashSet::new(),
        }
    }

    /// A row.
    pub(crate) fn row(&mut self, row: &Stay) {
        match whose(row, self.registry, self.host) {
            Whose::Attendee(key) => {
                let next = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
                let place = *self.places.entry(key).or_insert(next);
                // Without times somebody was there all the same.
                self.stays.extend(row.from.map(|from| (place, from, row.to.unwrap_or(from))));
            }
            Whose::Stranger => {
                let name = row.name.as_ref().map_or("", |name| name.expose());
                self.strangers.insert(Key::name(name));
            }
            Whose::Staff => {}
        }
    }

    /// After the last row.
    pub(crate) fn finish(self) -> Roll {
        let Self { places, mut stays, strangers, .. } = self;
        stays.sort_unstable();
        let mut presences = vec![Presence::default(); places.len()];
        let mut minutes = 0;
        for stays in stays.chunk_by(|(one, ..), (other, ..)| one == other) {
            let Some((place, ..)) = stays.first() else { continue };
            let presence = union(stays.iter().map(|&(_, from, to)| (from, to)));
            minutes += presence.seconds;
            if let Some(there) = usize::try_from(*place).ok().and_then(|place| presences.get_mut(place)) {
                *there = presence;
            }
        }
        Roll { places, presences, unmatched: strangers.len(), minutes: minutes / 60 }
    }
}

impl Roll {
    /// How long somebody was there; `None` for who was not.
    pub(crate) fn presence(&self, key: Key) -> Option<Presence> {
        let place = usize::try_from(*self.places.get(&key)?).ok()?;
        self.presences.get(place).copied()
    }

    /// Whether nobody came.
    pub(crate) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }
}

/// Whose row it is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// Of somebody who registered, or, where nobody had to, whose address is known.
    Attendee(Key),
    /// Of somebody with no more than a name.
    Stranger,
    /// Of a host, a panelist, or a colleague of theirs.
    Staff,
}

/// Tells whose a row is.
pub(crate) fn whose(row: &Stay, registry: &Registry, host: Option<Key>) -> Whose {
    if let Some(id) = &row.registrant {
        return Whose::Attendee(Key::registrant(id));
    }
    let email = row.email.as_ref().map(Key::email);
    if let Some(registrant) = email.and_then(|email| registry.with_email(email)) {
        return Whose::Attendee(registrant);
    }
    let is_staff = row.internal || (email.is_some() && email == host);
    match email {
        Some(email) if !is_staff && !registry.is_there() => Whose::Attendee(email),
        None if !is_staff => Whose::Stranger,
        _ => Whose::Staff,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheets::Registered;
    use serde_json::{Value, json};

    fn stay(fields: Value) -> Stay {
        let mut row = json!({
            "id": "", "name": "Some One", "user_email": "", "registrant_id": "", "status": "in_meeting",
            "join_time": "2026-11-02T10:00:00Z", "leave_time": "2026-11-02T10:30:00Z", "duration": 1800,
        });
        row.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        Stay::of(&serde_json::from_value(row).unwrap()).unwrap()
    }

    fn registry(list: &[(&str, &str)]) -> Registry {
        let mut registry = Registry::new(true, false);
        for (id, email) in list {
            let row = serde_json::from_value(json!({"id": id, "email": email})).unwrap();
            registry.registrant(&Registered::of(row).unwrap());
        }
        registry
    }

    fn roll(rows: &[Stay], registry: &Registry, host: Option<&Email>) -> Roll {
        let mut call = RollCall::new(registry, host);
        rows.iter().for_each(|row| call.row(row));
        call.finish()
    }

    fn id(id: &str) -> Key {
        Key::registrant(&id.into())
    }

    fn email(text: &str) -> Key {
        Key::email(&Email::parse(text).unwrap())
    }

    #[test]
    fn r10_registrants_are_known_by_id_first_then_by_address() {
        let registry = registry(&[("r1", "ada@x.test"), ("r2", "bob@x.test")]);
        let rows = [
            stay(json!({"registrant_id": "r1", "user_email": "other@x.test"})),
            stay(json!({"user_email": " BOB@x.test"})),
            stay(json!({"registrant_id": "r9", "user_email": "cyd@x.test"})),
        ];
        let roll = roll(&rows, &registry, None);
        assert_eq!(roll.places.len(), 3);
        for id in [id("r1"), id("r2"), id("r9")] {
            assert_eq!(roll.presence(id).unwrap().seconds, 1800);
        }
    }

    #[test]
    fn who_comes_back_is_one_person_with_each_moment_counted_once() {
        let rows = [
            stay(json!({"registrant_id": "r1"})),
            stay(
                json!({"registrant_id": "r1", "join_time": "2026-11-02T10:20:00Z", "leave_time": "2026-11-02T10:40:00Z"}),
            ),
            stay(
                json!({"registrant_id": "r1", "join_time": "2026-11-02T11:00:00Z", "leave_time": "", "duration": 300}),
            ),
        ];
        let roll = roll(&rows, &Registry::default(), None);
        assert_eq!((roll.places.len(), roll.minutes), (1, 45));
        let presence = roll.presence(id("r1")).unwrap();
        assert_eq!((presence.to - presence.from, presence.seconds), (65 * 60, 45 * 60));
    }

    #[test]
    fn a_caller_by_phone_is_counted_and_not_guessed() {
        let phone = json!({"name": "+1555****100"});
        let rows = [stay(phone.clone()), stay(phone), stay(json!({"name": "Gus"}))];
        let roll = roll(&rows, &registry(&[("r1", "ada@x.test")]), None);
        assert_eq!((roll.places.len(), roll.unmatched), (0, 2));
    }

    #[test]
    fn hosts_and_panelists_are_no_attendees_unless_they_registered() {
        let staff = [
            json!({"id": "u1", "user_email": "host@x.test"}),
            json!({"internal_user": true, "user_email": "colleague@x.test"}),
            json!({"user_email": "panelist@y.test"}),
            json!({"user_email": "Owner@x.test"}),
        ];
        let rows: Vec<_> = staff.into_iter().map(stay).collect();
        let owner = Email::parse("owner@x.test");
        let roll = roll(&rows, &registry(&[("r1", "HOST@x.test")]), owner.as_ref());
        assert_eq!((roll.places.len(), roll.unmatched), (1, 0));
        assert!(roll.presence(id("r1")).is_some());
    }

    #[test]
    fn without_registration_an_address_is_enough() {
        let rows = [
            stay(json!({"user_email": "ada@x.test", "name": "Ada Lovelace"})),
            stay(json!({"user_email": "ADA@x.test"})),
            stay(json!({"user_email": "host@x.test", "id": "u1"})),
        ];
        let roll = roll(&rows, &Registry::default(), None);
        assert_eq!(roll.places.len(), 1);
        assert!(roll.presence(email("ada@x.test")).is_some());
    }
}
