//! A program's record, and the ends of webinars that events tell of.

use crate::app::App;
use domain::records::{AskedKey, Attendance, AttendanceKey, Connection, EndedKey, Phase};
use domain::time::Timestamp;
use domain::{Code, Error};

/// The record of a connection's webinar: the stored one, if it is of this webinar, else a new one. A webinar that was
/// moved after it "never started" begins anew, and one that ended since the record was written is due.
pub(crate) async fn current(app: &App, connection: &Connection) -> Result<Attendance, Error> {
    let stored = app.store().get(&AttendanceKey { program: connection.program }).await?;
    let applies = |record: &Attendance| {
        let moved = record.planned_start != connection.snapshot.start_time;
        record.webinar == connection.snapshot.id && !(moved && is_never_started(record))
    };
    let mut record = stored.filter(applies).unwrap_or_else(|| Attendance::new(connection));
    hear(app, &mut record).await?;
    Ok(record)
}

/// Hears of an end, or of somebody who asked, that is not in the record yet. Events write it under the webinar, without looking who is connected
/// to it: they are answered at once.
pub(super) async fn hear(app: &App, record: &mut Attendance) -> Result<(), Error> {
    let end = app.store().get(&EndedKey { webinar: record.webinar }).await?;
    if let Some(end) = end.filter(|end| record.ended_at.is_none_or(|known| known < end.at)) {
        record.ended_at = Some(end.at);
        become_due(record, end.at);
    }
    let asked = app.store().get(&AskedKey { program: record.program }).await?;
    if let Some(asked) = asked.filter(|asked| record.asked_at.is_none_or(|known| known < asked.at)) {
        record.asked_at = Some(asked.at);
        become_due(record, asked.at);
    }
    Ok(())
}

fn become_due(record: &mut Attendance, at: Timestamp) {
    record.phase = Phase::Due;
    record.next_at = Some(at);
    record.looks = 0;
    record.problem = None;
    // Whatever the report says now may be of another run.
    record.rows = None;
}

/// Writes the record.
pub(super) async fn save(app: &App, record: &Attendance) -> Result<(), Error> {
    Ok(app.store().put(&AttendanceKey { program: record.program }, record).await?)
}

/// Whether a webinar was given up as never started (R14).
pub(super) fn is_never_started(record: &Attendance) -> bool {
    record.problem.as_ref().is_some_and(|problem| problem.code == Code::WebinarNeverStarted)
}
