//! Calls of Marketo to a service of a customer: a flow step service or a webhook.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Response};
use serde_json::Value;

use crate::marketo::state::MarketoState;
use crate::support::runtime::json_request;

/// The response of a service.
pub(super) struct ServiceResponse {
    /// The response, or why there was none.
    pub(super) answer: Result<Response<Bytes>, String>,
    /// Response time in milliseconds.
    pub(super) took_ms: u64,
}

/// Posts JSON with the header `x-api-key`.
pub(super) async fn post(
    state: &MarketoState,
    url: &str,
    api_key: &str,
    body: &Value,
    timeout: Duration,
) -> ServiceResponse {
    let begun = state.runtime().now();
    let answer = call(state, Method::POST, url, Some(api_key), body, timeout).await;
    let took = state.runtime().now().duration_since(begun);
    ServiceResponse { answer, took_ms: u64::try_from(took.as_millis()).unwrap_or_default() }
}

/// Calls a service, with the header `x-api-key` if there is a key.
pub(super) async fn call(
    state: &MarketoState,
    method: Method,
    url: &str,
    api_key: Option<&str>,
    body: &Value,
    timeout: Duration,
) -> Result<Response<Bytes>, String> {
    let headers = api_key.map(|key| ("x-api-key", key));
    let request = json_request(method, url, headers.as_slice(), body)?;
    state.runtime().send(request, timeout).await
}
