//! Programs that share a webinar, for instance one per partner who invites. A person registered by one of them belongs
//! to that program only.

use crate::person::{PersonPresence, Presence};
use crate::state::AppState;
use domain::records::{ProgramConnection, RegistrationKey};
use domain::{Error, LeadId, ProgramId, WebinarId};
use futures::FutureExt;
use platform::concurrency::run_bounded;

/// Maximum number of ledger entries that are read concurrently.
const MAX_CONCURRENT_READS: usize = 32;

/// The other programs that are connected to a program's webinar.
#[derive(Debug)]
pub(super) struct SiblingPrograms {
    webinar: WebinarId,
    programs: Vec<ProgramId>,
}

impl SiblingPrograms {
    pub(super) async fn load(state: &AppState, connection: &ProgramConnection) -> Result<Self, Error> {
        let webinar = connection.snapshot.id;
        let connections = state.ports.connections().of_webinar(webinar).await?;
        let programs = connections.into_iter().map(|sibling| sibling.program);
        Ok(Self { webinar, programs: programs.filter(|program| *program != connection.program).collect() })
    }

    /// Splits people by the ledger of registrations into the program's own and those of siblings. Registrations on
    /// Zoom's own page are in no ledger and stay with the program (R10).
    pub(super) async fn split(&self, state: &AppState, people: Vec<PersonPresence>) -> Result<SplitPeople, Error> {
        if self.programs.is_empty() {
            return Ok(SplitPeople { own: people, siblings: Vec::new() });
        }
        let mut split = SplitPeople::default();
        let lookups = people.into_iter().map(|person| self.look_up(state, person).boxed()).collect();
        for result in run_bounded(MAX_CONCURRENT_READS, lookups).await {
            match result? {
                (person, None) => split.own.push(person),
                ((_, presence), Some(lead)) => split.siblings.push((lead, presence)),
            }
        }
        Ok(split)
    }

    /// Returns the person with the lead that a sibling registered them as.
    async fn look_up(
        &self,
        state: &AppState,
        person: PersonPresence,
    ) -> Result<(PersonPresence, Option<LeadId>), Error> {
        let Some(email) = &person.0.email else { return Ok((person, None)) };
        let entry = state.store().get(&RegistrationKey { webinar: self.webinar, email: email.hash() }).await?;
        let lead = entry.filter(|entry| self.programs.contains(&entry.program)).map(|entry| entry.lead);
        Ok((person, lead))
    }
}

/// People by the program that registered them.
#[derive(Debug, Default)]
pub(super) struct SplitPeople {
    /// People of the program itself.
    pub(super) own: Vec<PersonPresence>,
    /// The leads of people registered by a sibling.
    pub(super) siblings: Vec<(LeadId, Option<Presence>)>,
}
