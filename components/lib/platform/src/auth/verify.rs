//! Checks the credentials of a request. Secrets are compared in constant time.

use super::key_list::KeyList;
use super::session;
use crate::http::ApiError;
use crate::ports::Ports;
use crate::url_origin::UrlOrigin;
use domain::ErrorCode;
use http::{HeaderMap, Method, StatusCode, header};

/// Accepts `Authorization: Bearer {admin_key}` or the console's session cookie.
///
/// A state-changing request with the cookie also needs an `Origin` equal to `public_url`, which prevents cross-site
/// request forgery.
pub async fn admin(ports: &Ports, method: &Method, headers: &HeaderMap) -> Result<(), ApiError> {
    let keys = ports.config().admin_key().await?;
    match bearer(headers) {
        Some(given) => check(ports, "admin", given, &keys),
        None => {
            let now = ports.clock.now();
            if !keys.iter().any(|key| session::is_valid(headers, key, now)) {
                return Err(ErrorCode::Unauthenticated.into());
            }
            if method.is_safe() {
                return Ok(());
            }
            let public_url = ports.config().public_url().await?;
            let origin = headers.get(header::ORIGIN).and_then(|value| value.to_str().ok());
            let is_own = origin.and_then(UrlOrigin::of_url).is_some_and(|origin| origin == *public_url);
            if is_own { Ok(()) } else { Err(ErrorCode::Forbidden.into()) }
        }
    }
}

/// Accepts the scheduler: `Authorization: Bearer {cron_key}`.
pub async fn cron(ports: &Ports, headers: &HeaderMap) -> Result<(), ApiError> {
    let keys = ports.config().cron_key().await?;
    require(ports, "cron", bearer(headers), &keys)
}

/// Accepts a scheduler that can only GET a path, by the key in the path.
///
/// # Errors
/// 404 whatever is wrong, as of a path that does not exist.
pub async fn cron_path(ports: &Ports, given: &str) -> Result<(), ApiError> {
    let keys = ports.config().cron_path_key().await.ok_or(ErrorCode::NotFound)?;
    check(ports, "cron-path", given, &keys).map_err(|_| ErrorCode::NotFound.into())
}

/// Accepts the scheduler and the admin.
pub async fn admin_or_cron(ports: &Ports, method: &Method, headers: &HeaderMap) -> Result<(), ApiError> {
    let cron_keys = ports.config().cron_key().await?;
    match bearer(headers).filter(|given| cron_keys.accepts(given)) {
        Some(given) => check(ports, "cron", given, &cron_keys),
        None => admin(ports, method, headers).await,
    }
}

/// Accepts Marketo: header `x-api-key`.
pub async fn marketo(ports: &Ports, headers: &HeaderMap) -> Result<(), ApiError> {
    let keys = ports.config().marketo_api_key().await?;
    require(ports, "marketo", headers.get("x-api-key").and_then(|value| value.to_str().ok()), &keys)
}

fn require(ports: &Ports, caller: &'static str, given: Option<&str>, keys: &KeyList) -> Result<(), ApiError> {
    check(ports, caller, given.ok_or(ErrorCode::Unauthenticated)?, keys)
}

/// Checks a key that a caller sent. The answer to a wrong one takes no time, so that it holds up nobody else.
///
/// # Errors
/// 401 for a wrong key, and 429 from a number of wrong keys on; 429 for a right one that may be found by trying, until
/// `Retry-After` is over.
pub fn check(ports: &Ports, caller: &'static str, given: &str, keys: &KeyList) -> Result<(), ApiError> {
    let now = ports.clock.now();
    if keys.accepts(given) {
        return ports.throttle.blocked_for(now).filter(|_| keys.is_weak()).map_or(Ok(()), |wait| Err(too_many(wait)));
    }
    let refusals = ports.throttle.record_failure(now);
    if refusals.count.is_power_of_two() {
        crate::log!(Warn, "auth.refused", caller = caller, count = refusals.count);
    }
    Err(refusals.retry_after().map_or_else(|| ErrorCode::Unauthenticated.into(), too_many))
}

fn too_many(seconds: u16) -> ApiError {
    ApiError::from(ErrorCode::RateLimited).with_status(StatusCode::TOO_MANY_REQUESTS).with_retry_after(seconds)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
