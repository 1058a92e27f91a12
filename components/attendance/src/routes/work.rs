//! `POST /internal/work`, by service chaining only: continues the work of an earlier worker.

use crate::jobs::continuation::ContinueRequest;
use crate::jobs::live_worker;
use crate::jobs::worker::{self, Task};
use crate::state::AppState;
use axum::extract::State;
use http::StatusCode;
use platform::{ApiError, JsonBody};

/// Answers at once and works in the background, so that the caller can finish.
pub(crate) async fn resume(
    State(state): State<AppState>,
    JsonBody(ContinueRequest { predecessor, webinar }): JsonBody<ContinueRequest>,
) -> Result<StatusCode, ApiError> {
    if let Some(webinar) = webinar {
        state.ports.background.spawn(Box::pin(live_worker::run(state.clone(), webinar, Some(predecessor))));
        return Ok(StatusCode::ACCEPTED);
    }
    let task_state = state.clone();
    state.ports.background.spawn(Box::pin(async move {
        let deadline = task_state.deadline();
        if let Err(error) = worker::work(&task_state, deadline, Task::Continuation { predecessor }).await {
            platform::log!(Error, "worker.run_failed", error = format_args!("{error:#}"));
        }
    }));
    Ok(StatusCode::ACCEPTED)
}
