//! Requests to Zoom's OAuth server.

use super::response::{Grant, GrantError, check_status};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use domain::time::SignedDuration;
use domain::{Error, Sensitive};
use http::{Method, Request, Response, header};
use platform::request_target::form;
use platform::{Ports, RequestTarget};
use sha2::{Digest, Sha256};

/// How long one call may take. The other components wait 15 seconds for a token.
const CALL_TIMEOUT: SignedDuration = SignedDuration::from_secs(10);

/// Returns the URL at which Zoom asks the admin for a grant. The PKCE method is S256; Zoom's default is `plain`.
pub(crate) async fn authorize_url(ports: &Ports, state: &str, verifier: &Sensitive) -> Result<String, Error> {
    let (client_id, _) = ports.config().zoom_client().await?;
    let target = RequestTarget::path(&["oauth", "authorize"])
        .query("response_type", "code")
        .query("client_id", &client_id)
        .query("redirect_uri", &redirect_uri(ports).await?)
        .query("state", state)
        .query("code_challenge", &URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.expose().as_bytes())))
        .query("code_challenge_method", "S256");
    Ok(ports.config().zoom_oauth_url().await?.url(&target).into())
}

/// Exchanges an authorization code for a grant. A code is valid once, so the exchange is never retried.
pub(crate) async fn exchange_code(ports: &Ports, code: &str, verifier: &Sensitive) -> Result<Grant, GrantError> {
    let redirect_uri = redirect_uri(ports).await?;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", &redirect_uri),
        ("code_verifier", verifier.expose()),
    ];
    request_grant(ports, &fields).await
}

/// Renews a grant. Zoom rotates the refresh token: after success the one that was sent is invalid.
pub(crate) async fn refresh(ports: &Ports, refresh_token: &Sensitive) -> Result<Grant, GrantError> {
    request_grant(ports, &[("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose())]).await
}

/// Revokes a grant. Returns [`GrantError::Invalid`] if Zoom no longer knows it.
pub(crate) async fn revoke(ports: &Ports, access_token: &Sensitive) -> Result<(), GrantError> {
    let response = post(ports, "revoke", &[("token", access_token.expose())]).await?;
    check_status(&response)
}

async fn request_grant(ports: &Ports, fields: &[(&str, &str)]) -> Result<Grant, GrantError> {
    let default_api = ports.config().zoom_api_url().await?;
    let response = post(ports, "token", fields).await?;
    Grant::read(&response, ports.clock.now(), default_api)
}

/// Calls an operation below `/oauth`.
async fn post(ports: &Ports, operation: &str, fields: &[(&str, &str)]) -> Result<Response<Bytes>, GrantError> {
    let (client_id, secret) = ports.config().zoom_client().await?;
    let basic = STANDARD.encode(format!("{client_id}:{}", secret.expose()));
    let request = Request::builder()
        .method(Method::POST)
        .uri(ports.config().zoom_oauth_url().await?.url(&RequestTarget::path(&["oauth", operation])).as_str())
        .header(header::AUTHORIZATION, format!("Basic {basic}"))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT, "application/json")
        .body(Bytes::from(form(fields)))
        .map_err(|error| Error::Internal(error.to_string()))?;
    Ok(ports.send_within(CALL_TIMEOUT, request).await?)
}

async fn redirect_uri(ports: &Ports) -> Result<String, Error> {
    Ok(ports.config().public_url().await?.url(&RequestTarget::path(&["oauth", "callback"])).into())
}
