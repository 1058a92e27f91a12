//! Fakes of the other components.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use fakes::mounted::token_router;
use fakes::zoom::Zoom;
use http::{Request, StatusCode, Uri};
use platform::internal_api::RegistrationWatch;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use tower::ServiceExt;

/// The requests that the other components received, and their faults.
pub(crate) struct FakeComponents {
    /// The requests: component, path, body.
    pub(crate) requests: Vec<(&'static str, String, Value)>,
    /// The components that fail.
    pub(crate) failing: HashSet<&'static str>,
    /// What `registration` counts.
    pub(crate) watch: RegistrationWatch,
    /// The code with which `oauth` rejects token requests.
    pub(crate) token_error: Option<&'static str>,
    /// Hands out the tokens of the fake Zoom.
    tokens: Router,
}

impl FakeComponents {
    pub(super) fn new(zoom: &Zoom) -> Self {
        Self {
            requests: Vec::new(),
            failing: HashSet::new(),
            watch: RegistrationWatch::default(),
            token_error: None,
            tokens: token_router(zoom),
        }
    }
}

pub(super) fn router(host: &'static str, components: Arc<Mutex<FakeComponents>>) -> Router {
    let component = host.strip_suffix(".spin.internal").unwrap();
    let answer = async move |State(components): State<Arc<Mutex<FakeComponents>>>, uri: Uri, body: Bytes| {
        let answer = answer(&mut components.lock().unwrap(), component, uri.path(), &body);
        match answer {
            Ok(answer) => answer,
            Err(tokens) => {
                let request = Request::post(uri).body(Body::from(body)).unwrap();
                tokens.oneshot(request).await.unwrap()
            }
        }
    };
    Router::new().fallback(answer).with_state(components)
}

/// Returns the answer, or the router that gives it.
fn answer(
    components: &mut FakeComponents,
    component: &'static str,
    path: &str,
    body: &[u8],
) -> Result<Response, Router> {
    components.requests.push((component, path.to_owned(), serde_json::from_slice(body).unwrap_or_default()));
    if components.failing.contains(component) {
        return Ok(StatusCode::BAD_GATEWAY.into_response());
    }
    if path.starts_with("/internal/token/") {
        return match components.token_error {
            Some(code) => Ok((StatusCode::CONFLICT, Json(json!({"code": code, "detail": "No."}))).into_response()),
            None => Err(components.tokens.clone()),
        };
    }
    Ok(match (component, path) {
        ("registration", "/internal/watch") => Json(&components.watch).into_response(),
        ("registration", "/internal/tick") => Json(json!({"worked": 3})).into_response(),
        (_, "/internal/tick") => Json(json!({"worked": 1})).into_response(),
        _ => StatusCode::NO_CONTENT.into_response(),
    })
}
