//! `GET /flow-step/brandIcon` and `/serviceIcon`: PNGs of 32 x 32 pixels, the size of Marketo's flow palette.

use axum::response::{IntoResponse, Response};
use http::header;
use platform::entrance::MarketoItself;

/// Two ends and a bridge.
const BRAND: &[u8] = include_bytes!("../../assets/brand-icon.png");

/// A presenter on a screen, and one more who comes to watch.
const SERVICE: &[u8] = include_bytes!("../../assets/service-icon.png");

/// Answers with the provider's icon.
pub(super) async fn brand(_: MarketoItself) -> Response {
    icon(BRAND)
}

/// Answers with the flow step's icon.
pub(super) async fn service(_: MarketoItself) -> Response {
    icon(SERVICE)
}

fn icon(png: &'static [u8]) -> Response {
    ([(header::CONTENT_TYPE, "image/png")], png).into_response()
}
