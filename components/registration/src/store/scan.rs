//! Scans many records at once. For the console only: no request of Marketo or Zoom lists keys.

use super::{failures, ledger, outbox};
use crate::state::AppState;
use domain::records::{OutboxId, Registration};
use domain::time::Timestamp;
use domain::{Error, LeadId, ProgramId, WebinarId};
use futures::FutureExt;
use platform::concurrency::run_bounded;

/// Maximum number of ledger entries read at once. A webinar has thousands of registrants.
const MAX_CONCURRENT: usize = 16;

/// The registrations in the store.
pub struct StoreScan {
    /// The ledger's entries.
    pub ledger: Vec<Registration>,
    /// The leads with a failure record.
    pub failures: Vec<(ProgramId, LeadId)>,
    /// The chunks whose callback is not delivered.
    pub chunks: Vec<OpenChunk>,
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
        let mut prefix = ledger::PREFIX.to_owned();
        if let Some(webinar) = webinar {
            prefix = format!("{prefix}{webinar}:");
        }
        let keys = state.ports.store().keys(&prefix).await?;
        let reads = keys
            .iter()
            .filter_map(|key| ledger::parse_key(key))
            .map(|key| async move { state.ports.store().get(&key).await }.boxed());
        let mut entries = Vec::new();
        for entry in run_bounded(MAX_CONCURRENT, reads.collect()).await {
            entries.extend(entry?);
        }
        let records = failures::read_all(state, &state.ports.store().keys(failures::PREFIX).await?).await?;
        let failures = records.into_iter().map(|record| (record.program, record.lead)).collect();
        Ok(Self { ledger: entries, failures, chunks: open_chunks(state).await? })
    }
}

/// Reads all chunks of the outbox.
pub async fn open_chunks(state: &AppState) -> Result<Vec<OpenChunk>, Error> {
    let mut chunks = Vec::new();
    for key in state.ports.store().keys(outbox::PREFIX).await? {
        let Some(id) = OutboxId::from_key(&key) else { continue };
        let Some(chunk) = outbox::load(state, &id).await? else { continue };
        chunks.push(OpenChunk {
            program: chunk.head.program,
            accepted_at: chunk.head.accepted_at,
            is_given_up: chunk.head.problem.is_some(),
            leads: chunk.leads.iter().map(|lead| lead.id).collect(),
        });
    }
    Ok(chunks)
}

/// Returns the leads of a program that wait in a chunk.
pub fn waiting_leads(chunks: &[OpenChunk], program: ProgramId) -> impl Iterator<Item = LeadId> {
    let of_program = chunks.iter().filter(move |chunk| !chunk.is_given_up && chunk.program == Some(program));
    of_program.flat_map(|chunk| chunk.leads.iter().copied())
}
