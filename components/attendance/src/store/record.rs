//! The attendance record of a program, and the signals that are merged into it.

use crate::state::AppState;
use domain::records::{Attendance, AttendanceKey, Phase, ProgramConnection, SyncRequestedKey, WebinarEndedKey};
use domain::time::Timestamp;
use domain::{Error, ErrorCode};

/// Returns the record of a connection's webinar with pending signals merged. A program that was connected to another
/// webinar, or whose webinar was moved after it never started, gets a new record.
pub(crate) async fn load(state: &AppState, connection: &ProgramConnection) -> Result<Attendance, Error> {
    let stored = state.store().get(&AttendanceKey { program: connection.program }).await?;
    let mut record = stored.filter(|record| applies(record, connection)).unwrap_or_else(|| Attendance::new(connection));
    record.source = Some(connection.into());
    merge_signals(state, &mut record).await?;
    Ok(record)
}

/// Returns whether a record is about the connection's webinar at its present time.
pub(crate) fn applies(record: &Attendance, connection: &ProgramConnection) -> bool {
    let was_moved = record.planned_start != connection.snapshot.start_time;
    record.webinar == connection.snapshot.id && !(was_moved && is_never_started(record))
}

/// Merges pending signals (webinar ended, sync requested) into the record. Each makes the program due. A signal that cannot be
/// read is skipped: it does not stop the program.
pub(crate) async fn merge_signals(state: &AppState, record: &mut Attendance) -> Result<(), Error> {
    let ended = state.store().get_readable(&WebinarEndedKey { webinar: record.webinar }).await?;
    if let Some(ended) = ended.filter(|ended| record.ended_at.is_none() || record.ended_changes != ended.changes) {
        (record.ended_at, record.ended_changes) = (Some(ended.at), ended.changes);
        make_due(record, ended.at);
    }
    let requested = state.store().get_readable(&SyncRequestedKey { program: record.program }).await?;
    if let Some(requested) =
        requested.filter(|requested| record.sync_requested_at.is_none_or(|known| known < requested.at))
    {
        record.sync_requested_at = Some(requested.at);
        make_due(record, requested.at);
    }
    Ok(())
}

fn make_due(record: &mut Attendance, at: Timestamp) {
    record.phase = Phase::Due;
    record.next_at = Some(at);
    record.polls = 0;
    record.problem = None;
    // The webinar may have another session, so the reports are not compared with the last ones.
    record.sessions.iter_mut().for_each(|session| session.rows = None);
}

/// Writes the record.
pub(crate) async fn save(state: &AppState, record: &Attendance) -> Result<(), Error> {
    Ok(state.store().put(&AttendanceKey { program: record.program }, record).await?)
}

/// Returns whether the webinar was given up as never started (R14).
pub(crate) fn is_never_started(record: &Attendance) -> bool {
    record.problem.as_ref().is_some_and(|problem| problem.code == ErrorCode::WebinarNeverStarted)
}
