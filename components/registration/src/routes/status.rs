//! `GET /registration/programs/{program_id}`, `POST .../reconcile` and `GET /registration/health`: counts for the console.

use crate::following::webinar;
use crate::state::AppState;
use crate::store::refused_callback;
use crate::store::scan::{StoreScan, waiting_leads};
use crate::store::{activity_cursor, ledger, reconciled};
use axum::extract::State;
use domain::records::{ActivityCursor, ProgramConnection, Reconciled, ReconciliationCounts, RegistrationOutcome};
use domain::time::Timestamp;
use domain::{ErrorCode, LeadId, Problem, ProgramId};
use http::{StatusCode, Uri};
use platform::ApiError;
use platform::auth::AdminAuth;
use platform::http::Json;
use platform::retry::RUN_TIMEOUT;
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
    /// Cancelled by the person, or deleted by the host, in Zoom.
    cancelled: usize,
    /// Failed, each lead once.
    failed: usize,
    /// Accepted from Marketo, or noticed there, and not processed yet.
    waiting: usize,
    /// The last comparison of the webinar with Zoom; `None` before the first.
    reconciliation: Option<ReconciliationView>,
}

/// A comparison of a webinar's registrants with the ledger and with Marketo (R18).
#[derive(Debug, Serialize)]
struct ReconciliationView {
    /// When it ended.
    at: Timestamp,
    #[serde(flatten)]
    counts: ReconciliationCounts,
    /// Why it could not be completed.
    problem: Option<Problem>,
}

/// Counts the people of a connected program. Reads the webinar's whole ledger.
pub async fn program(
    _: AdminAuth,
    State(state): State<Arc<AppState>>,
    uri: Uri,
) -> Result<Json<ProgramCounts>, ApiError> {
    let connection = connection_in(&state, uri.path()).await?;
    let webinar = connection.snapshot.id;
    let last = reconciled::read(&state, webinar).await?;
    let view = |last: Reconciled| ReconciliationView { at: last.at, counts: last.counts, problem: last.problem };
    let scan = StoreScan::of(&state, Some(webinar)).await?;
    Ok(Json(program_counts(connection.program, &scan, last.map(view))))
}

/// Compares the webinar of a program with Zoom now, within [`RUN_TIMEOUT`], and repairs what differs (R18).
pub async fn reconcile(
    _: AdminAuth,
    State(state): State<Arc<AppState>>,
    uri: Uri,
) -> Result<Json<ReconciliationCounts>, ApiError> {
    let webinar = connection_in(&state, uri.path()).await?.snapshot.id;
    let connections = state.ports.connections().of_webinar(webinar).await?;
    let deadline = state.ports.clock.now() + RUN_TIMEOUT;
    Ok(Json(webinar::reconcile(&state, webinar, &connections, deadline).await?))
}

/// Returns the connection of the program in a path. axum's `Path` extractor costs 10 kB of wasm.
async fn connection_in(state: &AppState, path: &str) -> Result<ProgramConnection, ApiError> {
    let id = path.split('/').nth(3).and_then(|id| id.parse().ok());
    let program: ProgramId = id.ok_or_else(|| ApiError::invalid("The id of a Marketo program is a number."))?;
    state.ports.connections().find(program).await?.ok_or_else(not_connected)
}

/// Returns the answer for a program without a connection: 404, because the request names the connection.
pub fn not_connected() -> ApiError {
    ApiError::from(ErrorCode::ProgramNotConnected).with_status(StatusCode::NOT_FOUND)
}

fn program_counts(program: ProgramId, scan: &StoreScan, reconciliation: Option<ReconciliationView>) -> ProgramCounts {
    let (mut registered, mut pending, mut cancelled) = (0, 0, 0);
    let mut failed: Vec<LeadId> =
        scan.failures.iter().filter(|(of, _)| *of == program).map(|(_, lead)| *lead).collect();
    for entry in scan.ledger.iter().filter(|entry| entry.program == program) {
        match entry.outcome {
            RegistrationOutcome::Registered { .. } => registered += 1,
            RegistrationOutcome::Pending { .. } => pending += 1,
            _ if ledger::is_cancelled(entry) => cancelled += 1,
            // Failures are few, so a linear search is quick.
            RegistrationOutcome::Failed { .. } if failed.contains(&entry.lead) => {}
            RegistrationOutcome::Failed { .. } => failed.push(entry.lead),
        }
    }
    let first_attempts = scan.first_attempts.iter().filter(|(of, _)| *of == program).count();
    let waiting = waiting_leads(&scan.chunks, program).count() + first_attempts;
    ProgramCounts { program_id: program, registered, pending, cancelled, failed: failed.len(), waiting, reconciliation }
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
    /// The callback address that was refused last, because `marketo_callback_url` does not allow it.
    refused_callback: Option<RefusedCallbackView>,
    /// How far the status changes in Marketo are read (R23); `None` before the first poll.
    status_changes: Option<StatusChangesView>,
}

/// A refused callback address.
#[derive(Debug, Serialize)]
pub struct RefusedCallbackView {
    /// Scheme, host and port.
    origin: String,
    /// When it was refused.
    at: Timestamp,
}

/// How far the status changes in Marketo are read (R23).
#[derive(Debug, Serialize)]
struct StatusChangesView {
    /// The time until which all were read.
    read_until: Timestamp,
    /// Why they could not be read further.
    problem: Option<Problem>,
}

/// Counts chunks and failures. Reads the whole ledger.
pub async fn health(_: AdminAuth, State(state): State<Arc<AppState>>) -> Result<Json<Health>, ApiError> {
    let refused = refused_callback::recent(&state).await?;
    let scan = StoreScan::of(&state, None).await?;
    let open = || scan.chunks.iter().filter(|chunk| !chunk.is_given_up);
    let failed = scan
        .ledger
        .iter()
        .filter(|entry| ledger::is_failure(entry) && !scan.failures.contains(&(entry.program, entry.lead)));
    let outbox = open().count();
    let view = |cursor: ActivityCursor| StatusChangesView { read_until: cursor.read_until, problem: cursor.problem };
    let status_changes = activity_cursor::read(&state).await?.map(view);
    Ok(Json(Health {
        outbox,
        oldest: open().map(|chunk| chunk.accepted_at).min(),
        failures: failed.count() + scan.failures.len() + scan.chunks.len() - outbox,
        unreadable: scan.unreadable,
        refused_callback: refused.map(|refused| RefusedCallbackView { origin: refused.origin, at: refused.at }),
        status_changes,
    }))
}
