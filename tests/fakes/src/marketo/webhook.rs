//! The flow step Call Webhook.

use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::Value;

use super::shared::Shared;

/// Marketo cuts a webhook off after 30 seconds.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What a webhook answered.
#[derive(Debug, Clone, Serialize)]
pub struct WebhookCall {
    /// Its status; none when it did not answer in time.
    pub status: Option<u16>,
    /// Its body as JSON, null when there is none or it is something else.
    pub body: Value,
    /// What Marketo would log as an error: no answer, or an empty body, which is its error 1001.
    pub problem: Option<String>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

/// Posts a payload to a webhook with the key in the custom header `x-api-key`.
pub(super) async fn call(shared: &Shared, url: &str, api_key: &str, payload: &Value) -> WebhookCall {
    let begun = Instant::now();
    let sent = shared.http.post(url).header("x-api-key", api_key).timeout(TIMEOUT).json(payload).send().await;
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
