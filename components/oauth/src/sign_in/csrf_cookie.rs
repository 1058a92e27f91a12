//! The CSRF cookie of a sign-in. It binds the sign-in to the browser that began it, so that no one can make another
//! person complete it.

use super::state::LIFETIME;
use domain::digest::sha256_hex;
use http::HeaderMap;
use platform::auth::{self, session};

const NAME: &str = "zfm_signin";

/// Returns the `Set-Cookie` value for a nonce. `SameSite=Lax`, because the browser comes back from Zoom's site.
pub(super) fn cookie(nonce: &str, secure: bool) -> String {
    set_cookie(nonce, LIFETIME.as_secs(), secure)
}

/// Returns the `Set-Cookie` value that removes the cookie.
pub(crate) fn removal(secure: bool) -> String {
    set_cookie("", 0, secure)
}

/// Returns the hash of the nonce, which is all that the store keeps of it.
pub(super) fn hash(nonce: &str) -> String {
    sha256_hex(nonce.as_bytes())
}

/// Returns whether the request carries the nonce with this hash.
pub(super) fn is_present(headers: &HeaderMap, expected_hash: &str) -> bool {
    session::cookies(headers, NAME).any(|nonce| auth::constant_time_eq(&hash(nonce), expected_hash))
}

fn set_cookie(value: &str, max_age: i64, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{NAME}={value}; Path=/oauth/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}")
}
