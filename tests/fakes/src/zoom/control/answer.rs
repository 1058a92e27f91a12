//! Responses of control calls.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Serialize;
use serde_json::json;

/// The response of a control call.
pub(super) type ControlResult<T> = Result<Json<T>, ControlError>;

/// The error of a handle method; answered with 400.
pub(super) struct ControlError(anyhow::Error);

impl From<anyhow::Error> for ControlError {
    fn from(error: anyhow::Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for ControlError {
    fn into_response(self) -> Response {
        (StatusCode::BAD_REQUEST, Json(json!({ "error": format!("{:#}", self.0) }))).into_response()
    }
}

pub(super) fn respond<T: Serialize>(result: anyhow::Result<T>) -> ControlResult<T> {
    Ok(Json(result?))
}
