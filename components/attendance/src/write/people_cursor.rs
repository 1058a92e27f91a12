//! A cursor over people, in the order of the stored pages, which is the same in every run.

use crate::matching::{PresenceState, RowOwner, row_owner};
use crate::person::{Details, Person, PersonKey, PersonPresence};
use crate::roster::Roster;
use crate::store::checkpoint::{
    CONCURRENT_PAGES, List, PageStore, ParticipantRow, RegistrantRow, RunError, RunState, for_each_row,
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
pub(super) struct PeopleCursor<'r> {
    selection: Selection,
    /// The lists that remain with their pages and the number of those, the next list last.
    lists: Vec<(List, PageStore<'r>, u32)>,
    page: u32,
    loaded: std::vec::IntoIter<PersonPresence>,
    /// The people who were already selected, and those to leave out.
    seen: HashSet<PersonKey>,
}

impl<'r> PeopleCursor<'r> {
    /// Returns a cursor that stands after the first `position` people.
    pub(super) async fn at(
        position: u64,
        roster: &Roster<'r>,
        run_state: &RunState,
        selection: Selection,
    ) -> Result<Self, RunError> {
        let (state, program) = (roster.state, roster.connection.program);
        let of_sessions = |list| {
            let lists = run_state.session_pages(state, program, list).into_iter();
            lists.map(move |(store, pages)| (list, store, pages)).collect::<Vec<_>>()
        };
        let registrants = run_state.pages(state, program, List::Registrants);
        let registrants = registrants.map(|(store, pages)| (List::Registrants, store, pages));
        let lists = match selection {
            // The registrants of a deleted webinar are gone, but Zoom still lists its absentees.
            Selection::NoShowNonMembers if registrants.is_none() => of_sessions(List::Absentees),
            Selection::NoShowNonMembers => registrants.into_iter().collect(),
            // The reports add attendees who are not on the list of registrants, or not with an address.
            Selection::Attendees | Selection::AttendedNonMembers => {
                of_sessions(List::Report).into_iter().chain(registrants).collect()
            }
        };
        let mut cursor = Self { selection, lists, page: 0, loaded: Vec::new().into_iter(), seen: HashSet::new() };
        if selection == Selection::NoShowNonMembers {
            cursor.leave_out_attendees(roster, run_state).await?;
        }
        for _ in 0..position {
            cursor.next(roster).await?;
        }
        Ok(cursor)
    }

    /// Marks the addresses of attendees as seen: a person who registered twice with one address and came once has
    /// attended (R16).
    async fn leave_out_attendees(&mut self, roster: &Roster<'_>, run_state: &RunState) -> Result<(), RunError> {
        let (state, program) = (roster.state, roster.connection.program);
        for_each_row(run_state.pages(state, program, List::Registrants), |row: &RegistrantRow| {
            let is_present = row.key().is_some_and(|key| roster.presence_state(key) == PresenceState::Present);
            self.seen.extend(row.email.as_ref().filter(|_| is_present).map(PersonKey::email));
        })
        .await?;
        for pages in run_state.session_pages(state, program, List::Report) {
            for_each_row(Some(pages), |row: &ParticipantRow| {
                if matches!(row_owner(row, &roster.registrants, &roster.own_side), RowOwner::Attendee(_)) {
                    self.seen.extend(row.email.as_ref().map(PersonKey::email));
                }
            })
            .await?;
        }
        Ok(())
    }

    /// Returns the next people, at most `limit`.
    pub(super) async fn take(&mut self, limit: usize, roster: &Roster<'_>) -> Result<Vec<PersonPresence>, RunError> {
        let mut people = Vec::new();
        while people.len() < limit
            && let Some(person) = self.next(roster).await?
        {
            people.push(person);
        }
        Ok(people)
    }

    async fn next(&mut self, roster: &Roster<'_>) -> Result<Option<PersonPresence>, RunError> {
        loop {
            if let Some(person) = self.loaded.next() {
                return Ok(Some(person));
            }
            match self.lists.last().copied() {
                None => return Ok(None),
                Some((list, store, pages)) if self.page < pages => {
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
        let RowOwner::Attendee(key) = row_owner(&row, &roster.registrants, &roster.own_side) else { return None };
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
