//! Turns rows of the attendance report into attendees. A row is matched by registrant id first, then by e-mail address,
//! else not at all: Zoom hides the ids and addresses of people outside the account who did not register
//! (docs/reference/zoom.md), and a name does not identify a person (R20).

use super::intervals::union;
use super::registrant_index::RegistrantIndex;
use crate::person::{PersonKey, Presence};
use crate::rules::own_side::OwnSide;
use crate::rules::sessions::SessionFacts;
use crate::store::checkpoint::ParticipantRow;
use domain::time::Timestamp;
use std::collections::{HashMap, HashSet};

/// Matches rows one by one.
#[derive(Debug)]
pub(crate) struct Matcher<'r> {
    registrants: &'r RegistrantIndex,
    own_side: &'r OwnSide,
    positions: HashMap<PersonKey, u32>,
    /// Position of the attendee, from, to.
    intervals: Vec<(u32, i64, i64)>,
    /// Participants with no more than a name, such as callers by phone.
    unmatched: HashSet<PersonKey>,
    /// Attendees of a webinar with registration whose address is not registered.
    unregistered: HashSet<PersonKey>,
}

/// The attendees of a webinar, each once.
#[derive(Debug, Default)]
pub(crate) struct Attendees {
    positions: HashMap<PersonKey, u32>,
    presences: Vec<Presence>,
    /// The number of participants with no more than a name.
    pub(crate) unmatched: usize,
    /// The number of attendees of a webinar with registration whose address is not registered.
    pub(crate) unregistered: usize,
    /// The total minutes of all attendees.
    pub(crate) minutes: i64,
}

impl<'r> Matcher<'r> {
    pub(crate) fn new(registrants: &'r RegistrantIndex, own_side: &'r OwnSide) -> Self {
        Self {
            registrants,
            own_side,
            positions: HashMap::new(),
            intervals: Vec::new(),
            unmatched: HashSet::new(),
            unregistered: HashSet::new(),
        }
    }

    /// Adds a row.
    pub(crate) fn add(&mut self, row: &ParticipantRow) {
        match row_owner(row, self.registrants, self.own_side) {
            RowOwner::Attendee(key) => {
                if self.registrants.has_registrants() && row.email.as_ref().map(PersonKey::email) == Some(key) {
                    self.unregistered.insert(key);
                }
                let next = u32::try_from(self.positions.len()).unwrap_or(u32::MAX);
                let position = *self.positions.entry(key).or_insert(next);
                // A row without times still makes an attendee.
                self.intervals.extend(row.from.map(|from| (position, from, row.to.unwrap_or(from))));
            }
            RowOwner::Unmatched => {
                let name = row.name.as_ref().map_or("", |name| name.expose());
                self.unmatched.insert(PersonKey::name(name));
            }
            RowOwner::Staff => {}
        }
    }

    /// Returns the attendees of all rows added.
    pub(crate) fn finish(self) -> Attendees {
        let Self { positions, mut intervals, unmatched, unregistered, .. } = self;
        intervals.sort_unstable();
        let mut presences = vec![Presence::default(); positions.len()];
        let mut seconds = 0;
        for intervals in intervals.chunk_by(|(one, ..), (other, ..)| one == other) {
            let Some((position, ..)) = intervals.first() else { continue };
            let presence = union(intervals.iter().map(|&(_, from, to)| (from, to)));
            seconds += presence.seconds;
            if let Some(slot) = usize::try_from(*position).ok().and_then(|position| presences.get_mut(position)) {
                *slot = presence;
            }
        }
        Attendees {
            positions,
            presences,
            unmatched: unmatched.len(),
            unregistered: unregistered.len(),
            minutes: seconds / 60,
        }
    }
}

impl Attendees {
    /// Returns how long a person was present; `None` if they did not attend.
    pub(crate) fn presence(&self, key: PersonKey) -> Option<Presence> {
        let position = usize::try_from(*self.positions.get(&key)?).ok()?;
        self.presences.get(position).copied()
    }
}

/// The person that a row belongs to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum RowOwner {
    /// A registrant or, without registration, a person whose address is known.
    Attendee(PersonKey),
    /// A person with no more than a name.
    Unmatched,
    /// A host, a panelist or a colleague of theirs (R11).
    Staff,
}

/// Returns the person that a row belongs to.
pub(crate) fn row_owner(row: &ParticipantRow, registrants: &RegistrantIndex, own_side: &OwnSide) -> RowOwner {
    if let Some(id) = &row.registrant {
        return RowOwner::Attendee(PersonKey::registrant(id));
    }
    let email = row.email.as_ref().map(PersonKey::email);
    if let Some(registrant) = email.and_then(|email| registrants.by_email(email)) {
        return RowOwner::Attendee(registrant);
    }
    let is_staff = row.is_internal || email.is_some_and(|email| own_side.contains(email));
    match email {
        Some(email) if !is_staff && own_side.accepts_unregistered => RowOwner::Attendee(email),
        None if !is_staff => RowOwner::Unmatched,
        _ => RowOwner::Staff,
    }
}

