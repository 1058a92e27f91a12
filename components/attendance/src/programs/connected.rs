//! The connections of programs to webinars, which `catalog` writes.

use crate::app::App;
use domain::records::{Connection, ProgramKey, ProgramsKey};
use domain::{Error, WebinarId};
use futures::FutureExt;
use platform::together::at_most;

/// So many connections are read at once: hundreds of programs on a remote store take no longer than some of them.
const AT_ONCE: usize = 32;

/// Every connection, in no order. One that cannot be read does not hide the others.
pub(crate) async fn all(app: &App) -> Result<Vec<Connection>, Error> {
    let ids = app.store().get(&ProgramsKey {}).await?.unwrap_or_default().ids;
    let readings = ids.into_iter().map(|id| async move { (id, app.store().get(&ProgramKey { id }).await) }.boxed());
    let mut connections = Vec::new();
    for (id, connection) in at_most(AT_ONCE, readings.collect()).await {
        match connection {
            Ok(connection) => connections.extend(connection),
            Err(error) => platform::log!("attendance.connection_unreadable", program = id, error = error),
        }
    }
    Ok(connections)
}

/// The connections to a webinar.
pub(crate) async fn of_webinar(app: &App, webinar: WebinarId) -> Result<Vec<Connection>, Error> {
    let mut connections = all(app).await?;
    connections.retain(|connection| connection.snapshot.id == webinar);
    Ok(connections)
}
