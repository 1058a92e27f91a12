//! `POST /internal/tick`, `POST /internal/zoom-events` and `POST /internal/forget-account`, which other components call by
//! service chaining.

use crate::jobs::{resume_chunks, retry_failures, sweep};
use crate::registering::registrant_events;
use crate::state::AppState;
use crate::store::forget;
use crate::store::keys::RegistrationKeys;
use anyhow::Context;
use axum::extract::State;
use platform::http::Json;
use platform::internal_api::{ForgetAccountReport, ForgetAccountRequest, TickReport, TickRequest};
use platform::{ApiError, JsonBody};
use serde_json::{Value, json};
use std::sync::Arc;
use zoom_client::events::ZoomEvent;

/// Runs the jobs until the deadline. Can run twice at once. A missed tick delays the jobs to the next one, and the sweep
/// to the next tick in the first minute of an hour.
pub async fn tick(
    State(state): State<Arc<AppState>>,
    JsonBody(request): JsonBody<TickRequest>,
) -> Result<Json<TickReport>, ApiError> {
    let keys = RegistrationKeys::list(&state).await.context("listing the store")?;
    let chunks = resume_chunks::resume_abandoned(&state, keys.chunks.clone(), request.deadline).await?;
    let programs = retry_failures::retry_due(&state, &keys.failures, request.deadline).await?;
    sweep::sweep(&state, &keys, request.deadline).await?;
    Ok(Json(TickReport { worked: chunks + programs }))
}

/// Deletes the records of an account that removed the app (R17). Idempotent.
pub async fn forget_account(
    State(state): State<Arc<AppState>>,
    JsonBody(request): JsonBody<ForgetAccountRequest>,
) -> Result<Json<ForgetAccountReport>, ApiError> {
    Ok(Json(forget::forget_account(&state, &request).await?))
}

/// Applies a registrant event. The caller has verified Zoom's signature.
pub async fn zoom_event(
    State(state): State<Arc<AppState>>,
    JsonBody(event): JsonBody<ZoomEvent>,
) -> Result<Json<Value>, ApiError> {
    registrant_events::apply(&state, &event).await?;
    Ok(Json(json!({})))
}