/// Collects what the report of a session shows, row by row.
#[derive(Debug)]
pub(crate) struct SessionScan<'r> {
    registrants: &'r RegistrantIndex,
    own_side: &'r OwnSide,
    /// The registrants who belong to the own side. A row may have their id alone.
    own_registrants: HashSet<PersonKey>,
    people: HashSet<PersonKey>,
    start: Option<i64>,
    end: Option<i64>,
}

impl<'r> SessionScan<'r> {
    pub(crate) fn new(registrants: &'r RegistrantIndex, own_side: &'r OwnSide) -> Self {
        let own_registrants = own_side.addresses().filter_map(|email| registrants.by_email(email)).collect();
        Self { registrants, own_side, own_registrants, people: HashSet::new(), start: None, end: None }
    }

    /// Adds a row. A host or panelist who registered is no attendee here: they are in each sound check.
    pub(crate) fn add(&mut self, row: &ParticipantRow) {
        self.start = self.start.into_iter().chain(row.from).min();
        self.end = self.end.into_iter().chain(row.to).max();
        let email = row.email.as_ref().map(PersonKey::email);
        if email.is_some_and(|email| self.own_side.contains(email)) {
            return;
        }
        match row_owner(row, self.registrants, self.own_side) {
            RowOwner::Attendee(key) if self.own_registrants.contains(&key) => {}
            RowOwner::Attendee(key) => _ = self.people.insert(key),
            RowOwner::Unmatched => {
                let name = row.name.as_ref().map_or("", |name| name.expose());
                self.people.insert(PersonKey::name(name));
            }
            RowOwner::Staff => {}
        }
    }

