//! `GET /registration/programs/{program_id}`, `POST .../reconcile` and `GET /registration/health`: counts for the console.

use crate::following::budget::MembershipBudget;
use crate::following::webinar::{self, Scope};
use crate::state::AppState;
use crate::store::{activity_cursor, counts, failure_index, failures, given_up, reconciled, refused_callback, slots};
use axum::extract::State;
use domain::records::{ActivityCursor, LastRegistrationSweepKey, ProgramConnection, Reconciled, ReconciliationCounts};
use domain::time::Timestamp;
use domain::{ErrorCode, Problem, ProgramId};
use http::{StatusCode, Uri};
use platform::ApiError;
use platform::auth::AdminAuth;
use platform::http::Json;
use platform::retry::RUN_TIMEOUT;
use serde::Serialize;
use std::sync::Arc;

/// Maximum number of failure records that are read to tell first attempts from failures. With more, the others count as
/// failures.
const MAX_RECORDS: usize = 200;

/// The people of a program, by state.
#[derive(Debug, Serialize)]
pub struct ProgramCounts {
    program_id: ProgramId,
    /// Registered in Zoom, with a join link.
    registered: u32,
    /// Registered in Zoom, waiting for the host's approval.
    pending: u32,
    /// Cancelled by the person, or deleted by the host, in Zoom.
    cancelled: u32,
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

/// Counts the people of a connected program.
pub async fn program(
    _: AdminAuth,
    State(state): State<Arc<AppState>>,
    uri: Uri,
) -> Result<Json<ProgramCounts>, ApiError> {
    let connection = connection_in(&state, uri.path()).await?;
    let (program, webinar) = (connection.program, connection.snapshot.id);
    let last = reconciled::read(&state, webinar).await?;
    let view = |last: Reconciled| ReconciliationView { at: last.at, counts: last.counts, problem: last.problem };
    let counts = counts::read(&state, webinar, program).await?;
    let indexed = failure_index::all(&state).await?.iter().filter(|(key, _)| key.program == program).count();
    let now = state.ports.clock.now();
    let records = failures::indexed(&state, Some(program), MAX_RECORDS).await?.records;
    let first_attempts = records.iter().filter(|record| record.is_under_way(now)).count();
    let failed = indexed - first_attempts;
    let in_chunks: usize = slots::of_program(&state, program).await?.iter().map(|slot| slot.leads).sum();
    let waiting = in_chunks + first_attempts;
    Ok(Json(ProgramCounts {
        program_id: program,
        registered: counts.registered,
        pending: counts.pending,
        cancelled: counts.cancelled,
        failed,
        waiting,
        reconciliation: last.map(view),
    }))
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
    let counts = webinar::reconcile(&state, webinar, &connections, Scope::Memberships, deadline).await?.counts;
    counts::flush(&state).await;
    Ok(Json(counts))
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

/// The size of the outbox and the number of failures.
#[derive(Debug, Serialize)]
pub struct Health {
    /// Number of chunks whose callback is not delivered.
    outbox: usize,
    /// When the oldest of them was accepted.
    oldest: Option<Timestamp>,
    /// Number of failures that `GET /registration/failures` lists.
    failures: usize,
    /// Number of records that the last maintenance could not read. They are skipped.
    unreadable: usize,
    /// The callback address that was refused last, because `marketo_callback_url` does not allow it.
    refused_callback: Option<RefusedCallbackView>,
    /// How far the status changes in Marketo are read (R23); `None` before the first poll.
    status_changes: Option<StatusChangesView>,
    /// How often the memberships of the webinars ahead are compared.
    comparisons: ComparisonsView,
}

/// How often memberships are compared, and what that and the poll of the status changes cost (R23).
#[derive(Debug, Serialize)]
struct ComparisonsView {
    /// Minutes between two comparisons of a webinar.
    every_minutes: i64,
    /// Expected number of calls of Marketo a day.
    marketo_calls_per_day: u32,
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

/// Counts chunks and failures.
pub async fn health(_: AdminAuth, State(state): State<Arc<AppState>>) -> Result<Json<Health>, ApiError> {
    let refused = refused_callback::recent(&state).await?;
    let open = slots::taken(&state).await?;
    let failures = failure_index::all(&state).await?.len() + given_up::all(&state).await?.len();
    let last = state.ports.store().get_readable(&LastRegistrationSweepKey {}).await?;
    let view = |cursor: ActivityCursor| StatusChangesView { read_until: cursor.read_until, problem: cursor.problem };
    let status_changes = activity_cursor::read(&state).await?.map(view);
    let budget = MembershipBudget::read(&state).await?;
    let comparisons = ComparisonsView {
        every_minutes: budget.interval().as_mins(),
        marketo_calls_per_day: budget.calls_per_day(status_changes.is_some()),
    };
    Ok(Json(Health {
        outbox: open.len(),
        oldest: open.iter().map(|(_, slot)| slot.at).min(),
        failures,
        unreadable: last.map(|last| last.unreadable).unwrap_or_default(),
        refused_callback: refused.map(|refused| RefusedCallbackView { origin: refused.origin, at: refused.at }),
        status_changes,
        comparisons,
    }))
}
