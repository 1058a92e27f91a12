//! Which programs are due, with or without an event: an event may be lost, a planned end is always known.

use crate::schedule::Schedule;
use crate::state::AppState;
use crate::store::record;
use domain::Error;
use domain::records::{Phase, ProgramConnection};
use domain::time::Timestamp;
use futures::FutureExt;
use platform::concurrency::run_bounded;

/// Maximum number of records that are read concurrently.
const MAX_CONCURRENT_READS: usize = 32;

/// A program that is due.
#[derive(Debug)]
pub(super) struct DueProgram {
    /// Since when it is due; for a program that a rate limit postponed, possibly an instant in the future.
    pub(super) since: Timestamp,
    pub(super) connection: ProgramConnection,
}

/// Returns the due programs, the longest due first, so that each gets its slice when time is short. Includes programs
/// in phase reading or writing that continue before the deadline.
pub(super) async fn find(state: &AppState, deadline: Timestamp) -> Result<Vec<DueProgram>, Error> {
    let now = state.now();
    let connections = state.ports.connections().all().await?;
    let reads = connections
        .into_iter()
        .map(|connection| async move { (record::load(state, &connection).await, connection) }.boxed());
    let mut due = Vec::new();
    for (record, connection) in run_bounded(MAX_CONCURRENT_READS, reads.collect()).await {
        match record {
            Ok(record) => {
                let is_interrupted = matches!(record.phase, Phase::Reading | Phase::Writing);
                let until = if is_interrupted { deadline } else { now };
                let since = Schedule::of(&connection, &record).due_since(&record, until);
                due.extend(since.map(|since| DueProgram { since, connection }));
            }
            Err(error) => platform::log!(Error, "attendance.read_failed", program = connection.program, error = error),
        }
    }
    due.sort_unstable_by_key(|due| (due.since, due.connection.program));
    Ok(due)
}
