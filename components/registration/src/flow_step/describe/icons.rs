//! `GET /flow-step/brandIcon` and `/serviceIcon`: PNGs of 32 x 32 pixels, the size of Marketo's flow palette.

use crate::app::App;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, header};
use platform::{ApiError, door};
use std::sync::Arc;

/// Two ends and a bridge.
const BRAND: &[u8] = include_bytes!("../../../assets/brand-icon.png");

/// A presenter on a screen, and one more who comes to watch.
const SERVICE: &[u8] = include_bytes!("../../../assets/service-icon.png");

/// Answers with the provider's icon.
pub(super) async fn brand(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, ApiError> {
    icon(&app, &headers, BRAND).await
}

/// Answers with the flow step's icon.
pub(super) async fn service(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, ApiError> {
    icon(&app, &headers, SERVICE).await
}

async fn icon(app: &App, headers: &HeaderMap, png: &'static [u8]) -> Result<Response, ApiError> {
    door::marketo(&app.ports, headers).await?;
    Ok(([(header::CONTENT_TYPE, "image/png")], png).into_response())
}
