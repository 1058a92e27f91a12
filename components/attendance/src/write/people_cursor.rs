//! A cursor over people, in the order of the stored pages, which is the same in every run.

use crate::matching::{PresenceState, RowOwner, row_owner};
use crate::person::{Details, Person, PersonKey, PersonPresence};
use crate::roster::Roster;
use crate::store::checkpoint::{
    CONCURRENT_PAGES, List, ParticipantRow, RegistrantRow, RunError, RunState, for_each_row,
};
use std::collections::HashSet;

/// Which people a cursor selects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Selection {
    /// All attendees.
    Attendees,
    /// Attendees who match no member.
    AttendedNonMembers,
    /// Registrants who did not attend and match no member.
    NoShowNonMembers,
}

/// Iterates over the selected people, each address once.
pub(super) struct PeopleCursor {
    selection: Selection,
    /// The lists that remain, the next one last.
    lists: Vec<List>,
    page: u32,
    loaded: std::vec::IntoIter<PersonPresence>,
    /// The people who were already selected, and those to leave out.
    seen: HashSet<PersonKey>,
}

impl PeopleCursor {
    /// Returns a cursor that stands after the first `position` people.
    pub(super) async fn at(
        position: u64,
        roster: &Roster<'_>,
        run_state: &RunState,
        selection: Selection,
    ) -> Result<Self, RunError> {
        let lists = match selection {
            // The registrants of a deleted webinar are gone, but Zoom still lists its absentees.
            Selection::NoShowNonMembers if !roster.registrants.has_registrants() => vec![List::Absentees],
            Selection::NoShowNonMembers => vec![List::Registrants],
            // The report adds attendees who are not on the list of registrants, or not with an address.
            Selection::Attendees | Selection::AttendedNonMembers => vec![List::Report, List::Registrants],
        };
        let mut cursor = Self { selection, lists, page: 0, loaded: Vec::new().into_iter(), seen: HashSet::new() };
        if selection == Selection::NoShowNonMembers {
            cursor.leave_out_attendees(roster, run_state).await?;
        }
        for _ in 0..position {
            cursor.next(roster, run_state).await?;
        }
        Ok(cursor)
    }

    /// Marks the addresses of attendees as seen: a person who registered twice with one address and came once has
    /// attended (R16).
    async fn leave_out_attendees(&mut self, roster: &Roster<'_>, run_state: &RunState) -> Result<(), RunError> {
        let pages = |list| run_state.pages(roster.state, roster.connection.program, list);
        for_each_row(pages(List::Registrants), |row: &RegistrantRow| {
            let is_present = row.key().is_some_and(|key| roster.presence_state(key) == PresenceState::Present);
            self.seen.extend(row.email.as_ref().filter(|_| is_present).map(PersonKey::email));
        })
        .await?;
        let host = roster.connection.snapshot.host_email.as_ref().map(PersonKey::email);
        for_each_row(pages(List::Report), |row: &ParticipantRow| {
            if matches!(row_owner(row, &roster.registrants, host), RowOwner::Attendee(_)) {
                self.seen.extend(row.email.as_ref().map(PersonKey::email));
            }
        })
        .await
    }

    /// Returns the next people, at most `limit`.
    pub(super) async fn take(
        &mut self,
        limit: usize,
        roster: &Roster<'_>,
        run_state: &RunState,
    ) -> Result<Vec<PersonPresence>, RunError> {
        let mut people = Vec::new();
        while people.len() < limit
            && let Some(person) = self.next(roster, run_state).await?
        {
            people.push(person);
        }
        Ok(people)
    }

    async fn next(&mut self, roster: &Roster<'_>, run_state: &RunState) -> Result<Option<PersonPresence>, RunError> {
        loop {
            if let Some(person) = self.loaded.next() {
                return Ok(Some(person));
            }
            let Some(&list) = self.lists.last() else { return Ok(None) };
            match run_state.pages(roster.state, roster.connection.program, list) {
                Some((store, pages)) if self.page < pages => {
                    let to = pages.min(self.page + CONCURRENT_PAGES);
                    let people: Vec<_> = if list == List::Report {
                        let pages = store.get_range::<ParticipantRow>(self.page, to).await?;
                        let rows = pages.into_iter().flat_map(|page| page.rows);
                        rows.filter_map(|row| self.select_participant(roster, row)).collect()
                    } else {
                        let pages = store.get_range::<RegistrantRow>(self.page, to).await?;
                        let rows = pages.into_iter().flat_map(|page| page.rows);
                        rows.filter_map(|row| self.select_registrant(roster, row)).collect()
                    };
                    self.loaded = people.into_iter();
                    self.page = to;
                }
                _ => {
                    self.lists.pop();
                    self.page = 0;
                }
            }
        }
    }

    fn select_registrant(&mut self, roster: &Roster<'_>, row: RegistrantRow) -> Option<PersonPresence> {
        let (key, email) = (row.key()?, PersonKey::email(row.email.as_ref()?));
        let wanted = match self.selection {
            Selection::NoShowNonMembers => PresenceState::Absent,
            Selection::Attendees | Selection::AttendedNonMembers => PresenceState::Present,
        };
        let is_selected =
            roster.presence_state(key) == wanted && self.may_select(roster, key) && self.seen.insert(email);
        is_selected.then(|| (row.into_person(), roster.attendees.presence(key)))
    }

    fn select_participant(&mut self, roster: &Roster<'_>, row: ParticipantRow) -> Option<PersonPresence> {
        let host = roster.connection.snapshot.host_email.as_ref().map(PersonKey::email);
        let RowOwner::Attendee(key) = row_owner(&row, &roster.registrants, host) else { return None };
        // A registrant with an address was selected from the list of registrants, which has more fields.
        if roster.registrants.has_email(key) || !self.may_select(roster, key) || !self.seen.insert(key) {
            return None;
        }
        if let Some(email) = row.email.as_ref().map(PersonKey::email)
            && email != key
            && !self.seen.insert(email)
        {
            return None;
        }
        let details = Details::of_display_name(row.name.as_ref().map(|name| name.expose().as_str()));
        let person = Person { registrant: row.registrant, email: row.email, details };
        Some((person, roster.attendees.presence(key)))
    }

    fn may_select(&self, roster: &Roster<'_>, key: PersonKey) -> bool {
        self.selection == Selection::Attendees || !roster.members.has_registrant(key)
    }
}