    /// Returns what all rows show.
    pub(crate) fn finish(self) -> SessionFacts {
        let time = |second: Option<i64>| Timestamp::from_second(second?).ok();
        SessionFacts { start: time(self.start), end: time(self.end), attendees: self.people.len() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::checkpoint::RegistrantRow;
    use domain::Email;
    use serde_json::{Value, json};

    fn row(fields: Value) -> ParticipantRow {
        let mut row = json!({
            "id": "", "name": "Some One", "user_email": "", "registrant_id": "", "status": "in_meeting",
            "join_time": "2026-11-02T10:00:00Z", "leave_time": "2026-11-02T10:30:00Z", "duration": 1800,
        });
        row.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        ParticipantRow::of(&serde_json::from_value(row).unwrap()).unwrap()
    }

    fn index(list: &[(&str, &str)]) -> RegistrantIndex {
        let mut index = RegistrantIndex::new(true);
        for (id, email) in list {
            let row = serde_json::from_value(json!({"id": id, "email": email})).unwrap();
            index.add_registrant(&RegistrantRow::of(row).unwrap());
        }
        index
    }

    fn own_side(hosts: &[&str], panelists: Option<&[&str]>, has_registration: bool) -> OwnSide {
        let emails = |texts: &[&str]| texts.iter().filter_map(|text| Email::parse(text)).collect::<Vec<_>>();
        let mut own_side = OwnSide::new(emails(hosts), has_registration);
        own_side.add_panelists(panelists.map(emails));
        own_side
    }

    fn attendees(rows: &[ParticipantRow], index: &RegistrantIndex, own_side: &OwnSide) -> Attendees {
        let mut matcher = Matcher::new(index, own_side);
        rows.iter().for_each(|row| matcher.add(row));
        matcher.finish()
    }

    fn id(id: &str) -> PersonKey {
        PersonKey::registrant(&id.into())
    }

    fn email(text: &str) -> PersonKey {
        PersonKey::email(&Email::parse(text).unwrap())
    }

    #[test]
    fn r10_registrants_are_matched_by_id_first_then_by_address() {
        let index = index(&[("r1", "ada@x.test"), ("r2", "bob@x.test")]);
        let rows = [
            row(json!({"registrant_id": "r1", "user_email": "other@x.test"})),
            row(json!({"user_email": " BOB@x.test"})),
            row(json!({"registrant_id": "r9", "user_email": "cyd@x.test"})),
        ];
        let attendees = attendees(&rows, &index, &own_side(&[], None, true));
        assert_eq!(attendees.positions.len(), 3);
        for id in [id("r1"), id("r2"), id("r9")] {
            assert_eq!(attendees.presence(id).unwrap().seconds, 1800);
        }
    }

    #[test]
    fn a_person_who_rejoins_counts_once_and_each_moment_once() {
        let rows = [
            row(json!({"registrant_id": "r1"})),
            row(
                json!({"registrant_id": "r1", "join_time": "2026-11-02T10:20:00Z", "leave_time": "2026-11-02T10:40:00Z"}),
            ),
            row(json!({"registrant_id": "r1", "join_time": "2026-11-02T11:00:00Z", "leave_time": "", "duration": 300})),
        ];
        let attendees = attendees(&rows, &RegistrantIndex::default(), &own_side(&[], None, false));
        assert_eq!((attendees.positions.len(), attendees.minutes), (1, 45));
        let presence = attendees.presence(id("r1")).unwrap();
        assert_eq!((presence.to - presence.from, presence.seconds), (65 * 60, 45 * 60));
    }

    #[test]
    fn a_caller_by_phone_is_counted_as_unmatched() {
        let phone = json!({"name": "+1555****100"});
        let rows = [row(phone.clone()), row(phone), row(json!({"name": "Gus"}))];
        let attendees = attendees(&rows, &index(&[("r1", "ada@x.test")]), &own_side(&[], None, true));
        assert_eq!((attendees.positions.len(), attendees.unmatched), (0, 2));
    }

    #[test]
    fn r11_hosts_and_panelists_are_not_attendees_unless_registered() {
        let staff = [
            json!({"id": "u1", "user_email": "host@x.test"}),
            json!({"internal_user": true, "user_email": "colleague@x.test"}),
            json!({"user_email": "panelist@y.test"}),
            json!({"user_email": "Owner@x.test"}),
        ];
        let rows: Vec<_> = staff.into_iter().map(row).collect();
        for panelists in [None, Some(&["Panelist@Y.test"][..])] {
            let own_side = own_side(&["owner@x.test"], panelists, true);
            let attendees = attendees(&rows, &index(&[("r1", "HOST@x.test")]), &own_side);
            assert_eq!((attendees.positions.len(), attendees.unmatched), (1, 0));
            assert!(attendees.presence(id("r1")).is_some());
        }
    }

    #[test]
    fn r20_an_address_that_is_not_registered_is_an_attendee_without_registration() {
        let rows = [row(json!({"user_email": "other@x.test"})), row(json!({"user_email": "OTHER@x.test"}))];
        let index = index(&[("r1", "ada@x.test")]);
        let known = attendees(&rows, &index, &own_side(&[], Some(&[]), true));
        assert_eq!((known.positions.len(), known.unregistered), (1, 1));
        assert!(known.presence(email("other@x.test")).is_some());
        // While the panelists are unknown, the address may be one of theirs.
        let unknown = attendees(&rows, &index, &own_side(&[], None, true));
        assert_eq!((unknown.positions.len(), unknown.unregistered), (0, 0));
    }

    #[test]
    fn r13_a_session_has_attendees_if_someone_besides_the_own_side_was_in_it() {
        let index = index(&[("r1", "ada@x.test"), ("r2", "bob@x.test"), ("r3", "host@x.test")]);
        let own_side = own_side(&["host@x.test"], Some(&["speaker@y.test"]), true);
        let scan = |fields: &[Value]| {
            let mut scan = SessionScan::new(&index, &own_side);
            fields.iter().cloned().for_each(|fields| scan.add(&row(fields)));
            scan.finish()
        };
        let own = [
            json!({"user_email": "host@x.test", "registrant_id": "r3"}),
            json!({"registrant_id": "r3"}),
            json!({"user_email": "Speaker@y.test"}),
            json!({"id": "u2", "user_email": "colleague@x.test"}),
        ];
        assert_eq!(scan(&own).attendees, 0);
        assert_eq!(scan(&[json!({"registrant_id": "r1"}), json!({"name": "+1 555"})]).attendees, 2);
        // A colleague who registered.
        assert_eq!(scan(&[json!({"id": "u3", "user_email": "bob@x.test"})]).attendees, 1);
        let facts =
            scan(&[json!({}), json!({"join_time": "2026-11-02T10:20:00Z", "leave_time": null, "duration": 60})]);
        let time = |text: &str| text.parse().ok();
        assert_eq!((facts.start, facts.end), (time("2026-11-02T10:00:00Z"), time("2026-11-02T10:30:00Z")));
    }

    #[test]
    fn without_registration_an_address_makes_an_attendee() {
        let rows = [
            row(json!({"user_email": "ada@x.test", "name": "Ada Lovelace"})),
            row(json!({"user_email": "ADA@x.test"})),
            row(json!({"user_email": "host@x.test", "id": "u1"})),
        ];
        let attendees = attendees(&rows, &RegistrantIndex::default(), &own_side(&[], None, false));
        assert_eq!(attendees.positions.len(), 1);
        assert!(attendees.presence(email("ada@x.test")).is_some());
    }
}
