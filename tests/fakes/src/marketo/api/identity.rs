//! The identity service, which exchanges client credentials for an access token. Its calls do not count towards any
//! limit.

use std::collections::HashMap;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;
use serde_json::json;

use crate::marketo::state::SharedState;
use crate::support;
use crate::support::sync::lock;

/// `GET` or `POST /identity/oauth/token`. The parameters are in the query or, for a POST, in a form.
pub(super) async fn token(
    State(state): State<SharedState>,
    Query(mut params): Query<HashMap<String, String>>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let is_form = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"));
    if is_form {
        params.extend(url::form_urlencoded::parse(body.as_bytes()).into_owned());
    }
    let is = |name: &str, wanted: &str| params.get(name).is_some_and(|value| value == wanted);
    if !is("grant_type", "client_credentials") {
        return refused("unsupported_grant_type", "Unsupported grant type");
    }
    if !is("client_id", &state.options.client_id) {
        let description = "No client with requested id";
        return refused("invalid_client", description);
    }
    if !is("client_secret", &state.options.client_secret) {
        return refused("unauthorized", "Bad client credentials");
    }
    let lifetime = SignedDuration::try_from(state.options.token_lifetime).unwrap_or(SignedDuration::MAX);
    let random = state.random_uuid();
    let (access_token, expires_in) = lock(&state.access_tokens).issue(lifetime, &random, state.now());
    Json(json!({
        "access_token": access_token, "token_type": "bearer", "expires_in": expires_in,
        "scope": "zoom-bridge@example.com",
    }))
    .into_response()
}

fn refused(error: &str, description: &str) -> Response {
    let body = Json(json!({"error": error, "error_description": description}));
    let mut response = (StatusCode::UNAUTHORIZED, body).into_response();
    response.extensions_mut().insert(support::request_log::RefusalReason(description.to_owned()));
    response
}
