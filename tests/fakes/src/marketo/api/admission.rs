//! Checks before every call to `/rest`: URI length, access token, API limits.

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::marketo::api_error::MarketoApiError;
use crate::marketo::state::SharedState;
use crate::support;
use crate::support::sync::lock;

/// Maximum length of a URI in bytes; longer ones get HTTP 414.
const URI_LIMIT: usize = 8 * 1024;

/// Admits a call or rejects it.
pub(super) async fn admit(State(state): State<SharedState>, request: Request, next: Next) -> Response {
    if request.uri().path_and_query().is_some_and(|uri| uri.as_str().len() > URI_LIMIT) {
        return with_refusal_reason(StatusCode::URI_TOO_LONG.into_response());
    }
    let now = state.now();
    let admitted = bearer(&request)
        .and_then(|token| lock(&state.access_tokens).check(token, now))
        .and_then(|()| lock(&state.limits).begin_call(&state.options, now));
    if let Err(refusal) = admitted {
        return refusal.into_response();
    }
    let _in_flight = InFlight(state);
    with_refusal_reason(next.run(request).await)
}

/// Ends the call when it is dropped, also if the caller disconnects.
struct InFlight(SharedState);

impl Drop for InFlight {
    fn drop(&mut self) {
        lock(&self.0.limits).end_call();
    }
}

/// Returns the token of the `Authorization` header. Marketo no longer accepts `access_token` in the query
/// (docs/reference/marketo.md).
fn bearer(request: &Request) -> Result<&str, MarketoApiError> {
    request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .filter(|token| !token.is_empty())
        .ok_or_else(|| MarketoApiError::new(600, "Empty access token"))
}

/// Logs HTTP errors as rejected requests.
fn with_refusal_reason(mut response: Response) -> Response {
    let status = response.status();
    if !status.is_success() && response.extensions().get::<support::request_log::RefusalReason>().is_none() {
        response.extensions_mut().insert(support::request_log::RefusalReason(format!("HTTP {status}")));
    }
    response
}
