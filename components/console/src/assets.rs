//! The page, its style, its script and its icon. They are part of the component, and load nothing from elsewhere.
//! `build.rs` makes them: whole and compressed, with names that change with the content.

use crate::{App, encoding};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use domain::Code;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use platform::{ApiError, session};

/// A file as browsers get it.
pub(crate) struct File {
    pub(crate) name: &'static str,
    content_type: &'static str,
    /// Weak: it is the same for the compressed form.
    tag: &'static str,
    pub(crate) plain: &'static [u8],
    pub(crate) gzip: &'static [u8],
}

mod files {
    use super::File;

    include!(concat!(env!("OUT_DIR"), "/files.rs"));
}

pub(crate) use files::{ICON, PAGE, SCRIPT, SIGN_IN_PAGE, STYLE};

/// What the page may do: run our script, use our style, show our icon, talk to us. No text can become markup, since
/// browsers that know trusted types refuse it. A sign-in to Zoom is a navigation, not a form that is sent, since a form
/// would be held to `form-action` on its way to Zoom too.
pub(crate) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
    form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// Browsers ask every time whether they have the newest page, which costs no more than a 304.
const ASK: &str = "no-cache";

/// What has its hash in its name never changes.
const KEEP: &str = "public, max-age=31536000, immutable";

/// `GET /`. Whoever has no session gets the page with the form to sign in, at once, without a request that fails first.
pub(crate) async fn page(State(app): State<App>, asked: HeaderMap) -> Response {
    let key = app.ports.settings().admin_key().await;
    let is_signed_in = key.is_ok_and(|key| session::is_valid(&asked, &key, app.ports.clock.now()));
    let mut response = serve(if is_signed_in { &PAGE } else { &SIGN_IN_PAGE }, ASK, &asked);
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding, cookie"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// `GET /console/{file}`: what the page loads.
pub(crate) async fn file(Path(name): Path<String>, asked: HeaderMap) -> Response {
    match [&STYLE, &SCRIPT, &ICON].into_iter().find(|file| file.name == name) {
        Some(file) => serve(file, KEEP, &asked),
        None => ApiError::from(Code::NotFound).into_response(),
    }
}

fn serve(file: &'static File, caching: &'static str, asked: &HeaderMap) -> Response {
    let headers = [
        (header::CONTENT_TYPE, file.content_type),
        (header::ETAG, file.tag),
        (header::CACHE_CONTROL, caching),
        (header::VARY, "accept-encoding"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    let known = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    if known.flat_map(|value| value.split(',')).any(|known| known.trim() == file.tag) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    if encoding::takes_gzip(asked) {
        return (headers, [(header::CONTENT_ENCODING, "gzip")], file.gzip).into_response();
    }
    (headers, file.plain).into_response()
}
