//! Scans many records at once. For the console only: no request of Marketo or Zoom lists keys.

use super::{failures, outbox};
use crate::state::AppState;
use domain::records::{Failure, OutboxKey, Registration, RegistrationKey};
use domain::time::Timestamp;
use domain::{Error, LeadId, ProgramId, WebinarId};
use platform::store::Stored;

/// The registrations in the store.
pub struct StoreScan {
    /// The ledger's entries.
    pub ledger: Vec<Registration>,
    /// The leads that failed.
    pub failures: Vec<(ProgramId, LeadId)>,
    /// The leads whose first attempt is under way or to come.
    pub first_attempts: Vec<(ProgramId, LeadId)>,
    /// The chunks whose callback is not delivered.
    pub chunks: Vec<OpenChunk>,
    /// Number of records that cannot be read.
    pub unreadable: usize,
}

/// A chunk whose callback is not delivered.
pub struct OpenChunk {
    /// The program of the smart campaign.
    pub program: Option<ProgramId>,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// Whether its callback was given up.
    pub is_given_up: bool,
    /// Its leads.
    pub leads: Vec<LeadId>,
}

impl StoreScan {
    /// Scans the ledger of one webinar, or of all webinars, with all failures and chunks.
    pub async fn of(state: &AppState, webinar: Option<WebinarId>) -> Result<Self, Error> {
        let store = state.ports.store();
        let keys: Vec<RegistrationKey> = match webinar {
            Some(webinar) => store.list_prefixed(&RegistrationKey::prefix_of_webinar(webinar)).await?,
            None => store.list().await?,
        };
        let ledger = store.get_all(&keys).await?;
        let failures = failures::all(state).await?;
        let (chunks, unreadable_chunks) = open_chunks(state).await?;
        let now = state.ports.clock.now();
        let (waiting, failed) = failures.records.iter().partition::<Vec<_>, _>(|record| record.is_under_way(now));
        let leads = |records: Vec<&Failure>| records.into_iter().map(|record| (record.program, record.lead)).collect();
        Ok(Self {
            ledger: ledger.records,
            failures: leads(failed),
            first_attempts: leads(waiting),
            chunks,
            unreadable: ledger.unreadable + failures.unreadable + unreadable_chunks,
        })
    }
}

/// Reads all chunks of the outbox, and counts unreadable ones.
pub async fn open_chunks(state: &AppState) -> Result<(Vec<OpenChunk>, usize), Error> {
    let (mut chunks, mut unreadable) = (Vec::new(), 0);
    let keys: Vec<OutboxKey> = state.ports.store().list().await?;
    for key in keys {
        let head = match state.ports.store().inspect(&key).await? {
            Stored::Readable(head) => head,
            Stored::Unreadable => {
                unreadable += 1;
                continue;
            }
            Stored::Absent => continue,
        };
        let id = key.id;
        let (program, accepted_at, is_given_up) = (head.program, head.accepted_at, head.problem.is_some());
        let leads = outbox::readable_leads(state, &id, head).await?.iter().map(|lead| lead.id).collect();
        chunks.push(OpenChunk { program, accepted_at, is_given_up, leads });
    }
    Ok((chunks, unreadable))
}

/// Returns the leads of a program that wait in a chunk.
pub fn waiting_leads(chunks: &[OpenChunk], program: ProgramId) -> impl Iterator<Item = LeadId> {
    let of_program = chunks.iter().filter(move |chunk| !chunk.is_given_up && chunk.program == Some(program));
    of_program.flat_map(|chunk| chunk.leads.iter().copied())
}
