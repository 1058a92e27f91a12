//! Checks the credentials of a request. Secrets are compared in constant time.

use super::mac::constant_time_eq;
use super::session;
use crate::http::ApiError;
use crate::ports::Ports;
use crate::url_origin::UrlOrigin;
use domain::{ErrorCode, Sensitive};
use http::{HeaderMap, Method, header};

/// Accepts `Authorization: Bearer {admin_key}` or the console's session cookie.
///
/// A state-changing request with the cookie also needs an `Origin` equal to `public_url`, which prevents cross-site
/// request forgery. The answer to a wrong key is delayed.
pub async fn admin(ports: &Ports, method: &Method, headers: &HeaderMap) -> Result<(), ApiError> {
    let key = ports.config().admin_key().await?;
    match bearer(headers) {
        Some(given) if constant_time_eq(given, key.expose()) => Ok(()),
        Some(_) => {
            ports.throttle.record_failure(ports.clock.now());
            ports.clock.sleep(ports.throttle.delay(ports.clock.now())).await;
            Err(ErrorCode::Unauthenticated.into())
        }
        None => {
            if !session::is_valid(headers, &key, ports.clock.now()) {
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
    let key = ports.config().cron_key().await?;
    require(bearer(headers), &key)
}

/// Accepts Marketo: header `x-api-key`.
pub async fn marketo(ports: &Ports, headers: &HeaderMap) -> Result<(), ApiError> {
    let key = ports.config().marketo_api_key().await?;
    require(headers.get("x-api-key").and_then(|value| value.to_str().ok()), &key)
}

fn require(given: Option<&str>, key: &Sensitive) -> Result<(), ApiError> {
    let matches = given.is_some_and(|given| constant_time_eq(given, key.expose()));
    if matches { Ok(()) } else { Err(ErrorCode::Unauthenticated.into()) }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
