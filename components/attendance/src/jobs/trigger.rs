//! Starts a worker after an event. Concurrent events of one instance share a worker.

use super::due;
use super::worker::{self, Task, WorkResult};
use crate::state::AppState;
use anyhow::Context;

/// Processes due programs at once, since the report of a small webinar may be ready right after its end. The tick does
/// the rest. Acquires the lease only if a program is due, because an ended webinar may have no connected program.
pub(crate) async fn run(state: AppState) {
    let Some(_guard) = state.triggered_worker.request() else { return };
    while state.triggered_worker.take_request() {
        let deadline = state.deadline();
        let result = match due::find(&state, deadline).await {
            Ok(due) if due.is_empty() => continue,
            Ok(_) => worker::work(&state, deadline, Task::DuePrograms).await,
            Err(error) => Err(error).context("finding due programs"),
        };
        match result {
            Ok(WorkResult::Done(_)) => {}
            // The active worker searches for due programs again before it stops.
            Ok(WorkResult::Busy) => return,
            Err(error) => platform::log!(Error, "worker.run_failed", error = format_args!("{error:#}")),
        }
    }
}
