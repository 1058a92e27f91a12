//! The start of a sign-in.

use super::{csrf_cookie, state};
use crate::state::AppState;
use crate::zoom_oauth::client;
use domain::Sensitive;
use domain::records::{PendingSignIn, Record};
use platform::ApiError;

/// Maximum length of a service's name, in characters.
const MAX_NAME_LENGTH: usize = 100;

/// Where the browser goes, and the cookie that it takes along.
pub(crate) struct ZoomRedirect {
    pub(crate) location: String,
    pub(crate) cookie: String,
}

/// Stores a pending sign-in and returns the redirect to Zoom.
pub(crate) async fn begin(app: &AppState, service_name: &str) -> Result<ZoomRedirect, ApiError> {
    let service = valid_name(service_name)?;
    let (state, csrf_nonce, verifier) = (app.nonce(), app.nonce(), Sensitive::from(app.nonce()));
    let location = client::authorize_url(&app.ports, &state, &verifier).await?;
    let sign_in = PendingSignIn {
        v: PendingSignIn::VERSION,
        service,
        verifier,
        browser: csrf_cookie::hash(&csrf_nonce),
        expires_at: app.now() + state::LIFETIME,
    };
    state::save(app, &state, &sign_in).await?;
    let is_https = app.config().public_url().await?.is_https();
    Ok(ZoomRedirect { location, cookie: csrf_cookie::COOKIE.set(&csrf_nonce, is_https) })
}

fn valid_name(given: &str) -> Result<String, ApiError> {
    let name = given.trim();
    if !(1..=MAX_NAME_LENGTH).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        return Err(ApiError::invalid("A service name has 1 to 100 characters and no control characters."));
    }
    Ok(name.to_owned())
}
