//! The ledger of registrations: the lead of a registrant, whatever the lead's address is now (R20), and the program that
//! registered them. Several programs may share a webinar, for instance one per partner who invites; a person registered
//! by one of them belongs to that program only.

use crate::matching::PresenceState;
use crate::person::{PersonPresence, Presence};
use crate::roster::Roster;
use crate::state::AppState;
use crate::store::checkpoint::{List, RegistrantRow, RunError, RunState, for_each_row};
use domain::records::{ProgramConnection, RegistrationKey};
use domain::{Error, LeadId, ProgramId, WebinarId};
use futures::FutureExt;
use platform::concurrency::run_bounded;

/// Maximum number of ledger entries that are read concurrently.
const MAX_CONCURRENT_READS: usize = 32;

/// The ledger of a program's webinar.
#[derive(Debug)]
pub(super) struct LedgerLookup {
    webinar: WebinarId,
    program: ProgramId,
    /// The other programs that are connected to the webinar.
    siblings: Vec<ProgramId>,
}

impl LedgerLookup {
    pub(super) async fn load(state: &AppState, connection: &ProgramConnection) -> Result<Self, Error> {
        let webinar = connection.snapshot.id;
        let connections = state.ports.connections().of_webinar(webinar).await?;
        let programs = connections.into_iter().map(|sibling| sibling.program);
        let siblings = programs.filter(|program| *program != connection.program).collect();
        Ok(Self { webinar, program: connection.program, siblings })
    }

    /// Splits people by the ledger of registrations. Registrations on Zoom's own page are in no ledger and stay with the
    /// program (R10).
    pub(super) async fn split(&self, state: &AppState, people: Vec<PersonPresence>) -> Result<SplitPeople, Error> {
        let mut split = SplitPeople::default();
        let lookups = people.into_iter().map(|person| self.look_up(state, person).boxed()).collect();
        for result in run_bounded(MAX_CONCURRENT_READS, lookups).await {
            match result? {
                (person, Some((program, lead))) if program == self.program => split.known.push((lead, person)),
                ((_, presence), Some((program, lead))) if self.siblings.contains(&program) => {
                    split.siblings.push((lead, presence));
                }
                (person, _) => split.unknown.push(person),
            }
        }
        Ok(split)
    }

    /// Returns the leads who have another registration, under an address that was corrected since, of which Zoom does not
    /// say yet whether they attended with it (R19, R20).
    pub(super) async fn unaccounted(&self, roster: &Roster<'_>, run_state: &RunState) -> Result<Vec<LeadId>, RunError> {
        let mut people = Vec::new();
        if roster.unknown_count() > 0 {
            let is_unknown = |key| roster.presence_state(key) == PresenceState::Unknown;
            let pages = run_state.pages(roster.state, self.program, List::Registrants);
            for_each_row(pages, |row: &RegistrantRow| {
                if row.key().is_some_and(|key| is_unknown(key) && !roster.members.has_registrant(key)) {
                    people.push((row.clone().into_person(), None));
                }
            })
            .await?;
        }
        Ok(self.split(roster.state, people).await?.known.into_iter().map(|(lead, _)| lead).collect())
    }

    /// Returns the person with the program and the lead of their registration. The ledger is read by the address in
    /// Zoom, with which the person registered.
    async fn look_up(
        &self,
        state: &AppState,
        person: PersonPresence,
    ) -> Result<(PersonPresence, Option<(ProgramId, LeadId)>), Error> {
        let Some(email) = &person.0.email else { return Ok((person, None)) };
        let entry = state.store().get(&RegistrationKey { webinar: self.webinar, email: email.hash() }).await?;
        Ok((person, entry.map(|entry| (entry.program, entry.lead))))
    }
}

/// People by the program that registered them.
#[derive(Debug, Default)]
pub(super) struct SplitPeople {
    /// People who are in no ledger of a connected program.
    pub(super) unknown: Vec<PersonPresence>,
    /// People whom the program registered, with their leads.
    pub(super) known: Vec<(LeadId, PersonPresence)>,
    /// The leads of people registered by a sibling.
    pub(super) siblings: Vec<(LeadId, Option<Presence>)>,
}
