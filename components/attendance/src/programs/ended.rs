//! Marking programs whose webinar ended.

use crate::app::App;
use crate::run::current;
use domain::records::{AttendanceKey, Connection, Phase};
use domain::{Error, WebinarId};

/// Marks the programs of a webinar that ended as due, with one write for each, and returns them. A run that is under
/// way keeps its phase, and finds at its end that it has to begin again.
pub(crate) async fn mark_ended(app: &App, webinar: WebinarId) -> Result<Vec<Connection>, Error> {
    let connections = super::of_webinar(app, webinar).await?;
    for connection in &connections {
        let now = app.now();
        let mut record = current(app, connection).await?;
        record.ended_at = Some(now);
        if record.claim.is_none_or(|claim| claim.until <= now) {
            record.phase = Phase::Due;
            record.next_at = Some(now);
            record.looks = 0;
            record.problem = None;
        }
        app.store().put(&AttendanceKey { program: connection.program }, &record).await?;
    }
    Ok(connections)
}
