//! `GET /attendance/health`: when the scheduler and Zoom last called.

use crate::state::AppState;
use axum::extract::State;
use domain::records::{LastEventKey, LastTickKey, Moment};
use domain::time::Timestamp;
use platform::ApiError;
use platform::auth::AdminAuth;
use platform::http::Json;
use serde::Serialize;

/// Answer of `GET /attendance/health`.
#[derive(Debug, Serialize)]
pub(crate) struct HealthView {
    last_tick: Option<Timestamp>,
    last_zoom_event: Option<Timestamp>,
}

pub(crate) async fn show(_: AdminAuth, State(state): State<AppState>) -> Result<Json<HealthView>, ApiError> {
    let at = |moment: Option<Moment>| moment.map(|moment| moment.at);
    Ok(Json(HealthView {
        last_tick: at(state.store().get(&LastTickKey {}).await?),
        last_zoom_event: at(state.store().get(&LastEventKey {}).await?),
    }))
}
