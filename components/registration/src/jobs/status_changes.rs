//! Reads who became Registered or Cancelled in Marketo without the flow step or the webhook (R23).

use crate::state::AppState;
use crate::status_changes::{notice, poll};
use crate::store::activity_cursor;
use anyhow::Context;
use domain::time::{SignedDuration, Timestamp};
use platform::internal_api::JobReport;

/// Minimum time left to poll: a call for a token, and one for a page.
const MIN_TIME_LEFT: SignedDuration = SignedDuration::from_secs(8);

/// Polls Marketo's activities until the deadline. Reports the number of leads to attempt. Makes no call while no
/// program is connected to a webinar that is ahead.
pub async fn read_status_changes(state: &AppState, deadline: Timestamp) -> anyhow::Result<JobReport> {
    let now = state.ports.clock.now();
    if now + MIN_TIME_LEFT > deadline {
        return Ok(JobReport { done: 0, is_left: true });
    }
    let connections = state.ports.connections().all().await.context("reading the connections")?;
    let watched: Vec<_> = connections.into_iter().filter(|connection| notice::is_watched(connection, now)).collect();
    if watched.is_empty() {
        activity_cursor::forget_problem(state).await.context("writing how far the activities are read")?;
        return Ok(JobReport::default());
    }
    match poll::poll(state, &watched, deadline).await {
        Ok(noticed) => Ok(JobReport { done: noticed, is_left: false }),
        Err(error) => {
            // The other jobs do not depend on it.
            platform::log!(Warn, "activities.poll_failed", code = error.problem().code);
            Ok(JobReport::default())
        }
    }
}
