//! What every call to `/rest` passes first: the length of its URI, its token, the subscription's limits.

use axum::extract::{Request, State as Extract};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::marketo::refusal::Refusal;
use crate::marketo::shared::State;
use crate::support::{self, lock};

/// Longest URI, in bytes: more gets HTTP 414.
const URI_LIMIT: usize = 8 * 1024;

/// Lets a call through, or refuses it.
pub(super) async fn pass(Extract(state): Extract<State>, request: Request, next: Next) -> Response {
    if request.uri().path_and_query().is_some_and(|uri| uri.as_str().len() > URI_LIMIT) {
        return noted(StatusCode::URI_TOO_LONG.into_response());
    }
    let now = state.now();
    let admitted = bearer(&request)
        .and_then(|token| lock(&state.access).check(token, now))
        .and_then(|()| lock(&state.meters).enter(&state.options, now));
    if let Err(refusal) = admitted {
        return refusal.into_response();
    }
    let _under_way = UnderWay(state);
    noted(next.run(request).await)
}

/// Counts the call out however it ends, also when its caller hangs up.
struct UnderWay(State);

impl Drop for UnderWay {
    fn drop(&mut self) {
        lock(&self.0.meters).leave();
    }
}

/// The token of the one header that may carry it: `access_token` in the query is no longer taken.
fn bearer(request: &Request) -> Result<&str, Refusal> {
    request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .filter(|token| !token.is_empty())
        .ok_or_else(|| Refusal::new(600, "Empty access token"))
}

/// Has HTTP-level errors recorded as refusals.
fn noted(mut response: Response) -> Response {
    let status = response.status();
    if !status.is_success() && response.extensions().get::<support::Refusal>().is_none() {
        response.extensions_mut().insert(support::Refusal(format!("HTTP {status}")));
    }
    response
}
