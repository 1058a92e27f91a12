//! `GET /registration/programs/{program_id}` and `GET /registration/health`: counts for the console.

use crate::state::AppState;
use crate::store::scan::{StoreScan, waiting_leads};
use axum::extract::State;
use domain::records::RegistrationOutcome;
use domain::time::Timestamp;
use domain::{ErrorCode, LeadId, ProgramId};
use http::{StatusCode, Uri};
use platform::ApiError;
use platform::auth::AdminAuth;
use platform::http::Json;
use serde::Serialize;
use std::sync::Arc;

/// The people of a program, by state.
#[derive(Debug, Serialize)]
pub struct ProgramCounts {
    program_id: ProgramId,
    /// Registered in Zoom, with a join link.
    registered: usize,
    /// Registered in Zoom, waiting for the host's approval.
    pending: usize,
    /// Failed, each lead once.
    failed: usize,
    /// Accepted from Marketo and not processed yet.
    waiting: usize,
}

/// Counts the people of a connected program. Reads the webinar's whole ledger.
pub async fn program(
    _: AdminAuth,
    State(state): State<Arc<AppState>>,
    uri: Uri,
) -> Result<Json<ProgramCounts>, ApiError> {
    // The route's only parameter is the last segment. axum's `Path` extractor costs 10 kB of wasm.
    let id = uri.path().rsplit('/').next().and_then(|id| id.parse().ok());
    let program: ProgramId = id.ok_or_else(|| ApiError::invalid("The id of a Marketo program is a number."))?;
    let connection = state.ports.connections().find(program).await?;
    let connection = connection.ok_or_else(not_connected)?;
    Ok(Json(program_counts(program, &StoreScan::of(&state, Some(connection.snapshot.id)).await?)))
}

/// Returns the answer for a program without a connection: 404, because the request names the connection.
pub fn not_connected() -> ApiError {
    ApiError::from(ErrorCode::ProgramNotConnected).with_status(StatusCode::NOT_FOUND)
}

fn program_counts(program: ProgramId, scan: &StoreScan) -> ProgramCounts {
    let (mut registered, mut pending) = (0, 0);
    let mut failed: Vec<LeadId> =
        scan.failures.iter().filter(|(of, _)| *of == program).map(|(_, lead)| *lead).collect();
    for entry in scan.ledger.iter().filter(|entry| entry.program == program) {
        match entry.outcome {
            RegistrationOutcome::Registered { .. } => registered += 1,
            RegistrationOutcome::Pending { .. } => pending += 1,
            // Failures are few, so a linear search is quick.
            RegistrationOutcome::Failed { .. } if failed.contains(&entry.lead) => {}
            RegistrationOutcome::Failed { .. } => failed.push(entry.lead),
        }
    }
    let waiting = waiting_leads(&scan.chunks, program).count();
    ProgramCounts { program_id: program, registered, pending, failed: failed.len(), waiting }
}

/// The size of the outbox and the number of failures.
#[derive(Debug, Serialize)]
pub struct Health {
    /// Number of chunks whose callback is not delivered.
    outbox: usize,
    /// When the oldest of them was accepted.
    oldest: Option<Timestamp>,
    /// Number of failures that `GET /registration/failures` lists.
    failures: usize,
    /// Number of records that this build cannot read. They are skipped.
    unreadable: usize,
}

/// Counts chunks and failures. Reads the whole ledger.
pub async fn health(_: AdminAuth, State(state): State<Arc<AppState>>) -> Result<Json<Health>, ApiError> {
    let scan = StoreScan::of(&state, None).await?;
    let open = || scan.chunks.iter().filter(|chunk| !chunk.is_given_up);
    let failed = scan.ledger.iter().filter(|entry| {
        matches!(entry.outcome, RegistrationOutcome::Failed { .. })
            && !scan.failures.contains(&(entry.program, entry.lead))
    });
    let outbox = open().count();
    Ok(Json(Health {
        outbox,
        oldest: open().map(|chunk| chunk.accepted_at).min(),
        failures: failed.count() + scan.failures.len() + scan.chunks.len() - outbox,
        unreadable: scan.unreadable,
    }))
}
