//! Checks the credentials of a request. Secrets are compared in constant time.

use super::key_list::KeyList;
use super::mac::hmac_sha256_hex;
use super::{session, throttle};
use crate::http::ApiError;
use crate::ports::Ports;
use crate::url_origin::UrlOrigin;
use domain::{ErrorCode, Sensitive};
use http::{HeaderMap, Method, StatusCode, header};

/// The header by which browsers tell where a request comes from.
const FETCH_SITE: &str = "sec-fetch-site";

/// Number of hexadecimal digits of a client's hash: enough to tell clients of one log apart.
const CLIENT_HASH_LENGTH: usize = 12;

/// Accepts `Authorization: Bearer {admin_key}` or the console's session cookie.
///
/// A state-changing request with the cookie must also come from the console's own page: its `Origin` is `public_url`, and
/// `Sec-Fetch-Site`, where the browser sends it, is `same-origin`. This prevents cross-site request forgery.
pub async fn admin(ports: &Ports, method: &Method, headers: &HeaderMap) -> Result<(), ApiError> {
    let keys = ports.config().admin_key().await?;
    match bearer(headers) {
        Some(given) => check(ports, "admin", headers, given, &keys),
        None => {
            if !session::is_valid(ports, headers, &keys).await? {
                return Err(ErrorCode::Unauthenticated.into());
            }
            let is_accepted = method.is_safe() || (is_same_site(headers) && has_own_origin(ports, headers).await?);
            if is_accepted { Ok(()) } else { Err(ErrorCode::Forbidden.into()) }
        }
    }
}

/// Accepts a sign-in from the console's own page, or from a client that is no browser. `Sec-Fetch-Site` decides where the
/// browser sends it, else `Origin`.
///
/// # Errors
/// `FORBIDDEN` for a request that another site caused.
pub async fn own_page(ports: &Ports, headers: &HeaderMap) -> Result<(), ApiError> {
    let is_own = if headers.contains_key(FETCH_SITE) {
        is_same_site(headers)
    } else {
        !headers.contains_key(header::ORIGIN) || has_own_origin(ports, headers).await?
    };
    if is_own { Ok(()) } else { Err(ErrorCode::Forbidden.into()) }
}

/// Returns whether a request does not say that another origin caused it.
fn is_same_site(headers: &HeaderMap) -> bool {
    headers.get_all(FETCH_SITE).iter().all(|value| value == "same-origin")
}

/// Returns whether a request has the application's own `Origin`.
async fn has_own_origin(ports: &Ports, headers: &HeaderMap) -> Result<bool, ApiError> {
    let public_url = ports.config().public_url().await?;
    let origin = headers.get(header::ORIGIN).and_then(|value| value.to_str().ok());
    Ok(origin.and_then(UrlOrigin::of_url).is_some_and(|origin| origin == *public_url))
}

/// Accepts the scheduler: `Authorization: Bearer {cron_key}`.
pub async fn cron(ports: &Ports, headers: &HeaderMap) -> Result<(), ApiError> {
    let keys = ports.config().cron_key().await?;
    require(ports, "cron", headers, bearer(headers), &keys)
}

/// Accepts a scheduler that can only GET a path, by the key in the path.
///
/// # Errors
/// 404 whatever is wrong, as of a path that does not exist.
pub async fn cron_path(ports: &Ports, headers: &HeaderMap, given: &str) -> Result<(), ApiError> {
    let keys = ports.config().cron_path_key().await.ok_or(ErrorCode::NotFound)?;
    check(ports, "cron-path", headers, given, &keys).map_err(|_| ErrorCode::NotFound.into())
}

/// Accepts the scheduler and the admin.
pub async fn admin_or_cron(ports: &Ports, method: &Method, headers: &HeaderMap) -> Result<(), ApiError> {
    let cron_keys = ports.config().cron_key().await?;
    match bearer(headers).filter(|given| cron_keys.accepts(given)) {
        Some(given) => check(ports, "cron", headers, given, &cron_keys),
        None => admin(ports, method, headers).await,
    }
}

/// Accepts Marketo: header `x-api-key`.
pub async fn marketo(ports: &Ports, headers: &HeaderMap) -> Result<(), ApiError> {
    let keys = ports.config().marketo_api_key().await?;
    require(ports, "marketo", headers, headers.get("x-api-key").and_then(|value| value.to_str().ok()), &keys)
}

fn require(
    ports: &Ports,
    caller: &'static str,
    headers: &HeaderMap,
    given: Option<&str>,
    keys: &KeyList,
) -> Result<(), ApiError> {
    check(ports, caller, headers, given.ok_or(ErrorCode::Unauthenticated)?, keys)
}

/// Checks a key that a caller sent. The answer to a wrong one takes no time, so that it holds up nobody else. A right one is
/// accepted whatever wrong ones came before.
///
/// # Errors
/// 401 for a wrong key, and 429 from a number of wrong keys of the client on.
pub fn check(
    ports: &Ports,
    caller: &'static str,
    headers: &HeaderMap,
    given: &str,
    keys: &KeyList,
) -> Result<(), ApiError> {
    if keys.accepts(given) {
        return Ok(());
    }
    let address = throttle::client_address(headers);
    let refusals = ports.throttle.record_failure(&address, ports.clock.now());
    if refusals.count.is_power_of_two() {
        crate::log!(
            Warn,
            "auth.refused",
            caller = caller,
            client = client_hash(ports, &address),
            count = refusals.count
        );
    }
    Err(refusals.retry_after().map_or_else(|| ErrorCode::Unauthenticated.into(), too_many))
}

/// Returns a hash of a client's address for the log, under a key of this instance.
fn client_hash(ports: &Ports, address: &str) -> String {
    let salt = const_hex::encode(ports.throttle.salt(|| ports.random.bytes()));
    let mut hash = hmac_sha256_hex(&Sensitive::from(salt), &[address.as_bytes()]).unwrap_or_default();
    hash.truncate(CLIENT_HASH_LENGTH);
    hash
}

fn too_many(seconds: u16) -> ApiError {
    ApiError::from(ErrorCode::RateLimited).with_status(StatusCode::TOO_MANY_REQUESTS).with_retry_after(seconds)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
