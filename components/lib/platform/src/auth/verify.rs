//! Checks the credentials of a request. Secrets are compared in constant time.

use super::mac::{constant_time_eq, hmac_sha256_hex};
use super::session;
use crate::http::ApiError;
use crate::ports::Ports;
use crate::url_origin::UrlOrigin;
use domain::time::{SignedDuration, Timestamp};
use domain::{ErrorCode, Sensitive};
use http::{HeaderMap, Method, header};

/// Maximum difference between the timestamp of a Zoom event and the clock. Zoom documents no window; its first retry
/// comes after 5 minutes with a new timestamp.
pub const WEBHOOK_WINDOW: SignedDuration = SignedDuration::from_mins(5);

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
            let is_own = origin.and_then(UrlOrigin::parse).is_some_and(|origin| origin.matches(&public_url));
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

/// Accepts Zoom: its signature over the raw body, with a timestamp within [`WEBHOOK_WINDOW`].
pub async fn zoom(ports: &Ports, headers: &HeaderMap, body: &[u8]) -> Result<(), ApiError> {
    let secret = ports.config().zoom_webhook_secret().await?;
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let (Some(timestamp), Some(signature)) = (text("x-zm-request-timestamp"), text("x-zm-signature")) else {
        return Err(ErrorCode::Unauthenticated.into());
    };
    let at = timestamp.parse().ok().and_then(|second| Timestamp::from_second(second).ok());
    let is_fresh = at.is_some_and(|at| ports.clock.now().duration_since(at).abs() <= WEBHOOK_WINDOW);
    let expected = format!("v0={}", hmac_sha256_hex(&secret, &[b"v0:", timestamp.as_bytes(), b":", body])?);
    if constant_time_eq(signature, &expected) && is_fresh { Ok(()) } else { Err(ErrorCode::Unauthenticated.into()) }
}

/// Returns the answer to Zoom's `endpoint.url_validation`: the HMAC of its plain token.
pub async fn zoom_validation(ports: &Ports, plain_token: &str) -> Result<String, ApiError> {
    let secret = ports.config().zoom_webhook_secret().await?;
    Ok(hmac_sha256_hex(&secret, &[plain_token.as_bytes()])?)
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
