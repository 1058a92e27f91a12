//! The in-memory join of the fetched lists. Each run loads it from pages that no longer change, so that every run finds
//! the same people in the same order.

use crate::matching::{Attendees, Matcher, MemberIndex, PresenceState, RegistrantIndex, fetched_statuses};
use crate::person::{PersonKey, Presence};
use crate::state::AppState;
use crate::store::checkpoint::{
    List, MatchedLead, MemberRow, MemberStanding, Page, ParticipantRow, RegistrantRow, RunError, RunState,
    for_each_page, for_each_row,
};
use domain::records::ProgramConnection;

/// The registrants, attendees and members of a program's webinar.
pub(crate) struct Roster<'r> {
    pub(crate) state: &'r AppState,
    pub(crate) connection: &'r ProgramConnection,
    pub(crate) registrants: RegistrantIndex,
    pub(crate) attendees: Attendees,
    pub(crate) members: MemberIndex,
    /// Whether registrants on neither of Zoom's lists count as absent.
    is_final: bool,
    /// The number of rows of the report that were fetched.
    rows: u64,
    /// The number of rows of all lists that could not be read (R22).
    unreadable_rows: usize,
    /// The total number of rows according to the report's first page and its last one.
    totals: (Option<u64>, Option<u64>),
}

impl<'r> Roster<'r> {
    /// Loads the roster from the stored pages.
    pub(crate) async fn load(
        state: &'r AppState,
        connection: &'r ProgramConnection,
        run_state: &RunState,
    ) -> Result<Self, RunError> {
        let pages = |list| run_state.pages(state, connection.program, list);
        let mut registrants =
            RegistrantIndex::new(pages(List::Registrants).is_some(), pages(List::Absentees).is_some());
        let mut unreadable_rows = 0;
        for_each_page(pages(List::Registrants), |page: &Page<RegistrantRow>| {
            unreadable_rows += page.unreadable;
            page.rows.iter().for_each(|row| registrants.add_registrant(row));
        })
        .await?;
        for_each_page(pages(List::Absentees), |page: &Page<RegistrantRow>| {
            unreadable_rows += page.unreadable;
            page.rows.iter().for_each(|row| registrants.add_absentee(row));
        })
        .await?;

        let mut matcher = Matcher::new(&registrants, connection.snapshot.host_email.as_ref());
        let (mut rows, mut totals) = (0, (None, None));
        for_each_page(pages(List::Report), |page: &Page<ParticipantRow>| {
            rows += page.fetched;
            unreadable_rows += page.unreadable;
            totals.0 = totals.0.or(page.total);
            // The last page has the latest total of a growing report.
            totals.1 = page.total.or(totals.1);
            page.rows.iter().for_each(|row| matcher.add(row));
        })
        .await?;
        let attendees = matcher.finish();

        let is_listed = pages(List::Members).is_some() || fetched_statuses(&connection.channel).is_empty();
        let mut members = if is_listed { MemberIndex::default() } else { MemberIndex::unlisted() };
        let is_present = |member: &MemberRow| presence(&attendees, member).is_some();
        for_each_page(pages(List::Members), |page: &Page<MemberRow>| {
            unreadable_rows += page.unreadable;
            page.rows.iter().for_each(|row| members.add(row, is_present(row)));
        })
        .await?;
        for_each_row(pages(List::MatchedLeads), |row: &MatchedLead| _ = members.mark_attended(row.lead)).await?;
        Ok(Self {
            state,
            connection,
            registrants,
            attendees,
            members,
            is_final: run_state.is_final,
            rows,
            unreadable_rows,
            totals,
        })
    }

    /// Returns the roster of a final run, or of one that is not.
    pub(crate) fn with_final(self, is_final: bool) -> Self {
        Self { is_final, ..self }
    }

    /// Returns the number of rows of the report that were fetched.
    pub(crate) const fn rows(&self) -> u64 {
        self.rows
    }

    /// Returns the number of rows of all lists that could not be read.
    pub(crate) const fn unreadable_rows(&self) -> usize {
        self.unreadable_rows
    }

    /// Returns whether rows are missing or were added during the fetch.
    pub(crate) fn is_incomplete(&self) -> bool {
        let (first, last) = self.totals;
        last.is_some_and(|total| self.rows < total) || (first.is_some() && first != last)
    }

    /// Returns whether only the report itself indicates that it is complete. A list of absentees shows of each
    /// registrant without rows whether they did not attend or their rows are missing.
    pub(crate) fn needs_growth_check(&self, run_state: &RunState) -> bool {
        run_state.lists.absentees.is_absent || self.rows == 0
    }

    /// Returns whether there are no attendees.
    pub(crate) fn is_empty(&self) -> bool {
        self.attendees.is_empty()
    }

    /// Returns whether a registrant attended.
    pub(crate) fn presence_state(&self, key: PersonKey) -> PresenceState {
        self.registrants.presence_state(key, self.attendees.presence(key).is_some(), self.is_final)
    }

    /// Returns the number of registrants in [`PresenceState::Unknown`].
    pub(crate) fn unknown_count(&self) -> usize {
        self.registrants.keys().filter(|&key| self.presence_state(key) == PresenceState::Unknown).count()
    }

    /// Returns how long a member was present, by registrant id.
    pub(crate) fn presence(&self, member: &MemberRow) -> Option<Presence> {
        presence(&self.attendees, member)
    }

    /// Returns whether a member did not attend.
    pub(crate) fn is_no_show(&self, member: &MemberRow) -> bool {
        if self.members.has_attended(member.lead) {
            return false;
        }
        match member.standing {
            MemberStanding::NoShow => true,
            MemberStanding::Registered => {
                // No late row can match a member that Zoom does not know.
                let key = member.registrant.as_ref().map(PersonKey::registrant);
                key.is_none_or(|key| self.presence_state(key) != PresenceState::Unknown)
            }
            MemberStanding::Attended | MemberStanding::Other => false,
        }
    }
}

fn presence(attendees: &Attendees, member: &MemberRow) -> Option<Presence> {
    attendees.presence(PersonKey::registrant(member.registrant.as_ref()?))
}
