//! Stand-ins for the other components.

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use domain::time::{SignedDuration, Timestamp};
use http::{StatusCode, Uri};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::sync::{Arc, Mutex};

/// What the other components were asked, and how they are.
#[derive(Default)]
pub(crate) struct Peers {
    /// Component, path, body.
    pub(crate) heard: Vec<(&'static str, String, Value)>,
    /// Components that fail.
    pub(crate) down: HashSet<&'static str>,
    /// The problem with which `oauth` refuses tokens.
    pub(crate) refuses_tokens: Option<&'static str>,
}

pub(super) fn router(host: &'static str, peers: Arc<Mutex<Peers>>) -> Router {
    let component = host.strip_suffix(".spin.internal").unwrap();
    let answer = async move |State(peers): State<Arc<Mutex<Peers>>>, uri: Uri, body: Bytes| {
        answer(&mut peers.lock().unwrap(), component, uri.path(), &body)
    };
    Router::new().fallback(answer).with_state(peers)
}

fn answer(peers: &mut Peers, component: &'static str, path: &str, body: &[u8]) -> Response {
    peers.heard.push((component, path.to_owned(), serde_json::from_slice(body).unwrap_or_default()));
    if peers.down.contains(component) {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    if path.starts_with("/internal/token/") {
        if let Some(code) = peers.refuses_tokens {
            return (StatusCode::CONFLICT, Json(json!({"code": code, "detail": "No."}))).into_response();
        }
        let expires_at = Timestamp::from_second(4_000_000_000) - SignedDuration::from_hours(1);
        return Json(json!({"access_token": "t", "api_base": "http://zoom.test", "expires_at": expires_at}))
            .into_response();
    }
    match (component, path) {
        ("registration", "/internal/tick") => Json(json!({"worked": 3})).into_response(),
        (_, "/internal/tick") => Json(json!({"worked": 1})).into_response(),
        _ => StatusCode::NO_CONTENT.into_response(),
    }
}
