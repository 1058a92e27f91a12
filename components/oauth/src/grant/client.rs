//! The calls to Zoom's OAuth server.

use super::answer::{Grant, GrantError, accepted};
use super::base64url;
use base64::Engine;
use bytes::Bytes;
use domain::time::SignedDuration;
use domain::{Error, Sensitive};
use http::{Method, Request, Response, header};
use platform::Ports;
use sha2::{Digest, Sha256};

/// One call may take this long. The other components wait 15 seconds for a token.
const CALL_LIMIT: SignedDuration = SignedDuration::from_secs(10);

/// Where the browser goes to ask the admin. PKCE is S256: Zoom's default would be `plain`.
pub(crate) async fn authorize_url(ports: &Ports, state: &str, verifier: &Sensitive) -> Result<String, Error> {
    let (client_id, _) = ports.settings().zoom_client().await?;
    let query = form(&[
        ("response_type", "code"),
        ("client_id", &client_id),
        ("redirect_uri", &redirect_uri(ports).await?),
        ("state", state),
        ("code_challenge", &base64url(&Sha256::digest(verifier.expose().as_bytes()))),
        ("code_challenge_method", "S256"),
    ]);
    Ok(format!("{}/oauth/authorize?{query}", ports.settings().zoom_oauth_url().await?))
}

/// Exchanges an authorization code. It is good once, so this is never repeated.
pub(crate) async fn exchange(ports: &Ports, code: &str, verifier: &Sensitive) -> Result<Grant, GrantError> {
    let redirect_uri = redirect_uri(ports).await?;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", &redirect_uri),
        ("code_verifier", verifier.expose()),
    ];
    grant(ports, &fields).await
}

/// Renews a grant. The refresh token rotates: after success the one that was sent is worthless.
pub(crate) async fn refresh(ports: &Ports, refresh_token: &Sensitive) -> Result<Grant, GrantError> {
    grant(ports, &[("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose())]).await
}

/// Gives a grant back. One that Zoom no longer knows ends in [`GrantError::Refused`].
pub(crate) async fn revoke(ports: &Ports, access_token: &Sensitive) -> Result<(), GrantError> {
    let response = post(ports, "/oauth/revoke", &[("token", access_token.expose())]).await?;
    accepted(&response)
}

async fn grant(ports: &Ports, fields: &[(&str, &str)]) -> Result<Grant, GrantError> {
    let default_api = ports.settings().zoom_api_url().await?;
    let response = post(ports, "/oauth/token", fields).await?;
    Grant::read(&response, ports.clock.now(), &default_api)
}

async fn post(ports: &Ports, path: &str, fields: &[(&str, &str)]) -> Result<Response<Bytes>, GrantError> {
    let (client_id, secret) = ports.settings().zoom_client().await?;
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("{client_id}:{}", secret.expose()));
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("{}{path}", ports.settings().zoom_oauth_url().await?))
        .header(header::AUTHORIZATION, format!("Basic {basic}"))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT, "application/json")
        .body(Bytes::from(form(fields)))
        .map_err(|error| Error::Ours(error.to_string()))?;
    Ok(ports.send_within(CALL_LIMIT, request).await?)
}

async fn redirect_uri(ports: &Ports) -> Result<String, Error> {
    Ok(format!("{}/oauth/callback", ports.settings().public_url().await?))
}

fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}
