//! The flow step Call Webhook.

use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::Value;

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
    let begun = Instant::now();
    let sent = state.http.post(url).header("x-api-key", api_key).timeout(TIMEOUT).json(payload).send().await;
    let (status, text, problem) = match sent {
        Ok(answer) => {
            let status = answer.status().as_u16();
            let text = answer.text().await.unwrap_or_default();
            let problem = text.is_empty().then(|| "1001 empty response body".to_owned());
            (Some(status), text, problem)
        }
        Err(error) => (None, String::new(), Some(error.to_string())),
    };
    WebhookCall {
        status,
        body: serde_json::from_str(&text).unwrap_or_default(),
        problem,
        took_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
    }
}
