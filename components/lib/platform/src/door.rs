//! Who may come in (DESIGN section 4): the admin, the scheduler, Marketo, Zoom. All secrets are compared in constant
//! time.

use crate::origin::Origin;
use crate::ports::Ports;
use crate::respond::ApiError;
use crate::session;
use domain::time::{SignedDuration, Timestamp};
use domain::{Code, Error, Sensitive};
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, Method, header};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// Zoom's webhooks older or younger than this are refused. Zoom names no window; 5 minutes is usual, and its first
/// retry comes after 5 minutes with a new timestamp.
pub const WEBHOOK_WINDOW: SignedDuration = SignedDuration::from_mins(5);

/// Lets the admin in: `Authorization: Bearer {admin_key}`, or the console's session cookie. A call that changes
/// something and comes with the cookie must be from our own pages: it needs an `Origin` equal to `public_url`. A wrong
/// key is refused the later the more there were.
pub async fn admin(ports: &Ports, method: &Method, headers: &HeaderMap) -> Result<(), ApiError> {
    let key = ports.settings().admin_key().await?;
    match bearer(headers) {
        Some(given) if same(given, key.expose()) => Ok(()),
        Some(_) => {
            ports.attempts.wrong(ports.clock.now());
            ports.clock.sleep(ports.attempts.delay(ports.clock.now())).await;
            Err(Code::Unauthenticated.into())
        }
        None => {
            if !session::is_valid(headers, &key, ports.clock.now()) {
                return Err(Code::Unauthenticated.into());
            }
            if method.is_safe() {
                return Ok(());
            }
            let own = ports.settings().public_url().await?;
            let origin = headers.get(header::ORIGIN).and_then(|value| value.to_str().ok());
            let same = origin.and_then(Origin::of).is_some_and(|origin| origin.fits(&own));
            if same { Ok(()) } else { Err(Code::Forbidden.into()) }
        }
    }
}

/// Lets the scheduler in: `Authorization: Bearer {cron_key}`.
pub async fn cron(ports: &Ports, headers: &HeaderMap) -> Result<(), ApiError> {
    let key = ports.settings().cron_key().await?;
    expect(bearer(headers), &key)
}

/// Lets Marketo in: header `x-api-key`.
pub async fn marketo(ports: &Ports, headers: &HeaderMap) -> Result<(), ApiError> {
    let key = ports.settings().marketo_api_key().await?;
    expect(headers.get("x-api-key").and_then(|value| value.to_str().ok()), &key)
}

/// Lets Zoom in: its signature over the raw body, made within [`WEBHOOK_WINDOW`].
pub async fn zoom(ports: &Ports, headers: &HeaderMap, body: &[u8]) -> Result<(), ApiError> {
    let secret = ports.settings().zoom_webhook_secret().await?;
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let (Some(timestamp), Some(signature)) = (text("x-zm-request-timestamp"), text("x-zm-signature")) else {
        return Err(Code::Unauthenticated.into());
    };
    let at = timestamp.parse().ok().map(Timestamp::from_second);
    let fresh = at.is_some_and(|at| ports.clock.now().duration_since(at).abs() <= WEBHOOK_WINDOW);
    let expected = format!("v0={}", hex(&hmac_sha256(&secret, &[b"v0:", timestamp.as_bytes(), b":", body])?));
    if same(signature, &expected) && fresh { Ok(()) } else { Err(Code::Unauthenticated.into()) }
}

/// The answer to Zoom's `endpoint.url_validation`: the HMAC of its plain token.
pub async fn zoom_validation(ports: &Ports, plain_token: &str) -> Result<String, ApiError> {
    let secret = ports.settings().zoom_webhook_secret().await?;
    Ok(hex(&hmac_sha256(&secret, &[plain_token.as_bytes()])?))
}

/// Compares two texts without telling by its time where they differ.
pub fn same(given: &str, expected: &str) -> bool {
    given.as_bytes().ct_eq(expected.as_bytes()).into()
}

/// HMAC-SHA256 over some parts in a row.
pub(crate) fn hmac_sha256(key: &Sensitive, parts: &[&[u8]]) -> Result<[u8; 32], Error> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes()).map_err(|e| Error::Ours(e.to_string()))?;
    for part in parts {
        mac.update(part);
    }
    Ok(mac.finalize().into_bytes().into())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn expect(given: Option<&str>, key: &Sensitive) -> Result<(), ApiError> {
    if given.is_some_and(|given| same(given, key.expose())) { Ok(()) } else { Err(Code::Unauthenticated.into()) }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
