//! The flow step's icons and the page that an admin reads while installing it.

use axum::response::{IntoResponse, Response};
use http::header;
use platform::auth::MarketoAuth;

/// Two ends and a bridge, 32 x 32 pixels: the size in Marketo's flow palette.
const BRAND_ICON: &[u8] = include_bytes!("../../../assets/brand-icon.png");

/// A presenter on a screen and a person who watches, 32 x 32 pixels.
const SERVICE_ICON: &[u8] = include_bytes!("../../../assets/service-icon.png");

/// The page. Marketo shows it inside its own page, so it has neither style nor script.
const INSTRUCTIONS: &str = include_str!("../../../assets/instructions.html");

/// `GET /flow-step/brandIcon`: the provider's icon.
pub(super) async fn brand_icon(_: MarketoAuth) -> Response {
    png(BRAND_ICON)
}

/// `GET /flow-step/serviceIcon`: the flow step's icon.
pub(super) async fn service_icon(_: MarketoAuth) -> Response {
    png(SERVICE_ICON)
}

/// `GET /flow-step/providerInstructions`: the page.
pub(super) async fn instructions(_: MarketoAuth) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        // The page loads nothing. Framing stays allowed, because Marketo frames it.
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; base-uri 'none'; form-action 'none'"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, INSTRUCTIONS).into_response()
}

fn png(bytes: &'static [u8]) -> Response {
    ([(header::CONTENT_TYPE, "image/png")], bytes).into_response()
}
