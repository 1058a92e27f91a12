//! The envelope of every response. Errors are in it too, with HTTP 200.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::marketo::api_error::MarketoApiError;
use crate::support;

/// The response of a handler: a success envelope, or the error for an error envelope.
pub(super) type ApiResult = Result<Response, MarketoApiError>;

/// Returns a unique request id in Marketo's format.
pub(super) fn request_id() -> String {
    static ANSWERED: AtomicU64 = AtomicU64::new(0xe42b);
    let number = ANSWERED.fetch_add(1, Ordering::Relaxed);
    format!("{:x}#{:x}", number & 0xffff, 0x0142_7200_0000 + number)
}

/// Returns success with these results.
pub(super) fn results(result: Vec<Value>) -> ApiResult {
    Ok(Json(json!({"requestId": request_id(), "success": true, "result": result})).into_response())
}

/// Returns success with one page of results.
pub(super) fn page(result: Vec<Value>, next_page_token: Option<String>) -> ApiResult {
    let mut envelope = json!({
        "requestId": request_id(), "success": true, "result": result, "moreResult": next_page_token.is_some(),
    });
    if let Some(token) = next_page_token {
        envelope["nextPageToken"] = token.into();
    }
    Ok(Json(envelope).into_response())
}

/// Returns success with one page of activities. The last page has a token too, for what comes later.
pub(super) fn activities(result: Vec<Value>, next_page_token: &str, has_more: bool) -> ApiResult {
    let envelope = json!({
        "requestId": request_id(), "success": true, "result": result, "moreResult": has_more,
        "nextPageToken": next_page_token,
    });
    Ok(Json(envelope).into_response())
}

/// Returns success of the asset API, which includes empty lists of errors and warnings.
pub(super) fn assets(result: Vec<Value>) -> ApiResult {
    let envelope = json!({
        "requestId": request_id(), "success": true, "errors": [], "warnings": [], "result": result,
    });
    Ok(Json(envelope).into_response())
}

/// Returns an empty result of the asset API: success, a warning, and no `result`.
pub(super) fn no_assets() -> ApiResult {
    let envelope = json!({
        "requestId": request_id(), "success": true, "errors": [],
        "warnings": ["No assets found for the given search criteria."],
    });
    Ok(Json(envelope).into_response())
}

impl IntoResponse for MarketoApiError {
    fn into_response(self) -> Response {
        let note = support::request_log::RefusalReason(format!("{} {}", self.code, self.message));
        let envelope = json!({"requestId": request_id(), "success": false, "errors": [self]});
        let mut response = Json(envelope).into_response();
        response.extensions_mut().insert(note);
        response
    }
}
