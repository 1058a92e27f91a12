//! The flow step Call Webhook.

use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

use crate::marketo::service_call::{ServiceResponse, post};
use crate::marketo::state::MarketoState;

/// How long Marketo waits for a webhook.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The response of a webhook.
#[derive(Debug, Clone, Serialize)]
pub struct WebhookCall {
    /// Status; none if there was no response in time.
    pub status: Option<u16>,
    /// Body as JSON; null if it is empty or not JSON.
    pub body: Value,
    /// The error that Marketo logs: no response, or an empty body, which is its error 1001.
    pub problem: Option<String>,
    /// Response time in milliseconds.
    pub took_ms: u64,
}

/// Posts a payload to a webhook with the custom header `x-api-key`.
pub(super) async fn call(state: &MarketoState, url: &str, api_key: &str, payload: &Value) -> WebhookCall {
    let ServiceResponse { answer, took_ms } = post(state, url, api_key, payload, TIMEOUT).await;
    let (status, text, problem) = match answer {
        Ok(answer) => {
            let problem = answer.body().is_empty().then(|| "1001 empty response body".to_owned());
            (Some(answer.status().as_u16()), answer.into_body(), problem)
        }
        Err(error) => (None, Bytes::new(), Some(error)),
    };
    WebhookCall { status, body: serde_json::from_slice(&text).unwrap_or_default(), problem, took_ms }
}
