//! `POST /internal/tick` and `POST /internal/zoom-events`, which other components call by service chaining.

use crate::jobs::{resume_chunks, retry_failures, sweep};
use crate::registering::registrant_events;
use crate::state::AppState;
use crate::store::{failures, ledger, outbox};
use axum::extract::State;
use platform::http::Json;
use platform::internal_api::{TickReport, TickRequest};
use platform::{ApiError, JsonBody};
use serde_json::{Value, json};
use std::sync::Arc;

/// Runs the jobs until the deadline. Can run twice at once. A missed tick delays the jobs to the next one, and the sweep
/// to the next tick in the first minute of an hour.
pub async fn tick(
    State(state): State<Arc<AppState>>,
    JsonBody(request): JsonBody<TickRequest>,
) -> Result<Json<TickReport>, ApiError> {
    // A listing reads all keys, regardless of the prefix, so there is only one.
    let keys = state.ports.store().keys("").await?;
    let of_kind = |prefix: &str| keys.iter().filter(|key| key.starts_with(prefix)).cloned().collect::<Vec<_>>();
    let chunks = resume_chunks::resume_abandoned(&state, &of_kind(outbox::PREFIX), request.deadline).await?;
    let failures = of_kind(failures::PREFIX);
    let programs = retry_failures::retry_due(&state, &failures, request.deadline).await?;
    sweep::sweep(&state, &of_kind(ledger::PREFIX), &failures, request.deadline).await?;
    Ok(Json(TickReport { worked: chunks + programs }))
}

/// Applies a registrant event. The caller has verified Zoom's signature.
pub async fn zoom_event(
    State(state): State<Arc<AppState>>,
    JsonBody(event): JsonBody<Value>,
) -> Result<Json<Value>, ApiError> {
    registrant_events::apply(&state, &event).await?;
    Ok(Json(json!({})))
}
