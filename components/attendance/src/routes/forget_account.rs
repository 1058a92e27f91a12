//! `POST /internal/forget-account`, by service chaining only: deletes the records of an account that removed the app (R17).

use crate::state::AppState;
use crate::store::forget;
use axum::extract::State;
use platform::http::Json;
use platform::internal_api::{ForgetAccountReport, ForgetAccountRequest};
use platform::{ApiError, JsonBody};

/// Deletes what fits into the time until the deadline. Idempotent. A worker that is under way stops at its next call,
/// because the tokens are gone; what it writes until then is deleted by the sweep.
pub(crate) async fn forget_account(
    State(state): State<AppState>,
    JsonBody(request): JsonBody<ForgetAccountRequest>,
) -> Result<Json<ForgetAccountReport>, ApiError> {
    Ok(Json(forget::forget_account(&state, &request).await?))
}
