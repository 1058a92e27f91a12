//! `GET /console/settings`: what the page has to know of the application's variables.

use crate::App;
use axum::extract::State;
use platform::ApiError;
use platform::entrance::Admin;
use platform::respond::Json;
use serde::Serialize;

/// The settings.
#[derive(Debug, Serialize)]
pub(crate) struct Settings {
    /// Where Marketo reaches the application: what is pasted there begins with it.
    public_url: String,
}

pub(crate) async fn show(_: Admin, State(app): State<App>) -> Result<Json<Settings>, ApiError> {
    Ok(Json(Settings { public_url: app.ports.settings().public_url().await? }))
}
