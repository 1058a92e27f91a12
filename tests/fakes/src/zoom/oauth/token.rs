//! The token endpoint and revocation.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, Uri, header};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::support::request_log::RefusalReason;
use crate::support::sync::lock;
use crate::zoom::fake::Zoom;
use crate::zoom::state::authorizations::{DisabledBy, IssuedTokens, TokenError};

const BAD_CLIENT: TokenError = TokenError { reason: "Invalid client_id or client_secret", error: "invalid_client" };
const BAD_GRANT_TYPE: TokenError = TokenError { reason: "Bad grant type. (4,705)", error: "unsupported_grant_type" };
const NO_TOKEN: TokenError = TokenError { reason: "Invalid token. (4,700)", error: "invalid_request" };

impl From<DisabledBy> for TokenError {
    fn from(by: DisabledBy) -> Self {
        let reason = match by {
            DisabledBy::Zoom => "The app has been disabled. (4,717)",
            DisabledBy::Admin => "The app has been disabled by the account admin. (4,738)",
        };
        Self { reason, error: "invalid_client" }
    }
}

impl IntoResponse for TokenError {
    fn into_response(self) -> Response {
        let status = match self {
            BAD_CLIENT => StatusCode::UNAUTHORIZED,
            _ => StatusCode::BAD_REQUEST,
        };
        let body = json!({ "reason": self.reason, "error": self.error });
        let mut response = (status, Json(&body)).into_response();
        response.extensions_mut().insert(RefusalReason(body.to_string()));
        response
    }
}

/// `POST /oauth/token`.
pub(super) async fn token(State(zoom): State<Zoom>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    match grant_tokens(&zoom, &uri, &headers, &body) {
        Ok(tokens) => Json(json!({
            "access_token": tokens.access,
            "token_type": "bearer",
            "refresh_token": tokens.refresh,
            "expires_in": tokens.access_token_lifetime.as_secs(),
            "scope": tokens.scopes.join(" "),
            "api_url": zoom.api_url(),
        }))
        .into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

fn grant_tokens(zoom: &Zoom, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Result<IssuedTokens, TokenError> {
    check_client(zoom, headers)?;
    let given = parameters(uri, body);
    let given = |name: &str| given.get(name).map(String::as_str).unwrap_or_default();
    let now = zoom.clock().now();
    let mut state = lock(&zoom.state);
    let state = &mut *state;
    if let Some(by) = state.app_disabled {
        return Err(by.into());
    }
    match given("grant_type") {
        "authorization_code" => {
            let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(given("code_verifier")));
            state.authorizations.exchange_code(given("code"), given("redirect_uri"), &challenge, &mut state.ids, now)
        }
        "refresh_token" => state.authorizations.refresh(given("refresh_token"), &mut state.ids, now),
        _ => Err(BAD_GRANT_TYPE),
    }
}

/// `POST /oauth/revoke`.
pub(super) async fn revoke(State(zoom): State<Zoom>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    if let Err(refusal) = check_client(&zoom, &headers) {
        return refusal.into_response();
    }
    let given = parameters(&uri, &body);
    let token = given.get("token").map(String::as_str).unwrap_or_default();
    if lock(&zoom.state).authorizations.revoke(token) {
        Json(json!({ "status": "success" })).into_response()
    } else {
        NO_TOKEN.into_response()
    }
}

/// The client id and secret are accepted in the Basic header only.
fn check_client(zoom: &Zoom, headers: &HeaderMap) -> Result<(), TokenError> {
    let expected = format!("{}:{}", zoom.options.client_id, zoom.options.client_secret);
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Basic "))
        .and_then(|encoded| STANDARD.decode(encoded).ok());
    if given.as_deref() == Some(expected.as_bytes()) { Ok(()) } else { Err(BAD_CLIENT) }
}

/// Zoom accepts parameters in the query and in a form.
fn parameters(uri: &Uri, body: &[u8]) -> HashMap<String, String> {
    let query = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    query.into_owned().chain(url::form_urlencoded::parse(body).into_owned()).collect()
}
