//! The envelope around every answer. Errors travel in it too, under HTTP 200.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::marketo::refusal::Refusal;
use crate::support;

/// What a handler returns: an envelope of success, or the refusal to be put into one of failure.
pub(super) type Answer = Result<Response, Refusal>;

/// A number for each answer, in the shape that Marketo's have.
fn request_id() -> String {
    static ANSWERED: AtomicU64 = AtomicU64::new(0xe42b);
    let number = ANSWERED.fetch_add(1, Ordering::Relaxed);
    format!("{:x}#{:x}", number & 0xffff, 0x0142_7200_0000 + number)
}

/// Success with these results.
pub(super) fn results(result: Vec<Value>) -> Answer {
    Ok(Json(json!({"requestId": request_id(), "success": true, "result": result})).into_response())
}

/// Success with one page of results.
pub(super) fn page(result: Vec<Value>, next_page_token: Option<String>) -> Answer {
    let mut envelope = json!({
        "requestId": request_id(), "success": true, "result": result, "moreResult": next_page_token.is_some(),
    });
    if let Some(token) = next_page_token {
        envelope["nextPageToken"] = token.into();
    }
    Ok(Json(envelope).into_response())
}

/// The asset API's success: empty lists of errors and warnings come along.
pub(super) fn assets(result: Vec<Value>) -> Answer {
    let envelope = json!({
        "requestId": request_id(), "success": true, "errors": [], "warnings": [], "result": result,
    });
    Ok(Json(envelope).into_response())
}

/// The asset API's way of saying that there is nothing: success, a warning, and no `result` at all.
pub(super) fn no_assets() -> Answer {
    let envelope = json!({
        "requestId": request_id(), "success": true, "errors": [],
        "warnings": ["No assets found for the given search criteria."],
    });
    Ok(Json(envelope).into_response())
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let note = support::Refusal(format!("{} {}", self.code, self.message));
        let envelope = json!({"requestId": request_id(), "success": false, "errors": [self]});
        let mut response = Json(envelope).into_response();
        response.extensions_mut().insert(note);
        response
    }
}
