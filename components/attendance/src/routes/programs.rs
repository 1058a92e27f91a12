//! `GET /attendance/programs/{program_id}` and `POST .../sync`: shows the attendance of a program, and starts a run of
//! it.

use crate::jobs::worker::{self, Task, WorkResult};
use crate::live::watch;
use crate::schedule::Schedule;
use crate::state::AppState;
use crate::store::{record, signals};
use axum::extract::{Path, State};
use domain::ids::InstanceUuid;
use domain::records::{Phase, ProgramConnection, SessionRecord};
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
    /// Since when the webinar is under way, if the connection asks for live attendance.
    live_since: Option<Timestamp>,
    attended: usize,
    no_show: usize,
    new_leads: usize,
    /// Participants with no more than a name.
    unmatched: usize,
    /// Registrants that Zoom lists neither as present nor as absent yet.
    unaccounted: usize,
    /// People that Marketo rejected.
    refused: usize,
    /// People who keep their status because of the channel's steps (R16).
    step_backwards: usize,
    /// Members whose registration was cancelled or denied. They are never set to No Show.
    cancelled: usize,
    /// Members in status Registered who were never registered in Zoom. They keep their status.
    never_registered: usize,
    /// Attendees whose address is not registered.
    without_registration: usize,
    /// Rows of Zoom's and Marketo's lists that could not be read (R22).
    unreadable_rows: usize,
    /// Total minutes of all attendees.
    minutes: i64,
    /// The sessions that Zoom knows, and whether each counts.
    sessions: Vec<SessionView>,
    /// When No Show will be set, if that is known and it is not set yet.
    no_show_at: Option<Timestamp>,
    /// Why No Show is not set yet.
    no_show_waits_for: Option<&'static str>,
    /// What is missing although the service works.
    warnings: Vec<String>,
    /// When the first run was complete.
    written_at: Option<Timestamp>,
    /// When the tick polls the program next.
    next_at: Option<Timestamp>,
    problem: Option<Problem>,
}

/// A session of the webinar.
#[derive(Debug, Serialize)]
pub(crate) struct SessionView {
    uuid: InstanceUuid,
    start_time: Option<Timestamp>,
    /// People who do not belong to the webinar's own side.
    attendees: usize,
    counted: bool,
    /// Why it counts, or why not.
    why: &'static str,
}

impl SessionView {
    fn of(session: SessionRecord) -> Self {
        let SessionRecord { uuid, start_time, attendees, verdict, .. } = session;
        Self { uuid, start_time, attendees, counted: verdict.counts(), why: verdict.reason() }
    }
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
    let live_since = watch::live_since(state, connection).await?;
    let counts = record.counts;
    Ok(Json(AttendanceView {
        program_id: record.program,
        webinar_id: record.webinar,
        phase: record.phase,
        live_since,
        attended: counts.attended,
        no_show: counts.no_show,
        new_leads: counts.new_leads,
        unmatched: counts.unmatched,
        unaccounted: counts.unaccounted,
        refused: counts.refused,
        step_backwards: counts.step_backwards,
        cancelled: counts.cancelled,
        never_registered: counts.never_registered,
        without_registration: counts.without_registration,
        unreadable_rows: counts.unreadable_rows,
        no_show_at: record.no_show_wait.and_then(|wait| wait.until),
        no_show_waits_for: record.no_show_wait.map(|wait| wait.reason.sentence()),
        warnings: record.missing_scope.iter().map(|scope| missing_scope_warning(scope)).collect(),
        minutes: counts.minutes,
        written_at: record.written_at,
        next_at: Schedule::of(connection, &record).next_at(&record),
        problem: record.problem,
        sessions: record.sessions.into_iter().map(SessionView::of).collect(),
    }))
}

fn missing_scope_warning(scope: &str) -> String {
    format!(
        "The sign-in to Zoom lacks the scope {scope}, so panelists are not recognized. Add it to the Zoom app, and then \
         sign in again."
    )
}

/// Returns the program's connection (R15). In a path, a program without one is "not found".
pub(super) async fn connection_of(state: &AppState, id: &str) -> Result<ProgramConnection, ApiError> {
    let id = id.parse().map_err(|_| ApiError::invalid("The id of a Marketo program is a number."))?;
    let connection = state.ports.connections().find(id).await?;
    connection.ok_or_else(|| ApiError::from(ErrorCode::ProgramNotConnected).with_status(StatusCode::NOT_FOUND))
}
