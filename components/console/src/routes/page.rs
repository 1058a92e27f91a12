//! The page, its style, its script and its icon. They are part of the component and load nothing from other hosts.
//! `build.rs` writes each of them plain and compressed, under a name with the hash of its content.

use crate::content_encoding;
use crate::state::AppState;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use domain::ErrorCode;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use platform::ApiError;
use platform::auth::session;

/// An embedded file.
pub(crate) struct Asset {
    pub(crate) name: &'static str,
    content_type: &'static str,
    /// A weak tag, because the plain and the compressed form share it.
    etag: &'static str,
    pub(crate) plain: &'static [u8],
    pub(crate) gzip: &'static [u8],
}

mod files {
    use super::Asset;

    include!(concat!(env!("OUT_DIR"), "/files.rs"));
}

pub(crate) use files::{ICON, PAGE, SCRIPT, SIGN_IN_PAGE, STYLE};

/// The Content-Security-Policy: own script, style and icon, and requests to the own origin. Trusted types keep text from
/// becoming markup. A sign-in to Zoom is a navigation, because `form-action` would also apply to a form's redirect to
/// Zoom.
pub(crate) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
    form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// Browsers revalidate the page each time, which costs a 304.
const REVALIDATE: &str = "no-cache";

/// A file with its hash in its name never changes.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// `GET /`. Without a session the answer is the page with the sign-in form, so that the form shows without a failed
/// request before it.
pub(crate) async fn page(State(state): State<AppState>, request: HeaderMap) -> Response {
    let is_signed_in = match state.ports.config().admin_key().await {
        Ok(keys) => session::is_valid(&state.ports, &request, &keys).await.unwrap_or_default(),
        Err(_) => false,
    };
    let mut response = serve(if is_signed_in { &PAGE } else { &SIGN_IN_PAGE }, REVALIDATE, &request);
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding, cookie"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// `GET /console/{file}`: the style, the script or the icon.
pub(crate) async fn file(Path(name): Path<String>, request: HeaderMap) -> Response {
    match [&STYLE, &SCRIPT, &ICON].into_iter().find(|asset| asset.name == name) {
        Some(asset) => serve(asset, IMMUTABLE, &request),
        None => ApiError::from(ErrorCode::NotFound).into_response(),
    }
}

fn serve(asset: &'static Asset, cache_control: &'static str, request: &HeaderMap) -> Response {
    let headers = [
        (header::CONTENT_TYPE, asset.content_type),
        (header::ETAG, asset.etag),
        (header::CACHE_CONTROL, cache_control),
        (header::VARY, "accept-encoding"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    let etags = request.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    if etags.flat_map(|value| value.split(',')).any(|etag| etag.trim() == asset.etag) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    if content_encoding::accepts_gzip(request) {
        return (headers, [(header::CONTENT_ENCODING, "gzip")], asset.gzip).into_response();
    }
    (headers, asset.plain).into_response()
}
