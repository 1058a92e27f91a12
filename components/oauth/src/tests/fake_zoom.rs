//! A fake Zoom: grants with rotating refresh tokens, and a few users.

use crate::zoom_oauth::scopes::REQUIRED_SCOPES;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use futures::future::BoxFuture;
use http::{HeaderMap, StatusCode, header};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};

#[derive(Clone)]
pub(super) struct FakeZoom(Arc<Mutex<FakeAccount>>);

/// The account that signs in, the faults to inject, and the recorded calls.
pub(super) struct FakeAccount {
    pub(super) id: String,
    pub(super) admin: String,
    pub(super) users: BTreeSet<String>,
    pub(super) scopes: Vec<String>,
    pub(super) api_url: Option<String>,
    /// Answers every request with 503.
    pub(super) is_down: bool,
    /// Executes the next renewal, but answers it with 502.
    pub(super) loses_renewal_response: bool,
    /// Runs during the next renewal.
    pub(super) during_renewal: Option<BoxFuture<'static, ()>>,
    /// Rejects every access token.
    pub(super) rejects_access_tokens: bool,
    /// Rejects the app itself, for this reason.
    pub(super) app_error: Option<&'static str>,
    /// The admin has lost the role.
    pub(super) lacks_role: bool,
    /// Number of renewal requests.
    pub(super) renewals: usize,
    pub(super) revoked: Vec<String>,
    pub(super) user_lookups: Vec<String>,
    /// Refresh token and access token of each grant.
    grants: Vec<(String, String)>,
    codes: HashMap<String, String>,
    /// Number of tokens and codes issued.
    issued: usize,
}

impl FakeZoom {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(FakeAccount {
            id: "acc_1".into(),
            admin: "alice@example.com".into(),
            users: ["bob@example.com", "carol@example.com"].map(str::to_owned).into(),
            scopes: REQUIRED_SCOPES.iter().map(|scope| scope.name.to_owned()).collect(),
            api_url: None,
            is_down: false,
            loses_renewal_response: false,
            during_renewal: None,
            rejects_access_tokens: false,
            app_error: None,
            lacks_role: false,
            renewals: 0,
            revoked: vec![],
            user_lookups: vec![],
            grants: vec![],
            codes: HashMap::new(),
            issued: 0,
        })))
    }

    pub(super) fn account(&self) -> MutexGuard<'_, FakeAccount> {
        self.0.lock().unwrap()
    }

    /// Authorizes the app as the admin. Returns a code for the challenge in the URL.
    pub(super) fn authorize(&self, authorize_url: &str) -> String {
        let query: HashMap<_, _> = url::Url::parse(authorize_url).unwrap().query_pairs().into_owned().collect();
        assert_eq!(query["code_challenge_method"], "S256");
        let mut account = self.account();
        let code = account.issue("code");
        account.codes.insert(code.clone(), query["code_challenge"].clone());
        code
    }

    /// Drops every grant.
    pub(super) fn drop_grants(&self) {
        self.account().grants.clear();
    }

    pub(super) fn router(&self) -> Router {
        Router::new()
            .route("/oauth/token", post(token))
            .route("/oauth/revoke", post(revoke))
            .route("/v2/users/{id}", get(user))
            .route("/v2/users/{id}/webinars", get(user))
            .with_state(self.clone())
    }
}

impl FakeAccount {
    fn issue(&mut self, kind: &str) -> String {
        self.issued += 1;
        format!("{kind}-of-zoom-{}", self.issued)
    }

    fn grant(&mut self, at: Option<usize>) -> Response {
        let grant = (self.issue("refresh"), self.issue("access"));
        match at {
            Some(at) => self.grants[at] = grant.clone(),
            None => self.grants.push(grant.clone()),
        }
        Json(json!({
            "access_token": grant.1, "refresh_token": grant.0, "token_type": "bearer", "expires_in": 3600,
            "scope": self.scopes.join(" "), "api_url": self.api_url,
        }))
        .into_response()
    }

    fn client_error(&self, headers: &HeaderMap) -> Option<Response> {
        let basic = STANDARD.encode("client:secret");
        if self.is_down {
            return Some(StatusCode::SERVICE_UNAVAILABLE.into_response());
        }
        let is_client = headers[header::AUTHORIZATION] == format!("Basic {basic}");
        if let Some(reason) = self.app_error.or((!is_client).then_some("Invalid client_id or client_secret")) {
            let body = json!({"reason": reason, "error": "invalid_client"});
            return Some((StatusCode::UNAUTHORIZED, Json(body)).into_response());
        }
        None
    }
}

fn invalid_grant(reason: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({"reason": reason, "error": "invalid_grant"}))).into_response()
}

fn form(body: &str) -> HashMap<String, String> {
    url::form_urlencoded::parse(body.as_bytes()).into_owned().collect()
}

async fn token(State(zoom): State<FakeZoom>, headers: HeaderMap, body: String) -> Response {
    // Lets other requests run during this one.
    tokio::task::yield_now().await;
    let event = zoom.account().during_renewal.take();
    if let Some(event) = event {
        event.await;
    }
    let response = zoom.answer_token(&headers, &form(&body));
    tokio::task::yield_now().await;
    response
}

impl FakeZoom {
    fn answer_token(&self, headers: &HeaderMap, form: &HashMap<String, String>) -> Response {
        let mut account = self.account();
        let is_renewal = form["grant_type"] == "refresh_token";
        account.renewals += usize::from(is_renewal);
        if let Some(error) = account.client_error(headers) {
            return error;
        }
        if is_renewal {
            let Some(at) = account.grants.iter().position(|(refresh, _)| *refresh == form["refresh_token"]) else {
                return invalid_grant("Invalid Token!");
            };
            let response = account.grant(Some(at));
            let response_is_lost = std::mem::take(&mut account.loses_renewal_response);
            return if response_is_lost { StatusCode::BAD_GATEWAY.into_response() } else { response };
        }
        assert_eq!(form["redirect_uri"], "https://app.test/oauth/callback");
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"]));
        match account.codes.remove(&form["code"]) {
            Some(expected) if expected == challenge => account.grant(None),
            _ => invalid_grant("Invalid authorization code"),
        }
    }
}

async fn revoke(State(zoom): State<FakeZoom>, headers: HeaderMap, body: String) -> Response {
    let mut account = zoom.account();
    if let Some(error) = account.client_error(&headers) {
        return error;
    }
    let token = form(&body)["token"].clone();
    account.grants.retain(|(_, access)| *access != token);
    account.revoked.push(token);
    Json(json!({"status": "success"})).into_response()
}

async fn user(State(zoom): State<FakeZoom>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    let mut account = zoom.account();
    if account.is_down {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let is_known = |(_, access): &(String, String)| headers[header::AUTHORIZATION] == format!("Bearer {access}");
    if account.rejects_access_tokens || !account.grants.iter().any(is_known) {
        let body = json!({"code": 124, "message": "Invalid access token."});
        return (StatusCode::UNAUTHORIZED, Json(body)).into_response();
    }
    if account.lacks_role {
        let body = json!({"code": 200, "message": "No permission."});
        return (StatusCode::BAD_REQUEST, Json(body)).into_response();
    }
    if id == "me" {
        return Json(json!({"id": "u_1", "email": account.admin, "account_id": account.id})).into_response();
    }
    account.user_lookups.push(id.clone());
    if account.users.contains(&id) {
        return Json(json!({"id": format!("u_{id}"), "email": id})).into_response();
    }
    let body = json!({"code": 1001, "message": format!("User does not exist: {id}.")});
    (StatusCode::NOT_FOUND, Json(body)).into_response()
}
