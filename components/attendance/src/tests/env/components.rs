//! Fakes of the other components.

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use domain::time::{SignedDuration, Timestamp};
use http::{StatusCode, Uri};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::sync::{Arc, Mutex};

/// The requests that the other components received, and their faults.
#[derive(Default)]
pub(crate) struct FakeComponents {
    /// The requests: component, path, body.
    pub(crate) requests: Vec<(&'static str, String, Value)>,
    /// The components that fail.
    pub(crate) failing: HashSet<&'static str>,
    /// The code with which `oauth` rejects token requests.
    pub(crate) token_error: Option<&'static str>,
}

pub(super) fn router(host: &'static str, components: Arc<Mutex<FakeComponents>>) -> Router {
    let component = host.strip_suffix(".spin.internal").unwrap();
    let answer = async move |State(components): State<Arc<Mutex<FakeComponents>>>, uri: Uri, body: Bytes| {
        answer(&mut components.lock().unwrap(), component, uri.path(), &body)
    };
    Router::new().fallback(answer).with_state(components)
}

fn answer(components: &mut FakeComponents, component: &'static str, path: &str, body: &[u8]) -> Response {
    components.requests.push((component, path.to_owned(), serde_json::from_slice(body).unwrap_or_default()));
    if components.failing.contains(component) {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    if path.starts_with("/internal/token/") {
        if let Some(code) = components.token_error {
            return (StatusCode::CONFLICT, Json(json!({"code": code, "detail": "No."}))).into_response();
        }
        let expires_at = Timestamp::constant(4_000_000_000, 0) - SignedDuration::from_hours(1);
        return Json(json!({"access_token": "t", "api_base": "http://zoom.test", "expires_at": expires_at}))
            .into_response();
    }
    match (component, path) {
        ("registration", "/internal/tick") => Json(json!({"worked": 3})).into_response(),
        (_, "/internal/tick") => Json(json!({"worked": 1})).into_response(),
        _ => StatusCode::NO_CONTENT.into_response(),
    }
}
