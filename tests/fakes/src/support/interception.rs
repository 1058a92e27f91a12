//! Logs every request to a fake and applies faults, in front of its routes.
//!
//! Paths under `/_control/` are exempt. A response without an answer, as of a dropped connection, has the extension
//! [`ConnectionDropped`] and a body that fails: a server closes the connection, ports in memory report a transport error.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::Value;

use crate::support::control::Control;
use crate::support::fault_injection::{DropWhen, Effect};
use crate::support::request_log::RefusalReason;
use crate::support::runtime::yield_now;

/// Maximum size of a request body. It exceeds what either system accepts; each fake enforces its own limit.
const BODY_LIMIT: usize = 64 * 1024 * 1024;

/// Returns the router with the request log and the faults in front of it.
pub(crate) fn intercepted(router: Router, control: Control) -> Router {
    router.layer(from_fn_with_state(control, intercept))
}

async fn intercept(State(control): State<Control>, request: Request, next: Next) -> Response {
    if request.uri().path().starts_with("/_control/") {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, BODY_LIMIT).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let (method, path) = (parts.method.as_str(), parts.uri.path());
    let seq = control.log.open(control.clock.now(), method, &parts.uri, &parts.headers, &body);
    // Other requests run between the two halves of a network's way.
    yield_now().await;
    if let Some(work) = control.interruptions.next_work(method, path) {
        work.await;
    }
    let effect = control.faults.next_effect(method, path);
    if let Some(effect) = &effect {
        control.log.note_fault(seq, serde_json::to_string(effect).unwrap_or_default());
    }
    let response = respond(effect, Request::from_parts(parts, Body::from(body)), next, &control, seq).await;
    yield_now().await;
    response
}

async fn respond(effect: Option<Effect>, request: Request, next: Next, control: &Control, seq: u64) -> Response {
    match &effect {
        Some(Effect::Drop { drop: DropWhen::Before }) => return dropped(),
        Some(Effect::Silence { silence: DropWhen::Before }) => return std::future::pending().await,
        Some(Effect::Hang { hang_ms }) => {
            control.runtime.sleep(Duration::from_millis(*hang_ms)).await;
            return dropped();
        }
        Some(Effect::Status { status, body, headers }) => {
            control.log.close(seq, *status, None);
            return fault_response(*status, body, headers.clone());
        }
        Some(Effect::Delay { delay_ms }) => control.runtime.sleep(Duration::from_millis(*delay_ms)).await,
        _ => {}
    }
    let response = next.run(request).await;
    let refusal = refusal(&response);
    match effect {
        Some(Effect::Drop { .. }) => dropped(),
        Some(Effect::Silence { .. }) => std::future::pending().await,
        Some(Effect::ErrorAfter { error_after }) => {
            control.log.close(seq, error_after, refusal);
            fault_response(error_after, &Value::Null, [])
        }
        Some(Effect::Malformed { .. }) => {
            control.log.close(seq, response.status().as_u16(), refusal);
            malformed_response(response)
        }
        _ => {
            control.log.close(seq, response.status().as_u16(), refusal);
            response
        }
    }
}

/// The extension of a response that is not sent: the connection closes instead.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConnectionDropped;

impl std::fmt::Display for ConnectionDropped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("dropped on purpose")
    }
}

impl std::error::Error for ConnectionDropped {}

fn dropped() -> Response {
    let body = Body::from_stream(futures::stream::iter([Err::<Bytes, _>(ConnectionDropped)]));
    let mut response = Response::new(body);
    response.extensions_mut().insert(ConnectionDropped);
    response
}

/// Returns why a request was rejected: the reason that its handler gave, or else the status.
fn refusal(response: &Response) -> Option<String> {
    let noted = response.extensions().get::<RefusalReason>().map(|refusal| refusal.0.clone());
    let status = response.status();
    noted.or_else(|| (status.is_client_error() || status.is_server_error()).then(|| status.to_string()))
}

fn fault_response(status: u16, body: &Value, headers: impl IntoIterator<Item = (String, String)>) -> Response {
    let text = match body {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        json => json.to_string(),
    };
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if !matches!(body, Value::Null | Value::String(_)) {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// Keeps the status and the headers and replaces the body by a truncated one.
fn malformed_response(response: Response) -> Response {
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from("{\"id\":\"<html>\u{fffd}"))
}
