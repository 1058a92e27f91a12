//! Calls the webhook of alerts and the heartbeat. Both URLs are secrets, so neither is logged.

use crate::state::AppState;
use axum::body::Bytes;
use domain::Sensitive;
use domain::time::SignedDuration;
use http::{Method, Request, header};

/// How long a call may take.
const TIMEOUT: SignedDuration = SignedDuration::from_secs(3);

/// Sends a message to the webhook of alerts, in the form that Slack and Teams accept. Returns whether it took the
/// message.
pub(super) async fn alert(state: &AppState, url: &Sensitive, text: &str) -> bool {
    let body = serde_json::json!({ "text": text }).to_string();
    let sent = call(state, Method::POST, url, body.into()).await;
    if let Err(error) = &sent {
        platform::log!(Warn, "alerts.send_failed", error = error);
    }
    sent.is_ok()
}

/// Calls the heartbeat, if there is one, after a good tick. Its receiver alerts when no call comes.
pub(super) async fn heartbeat(state: &AppState, is_good: bool) {
    let Some(url) = state.ports.config().heartbeat_url().await.filter(|_| is_good) else { return };
    if let Err(error) = call(state, Method::GET, &url, Bytes::new()).await {
        platform::log!(Warn, "heartbeat.send_failed", error = error);
    }
}

/// Makes a call. The error never names the URL.
async fn call(state: &AppState, method: Method, url: &Sensitive, body: Bytes) -> Result<(), String> {
    let request = Request::builder().method(method).uri(url.expose()).header(header::CONTENT_TYPE, "application/json");
    let request = request.body(body).map_err(|_| "the variable is no URL".to_owned())?;
    let answer = state.ports.send_within(TIMEOUT, request).await.map_err(|error| error.to_string())?;
    if answer.status().is_success() { Ok(()) } else { Err(format!("status {}", answer.status().as_u16())) }
}
