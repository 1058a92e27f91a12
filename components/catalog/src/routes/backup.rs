//! `GET /console/export`, `POST /console/import`: backups. Here, since most of a backup are connections.

use crate::backup::import::Imported;
use crate::backup::{Backup, export, import};
use crate::state::AppState;
use axum::extract::State;
use axum::response::IntoResponse;
use http::{HeaderValue, header};
use platform::auth::AdminAuth;
use platform::http::Json;
use platform::{ApiError, JsonBody};

/// Maximum size of a backup in bytes: two thousand connections.
pub(crate) const MAX_BYTES: usize = 10 * 1024 * 1024;

/// The name under which browsers save a backup.
const DISPOSITION: HeaderValue = HeaderValue::from_static("attachment; filename=\"zoom-for-marketo.json\"");

/// `GET /console/export`: returns a backup, without tokens.
pub(crate) async fn export(_: AdminAuth, State(state): State<AppState>) -> Result<impl IntoResponse, ApiError> {
    Ok(([(header::CONTENT_DISPOSITION, DISPOSITION)], Json(export::export(&state).await?)))
}

/// `POST /console/import`: restores what is missing from a backup.
pub(crate) async fn import(
    _: AdminAuth,
    State(state): State<AppState>,
    JsonBody(backup): JsonBody<Backup>,
) -> Result<Json<Imported>, ApiError> {
    Ok(Json(import::import(&state, backup).await?))
}
