//! `GET /flow-step/providerInstructions`: what an admin reads while installing the flow step. Marketo shows it within
//! its own page, so it has neither style nor script.

use crate::app::App;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, header};
use platform::{ApiError, door};
use std::sync::Arc;

const PAGE: &str = include_str!("../../../assets/instructions.html");

/// Answers with the page.
pub(super) async fn handle(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, ApiError> {
    door::marketo(&app.ports, &headers).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        // It loads nothing. It may be framed: Marketo does that.
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; base-uri 'none'; form-action 'none'"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, PAGE).into_response())
}
