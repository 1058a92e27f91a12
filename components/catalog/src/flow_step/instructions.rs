//! `GET /flow-step/providerInstructions`: what an admin reads while installing the flow step. Marketo shows it within
//! its own page, so it has neither style nor script.

use axum::response::{IntoResponse, Response};
use http::header;
use platform::entrance::MarketoItself;

const PAGE: &str = include_str!("../../assets/instructions.html");

/// Answers with the page.
pub(super) async fn handle(_: MarketoItself) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        // It loads nothing. It may be framed: Marketo does that.
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; base-uri 'none'; form-action 'none'"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, PAGE).into_response()
}
