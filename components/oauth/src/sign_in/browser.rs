//! The cookie that binds a sign-in to the browser that began it, so that nobody can have another person finish theirs.

use super::pending::LIFETIME;
use domain::records::hex_digest;
use http::HeaderMap;
use platform::{door, session};

const COOKIE: &str = "zfm_signin";

/// The `Set-Cookie` for a nonce. `Lax`, since the browser comes back from Zoom's site.
pub(super) fn cookie(nonce: &str, secure: bool) -> String {
    attributes(nonce, LIFETIME.as_secs(), secure)
}

/// The `Set-Cookie` that removes it.
pub(super) fn removal(secure: bool) -> String {
    attributes("", 0, secure)
}

/// What the store keeps of the nonce.
pub(super) fn hash(nonce: &str) -> String {
    hex_digest(nonce.as_bytes())
}

/// Whether a request comes from the browser with that hash.
pub(super) fn is_same(headers: &HeaderMap, expected: &str) -> bool {
    session::cookies(headers, COOKIE).any(|nonce| door::same(&hash(nonce), expected))
}

fn attributes(value: &str, max_age: i64, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{COOKIE}={value}; Path=/oauth/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}")
}
