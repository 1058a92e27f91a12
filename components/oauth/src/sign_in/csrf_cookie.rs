//! The CSRF cookie of a sign-in. It binds the sign-in to the browser that began it, so that no one can make another
//! person complete it.

use super::state::LIFETIME;
use domain::digest::sha256_hex;
use http::HeaderMap;
use platform::auth::constant_time_eq;
use platform::auth::cookie::{CookieTemplate, SameSite};

/// `SameSite=Lax`, because the browser comes back from Zoom's site.
pub(crate) const COOKIE: CookieTemplate =
    CookieTemplate { name: "zfm_signin", path: "/oauth/", same_site: SameSite::Lax, lifetime: LIFETIME };

/// Returns the hash of the nonce, which is all that the store keeps of it.
pub(super) fn hash(nonce: &str) -> String {
    sha256_hex(nonce.as_bytes())
}

/// Returns whether the request carries the nonce with this hash.
pub(super) fn is_present(headers: &HeaderMap, expected_hash: &str) -> bool {
    COOKIE.values(headers).any(|nonce| constant_time_eq(&hash(nonce), expected_hash))
}
