//! A Zoom as small as these tests allow: grants that rotate, and a few users.

use crate::grant::REQUIRED;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use futures::future::BoxFuture;
use http::{HeaderMap, StatusCode, header};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};

#[derive(Clone)]
pub(super) struct Zoom(Arc<Mutex<Account>>);

/// What the next sign-in meets, and what happened.
pub(super) struct Account {
    pub(super) id: String,
    pub(super) admin: String,
    pub(super) users: BTreeSet<String>,
    pub(super) scopes: Vec<String>,
    pub(super) api_url: Option<String>,
    /// Answers 503 to everything.
    pub(super) is_down: bool,
    /// Carries the next renewal out and answers 502.
    pub(super) loses_renewal: bool,
    /// Happens while the next renewal is under way.
    pub(super) during_renewal: Option<BoxFuture<'static, ()>>,
    /// Refuses every access token.
    pub(super) refuses_access: bool,
    /// Refuses the app itself, for this reason.
    pub(super) refuses_app: Option<&'static str>,
    /// The admin has lost the role.
    pub(super) lacks_role: bool,
    /// How many renewals were asked for.
    pub(super) renewals: usize,
    pub(super) revoked: Vec<String>,
    pub(super) looked_up: Vec<String>,
    /// Refresh token and access token of each grant.
    grants: Vec<(String, String)>,
    codes: HashMap<String, String>,
    made: usize,
}

impl Zoom {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(Account {
            id: "acc_1".into(),
            admin: "alice@example.com".into(),
            users: ["bob@example.com", "carol@example.com"].map(str::to_owned).into(),
            scopes: REQUIRED.iter().map(|scope| scope.name.to_owned()).collect(),
            api_url: None,
            is_down: false,
            loses_renewal: false,
            during_renewal: None,
            refuses_access: false,
            refuses_app: None,
            lacks_role: false,
            renewals: 0,
            revoked: vec![],
            looked_up: vec![],
            grants: vec![],
            codes: HashMap::new(),
            made: 0,
        })))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Account> {
        self.0.lock().unwrap()
    }

    /// The admin allows the app: a code for the challenge in the URL.
    pub(super) fn allow(&self, authorize_url: &str) -> String {
        let query: HashMap<_, _> = url::Url::parse(authorize_url).unwrap().query_pairs().into_owned().collect();
        assert_eq!(query["code_challenge_method"], "S256");
        let mut account = self.lock();
        let code = account.make("code");
        account.codes.insert(code.clone(), query["code_challenge"].clone());
        code
    }

    /// Zoom forgets every grant.
    pub(super) fn forget_grants(&self) {
        self.lock().grants.clear();
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

impl Account {
    fn make(&mut self, kind: &str) -> String {
        self.made += 1;
        format!("{kind}-of-zoom-{}", self.made)
    }

    fn grant(&mut self, at: Option<usize>) -> Response {
        let grant = (self.make("refresh"), self.make("access"));
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

    fn refuses(&self, headers: &HeaderMap) -> Option<Response> {
        let basic = base64::engine::general_purpose::STANDARD.encode("client:secret");
        if self.is_down {
            return Some(StatusCode::SERVICE_UNAVAILABLE.into_response());
        }
        let is_client = headers[header::AUTHORIZATION] == format!("Basic {basic}");
        if let Some(reason) = self.refuses_app.or((!is_client).then_some("Invalid client_id or client_secret")) {
            let body = json!({"reason": reason, "error": "invalid_client"});
            return Some((StatusCode::UNAUTHORIZED, Json(body)).into_response());
        }
        None
    }
}

fn refused(reason: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({"reason": reason, "error": "invalid_grant"}))).into_response()
}

fn form(body: &str) -> HashMap<String, String> {
    url::form_urlencoded::parse(body.as_bytes()).into_owned().collect()
}

async fn token(State(zoom): State<Zoom>, headers: HeaderMap, body: String) -> Response {
    // Others get a turn while this is on its way.
    tokio::task::yield_now().await;
    let event = zoom.lock().during_renewal.take();
    if let Some(event) = event {
        event.await;
    }
    let answer = zoom.answer_token(&headers, &form(&body));
    tokio::task::yield_now().await;
    answer
}

impl Zoom {
    fn answer_token(&self, headers: &HeaderMap, form: &HashMap<String, String>) -> Response {
        let mut account = self.lock();
        let is_renewal = form["grant_type"] == "refresh_token";
        account.renewals += usize::from(is_renewal);
        if let Some(refusal) = account.refuses(headers) {
            return refusal;
        }
        if is_renewal {
            let Some(at) = account.grants.iter().position(|(refresh, _)| *refresh == form["refresh_token"]) else {
                return refused("Invalid Token!");
            };
            let answer = account.grant(Some(at));
            let is_lost = std::mem::take(&mut account.loses_renewal);
            return if is_lost { StatusCode::BAD_GATEWAY.into_response() } else { answer };
        }
        assert_eq!(form["redirect_uri"], "https://app.test/oauth/callback");
        let challenge = crate::grant::base64url(&Sha256::digest(&form["code_verifier"]));
        match account.codes.remove(&form["code"]) {
            Some(expected) if expected == challenge => account.grant(None),
            _ => refused("Invalid authorization code"),
        }
    }
}

async fn revoke(State(zoom): State<Zoom>, headers: HeaderMap, body: String) -> Response {
    let mut account = zoom.lock();
    if let Some(refusal) = account.refuses(&headers) {
        return refusal;
    }
    let token = form(&body)["token"].clone();
    account.grants.retain(|(_, access)| *access != token);
    account.revoked.push(token);
    Json(json!({"status": "success"})).into_response()
}

async fn user(State(zoom): State<Zoom>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    let mut account = zoom.lock();
    if account.is_down {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let is_known = |(_, access): &(String, String)| headers[header::AUTHORIZATION] == format!("Bearer {access}");
    if account.refuses_access || !account.grants.iter().any(is_known) {
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
    account.looked_up.push(id.clone());
    if account.users.contains(&id) {
        return Json(json!({"id": format!("u_{id}"), "email": id})).into_response();
    }
    let body = json!({"code": 1001, "message": format!("User does not exist: {id}.")});
    (StatusCode::NOT_FOUND, Json(body)).into_response()
}
