//! Which programs are due, with or without an event: events get lost, planned ends do not.

use crate::app::App;
use crate::programs;
use crate::run::current;
use crate::schedule::Plan;
use domain::Error;
use domain::records::{Connection, Phase};
use domain::time::Timestamp;
use futures::FutureExt;
use platform::together::at_most;

/// So many records are read at once.
const AT_ONCE: usize = 32;

/// A program that there is something to do for.
#[derive(Debug)]
pub(super) struct Due {
    /// Since when, or, for one that was cut off by a limit, from when on.
    pub(super) since: Timestamp,
    pub(super) connection: Connection,
}

/// The programs that are due, the longest due first, so that all get their turn when time is short; and those that are
/// being worked on and wait for their turn before a deadline.
pub(super) async fn find(app: &App, deadline: Timestamp) -> Result<Vec<Due>, Error> {
    let now = app.now();
    let connections = programs::all(app).await?;
    let readings =
        connections.into_iter().map(|connection| async move { (current(app, &connection).await, connection) }.boxed());
    let mut due = Vec::new();
    for (record, connection) in at_most(AT_ONCE, readings.collect()).await {
        match record {
            Ok(record) => {
                let is_at_work = matches!(record.phase, Phase::Reading | Phase::Writing);
                let until = if is_at_work { deadline } else { now };
                let since = Plan::of(&connection, &record).due_since(&record, until);
                due.extend(since.map(|since| Due { since, connection }));
            }
            Err(error) => platform::log!("tick.program_unreadable", program = connection.program, error = error),
        }
    }
    due.sort_unstable_by_key(|due| (due.since, due.connection.program));
    Ok(due)
}
