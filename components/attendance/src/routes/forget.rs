//! `POST /internal/forget-account` and `POST /internal/forget-person`, by service chaining only: delete the records of an account
//! that removed the app (R17), and what the store has of a person.

use crate::state::AppState;
use crate::store::{forget, forget_person};
use axum::extract::State;
use platform::http::Json;
use platform::internal_api::{ForgetAccountReport, ForgetAccountRequest, ForgetPersonReport, ForgetPersonRequest};
use platform::{ApiError, JsonBody};

/// Deletes what fits into the time until the deadline. Idempotent. A worker that is under way stops at its next call,
/// because the tokens are gone; what it writes until then is deleted by the sweep.
pub(crate) async fn forget_account(
    State(state): State<AppState>,
    JsonBody(request): JsonBody<ForgetAccountRequest>,
) -> Result<Json<ForgetAccountReport>, ApiError> {
    Ok(Json(forget::forget_account(&state, &request).await?))
}

/// Deletes what fits into the time until the deadline. Idempotent.
pub(crate) async fn forget_person(
    State(state): State<AppState>,
    JsonBody(request): JsonBody<ForgetPersonRequest>,
) -> Result<Json<ForgetPersonReport>, ApiError> {
    Ok(Json(forget_person::forget_person(&state, &request).await?))
}
