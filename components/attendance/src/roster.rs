//! The in-memory join of the fetched lists. Each run loads it from pages that no longer change, so that every run finds
//! the same people in the same order.

use crate::matching::{Attendees, Matcher, MemberIndex, Membership, PresenceState, RegistrantIndex, fetched_statuses};
use crate::person::{PersonKey, Presence};
use crate::rules::own_side::OwnSide;
use crate::state::AppState;
use crate::store::checkpoint::{
    List, MatchedLead, MemberRow, MemberStanding, ParticipantRow, RegistrantRow, RunError, RunState, for_each_row,
};
use domain::ProgramId;
use domain::records::ProgramConnection;
use std::collections::HashSet;

/// The registrants, attendees and members of a program's webinar.
pub(crate) struct Roster<'r> {
    pub(crate) state: &'r AppState,
    pub(crate) connection: &'r ProgramConnection,
    pub(crate) registrants: RegistrantIndex,
    pub(crate) attendees: Attendees,
    pub(crate) members: MemberIndex,
    pub(crate) own_side: OwnSide,
    /// The keys of cancelled and denied registrations.
    denied: HashSet<PersonKey>,
    /// Whether registrants on neither of Zoom's lists count as absent.
    is_final: bool,
}

/// Loads the index of the registrants from the stored pages, without the absentees.
pub(crate) async fn load_registrants(
    state: &AppState,
    program: ProgramId,
    run_state: &RunState,
) -> Result<RegistrantIndex, RunError> {
    let pages = run_state.pages(state, program, List::Registrants);
    let mut registrants = RegistrantIndex::new(pages.is_some());
    for_each_row(pages, |row: &RegistrantRow| registrants.add_registrant(row)).await?;
    Ok(registrants)
}

impl<'r> Roster<'r> {
    /// Loads the roster from the stored pages. `registrants` are those that the run has loaded before.
    pub(crate) async fn load(
        state: &'r AppState,
        connection: &'r ProgramConnection,
        run_state: &RunState,
        registrants: Option<RegistrantIndex>,
    ) -> Result<Self, RunError> {
        let program = connection.program;
        let pages = |list| run_state.pages(state, program, list);
        let own_side = run_state.own_side.clone().unwrap_or_default();
        let mut registrants = match registrants {
            Some(registrants) => registrants,
            None => load_registrants(state, program, run_state).await?,
        };
        for pages in run_state.session_pages(state, program, List::Absentees) {
            let mut absentees = HashSet::new();
            for_each_row(Some(pages), |row: &RegistrantRow| absentees.extend(registrants.absentee_keys(row))).await?;
            registrants.add_absentees(absentees);
        }
        let mut matcher = Matcher::new(&registrants, &own_side);
        for pages in run_state.session_pages(state, program, List::Report) {
            for_each_row(Some(pages), |row: &ParticipantRow| matcher.add(row)).await?;
        }
        let attendees = matcher.finish();

        let mut denied = HashSet::new();
        for_each_row(pages(List::Denied), |row: &RegistrantRow| denied.extend(row.key())).await?;
        let is_listed = pages(List::Members).is_some() || fetched_statuses(connection).is_empty();
        let mut members = if is_listed { MemberIndex::default() } else { MemberIndex::unlisted() };
        for_each_row(pages(List::Members), |row: &MemberRow| {
            members.add(row, presence(&attendees, row).is_some(), Membership::of(row, &registrants, &denied));
        })
        .await?;
        for_each_row(pages(List::MatchedLeads), |row: &MatchedLead| _ = members.mark_attended(row.lead)).await?;
        let is_final = run_state.is_final;
        Ok(Self { state, connection, registrants, attendees, members, own_side, denied, is_final })
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

    /// Returns a member's relation to the webinar.
    pub(crate) fn membership(&self, member: &MemberRow) -> Membership {
        Membership::of(member, &self.registrants, &self.denied)
    }

    /// Returns whether a member did not attend although their registration in this webinar stands (R19).
    pub(crate) fn is_no_show(&self, member: &MemberRow) -> bool {
        if self.members.has_attended(member.lead) {
            return false;
        }
        match (member.standing, self.membership(member)) {
            (MemberStanding::NoShow, _) => true,
            (MemberStanding::Registered, Membership::Registered(key)) => {
                self.presence_state(key) == PresenceState::Absent && self.members.may_be_no_show(member.lead)
            }
            _ => false,
        }
    }

    /// Returns whether a member's registration was cancelled or denied, and they did not attend.
    pub(crate) fn is_cancelled(&self, member: &MemberRow) -> bool {
        let is_cancelled = match member.standing {
            MemberStanding::Cancelled => true,
            MemberStanding::Registered => self.membership(member) == Membership::Cancelled,
            _ => false,
        };
        is_cancelled && !self.members.has_attended(member.lead)
    }

    /// Returns whether nothing shows what became of a member's registration.
    pub(crate) fn is_unknown(&self, member: &MemberRow) -> bool {
        member.standing == MemberStanding::Registered
            && self.membership(member) == Membership::Unknown
            && !self.members.has_attended(member.lead)
    }
}

fn presence(attendees: &Attendees, member: &MemberRow) -> Option<Presence> {
    attendees.presence(PersonKey::registrant(member.registrant.as_ref()?))
}
