//! Which programs are due, with or without an event: events get lost, planned ends do not.

use crate::app::App;
use crate::programs;
use crate::run::current;
use crate::schedule::Plan;
use domain::Error;
use domain::records::Connection;
use futures::FutureExt;
use platform::together::at_most;

/// So many records are read at once.
const AT_ONCE: usize = 32;

/// The programs that are due, the longest due first, so that all get their turn when time is short.
pub(super) async fn find(app: &App) -> Result<Vec<Connection>, Error> {
    let now = app.now();
    let connections = programs::all(app).await?;
    let readings =
        connections.into_iter().map(|connection| async move { (current(app, &connection).await, connection) }.boxed());
    let mut due = Vec::new();
    for (record, connection) in at_most(AT_ONCE, readings.collect()).await {
        match record {
            Ok(record) => {
                due.extend(Plan::of(&connection, &record).due_since(&record, now).map(|since| (since, connection)));
            }
            Err(error) => platform::log!("tick.program_unreadable", program = connection.program, error = error),
        }
    }
    due.sort_unstable_by_key(|(since, connection)| (*since, connection.program));
    Ok(due.into_iter().map(|(_, connection)| connection).collect())
}
