//! `GET /attendance/programs/{program_id}` and `POST .../sync`: shows the attendance of a program, and starts a run of
//! it.

use crate::jobs::worker::{self, Task, WorkResult};
use crate::schedule::Schedule;
use crate::state::AppState;
use crate::store::{record, signals};
use axum::extract::{Path, State};
use domain::records::{Phase, ProgramConnection};
use domain::time::{SignedDuration, Timestamp};
use domain::{ErrorCode, Problem, ProgramId, WebinarId};
use http::StatusCode;
use platform::ApiError;
use platform::auth::AdminAuth;
use platform::http::Json;
use serde::Serialize;

/// Interval at which a sync that waits for another worker tries to acquire the lease. The store does not notify of
/// changes.
const BUSY_INTERVAL: SignedDuration = SignedDuration::from_millis(500);

/// The attendance of a program.
#[derive(Debug, Serialize)]
pub(crate) struct AttendanceView {
    program_id: ProgramId,
    webinar_id: WebinarId,
    phase: Phase,
    attended: usize,
    no_show: usize,
    new_leads: usize,
    /// Participants with no more than a name.
    unmatched: usize,
    /// Registrants that Zoom lists neither as present nor as absent yet.
    unaccounted: usize,
    /// People that Marketo rejected.
    refused: usize,
    /// Rows of Zoom's and Marketo's lists that could not be read (R22).
    unreadable_rows: usize,
    /// Total minutes of all attendees.
    minutes: i64,
    /// When the first run was complete.
    written_at: Option<Timestamp>,
    /// When the tick polls the program next.
    next_at: Option<Timestamp>,
    problem: Option<Problem>,
}

pub(crate) async fn show(
    _: AdminAuth,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<AttendanceView>, ApiError> {
    let connection = connection_of(&state, &id).await?;
    view(&state, &connection).await
}

/// Runs the program within the request, as soon as no other worker is active. If time runs out before, leaves a signal
/// for the active worker.
pub(crate) async fn sync(
    _: AdminAuth,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<AttendanceView>, ApiError> {
    let deadline = state.deadline();
    let connection = connection_of(&state, &id).await?;
    while worker::work(&state, deadline, Task::Program(&connection)).await? == WorkResult::Busy {
        if !state.has_time(deadline) {
            signals::request_sync(&state, connection.program).await?;
            break;
        }
        state.ports.clock.sleep(BUSY_INTERVAL).await;
    }
    view(&state, &connection).await
}

async fn view(state: &AppState, connection: &ProgramConnection) -> Result<Json<AttendanceView>, ApiError> {
    let record = record::load(state, connection).await?;
    let counts = record.counts;
    Ok(Json(AttendanceView {
        program_id: record.program,
        webinar_id: record.webinar,
        phase: record.phase,
        attended: counts.attended,
        no_show: counts.no_show,
        new_leads: counts.new_leads,
        unmatched: counts.unmatched,
        unaccounted: counts.unaccounted,
        refused: counts.refused,
        unreadable_rows: counts.unreadable_rows,
        minutes: counts.minutes,
        written_at: record.written_at,
        next_at: Schedule::of(connection, &record).next_at(&record),
        problem: record.problem,
    }))
}

/// Returns the program's connection (R15). In a path, a program without one is "not found".
async fn connection_of(state: &AppState, id: &str) -> Result<ProgramConnection, ApiError> {
    let id = id.parse().map_err(|_| ApiError::invalid("The id of a Marketo program is a number."))?;
    let connection = state.ports.connections().find(id).await?;
    connection.ok_or_else(|| ApiError::from(ErrorCode::ProgramNotConnected).with_status(StatusCode::NOT_FOUND))
}
