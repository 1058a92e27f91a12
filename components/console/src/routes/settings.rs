//! `GET /console/settings`: the configuration that the page shows.

use crate::state::AppState;
use axum::extract::State;
use platform::ApiError;
use platform::auth::AdminAuth;
use platform::http::Json;
use serde::Serialize;

/// The answer.
#[derive(Debug, Serialize)]
pub(crate) struct SettingsResponse {
    /// The address at which Marketo reaches the application. The texts to paste into Marketo start with it.
    public_url: String,
}

/// Returns the settings.
pub(crate) async fn show(_: AdminAuth, State(state): State<AppState>) -> Result<Json<SettingsResponse>, ApiError> {
    Ok(Json(SettingsResponse { public_url: state.ports.config().public_url().await?.to_string() }))
}
