//! `POST /oauth/zoom-events`: events of the Zoom app. Zoom repeats an event that was not answered with success, and an
//! attacker could replay one for five minutes. An event that was processed already changes nothing.

use crate::removal::deauthorization;
use crate::state::AppState;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::time::SignedDuration;
use http::{HeaderMap, StatusCode};
use platform::ApiError;
use platform::http::{Json, RawBody};
use zoom_client::events::{self, ZoomEvent, ZoomRequest};

/// Maximum age of an event that Zoom may still repeat: it repeats one for 85 minutes (docs/reference/zoom.md). The time of
/// an older one is wrong.
const MAX_AGE: SignedDuration = SignedDuration::from_hours(24);

/// Verifies Zoom's signature and processes the event. Ignores events of other kinds.
pub(crate) async fn receive(
    State(app): State<AppState>,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Result<Response, ApiError> {
    match events::receive(&app.ports, &headers, &body).await? {
        ZoomRequest::UrlValidation(answer) => return Ok(Json(answer).into_response()),
        ZoomRequest::Event(event) if event.name() == "app_deauthorized" => deauthorize(&app, &event).await?,
        ZoomRequest::Event(_) => {}
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Removes the account's data (R17). Only an event without an account is refused: an event with an odd time is obeyed.
async fn deauthorize(app: &AppState, event: &ZoomEvent) -> Result<(), ApiError> {
    let account = event.account().ok_or_else(|| ApiError::invalid("The event has no account_id."))?;
    let removed_at = event.deauthorized_at().filter(|at| app.now().duration_since(*at) <= MAX_AGE);
    Ok(deauthorization::deauthorize(app, &account, removed_at).await?)
}
